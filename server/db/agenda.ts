// What takes place when: events in the order of their start, by keyset on (start, id), through visibleTo(). Reading only.
import type { Ctx } from '../context.ts'
import { boxAround, metresTo, type Circle } from './distance.ts'
import { withoutTwins } from './event-twins.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export interface AgendaFilter {
  /** Events that are not over at this moment. */
  from: Date
  to?: Date
  near?: Circle
  /** Only what is announced on this instance. */
  local?: boolean
  /** Row id of the actor that announces it, of the group it is said in, or of the place where it is. */
  actorId?: string
  /** Folded hashtag. */
  tag?: string
  place?: string
  /** Row id of the quarter it takes place in. */
  neighbourhoodId?: string | undefined
  /** Part of the name, or the username, of who announces. */
  organizer?: string | undefined
  free?: boolean | undefined
  forChildren?: boolean | undefined
  /** Mobilizon's word, such as WORKSHOP. */
  category?: string | undefined
  /** One can take part from afar. */
  online?: boolean | undefined
  /** All of these (db/directory.ts ACCESSIBILITY). */
  accessibility?: string[] | undefined
  /** Row id of a local person: what they take part in, asked to, keep in mind or are invited to. */
  participantId?: string | undefined
  /** Continue after this event. */
  after?: { start: Date; id: string }
  limit: number
}

/** Longest an event that still lasts may have begun before: keeps the scan to a range of the index. */
const LONGEST_DAYS = 31

/** Events soonest first. Plan: objects_agenda or objects_agenda_local from `from` on; objects_place within the radius; objects_neighbourhood_agenda. */
export async function listEvents(ctx: Ctx, viewer: Viewer, filter: AgendaFilter): Promise<StatusRow[]> {
  const query = ctx
    .db('objects as o')
    .where('o.type', 'Event')
    .whereRaw(`o.start_time > ?::timestamptz - interval '${LONGEST_DAYS} days'`, [filter.from])
    .whereRaw('coalesce(o.end_time, o.start_time) >= ?', [filter.from])
    .orderBy([{ column: 'o.start_time' }, { column: 'o.id' }])
    .limit(filter.limit)
    .select(statusColumns('o'))
  if (filter.to !== undefined) query.where('o.start_time', '<=', filter.to)
  if (filter.local) query.whereRaw('o.local')
  if (filter.actorId !== undefined)
    query.where((either) =>
      either
        .where('o.actor_id', filter.actorId)
        .orWhere('o.group_id', filter.actorId)
        // The agenda of a place holds what others announce there. Index: events_place_actor.
        .orWhereIn('o.id', ctx.db('events').where('place_actor_id', filter.actorId).select('object_id'))
    )
  if (filter.tag !== undefined)
    query.whereExists(ctx.db('object_tags as t').whereRaw('t.object_id = o.id and t.tag = ?', [filter.tag]).select(ctx.db.raw('1')))
  if (filter.place !== undefined) query.whereRaw("f_unaccent(o.place ->> 'name') = f_unaccent(?)", [filter.place])
  if (filter.neighbourhoodId !== undefined) query.where('o.neighbourhood_id', filter.neighbourhoodId)
  if (filter.organizer !== undefined) query.whereExists(announcedBy(ctx, filter.organizer))
  if (filter.category !== undefined) query.whereRaw("o.doc ->> 'category' = ?", [filter.category])
  if (filter.online) query.whereRaw("o.place ->> 'url' is not null")
  practical(query, filter)
  if (filter.after !== undefined)
    query.whereRaw('(o.start_time, o.id) > (?::timestamptz, ?::bigint)', [filter.after.start, filter.after.id])
  // Whose agenda it is shows all of its own; a theme or a place may stand in one announcement only.
  if ([filter.actorId, filter.tag, filter.place, filter.neighbourhoodId, filter.participantId].every((one) => one === undefined))
    withoutTwins(query, 'o')
  if (filter.participantId !== undefined) takenPartIn(query, filter.participantId)
  if (filter.near !== undefined) within(query, filter.near)
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as StatusRow[]
}

/** What organisers say of coming. Plan: events_pkey of each event in the range. */
function practical(query: ReturnType<typeof visibleTo>, { free, forChildren, accessibility = [] }: AgendaFilter): void {
  const wanted = [
    ...(free ? ['e.price = 0'] : []),
    ...(forChildren ? ['e.for_children'] : []),
    ...(accessibility.length > 0 ? ['e.accessibility @> :accessibility::text[]'] : [])
  ]
  if (wanted.length > 0)
    query.whereRaw(`exists (select 1 from events e where e.object_id = o.id and ${wanted.join(' and ')})`, { accessibility })
}

function announcedBy(ctx: Ctx, organizer: string): ReturnType<typeof visibleTo> {
  const part = `%${organizer.replaceAll(/[\\%_]/g, '\\$&')}%`
  return ctx
    .db('actors as by')
    .whereRaw('by.id = o.actor_id and (lower(f_unaccent(by.name)) like lower(f_unaccent(?)) or lower(by.username) = lower(?))', [
      part,
      organizer
    ])
    .select(ctx.db.raw('1'))
}

function takenPartIn(query: ReturnType<typeof visibleTo>, actorId: string): void {
  query.whereRaw(
    `(o.id in (select p.object_id from participations p where p.actor_id = :actorId and p.state in ('accepted', 'pending', 'interested'))
      or o.id in (select i.object_id from event_invitations i where i.invitee_id = :actorId and i.state = 'pending'))`,
    { actorId }
  )
}

/** A box for the index, then the true distance on the sphere. */
function within(query: ReturnType<typeof visibleTo>, near: Circle): void {
  const { west, south, east, north } = boxAround(near)
  query
    .whereRaw('o.latitude is not null and point(o.longitude, o.latitude) <@ box(point(?, ?), point(?, ?))', [west, south, east, north])
    .whereRaw(`${metresTo('o.latitude', 'o.longitude')} <= :radiusMetres`, { ...near })
}
