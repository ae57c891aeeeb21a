// Events that are not over and open ideas on the map, by position. Reading only, through visibleTo().
import type { Ctx } from '../context.ts'
import { tagsOf, type Theme } from '../core/themes.ts'
import type { Box } from './directory.ts'
import { withoutTwins } from './event-twins.ts'
import type { Place } from './rows.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export interface MapEvent {
  id: string
  iri: string
  name: string
  url: string | null
  local: boolean
  start_time: Date
  end_time: Date | null
  timezone: string | null
  place: Place | null
  latitude: number
  longitude: number
}

/** What is still to come, at most this far ahead: a map of everything for ever says nothing. */
const AHEAD_DAYS = 92
const LONGEST_DAYS = 31

/** Degrees of a side, from which on a box holds much of what there is: some fifty kilometres. */
const WIDE = 0.5

/**
 * Within a box. PostgreSQL has no statistics of positions and takes every box for a small one: of a wide one the sides are compared, so
 * that it walks the list in its order and stops at the limit instead of gathering everything first.
 */
function inBox(query: ReturnType<typeof visibleTo>, { west, south, east, north }: Box): void {
  if (east - west > WIDE && north - south > WIDE)
    query.whereRaw('o.longitude between ? and ? and o.latitude between ? and ?', [west, east, south, north])
  else
    query.whereRaw('o.latitude is not null and point(o.longitude, o.latitude) <@ box(point(?, ?), point(?, ?))', [west, south, east, north])
}

/** Soonest first. Plan: objects_place, or objects_agenda from now on where the box is wide. */
export async function eventsWithin(
  ctx: Ctx,
  viewer: Viewer,
  box: Box,
  { words = '', theme, limit }: { words?: string; theme?: Theme; limit: number }
): Promise<MapEvent[]> {
  const now = ctx.clock.now()
  const query = ctx
    .db('objects as o')
    .where('o.type', 'Event')
    .whereRaw(
      `o.start_time > :now::timestamptz - interval '${LONGEST_DAYS} days' and o.start_time < :now::timestamptz + interval '${AHEAD_DAYS} days'
        and coalesce(o.end_time, o.start_time) >= :now`,
      { now }
    )
    .whereRaw("coalesce(o.event_status, '') <> 'CANCELLED'")
    .orderBy([{ column: 'o.start_time' }, { column: 'o.id' }])
    .limit(limit)
    .select(
      'o.id',
      'o.iri',
      'o.name',
      'o.url',
      'o.local',
      'o.start_time',
      'o.end_time',
      'o.timezone',
      'o.place',
      'o.latitude',
      'o.longitude'
    )
  inBox(query, box)
  if (words !== '')
    query.whereRaw(
      `search_words(o.name, o.summary, o.content_html, o.place, o.attachments) @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(?::text))`,
      [words]
    )
  if (theme !== undefined)
    query.whereRaw('exists (select 1 from object_tags t where t.object_id = o.id and t.tag = any(?))', [tagsOf(theme)])
  withoutTwins(query, 'o')
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as MapEvent[]
}

export interface MapIdea {
  id: string
  iri: string
  name: string
  place: Place | null
  themes: Theme[]
  latitude: number
  longitude: number
}

/** Open ideas, newest first. Plan: objects_place, ideas_pkey; ideas_open where the box holds everything. */
export async function ideasWithin(
  ctx: Ctx,
  viewer: Viewer,
  { west, south, east, north }: Box,
  { words = '', theme, limit }: { words?: string; theme?: Theme; limit: number }
): Promise<MapIdea[]> {
  const query = ctx
    .db('ideas as i')
    .join('objects as o', 'o.id', 'i.object_id')
    .whereRaw("i.state = 'open'")
    .whereRaw('o.latitude is not null and point(o.longitude, o.latitude) <@ box(point(?, ?), point(?, ?))', [west, south, east, north])
    .orderBy('i.object_id', 'desc')
    .limit(limit)
    .select('o.id', 'o.iri', 'o.name', 'o.place', 'o.latitude', 'o.longitude', 'i.themes')
  if (words !== '')
    query.whereRaw(
      `search_words(o.name, o.summary, o.content_html, o.place, o.attachments) @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(?::text))`,
      [words]
    )
  if (theme !== undefined) query.whereRaw('i.themes @> array[?]::text[]', [theme])
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as MapIdea[]
}
