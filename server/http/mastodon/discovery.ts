// Finding people and subjects in the Mastodon API: familiar followers, suggestions, directory, trends by plain counting.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { isRowId } from '../../core/ids.ts'
import {
  directory,
  familiarFollowers,
  suggestedActors,
  linkHistory,
  trendingLinks,
  trendingStatuses,
  trendingTags,
  type TrendingLink
} from '../../db/discovery.ts'
import { readWeeks, type ActivityWeek } from '../../db/nodeinfo.ts'
import { findStatuses } from '../../db/timelines.ts'
import { ANYONE } from '../../db/visibility.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { dismissSuggestion } from '../../features/follows/suggestions.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, idParam, linkOffsets, listOf, offsetOf, readPage, textOf, viewerOf, type Params } from './params.ts'
import { presentStatuses, presentTags } from './present.ts'
import { toAccount } from './serialise/account.ts'

const READ = { config: { scope: 'read:accounts' } }
const PUBLIC = { config: { public: true } }
const MAX_ASKED = 40

/** Fastify plugin. */
export async function mastodonDiscovery(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/api/v1/accounts/familiar_followers', { config: { scope: 'read:follows' } }, async (request) => {
    const query = request.query as Params
    const ids = (listOf(query['id'] ?? query['ids'], MAX_ASKED) ?? []).filter(isRowId)
    const found = await familiarFollowers(ctx, requireAuth(request).actor.id, [...new Set(ids)])
    const actors = await loadActorParts(ctx, [...new Set(found.flatMap(({ followers }) => followers))])
    return found.map(({ id, followers }) => ({
      id,
      accounts: followers.flatMap((one) => {
        const actor = actors.get(one)
        return actor === undefined ? [] : [toAccount(ctx, actor, actor)]
      })
    }))
  })

  app.get('/api/v1/suggestions', READ, async (request) =>
    (await suggestedActors(ctx, requireAuth(request).actor.id, readPage(request, 40, 80).limit)).map((actor) =>
      toAccount(ctx, actor, actor)
    )
  )

  app.get('/api/v2/suggestions', READ, async (request) =>
    (await suggestedActors(ctx, requireAuth(request).actor.id, readPage(request, 40, 80).limit)).map((actor) => ({
      source: 'global',
      sources: ['most_followed'],
      account: toAccount(ctx, actor, actor)
    }))
  )

  app.delete('/api/v1/suggestions/:id', { config: { scope: 'write:accounts' } }, async (request) => {
    await dismissSuggestion(ctx, requireAuth(request).actor, idParam(request))
    return {}
  })

  app.get('/api/v1/directory', PUBLIC, async (request, reply) => {
    const query = request.query as Params
    const order = textOf(query['order']) === 'new' ? 'new' : 'active'
    const page = { limit: readPage(request, 40, 80).limit, offset: offsetOf(query['offset']) }
    const actors = await directory(ctx, viewerOf(request), { local: boolOf(query['local']) ?? false, order, ...page })
    linkOffsets(ctx, request, reply, actors.length, page)
    return actors.map((actor) => toAccount(ctx, actor, actor))
  })

  for (const path of ['/api/v1/trends', '/api/v1/trends/tags'])
    app.get(path, PUBLIC, async (request, reply) => {
      const page = { limit: readPage(request, 10, 20).limit, offset: offsetOf((request.query as Params)['offset']) }
      const tags = await trendingTags(ctx, page.limit, page.offset)
      linkOffsets(ctx, request, reply, tags.length, page)
      return presentTags(
        ctx,
        tags.map((tag) => ({ tag, name: tag })),
        viewerOf(request)
      )
    })

  app.get('/api/v1/trends/statuses', PUBLIC, async (request, reply) => {
    const viewer = viewerOf(request)
    const page = { limit: readPage(request, 20, 40).limit, offset: offsetOf((request.query as Params)['offset']) }
    const rows = await trendingStatuses(ctx, viewer, page.limit, page.offset)
    linkOffsets(ctx, request, reply, rows.length, page)
    return presentStatuses(ctx, rows, viewer)
  })

  app.get('/api/v1/trends/links', PUBLIC, async (request, reply) => {
    const page = { limit: readPage(request, 10, 20).limit, offset: offsetOf((request.query as Params)['offset']) }
    const links = await trendingLinks(ctx, page.limit, page.offset)
    linkOffsets(ctx, request, reply, links.length, page)
    return presentLinks(ctx, links)
  })

  let weeks: { at: number; shown: Promise<object[]> } | null = null
  app.get('/api/v1/instance/activity', PUBLIC, async () => {
    const now = ctx.clock.now()
    if (weeks === null || now.getTime() - weeks.at > WEEKS_FRESH_MS) {
      const asked = { at: now.getTime(), shown: readWeeks(ctx.db, now).then((found) => found.map(toWeek)) }
      weeks = asked
      asked.shown.catch(() => weeks === asked && (weeks = null))
    }
    return weeks.shown
  })
}

/** Anybody may ask for the weeks; they are counted this often. */
const WEEKS_FRESH_MS = 600_000
const DAY_MS = 86_400_000

function toWeek({ week, ...counts }: ActivityWeek): object {
  return { week: String(week.getTime() / 1000), ...counts }
}

/** Pages with what the newest open post says of them, and how often they were linked to (docs.joinmastodon.org/entities/Trends_Link). */
async function presentLinks(ctx: Ctx, links: TrendingLink[]): Promise<object[]> {
  const [rows, days] = await Promise.all([
    findStatuses(
      ctx,
      links.map(({ object_id: id }) => id),
      ANYONE,
      { listed: true }
    ),
    linkHistory(
      ctx,
      links.map(({ card_id: id }) => id)
    )
  ])
  const cards = new Map((await presentStatuses(ctx, rows, ANYONE)).map(({ id, card }) => [id, card]))
  const today = Math.floor(ctx.clock.now().getTime() / DAY_MS) * DAY_MS
  return links.flatMap(({ card_id: cardId, object_id: objectId }) => {
    const card = cards.get(objectId)
    if (!card) return []
    const history = Array.from({ length: 7 }, (_, ago) => {
      const at = today - ago * DAY_MS
      const day = days.find((one) => one.card_id === cardId && one.day.getTime() === at)
      return { day: String(at / 1000), uses: String(day?.uses ?? 0), accounts: String(day?.accounts ?? 0) }
    })
    return [{ ...card, history }]
  })
}
