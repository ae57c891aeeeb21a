// What feeds hold: public things of the whole commune or of one local actor, as anyone may see them. Reading only.
import type { Ctx } from '../../context.ts'
import { listEvents, type AgendaFilter } from '../../db/agenda.ts'
import { loadActorParts, type ActorPart, type StatusRow } from '../../db/status-parts.ts'
import { actorTimeline, publicTimeline } from '../../db/timelines.ts'
import { livingSeries, type SeriesRow } from '../../db/series.ts'
import { ANYONE } from '../../db/visibility.ts'

const POSTS = 30
const EVENTS = 500
const SERIES = 200
/** Calendars keep showing what is just over. */
const PAST_DAYS = 90
const DAY_MS = 24 * 3_600_000

/** The local actor of this username, or null when there is none to be seen. */
export async function findFeedOwner(ctx: Ctx, username: string): Promise<ActorPart | null> {
  const row = await ctx
    .db('actors')
    .where({ local: true })
    .whereRaw('lower(username) = lower(?)', [username])
    .whereNull('suspended_at')
    .whereNull('deleted_at')
    .whereNot('type', 'Application')
    .first<{ id: string } | undefined>('id')
  return row === undefined ? null : ((await loadActorParts(ctx, [row.id])).get(row.id) ?? null)
}

/** Latest first posts, without boosts: of one actor, or of everyone here. */
export async function feedPosts(ctx: Ctx, owner: ActorPart | null): Promise<{ rows: StatusRow[]; actors: Map<string, ActorPart> }> {
  const page = { maxId: null, sinceId: null, minId: null, limit: POSTS }
  const all =
    owner === null
      ? await publicTimeline(ctx, ANYONE, { local: true }, page)
      : await actorTimeline(ctx, ANYONE, owner.id, { excludeReplies: true, excludeReblogs: true }, page)
  const rows = all.filter((row) => row.reblog_of_id === null && row.visibility === 'public')
  return { rows, actors: await loadActorParts(ctx, [...new Set(rows.map((row) => row.actor_id))]) }
}

/** What of an agenda somebody wants: the filters of the page /agenda. What is not over at `from`, and begins before `to`. */
export type FeedFilter = Partial<Omit<AgendaFilter, 'local' | 'actorId' | 'participantId' | 'after' | 'limit'>> & {
  /** Also what is announced elsewhere and known here. */
  around?: boolean
}

/** Coming events and those just over, unless the filter says when: of one actor, or of everyone here. */
export async function feedEvents(ctx: Ctx, owner: ActorPart | null, filter: FeedFilter = {}, limit = EVENTS): Promise<StatusRow[]> {
  const { around, from = justOver(ctx), ...rest } = filter
  const rows = await listEvents(ctx, ANYONE, { ...rest, from, local: !around, limit, ...(owner === null ? {} : { actorId: owner.id }) })
  return rows.filter((row) => row.visibility === 'public')
}

/** The same without what is over, soonest first: for readers of news and for pages. */
export async function comingEvents(ctx: Ctx, owner: ActorPart | null, filter: FeedFilter, limit: number): Promise<StatusRow[]> {
  const now = ctx.clock.now()
  const from = filter.from !== undefined && filter.from > now ? filter.from : now
  return feedEvents(ctx, owner, { ...filter, from }, limit)
}

/** Since when calendars show events. */
export function justOver(ctx: Ctx): Date {
  return new Date(ctx.clock.now().getTime() - PAST_DAYS * DAY_MS)
}

/** Those who announce these events. */
export async function announcersOf(ctx: Ctx, rows: StatusRow[]): Promise<Map<string, ActorPart>> {
  return loadActorParts(ctx, [...new Set(rows.map((row) => row.actor_id))])
}

/** What comes again and has further dates: of one actor, or of everyone here. */
export async function feedSeries(ctx: Ctx, owner: ActorPart | null): Promise<SeriesRow[]> {
  return livingSeries(ctx.db, owner?.id ?? null, SERIES)
}
