// Events as an iCalendar file (RFC 5545), to subscribe to. Pure.
import ical, { ICalEventClass, ICalEventStatus, ICalEventTransparency, type ICalCalendar } from 'ical-generator'
import { DateTime } from 'luxon'
import { tzlib_get_ical_block as zoneBlock } from 'timezones-ical-library'
import { eventStatusOf, markedTitle } from '../../core/event-status.ts'
import { datesOf, momentOf } from '../../core/recurrence.ts'
import { recurrenceOf, type SeriesRow } from '../../db/series.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import { plainLine } from '../../vocab/values.ts'

/** How often subscribers may look again: often enough for a cancellation on the same day. */
const REFRESH_SECONDS = 3600
/** When nobody said how long, as on the wire (vocab/event.ts). */
const DEFAULT_DURATION_MS = 2 * 3_600_000
const MAX_DESCRIPTION = 2000

/** Dates of a series that are not announced yet: as one entry with a rule, or one date by itself. */
export interface Planned {
  uid: string
  title: string
  place: string | null
  start: Date
  minutes: number
  timezone: string
  rule: string | null
  exceptDates: Date[]
  stamp: Date
}

/** Dates of one series in a calendar that holds a stretch of time only: a year of days. */
const MAX_DATES = 366

/** What calendars show of series beyond the dates that are events already: from the next date on, so that none is there twice. */
export function plannedOf(origin: string, series: SeriesRow[], from: Date): Planned[] {
  return series.flatMap((row) => {
    const [start] = datesOf(recurrenceOf(row), notAnnounced(row, from), null, 1)
    if (start === undefined) return []
    const hour = row.starts.slice(11)
    return {
      ...entryOf(row, start),
      uid: `${origin}/series/${row.id}`,
      rule: fromNow(row, start),
      exceptDates: row.except_dates.map((date) => momentOf(`${date}T${hour}`, row.timezone)).filter((date) => date > start)
    }
  })
}

/** The same where a last day was asked for: date by date, because a rule would go on. */
export function plannedIn(origin: string, series: SeriesRow[], from: Date, to: Date): Planned[] {
  return series.flatMap((row) =>
    datesOf(recurrenceOf(row), notAnnounced(row, from), to, MAX_DATES).map((start) => ({
      ...entryOf(row, start),
      uid: `${origin}/series/${row.id}/${start.getTime()}`,
      rule: null,
      exceptDates: []
    }))
  )
}

function notAnnounced(row: SeriesRow, from: Date): Date {
  return new Date(Math.max(from.getTime(), row.announced_through.getTime() + 1))
}

function entryOf(row: SeriesRow, start: Date): Omit<Planned, 'uid' | 'rule' | 'exceptDates'> {
  const { title, location } = row.template as { title: string; location?: { name?: string; address?: string } | null }
  return {
    title,
    place: location?.name ?? location?.address ?? null,
    start,
    minutes: row.minutes ?? DEFAULT_DURATION_MS / 60_000,
    timezone: row.timezone,
    stamp: row.announced_through
  }
}

/** A number of times counts from the first date; what is left of it counts from `start`. */
function fromNow(row: SeriesRow, start: Date): string {
  const count = /COUNT=(\d+)/.exec(row.rule)
  if (count === null) return row.rule
  const all = datesOf({ ...recurrenceOf(row), exceptDates: [] }, momentOf(row.starts, row.timezone), null, Number(count[1]))
  return row.rule.replace(count[0], `COUNT=${all.filter((date) => date >= start).length}`)
}

/** How an event stands in one person's own calendar. */
export interface OwnMark {
  /** In front of the description; null: nothing to say. */
  note: string | null
  /** Whether the time is taken. */
  isBusy: boolean
}

/** The calendar as text. UID is the event's IRI: an edited or cancelled event replaces the one subscribers have. `marks` by row id. */
export function calendarOf(
  frame: { name: string; url: string },
  rows: StatusRow[],
  planned: Planned[] = [],
  marks: Map<string, OwnMark> = new Map()
): string {
  const calendar = ical({
    name: frame.name,
    url: frame.url,
    ttl: REFRESH_SECONDS,
    prodId: { company: 'Communer', product: 'Communer', language: 'FR' }
  })
  for (const row of rows) addEvent(calendar, row, marks.get(row.id))
  if (planned.length > 0) calendar.timezone({ name: null, generator: (zone) => zoneBlock(zone)[0] ?? null })
  for (const entry of planned) addPlanned(calendar, entry)
  return calendar.toString()
}

function addEvent(calendar: ICalCalendar, row: StatusRow, mark: OwnMark | undefined): void {
  if (row.start_time === null) return
  const event = calendar.createEvent({
    id: row.iri,
    start: row.start_time,
    end: row.end_time ?? new Date(row.start_time.getTime() + DEFAULT_DURATION_MS),
    stamp: row.updated ?? row.published,
    created: row.published,
    lastModified: row.updated ?? row.published,
    // Strictly rising with every change, without counting changes.
    sequence: row.updated === null ? 0 : Math.max(1, Math.floor((row.updated.getTime() - row.published.getTime()) / 1000)),
    summary: titleOf(row),
    description: [mark?.note ?? '', plainLine(row.content_html, MAX_DESCRIPTION)].filter((part) => part !== '').join('\n\n'),
    url: row.url ?? row.iri,
    status: statusOf(row.event_status)
  })
  const place = placeOf(row)
  if (place !== null) event.location(place)
  if (mark === undefined) return
  if (!mark.isBusy) event.transparency(ICalEventTransparency.TRANSPARENT)
  // Programs that share a calendar with others leave these out.
  if (row.visibility !== 'public' && row.visibility !== 'unlisted') event.class(ICalEventClass.PRIVATE)
}

function addPlanned(calendar: ICalCalendar, { uid, title, place, start, minutes, timezone, rule, exceptDates, stamp }: Planned): void {
  const event = calendar.createEvent({
    id: uid,
    start: DateTime.fromJSDate(start, { zone: timezone }),
    end: DateTime.fromJSDate(new Date(start.getTime() + minutes * 60_000), { zone: timezone }),
    timezone,
    stamp,
    summary: title
  })
  // Days left out have to be written as the dates are: on the clock of the place (RFC 5545 §3.8.5.1).
  const left = exceptDates.map((date) => DateTime.fromJSDate(date, { zone: timezone }).toFormat("yyyyMMdd'T'HHmmss"))
  if (rule !== null)
    event.repeating([`RRULE:${rule}`, ...(left.length === 0 ? [] : [`EXDATE;TZID=${timezone}:${left.join(',')}`])].join('\r\n'))
  if (place !== null) event.location(place)
}

/** iCalendar has no word for postponed and for moved online: the title says it. */
function titleOf({ name, event_status: status }: StatusRow): string {
  // Called off has a word of its own, which calendars strike through.
  return status === 'CANCELLED' ? (name ?? '') : markedTitle(name ?? '', eventStatusOf(status))
}

function statusOf(status: string | null): ICalEventStatus {
  if (status === 'CANCELLED') return ICalEventStatus.CANCELLED
  return status === 'TENTATIVE' || status === 'POSTPONED' ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED
}

function placeOf({ place }: StatusRow): { title: string; address?: string; geo?: { lat: number; lon: number } } | null {
  const title = place?.name ?? place?.address ?? place?.url
  if (place === null || !title) return null
  const { latitude, longitude } = place
  return {
    title,
    ...(place.name && place.address ? { address: place.address } : {}),
    ...(typeof latitude === 'number' && typeof longitude === 'number' ? { geo: { lat: latitude, lon: longitude } } : {})
  }
}
