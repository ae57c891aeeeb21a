// Events as an iCalendar file (RFC 5545), to subscribe to. Pure.
import ical, { ICalEventStatus } from 'ical-generator'
import type { StatusRow } from '../../db/status-parts.ts'
import { plainLine } from '../../vocab/values.ts'

/** How often subscribers may look again: often enough for a cancellation on the same day. */
const REFRESH_SECONDS = 3600
/** When nobody said how long, as on the wire (vocab/event.ts). */
const DEFAULT_DURATION_MS = 2 * 3_600_000
const MAX_DESCRIPTION = 2000

/** The calendar as text. UID is the event's IRI: an edited or cancelled event replaces the one subscribers have. */
export function calendarOf(frame: { name: string; url: string }, rows: StatusRow[]): string {
  const calendar = ical({
    name: frame.name,
    url: frame.url,
    ttl: REFRESH_SECONDS,
    prodId: { company: 'Communer', product: 'Communer', language: 'FR' }
  })
  for (const row of rows) {
    if (row.start_time === null) continue
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
      description: plainLine(row.content_html, MAX_DESCRIPTION),
      url: row.url ?? row.iri,
      status: statusOf(row.event_status)
    })
    const place = placeOf(row)
    if (place !== null) event.location(place)
  }
  return calendar.toString()
}

/** iCalendar has no word for postponed: the title says it. */
function titleOf({ name, event_status: status }: StatusRow): string {
  return status === 'POSTPONED' && !/^\[REPORT/i.test(name ?? '') ? `[REPORTÉ] ${name ?? ''}` : (name ?? '')
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
