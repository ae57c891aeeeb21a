// The agenda to take away: as a calendar, as news (Atom, JSON Feed), for maps (GeoJSON). Of the commune and of each local actor, with the
// filters of the page. Public events only (security.md V03).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { requireSite } from '../db/site.ts'
import { findStatus } from '../db/timelines.ts'
import { ANYONE } from '../db/visibility.ts'
import type { EventInput } from '../features/events/input.ts'
import { atomFeed, type FeedFrame } from '../features/feeds/atom.ts'
import { calendarOf, plannedIn, plannedOf } from '../features/feeds/calendar.ts'
import { geojsonOf } from '../features/feeds/geojson.ts'
import { jsonFeed } from '../features/feeds/json-feed.ts'
import { announcersOf, comingEvents, feedEvents, feedSeries, justOver, type FeedFilter } from '../features/feeds/sources.ts'
import { foldTag } from '../protocol/normalise-parts.ts'
import { sendFeed } from './feed-answer.ts'
import { choiceOf, type Choice } from './feed-choice.ts'
import { notFound } from './mastodon/params.ts'

const READ = { config: { public: true } }
/** Events in a feed of news. */
const ENTRIES = 200
/** Of what is announced without one (vocab/event.ts). */
const USUAL_CATEGORY = 'COMMUNITY'

type Send = (ctx: Ctx, choice: Choice, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** Fastify plugin: /agenda.ics, .atom, .json and .geojson, the same under /@username, and one event for one's own calendar. */
export async function agendaFeeds(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const kinds: Record<string, Send> = { ics: sendCalendar, atom: sendAtom, json: sendJson, geojson: sendGeojson }
  for (const [ending, send] of Object.entries(kinds))
    for (const path of [`/agenda.${ending}`, `/@:username/agenda.${ending}`])
      app.get(path, READ, async (request, reply) => {
        const choice = await choiceOf(ctx, request)
        // What anybody may read, scripts of other sites may too.
        reply.header('access-control-allow-origin', '*')
        return send(ctx, choice, request, reply)
      })
  app.get('/evenements/:id(^\\d{1,19}).ics', READ, async (request, reply) => sendEvent(ctx, request, reply))
}

/** What was chosen, in front of its owner's name. */
function frameOf(ctx: Ctx, { owner, label, query }: Choice, ending: string): FeedFrame {
  const site = requireSite(ctx)
  const name = owner === null ? site.name : owner.name || owner.username
  const profile = owner === null ? '' : `/@${owner.username}`
  return {
    title: label === '' ? name : `${name} (${label})`,
    description: owner === null ? site.description : `@${owner.username}@${owner.domain}`,
    selfUrl: `${site.origin}${profile}/agenda.${ending}${query}`,
    pageUrl: owner === null ? `${site.origin}/agenda` : `${site.origin}${profile}`,
    since: owner?.published ?? new Date(0)
  }
}

async function sendCalendar(ctx: Ctx, choice: Choice, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { owner, filter } = choice
  const { title, pageUrl } = frameOf(ctx, choice, 'ics')
  const rows = await feedEvents(ctx, owner, filter)
  const series = (await feedSeries(ctx, owner)).filter((row) => fits(row.template, filter))
  const { origin } = requireSite(ctx)
  const { from = justOver(ctx), to } = filter
  const planned = to === undefined ? plannedOf(origin, series, from) : plannedIn(origin, series, from, to)
  return sendFeed(request, reply, 'text/calendar; charset=utf-8', calendarOf({ name: title, url: pageUrl }, rows, planned), rows)
}

async function sendAtom(ctx: Ctx, choice: Choice, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const rows = await comingEvents(ctx, choice.owner, choice.filter, ENTRIES)
  const body = atomFeed(frameOf(ctx, choice, 'atom'), rows, await announcersOf(ctx, rows))
  return sendFeed(request, reply, 'application/atom+xml; charset=utf-8', body, rows)
}

async function sendJson(ctx: Ctx, choice: Choice, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const rows = await comingEvents(ctx, choice.owner, choice.filter, ENTRIES)
  const body = JSON.stringify(jsonFeed(frameOf(ctx, choice, 'json'), rows, await announcersOf(ctx, rows)))
  return sendFeed(request, reply, 'application/feed+json; charset=utf-8', body, rows)
}

async function sendGeojson(ctx: Ctx, { owner, filter }: Choice, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const rows = await feedEvents(ctx, owner, filter)
  const body = JSON.stringify(geojsonOf(rows, await announcersOf(ctx, rows)))
  return sendFeed(request, reply, 'application/geo+json; charset=utf-8', body, rows)
}

/** Whether the dates of a series that are still to come would be found, too. How far they are, and who announces them, is known of events only. */
function fits(template: Record<string, unknown>, filter: FeedFilter): boolean {
  const { tags = [], location, ...said } = template as Partial<EventInput>
  const { tag, place, category, accessibility = [] } = filter
  const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return (
    filter.near === undefined &&
    filter.organizer === undefined &&
    (tag === undefined || tags.some((one) => foldTag(one.replace(/^#/, '')) === tag)) &&
    (place === undefined || plain(location?.name ?? '') === plain(place)) &&
    (category === undefined || (said.category ?? USUAL_CATEGORY) === category) &&
    (!filter.online || Boolean(location?.url)) &&
    (!filter.free || said.price === 0) &&
    (!filter.forChildren || said.forChildren === true) &&
    accessibility.every((one) => said.accessibility?.includes(one))
  )
}

/** One event, called off or not, under the UID it has in every calendar. */
async function sendEvent(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const row = await findStatus(ctx, (request.params as { id: string }).id, ANYONE)
  if (row === null || row.type !== 'Event') throw notFound()
  return sendFeed(request, reply, 'text/calendar; charset=utf-8', calendarOf({ name: site.name, url: row.url ?? row.iri }, [row]), [row])
}
