// Feeds anyone may subscribe to: Atom and iCalendar, of the commune and of each local actor. Public things only (security.md V03).
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import type { ActorPart, StatusRow } from '../db/status-parts.ts'
import { requireSite } from '../db/site.ts'
import { findStatus } from '../db/timelines.ts'
import { atomFeed, latestChange } from '../features/feeds/atom.ts'
import { calendarOf, plannedOf } from '../features/feeds/calendar.ts'
import { geojsonOf } from '../features/feeds/geojson.ts'
import { announcersOf, feedEvents, feedPosts, feedSeries, findFeedOwner, type FeedFilter } from '../features/feeds/sources.ts'
import { foldTag } from '../protocol/normalise-parts.ts'
import { notFound } from './mastodon/params.ts'

const READ = { config: { public: true } }
/** Readers ask every few minutes at most; a cancelled event should not wait longer. */
const CACHE = 'public, max-age=120'

/**
 * Fastify plugin: /feed.atom, /agenda.ics, /agenda.geojson and the same under /@username, and one event for one's own calendar. Agendas take the
 * filters of the page /agenda (theme, lieu, ailleurs): whoever has found a choice there subscribes to it.
 */
export async function feeds(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/feed.atom', READ, async (request, reply) => sendAtom(ctx, request, reply, null))
  app.get('/agenda.ics', READ, async (request, reply) => sendCalendar(ctx, request, reply, null))
  app.get('/agenda.geojson', READ, async (request, reply) => sendGeojson(ctx, request, reply, null))
  app.get('/@:username/agenda.geojson', READ, async (request, reply) => sendGeojson(ctx, request, reply, await ownerOf(ctx, request)))
  app.get('/evenements/:id(^\\d{1,19}).ics', READ, async (request, reply) => sendEvent(ctx, request, reply))
  app.get('/@:username/feed.atom', READ, async (request, reply) => sendAtom(ctx, request, reply, await ownerOf(ctx, request)))
  app.get('/@:username/agenda.ics', READ, async (request, reply) => sendCalendar(ctx, request, reply, await ownerOf(ctx, request)))
}

async function ownerOf(ctx: Ctx, request: FastifyRequest): Promise<ActorPart> {
  const owner = await findFeedOwner(ctx, (request.params as { username: string }).username)
  if (owner === null) throw notFound()
  return owner
}

async function sendAtom(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, owner: ActorPart | null): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const { rows, actors } = await feedPosts(ctx, owner)
  const pageUrl = owner === null ? `${site.origin}/` : `${site.origin}/@${owner.username}`
  const frame = {
    title: owner === null ? site.name : owner.name || owner.username,
    description: owner === null ? site.description : `@${owner.username}@${owner.domain}`,
    selfUrl: owner === null ? `${site.origin}/feed.atom` : `${pageUrl}/feed.atom`,
    pageUrl,
    since: owner?.published ?? new Date(0)
  }
  return send(request, reply, 'application/atom+xml; charset=utf-8', atomFeed(frame, rows, actors), rows)
}

async function sendCalendar(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, owner: ActorPart | null): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const filter = filterOf(request)
  const rows = await feedEvents(ctx, owner, filter)
  const chosen = [filter.tag === undefined ? '' : `#${filter.tag}`, filter.place ?? ''].filter(Boolean).join(', ')
  const name = owner === null ? site.name : owner.name || owner.username
  const frame = {
    name: chosen === '' ? name : `${name} (${chosen})`,
    url: owner === null ? `${site.origin}/agenda` : `${site.origin}/@${owner.username}`
  }
  const series = await feedSeries(ctx, owner)
  const planned = plannedOf(
    site.origin,
    series.filter((row) => fits(row.template, filter))
  )
  return send(request, reply, 'text/calendar; charset=utf-8', calendarOf(frame, rows, planned), rows)
}

async function sendGeojson(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, owner: ActorPart | null): Promise<FastifyReply> {
  const rows = await feedEvents(ctx, owner, filterOf(request))
  reply.header('access-control-allow-origin', '*')
  const body = JSON.stringify(geojsonOf(rows, await announcersOf(ctx, rows)))
  return send(request, reply, 'application/geo+json; charset=utf-8', body, rows)
}

/** The page's own names; what is no hashtag finds nothing there either. */
function filterOf(request: FastifyRequest): FeedFilter {
  const query = request.query as Record<string, unknown>
  const word = (name: string): string => (typeof query[name] === 'string' ? query[name].trim().slice(0, 200) : '')
  return {
    ...(word('theme') === '' ? {} : { tag: foldTag(word('theme').replace(/^#/, '')) ?? '-' }),
    ...(word('lieu') === '' ? {} : { place: word('lieu') }),
    ...(word('ailleurs') === '' ? {} : { around: true })
  }
}

/** Whether the dates of a series that are still to come would be found, too. */
function fits(template: Record<string, unknown>, { tag, place }: FeedFilter): boolean {
  const { tags = [], location } = template as { tags?: string[]; location?: { name?: string | null } | null }
  const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return (
    (tag === undefined || tags.some((one) => foldTag(one.replace(/^#/, '')) === tag)) &&
    (place === undefined || plain(location?.name ?? '') === plain(place))
  )
}

/** One event, called off or not, under the UID it has in every calendar. */
async function sendEvent(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const row = await findStatus(ctx, (request.params as { id: string }).id, { actorId: null })
  if (row === null || row.type !== 'Event') throw notFound()
  return send(request, reply, 'text/calendar; charset=utf-8', calendarOf({ name: site.name, url: row.url ?? row.iri }, [row]), [row])
}

function send(request: FastifyRequest, reply: FastifyReply, type: string, body: string, rows: StatusRow[]): FastifyReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
  const changed = latestChange(rows)
  reply.header('etag', etag).header('cache-control', CACHE)
  if (changed !== null) reply.header('last-modified', changed.toUTCString())
  // If-None-Match alone decides (RFC 9110 §13.2.2): a deletion changes the body, not the date of what is left.
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (known.includes(etag)) return reply.code(304).send()
  return reply.type(type).send(body)
}
