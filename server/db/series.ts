// Series of events: the rule, what each date says, and the dates that were announced. No judgement about who may.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Recurrence } from '../core/recurrence.ts'

export interface SeriesRow {
  id: string
  publisher_id: string
  author_id: string
  rule: string
  starts: string
  timezone: string
  minutes: number | null
  except_dates: string[]
  /** What the form says, without its moments. */
  template: Record<string, unknown>
  announced_through: Date
  ended_at: Date | null
  created_at: Date
}

/** The chore that announces the next dates; its subject is the row id. */
export const SERIES_CHORE = 'series'

export const recurrenceOf = (row: Pick<SeriesRow, 'rule' | 'starts' | 'timezone' | 'except_dates'>): Recurrence => ({
  rule: row.rule,
  starts: row.starts,
  timezone: row.timezone,
  exceptDates: row.except_dates
})

export async function insertSeries(ctx: Ctx, trx: Knex, row: Omit<SeriesRow, 'id' | 'created_at' | 'ended_at'>): Promise<SeriesRow> {
  const now = ctx.clock.now()
  const [made] = await trx<SeriesRow>('event_series')
    .insert({ id: newId(now), created_at: now, ...row, template: JSON.stringify(row.template) } as never)
    .returning('*')
  return made!
}

/** Locked until the end of the transaction: nobody else announces a date meanwhile. */
export async function lockSeries(trx: Knex, id: string): Promise<SeriesRow | undefined> {
  return trx<SeriesRow>('event_series').where({ id }).forUpdate().first()
}

export async function updateSeries(trx: Knex, id: string, changes: Partial<SeriesRow>): Promise<void> {
  const { template, ...rest } = changes
  await trx('event_series')
    .where({ id })
    .update({ ...rest, ...(template === undefined ? {} : { template: JSON.stringify(template) }) })
}

/** Makes an event one of the dates of a series. */
export async function joinSeries(trx: Knex, objectId: string, seriesId: string, at: Date): Promise<void> {
  await trx('events').where({ object_id: objectId }).update({ series_id: seriesId, series_at: at })
}

/** Whether this date of the series was announced, whatever became of it. Index: events_series. */
export async function isAnnounced(trx: Knex, seriesId: string, at: Date): Promise<boolean> {
  return (await trx('events').where({ series_id: seriesId, series_at: at }).first('object_id')) !== undefined
}

export interface SeriesDate {
  object_id: string
  series_at: Date
  start_time: Date
  event_status: string | null
}

/** Announced dates of these series from a moment on, soonest first. Index: events_series. */
export async function announcedDates(db: Knex, seriesIds: string[], from: Date): Promise<(SeriesDate & { series_id: string })[]> {
  if (seriesIds.length === 0) return []
  return (await db('events as e')
    .join('objects as o', 'o.id', 'e.object_id')
    .whereRaw('e.series_id = any(array(select unnest(?::bigint[])))', [seriesIds])
    .where('e.series_at', '>=', from)
    .whereNull('o.deleted_at')
    .orderBy('e.series_at')
    .select('e.object_id', 'e.series_id', 'e.series_at', 'o.start_time', 'o.event_status')) as (SeriesDate & { series_id: string })[]
}

/** Of each of these series the public date announced last. Index: events_series backwards. */
export async function latestDates(db: Knex, seriesIds: string[]): Promise<Map<string, string>> {
  if (seriesIds.length === 0) return new Map()
  const { rows } = await db.raw<{ rows: { series_id: string; object_id: string }[] }>(
    `select s.id as series_id, last.object_id from unnest(?::bigint[]) s (id) cross join lateral (
       select e.object_id from events e join objects o on o.id = e.object_id and o.deleted_at is null and o.visibility = 'public'
       where e.series_id = s.id order by e.series_at desc limit 1) last`,
    [seriesIds]
  )
  return new Map(rows.map((row) => [row.series_id, row.object_id]))
}

/** The series of these events. Index: events_pkey, event_series_pkey. */
export async function seriesOfEvents(db: Knex, objectIds: string[]): Promise<(SeriesRow & { object_id: string; series_at: Date })[]> {
  if (objectIds.length === 0) return []
  return (await db('events as e')
    .join('event_series as s', 's.id', 'e.series_id')
    .whereRaw('e.object_id = any(array(select unnest(?::bigint[])))', [objectIds])
    .select('s.*', 'e.object_id', 'e.series_at')) as (SeriesRow & { object_id: string; series_at: Date })[]
}

/**
 * What somebody entered in the name of a group goes on in the hands of an owner of it. True when there is one. Without `seriesId`: of all groups.
 */
export async function handOver(trx: Knex, authorId: string, seriesId: string | null = null): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update event_series s set author_id = heir.actor_id from (
       select series.id, (select m.actor_id from memberships m join actors a on a.id = m.actor_id and a.local and a.deleted_at is null and a.suspended_at is null
         where m.group_id = series.publisher_id and m.role = 'owner' and m.state = 'active' and m.actor_id <> series.author_id
         order by m.created_at, m.actor_id limit 1) as actor_id
       from event_series series where series.author_id = :author and series.publisher_id <> :author
         and (:series::bigint is null or series.id = :series::bigint)) heir
     where s.id = heir.id and heir.actor_id is not null`,
    { author: authorId, series: seriesId }
  )
  return rowCount > 0
}

/** Living series: of one publisher, or of everybody here. Index: event_series_publisher. */
export async function livingSeries(db: Knex, publisherId: string | null, limit: number): Promise<SeriesRow[]> {
  const query = db<SeriesRow>('event_series as s')
    .join('actors as a', 'a.id', 's.publisher_id')
    .whereNull('s.ended_at')
    .whereNull('a.suspended_at')
    .whereNull('a.deleted_at')
    .whereNull('a.limited_at')
    .whereRaw("coalesce(s.template ->> 'visibility', 'public') = 'public'")
    .orderBy('s.id', 'desc')
    .limit(limit)
    .select('s.*')
  if (publisherId !== null) query.where('s.publisher_id', publisherId)
  return (await query) as SeriesRow[]
}
