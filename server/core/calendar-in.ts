// Reads a calendar file (RFC 5545) as Google, Nextcloud, Outlook, OpenAgenda and others write it: its events in a window of time, series
// spread out into their occurrences. Whatever the file says, the work is bounded. Pure.
import ICAL from 'ical.js'
import { DateTime, Duration } from 'luxon'
import { RRuleTemporal } from 'rrule-temporal'
import { zoneOf } from './calendar-zones.ts'
import { AppError } from './errors.ts'
import { eventStatusOf } from './event-status.ts'
import { addressOf, lineOf, placeOf, positionOf, tagsOf, textOf, uidOf, type FoundEvent } from './found-event.ts'

export interface CalendarWindow {
  from: Date
  to: Date
  /** IANA zone of dates that name none. */
  timezone: string
}

export interface FoundCalendar {
  name: string
  /** Soonest first. */
  events: FoundEvent[]
  /** Entries that could not be read, or of which there are too many. */
  skipped: number
}

const MAX_ENTRIES = 5000
const MAX_EVENTS = 1000
/** Of one series within the window: a class every day of half a year. */
const MAX_OCCURRENCES = 200
/** Thousands of costly series are an attack, or a mistake. */
const MAX_WORK_MS = 1000
const RULE = 'X-RRULE'
/** Rules that match never or every second would be turned over without end. */
const MAX_STEPS = 10_000

// jCal (RFC 7265): a property is [name, parameters, type, ...values], a component [name, properties, components].
type Property = [name: string, parameters: Record<string, unknown>, type: string, ...values: unknown[]]
type Component = [name: string, properties: Property[], components: Component[]]

interface Moment {
  at: DateTime
  isDate: boolean
  zone: string | null
}

/** Throws calendar.unreadable (422) when the text is no calendar. */
export function readCalendar(text: string, window: CalendarWindow): FoundCalendar {
  const calendars = parse(text)
  const name = calendars
    .map((calendar) => lineOf(first(calendar, 'name')?.[3] ?? first(calendar, 'x-wr-calname')?.[3]))
    .find((found) => found !== '')
  const entries = calendars.flatMap((calendar) => entriesOf(calendar, window))
  const taken = entries.slice(0, MAX_ENTRIES)
  const replaced = replacements(taken)
  let skipped = entries.length - taken.length
  const events: FoundEvent[] = []
  const deadline = performance.now() + MAX_WORK_MS
  for (const entry of taken) {
    try {
      if (performance.now() > deadline) throw unreadable()
      events.push(...spread(entry, replaced, window))
    } catch {
      skipped += 1
    }
  }
  events.sort((one, other) => one.start.getTime() - other.start.getTime())
  return { name: name ?? '', events: events.slice(0, MAX_EVENTS), skipped: skipped + Math.max(0, events.length - MAX_EVENTS) }
}

interface Entry {
  component: Component
  uid: string
  zone: string
  /** Zones the file itself describes, by its name for them. */
  zones: Map<string, string>
}

function parse(text: string): Component[] {
  // Lines that are none break the whole file for stricter readers.
  const lines = text
    .replace(/^\ufeff/, '')
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .filter((line) => /^[A-Za-z0-9-]{1,60}[;:]/.test(line))
    // As a plain text, so that a rule nobody understands costs one entry and not the whole file.
    .map((line) => line.replace(/^RRULE(?=[;:])/i, RULE))
  if (!/^BEGIN:VCALENDAR/i.test(lines[0] ?? '')) throw unreadable()
  try {
    const parsed = ICAL.parse(lines.join('\r\n')) as unknown as Component | Component[]
    return typeof parsed[0] === 'string' ? [parsed as Component] : (parsed as Component[])
  } catch {
    throw unreadable()
  }
}

function entriesOf(calendar: Component, { timezone }: CalendarWindow): Entry[] {
  const zones = new Map<string, string>()
  for (const component of calendar[2].filter(([name]) => name === 'vtimezone')) {
    const [id, place] = [first(component, 'tzid')?.[3], first(component, 'x-lic-location')?.[3]]
    const zone = zoneOf(place) ?? zoneOf(id)
    if (typeof id === 'string' && zone !== null) zones.set(id, zone)
  }
  const zone = zoneOf(first(calendar, 'x-wr-timezone')?.[3]) ?? timezone
  return calendar[2]
    .filter(([name]) => name === 'vevent')
    .map((component) => ({ component, uid: uidOf(first(component, 'uid')?.[3]), zone, zones }))
}

/** Occurrences that have an entry of their own, by series: the moments they stood at. */
function replacements(entries: Entry[]): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  for (const entry of entries) {
    const moment = momentOf(first(entry.component, 'recurrence-id'), entry)
    if (moment === null) continue
    const moments = found.get(entry.uid) ?? new Set()
    found.set(entry.uid, moments.add(moment.at.toMillis()))
  }
  return found
}

function spread(entry: Entry, replaced: Map<string, Set<number>>, window: CalendarWindow): FoundEvent[] {
  const { component } = entry
  const start = momentOf(first(component, 'dtstart'), entry)
  const title = lineOf(first(component, 'summary')?.[3])
  if (start === null || title === '') throw unreadable()
  const lasts = durationOf(entry, start)
  const place = placeOf(first(component, 'location')?.[3], geoOf(component))
  const common = {
    uid: entry.uid || `${title} ${start.at.toISODate()}`,
    title,
    description: textOf(first(component, 'description')?.[3]),
    isAllDay: start.isDate,
    timezone: start.zone,
    status: eventStatusOf(String(first(component, 'status')?.[3] ?? '').toUpperCase()),
    place,
    url: addressOf(first(component, 'url')?.[3]),
    tags: tagsOf(all(component, 'categories').flatMap(([, , , ...values]) => values.flat()))
  }
  const at = (moment: DateTime, occurrence: string): FoundEvent => {
    const end = lasts === null ? null : moment.plus(lasts)
    return { ...common, occurrence, start: moment.toJSDate(), end: end?.toJSDate() ?? null }
  }
  const own = momentOf(first(component, 'recurrence-id'), entry)
  if (own !== null) return within([at(start.at, own.at.toUTC().toISO() ?? '')], window)
  const isSeries = first(component, RULE.toLowerCase()) !== undefined || first(component, 'rdate') !== undefined
  if (!isSeries) return within([at(start.at, '')], window)
  const out = new Set([...momentsOf(component, 'exdate', entry).map(keyOf(start)), ...[...(replaced.get(entry.uid) ?? [])].map(String)])
  const moments = [...occurrences(entry, start, window, lasts), ...momentsOf(component, 'rdate', entry).map(({ at }) => at)]
  const kept = new Map(moments.map((moment) => [moment.toMillis(), moment]))
  return within(
    [...kept.values()]
      .filter((moment) => !out.has(String(moment.toMillis())) && !out.has(moment.toISODate() ?? ''))
      .sort((one, other) => one.toMillis() - other.toMillis())
      .map((moment) => at(moment, moment.toUTC().toISO() ?? '')),
    window
  ).slice(0, MAX_OCCURRENCES)
}

/** Outlook excludes a day where it means the occurrence of that day. */
function keyOf(start: Moment): (moment: Moment) => string {
  return ({ at, isDate }) => (isDate && !start.isDate ? (at.toISODate() ?? '') : String(at.toMillis()))
}

function occurrences({ component }: Entry, start: Moment, { from, to }: CalendarWindow, lasts: Duration | null): DateTime[] {
  const rule = first(component, RULE.toLowerCase())?.[3]
  if (rule === undefined) return [start.at]
  // Nobody invites to something by the hour, and such rules are the costly ones.
  if (!/FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)\b/i.test(String(rule)) || /BY(HOUR|MINUTE|SECOND)=\d+,/i.test(String(rule))) throw unreadable()
  const zone = start.at.zoneName ?? 'UTC'
  const text = `DTSTART;TZID=${zone}:${start.at.toFormat("yyyyMMdd'T'HHmmss")}\nRRULE:${ruleText(String(rule), zone)}`
  const rules = new RRuleTemporal({ rruleString: text, maxIterations: MAX_STEPS, maxCandidateEvaluations: 10 * MAX_STEPS })
  const since = new Date(from.getTime() - (lasts?.toMillis() ?? 0))
  return rules.between(since, to, true).map((moment) => DateTime.fromMillis(moment.epochMilliseconds, { zone }))
}

/** The rule with its end in UTC: written without a zone, it is one on the clock of the series. */
function ruleText(rule: string, zone: string): string {
  return rule
    .trim()
    .toUpperCase()
    .replace(/(?<=UNTIL=)[0-9TZ]+/, (until) => untilText(until, zone))
}

function untilText(value: string, zone: string): string {
  const isDate = !value.includes('T')
  const moment = DateTime.fromISO(value, { zone })
  return (isDate ? moment.endOf('day') : moment).toUTC().toFormat("yyyyMMdd'T'HHmmss'Z'")
}

function within(events: FoundEvent[], { from, to }: CalendarWindow): FoundEvent[] {
  return events.filter(({ start, end }) => start <= to && (end ?? start) >= from)
}

function durationOf(entry: Entry, start: Moment): Duration | null {
  const end = momentOf(first(entry.component, 'dtend'), entry)
  const written = first(entry.component, 'duration')?.[3]
  const lasts = end === null ? (written === undefined ? null : Duration.fromISO(String(written))) : end.at.diff(start.at)
  // The end of whole days is the day after, and stands for that whole day.
  if (start.isDate) return Duration.fromMillis(Math.max(lasts?.toMillis() ?? 0, 86_400_000) - 60_000)
  return lasts === null || !lasts.isValid || lasts.toMillis() <= 0 ? null : lasts
}

function geoOf(component: Component): ReturnType<typeof positionOf> {
  const [latitude, longitude] = [first(component, 'geo')?.[3] ?? []].flat()
  return positionOf(latitude, longitude)
}

function momentsOf(component: Component, name: string, entry: Entry): Moment[] {
  return all(component, name).flatMap(([key, parameters, type, ...values]) =>
    values.flatMap((value) => momentOf([key, parameters, type, value], entry) ?? [])
  )
}

function momentOf(property: Property | undefined, entry: Entry): Moment | null {
  if (property === undefined) return null
  const [, parameters, , value] = property
  if (typeof value !== 'string') return null
  const named = parameters['tzid']
  const own = named === undefined ? null : (entry.zones.get(String(named)) ?? zoneOf(named))
  const zone = own ?? entry.zone
  // With Z the moment is clear; it is shown on the clock of the calendar.
  const at = DateTime.fromISO(value, { zone })
  if (!at.isValid || at.year < 1970 || at.year > 2200) return null
  return { at, isDate: !value.includes('T'), zone }
}

function first(component: Component, name: string): Property | undefined {
  return component[1].find(([key]) => key === name)
}

function all(component: Component, name: string): Property[] {
  return component[1].filter(([key]) => key === name)
}

function unreadable(): AppError {
  return new AppError('calendar.unreadable', 422, 'This is not a calendar that can be read.')
}
