// What several routes of events share: the event a path names, and its entity for who looks.
import type { Ctx } from '../../context.ts'
import { eventStatusOf, type EventStatus } from '../../core/event-status.ts'
import { datesOf } from '../../core/recurrence.ts'
import { loadAnnouncers, type Announcer } from '../../db/event-twins.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { announcedDates, latestDates, livingSeries, recurrenceOf, seriesOfEvents } from '../../db/series.ts'
import { loadStatusParts, type StatusRow } from '../../db/status-parts.ts'
import { findStatus, findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { zonedDate } from '../../vocab/zoned-date.ts'
import { notFound } from '../mastodon/params.ts'
import type { EventEntity } from '../mastodon/serialise/entities.ts'
import { toEvent } from '../mastodon/serialise/event.ts'

/** The event of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getEvent(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || row.type !== 'Event' || row.id !== id) throw notFound()
  return row
}

/** With who announces the same event too, and how it comes again. */
export type ShownEvent = EventEntity & { alsoAnnouncedBy: Announcer[]; series: SeriesEntity | null }

export interface SeriesEntity {
  rule: string
  starts: string
  timezone: string
  except: string[]
  endedAt: string | null
  dates: { start: string; eventId: string | null; status: EventStatus }[]
}

/** Next dates that are shown. */
const NEXT_DATES = 8

/** The entity of one event. Throws request.not-found (404). */
export async function showEvent(ctx: Ctx, id: string, viewer: Viewer): Promise<ShownEvent> {
  const row = await findStatus(ctx, id, viewer)
  const [event] = row === null ? [] : await presentEvents(ctx, [row], viewer)
  if (event === undefined) throw notFound()
  return event
}

/** The entities of a page. */
export async function presentEvents(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<ShownEvent[]> {
  const ids = rows.map(({ id }) => id)
  const [parts, announcers, series] = await Promise.all([
    loadStatusParts(ctx, rows, viewer),
    loadAnnouncers(ctx, ids),
    loadSeries(ctx, ids)
  ])
  return rows.flatMap((row) => {
    const event = toEvent(ctx, row, parts)
    return event === null ? [] : { ...event, alsoAnnouncedBy: announcers.get(row.id) ?? [], series: series.get(row.id) ?? null }
  })
}

/** How these events come again, with their next dates: two queries, whatever their number. */
async function loadSeries(ctx: Ctx, objectIds: string[]): Promise<Map<string, SeriesEntity>> {
  const rows = await seriesOfEvents(ctx.db, objectIds)
  const now = ctx.clock.now()
  const announced = await announcedDates(ctx.db, [...new Set(rows.map(({ id }) => id))], now)
  const entities = new Map<string, SeriesEntity>()
  return new Map(
    rows.map((row) => {
      let entity = entities.get(row.id)
      if (entity === undefined) {
        const known = announced.filter(({ series_id: id }) => id === row.id)
        const since = new Date(Math.max(now.getTime(), row.announced_through.getTime() + 1))
        const planned = row.ended_at === null ? datesOf(recurrenceOf(row), since, null, NEXT_DATES) : []
        const dates: SeriesEntity['dates'] = [
          ...known.map((date) => ({
            start: zonedDate(date.start_time, row.timezone),
            eventId: date.object_id,
            status: eventStatusOf(date.event_status)
          })),
          ...planned.map((date) => ({ start: zonedDate(date, row.timezone), eventId: null, status: 'CONFIRMED' as const }))
        ]
        const { rule, starts, timezone, except_dates: except, ended_at: ended } = row
        entity = { rule, starts, timezone, except, endedAt: ended?.toISOString() ?? null, dates: dates.slice(0, NEXT_DATES) }
        entities.set(row.id, entity)
      }
      return [row.object_id, entity]
    })
  )
}

/** A page of a calendar shows at most six weeks. */
const LONGEST_PLAN_MS = 62 * 24 * 3_600_000
const MAX_SERIES = 200
const MAX_PLANNED = 500

export interface PlannedEntity {
  title: string
  start: string
  timezone: string
  place: string | null
  eventId: string | null
}

/** Dates of living series that are no events yet, of one publisher or of everybody here, soonest first. */
export async function plannedDates(ctx: Ctx, publisherId: string | null, from: Date, to: Date): Promise<PlannedEntity[]> {
  const end = new Date(Math.min(to.getTime(), from.getTime() + LONGEST_PLAN_MS))
  const series = await livingSeries(ctx.db, publisherId, MAX_SERIES)
  const latest = await latestDates(
    ctx.db,
    series.map(({ id }) => id)
  )
  const planned = series.flatMap((row) => {
    const since = new Date(Math.max(from.getTime(), row.announced_through.getTime() + 1))
    const { title, location } = row.template as { title: string; location?: { name?: string | null } | null }
    return datesOf(recurrenceOf(row), since, end, 62).map((date) => ({
      at: date.getTime(),
      title,
      start: zonedDate(date, row.timezone),
      timezone: row.timezone,
      place: location?.name ?? null,
      eventId: latest.get(row.id) ?? null
    }))
  })
  return planned
    .sort((one, other) => one.at - other.at)
    .slice(0, MAX_PLANNED)
    .map(({ at: _at, ...entity }) => entity)
}
