// Feeds anyone may subscribe to: Atom and iCalendar, of the commune and of each local actor. Public things only (security.md V03).
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import type { ActorPart, StatusRow } from '../db/status-parts.ts'
import { requireSite } from '../db/site.ts'
import { findStatus } from '../db/timelines.ts'
import { atomFeed, latestChange } from '../features/feeds/atom.ts'
import { calendarOf, plannedOf } from '../features/feeds/calendar.ts'
import { feedEvents, feedPosts, feedSeries, findFeedOwner } from '../features/feeds/sources.ts'
import { notFound } from './mastodon/params.ts'

const READ = { config: { public: true } }
/** Readers ask every few minutes at most; a cancelled event should not wait longer. */
const CACHE = 'public, max-age=120'

/** Fastify plugin: /feed.atom, /agenda.ics and the same under /@username, and one event for one's own calendar. */
export async function feeds(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/feed.atom', READ, async (request, reply) => sendAtom(ctx, request, reply, null))
  app.get('/agenda.ics', READ, async (request, reply) => sendCalendar(ctx, request, reply, null))
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
  const rows = await feedEvents(ctx, owner)
  const frame =
    owner === null
      ? { name: site.name, url: `${site.origin}/agenda` }
      : { name: owner.name || owner.username, url: `${site.origin}/@${owner.username}` }
  const planned = plannedOf(site.origin, await feedSeries(ctx, owner))
  return send(request, reply, 'text/calendar; charset=utf-8', calendarOf(frame, rows, planned), rows)
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
