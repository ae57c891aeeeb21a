// Puts the web application together: one line per plugin, in the order they must see a request. It never listens.
import compress from '@fastify/compress'
import Fastify, { LogController, type FastifyInstance, type RouteOptions } from 'fastify'
import type { Ctx } from './context.ts'
import { AppError } from './core/errors.ts'
import { loadSite } from './db/site.ts'
import { activityPub } from './http/activitypub.ts'
import { activityPubInbox } from './http/activitypub-inbox.ts'
import { communerAccounts } from './http/communer/accounts.ts'
import { communerAdmin } from './http/communer/admin.ts'
import { communerAdminHosts } from './http/communer/admin-hosts.ts'
import { communerAdminMails } from './http/communer/admin-mails.ts'
import { communerAnnouncements } from './http/communer/announcements.ts'
import { communerChannels } from './http/communer/channels.ts'
import { communerDesk } from './http/communer/desk.ts'
import { communerDetails } from './http/communer/details.ts'
import { communerNeighbourhoods } from './http/communer/neighbourhoods.ts'
import { communerEmail } from './http/communer/email.ts'
import { communerAgendaSources } from './http/communer/agenda-sources.ts'
import { directoryFiles } from './http/directory-files.ts'
import { communerDirectoryImport } from './http/communer/directory-import.ts'
import { communerDirectory } from './http/communer/directory.ts'
import { communerDirectoryTwins } from './http/communer/directory-twins.ts'
import { communerIdeaPapers } from './http/communer/idea-papers.ts'
import { communerIdeas } from './http/communer/ideas.ts'
import { communerProcesses } from './http/communer/processes.ts'
import { communerObjectFollows } from './http/communer/object-follows.ts'
import { communerRooms } from './http/communer/rooms.ts'
import { communerAmendments } from './http/communer/proposal-amendments.ts'
import { communerProposalDrafts } from './http/communer/proposal-drafts.ts'
import { communerProposals } from './http/communer/proposals.ts'
import { communerTasks } from './http/communer/tasks.ts'
import { communerMap } from './http/communer/map.ts'
import { communerResidents } from './http/communer/residents.ts'
import { communerTerritory } from './http/communer/territory.ts'
import { communerTimelines } from './http/communer/timelines.ts'
import { communerEvents } from './http/communer/events.ts'
import { communerVotes } from './http/communer/votes.ts'
import { communerVotesTogether } from './http/communer/votes-together.ts'
import { communerGroupModeration } from './http/communer/group-moderation.ts'
import { communerAdminRelays } from './http/communer/admin-relays.ts'
import { communerMemberships } from './http/communer/memberships.ts'
import { communerGroups } from './http/communer/groups.ts'
import { communerCarpools } from './http/communer/carpools.ts'
import { communerEventDoor } from './http/communer/event-door.ts'
import { communerEventGuests } from './http/communer/event-guests.ts'
import { communerParticipation } from './http/communer/participation.ts'
import { communerLeave } from './http/communer/leave.ts'
import { communerLegal } from './http/communer/legal.ts'
import { communerMove } from './http/communer/move.ts'
import { communerOpenapi } from './http/communer/openapi.ts'
import { communerPersonalCalendar } from './http/communer/personal-calendar.ts'
import { communerPersonalData } from './http/communer/personal-data.ts'
import { communerReach } from './http/communer/reach.ts'
import { communerReports } from './http/communer/reports.ts'
import { communerSecondFactor } from './http/communer/second-factor.ts'
import { communerSearch } from './http/communer/search.ts'
import { communerSetup } from './http/communer/setup.ts'
import { agendaFeeds } from './http/agenda-feeds.ts'
import { agendaFrame } from './http/agenda-frame.ts'
import { feeds } from './http/feeds.ts'
import { health } from './http/health.ts'
import { mastodonAnnouncements } from './http/mastodon/announcements.ts'
import { mastodonApps } from './http/mastodon/apps.ts'
import { mastodonCredentials } from './http/mastodon/credentials.ts'
import { mastodonEmptyLists } from './http/mastodon/empty-lists.ts'
import { mastodonFilters } from './http/mastodon/filters.ts'
import { mastodonInstance } from './http/mastodon/instance.ts'
import { mastodonLists } from './http/mastodon/lists.ts'
import { mastodonMedia } from './http/mastodon/media.ts'
import { mastodonOembed } from './http/mastodon/oembed.ts'
import { mastodonPush } from './http/mastodon/push.ts'
import { mastodonScheduled } from './http/mastodon/scheduled.ts'
import { mastodonPreferences } from './http/mastodon/preferences.ts'
import { interactions } from './http/interact.ts'
import { hotDocuments } from './http/hot-documents.ts'
import { mastodonAccountActions } from './http/mastodon/account-actions.ts'
import { mastodonDiscovery } from './http/mastodon/discovery.ts'
import { mastodonDomainBlocks } from './http/mastodon/domain-blocks.ts'
import { mastodonAccounts } from './http/mastodon/accounts.ts'
import { mastodonConversations } from './http/mastodon/conversations.ts'
import { mastodonGroupedNotifications } from './http/mastodon/grouped-notifications.ts'
import { mastodonNotificationPolicy } from './http/mastodon/notification-policy.ts'
import { mastodonNotifications } from './http/mastodon/notifications.ts'
import { mastodonReports } from './http/mastodon/reports.ts'
import { mastodonSearch } from './http/mastodon/search.ts'
import { mastodonPolls } from './http/mastodon/polls.ts'
import { mastodonQuotes } from './http/mastodon/quotes.ts'
import { mastodonStatusActions } from './http/mastodon/status-actions.ts'
import { mastodonStatuses } from './http/mastodon/statuses.ts'
import { mastodonTags } from './http/mastodon/tags.ts'
import { mastodonTimelines } from './http/mastodon/timelines.ts'
import { mediaFiles } from './http/media-files.ts'
import { oauthAuthorize } from './http/oauth/authorize.ts'
import { oauthToken } from './http/oauth/token.ts'
import { pages } from './http/pages.ts'
import { personalCalendars } from './http/personal-calendar.ts'
import { endRefusedUpgrade, limitConnections } from './http/connection-limit.ts'
import { basePlugins } from './http/plugins/base.ts'
import { compilersFactory } from './http/plugins/compilers.ts'
import { errorsPlugin, sendError } from './http/plugins/errors.ts'
import { AJV_OPTIONS, querystringParser } from './http/plugins/server-options.ts'
import { unreadBodies } from './http/plugins/unread-bodies.ts'
import { streaming } from './http/streaming/streaming.ts'
import { territory } from './http/territory.ts'
import { wellKnown } from './http/wellknown.ts'

/** Q01 (slow-loris): headers must be there within 10 s; a whole request, with a photo on a slow phone, within 60 s. */
const HEADERS_TIMEOUT_MS = 10_000
/** How often Node looks for those that are late (its own 30 s would triple the limit above). */
const LOOK_FOR_LATE_MS = 2_000
const REQUEST_TIMEOUT_MS = 60_000
/** Longer than the 60 s of common reverse proxies, so that they close first and never write into a closed connection. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Activities may have 1 MiB; uploads have limits of their own. */
const BODY_LIMIT_BYTES = 1024 * 1024

/** A path part may carry an address of 2,048 characters in base64url (/media/proxy). */
const MAX_PARAM_LENGTH = 3_000

/** A Fastify with every route, ready for inject() or listen(). The caller closes it. `onRoute` hears of each route (tests of the table). */
export async function buildApp(ctx: Ctx, onRoute?: (route: RouteOptions) => unknown): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: ctx.log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trusted(ctx.config.trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LOOK_FOR_LATE_MS },
    ajv: AJV_OPTIONS,
    schemaController: { compilersFactory },
    routerOptions: { querystringParser, maxParamLength: MAX_PARAM_LENGTH }
  }) as unknown as FastifyInstance
  if (onRoute !== undefined) app.addHook('onRoute', (route) => void onRoute(route))
  limitConnections(app.server, ctx.config)
  app.addHook('onResponse', endRefusedUpgrade)
  await app.register(hotDocuments, { ctx })
  // Another process (the command line) may have done the set-up.
  app.addHook('onRequest', async () => {
    if (ctx.site === null) await loadSite(ctx)
  })
  await app.register(errorsPlugin, { ctx })
  await app.register(unreadBodies)
  // The inboxes stand apart from everything that is for people: compression, cookies, CORS and the headers that protect a browser would
  // cost each activity as much as the check of its signature.
  await app.register(activityPubInbox, { ctx })
  await app.register(everythingElse, { ctx })
  await app.ready()
  return app
}

/** What browsers and apps use, and the documents other servers read. */
async function everythingElse(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  await app.register(compress, { encodings: ['gzip', 'identity'], threshold: 1024, zlibOptions: { level: 5 } })
  await app.register(basePlugins, { ctx })
  app.setNotFoundHandler((request, reply) => sendError(ctx, new AppError('request.not-found', 404, 'Record not found'), request, reply))
  // The description of the API sees the routes registered after it.
  await app.register(communerOpenapi, { ctx })
  await app.register(health, { ctx })
  await app.register(activityPub, { ctx })
  await app.register(wellKnown, { ctx })
  await app.register(territory, { ctx })
  await app.register(directoryFiles, { ctx })
  const native = { ctx, prefix: '/api/communer/v1' }
  for (const routes of [
    communerAdminHosts,
    communerAdminRelays,
    communerReports,
    communerMove,
    communerReach,
    communerParticipation,
    communerEventGuests,
    communerCarpools,
    communerEventDoor
  ])
    await app.register(routes, native)
  for (const routes of [
    communerSearch,
    communerSetup,
    communerAccounts,
    communerGroups,
    communerGroupModeration,
    communerMemberships,
    communerAgendaSources,
    communerTimelines,
    communerDirectoryImport,
    communerDirectory,
    communerDirectoryTwins,
    communerMap,
    communerIdeas,
    communerIdeaPapers,
    communerProcesses,
    communerRooms,
    communerObjectFollows,
    communerProposals,
    communerAmendments,
    communerProposalDrafts,
    communerResidents,
    communerTerritory,
    communerEvents,
    communerVotes,
    communerVotesTogether,
    communerDesk,
    communerTasks,
    communerEmail,
    communerChannels,
    communerDetails,
    communerNeighbourhoods,
    communerPersonalCalendar,
    communerPersonalData,
    communerSecondFactor,
    communerAdminMails,
    communerAnnouncements,
    communerLegal,
    communerLeave,
    communerAdmin
  ])
    await app.register(routes, native)
  for (const routes of [
    mastodonApps,
    mastodonCredentials,
    mastodonInstance,
    mastodonMedia,
    mastodonPreferences,
    mastodonFilters,
    mastodonDiscovery,
    mastodonOembed,
    mastodonNotificationPolicy
  ])
    await app.register(routes, { ctx })
  await app.register(mastodonEmptyLists)
  const client = { ctx, prefix: '/api/v1' }
  for (const routes of [mastodonStatuses, mastodonStatusActions, mastodonPolls, mastodonQuotes, mastodonTimelines])
    await app.register(routes, client)
  for (const routes of [mastodonAccounts, mastodonAccountActions, mastodonNotifications]) await app.register(routes, client)
  for (const routes of [
    mastodonDomainBlocks,
    mastodonReports,
    mastodonLists,
    mastodonTags,
    mastodonConversations,
    mastodonPush,
    mastodonScheduled
  ])
    await app.register(routes, client)
  await app.register(mastodonAnnouncements, { ctx, prefix: '/api/v1/announcements' })
  await app.register(mastodonGroupedNotifications, { ctx, prefix: '/api/v2/notifications' })
  await app.register(mastodonSearch, { ctx, prefix: '/api/v2' })
  await app.register(streaming, { ctx, prefix: '/api/v1/streaming' })
  await app.register(oauthAuthorize, { ctx })
  await app.register(oauthToken, { ctx })
  await app.register(mediaFiles, { ctx })
  await app.register(interactions, { ctx })
  for (const routes of [feeds, agendaFeeds, agendaFrame, personalCalendars]) await app.register(routes, { ctx })
  // Last: it takes every GET that nothing else wanted.
  await app.register(pages, { ctx })
}

/** TRUST_PROXY as Fastify reads it: true, false, a number of hops, or addresses. */
function trusted(value: string): boolean | string | ((address: string, hop: number) => boolean) {
  if (value === 'true') return true
  if (value === 'false') return false
  return /^[0-9]+$/.test(value) ? (_address, hop) => hop < Number(value) : value
}
