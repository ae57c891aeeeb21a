// Rules by which an event comes again (RFC 5545 §3.3.10, the part of it that people say): every week on Saturday, every first Monday, every year.
// Dates are kept on the clock of their place: ten o'clock stays ten o'clock when clocks change. Pure.
import { DateTime } from 'luxon'
import { RRuleTemporal } from 'rrule-temporal'
import { AppError } from './errors.ts'

export interface Recurrence {
  /** Value of an RRULE, as `readRule` gives it. */
  rule: string
  /** First date on the clock of `timezone`: YYYY-MM-DDTHH:MM. */
  starts: string
  /** IANA name. */
  timezone: string
  /** Dates left out: YYYY-MM-DD. */
  exceptDates: string[]
}

/** Rules that match never, or nearly, would be turned over without end. */
const MAX_STEPS = 10_000
export const MAX_EXCEPTIONS = 200
/** What is planned further ahead is a wish. */
const MAX_YEARS = 10

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

const PARTS: Record<string, RegExp> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d?$/,
  COUNT: /^[1-9]\d{0,2}$/,
  UNTIL: /^\d{8}(T\d{6}Z?)?$/,
  BYDAY: /^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,6}$/,
  BYMONTHDAY: /^-?([12]?[1-9]|[123]0|31)(,-?([12]?[1-9]|[123]0|31)){0,30}$/,
  BYMONTH: /^(1[0-2]|[1-9])(,(1[0-2]|[1-9])){0,11}$/,
  BYSETPOS: /^-?[1-5]$/
}

/**
 * A rule in its one form: known parts only, UNTIL in UTC at the end of its day. Throws event.recurrence (422) when it is none, and
 * event.recurrence-start (422) when the first date is not one of its dates.
 */
export function readRule(text: string, first: Omit<Recurrence, 'rule' | 'exceptDates'>): string {
  const parts = new Map<string, string>()
  for (const part of text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .split(';')
    .filter(Boolean)) {
    const [name = '', value = ''] = part.split('=')
    if (!PARTS[name]?.test(value) || parts.has(name)) throw wrong('event.recurrence', 'This rule is not understood.')
    parts.set(name, value)
  }
  if (!parts.has('FREQ') || (parts.has('COUNT') && parts.has('UNTIL'))) throw wrong('event.recurrence', 'This rule is not understood.')
  // Numbered days are of a month ("the first Saturday"); a week has but one.
  if (/\d/.test(parts.get('BYDAY') ?? '') && parts.get('FREQ') !== 'MONTHLY')
    throw wrong('event.recurrence', 'This rule is not understood.')
  // What the first date says anyway is written out, so that whoever reads the rule knows the day.
  const begins = DateTime.fromISO(first.starts)
  const isBare = !parts.has('BYDAY') && !parts.has('BYMONTHDAY')
  if (isBare && parts.get('FREQ') === 'WEEKLY') parts.set('BYDAY', WEEKDAYS[begins.weekday - 1]!)
  if (isBare && parts.get('FREQ') === 'MONTHLY') parts.set('BYMONTHDAY', String(begins.day))
  const until = parts.get('UNTIL')
  if (until !== undefined) parts.set('UNTIL', endOf(until, first.timezone))
  const rule = [...parts].map(([name, value]) => `${name}=${value}`).join(';')
  const [earliest] = datesOf({ rule, ...first, exceptDates: [] }, momentOf(first.starts, first.timezone), null, 1)
  if (earliest?.getTime() !== momentOf(first.starts, first.timezone).getTime())
    throw wrong('event.recurrence-start', 'The first date is not one of the dates of this rule.')
  return rule
}

/** Dates left out, checked. Throws event.recurrence-except (422). */
export function readExceptions(dates: string[]): string[] {
  const bad = dates.length > MAX_EXCEPTIONS || dates.some((date) => !/^\d{4}-\d\d-\d\d$/.test(date) || !DateTime.fromISO(date).isValid)
  if (bad) throw new AppError('event.recurrence-except', 422, 'A date left out is a day.', { details: { field: 'recurrence' } })
  return [...new Set(dates)].sort()
}

/** At most `max` dates from `from` on (included), up to `to` when it is given, soonest first. */
export function datesOf({ rule, starts, timezone, exceptDates }: Recurrence, from: Date, to: Date | null, max: number): Date[] {
  const begins = DateTime.fromISO(starts, { zone: timezone })
  const text = `DTSTART;TZID=${timezone}:${begins.toFormat("yyyyMMdd'T'HHmmss")}\nRRULE:${rule}`
  const rules = new RRuleTemporal({ rruleString: text, maxIterations: MAX_STEPS, maxCandidateEvaluations: 10 * MAX_STEPS })
  const latest = begins.plus({ years: MAX_YEARS }).toJSDate()
  const end = to === null || to > latest ? latest : to
  const dates: Date[] = []
  // Year by year: the rule is only turned as far as somebody asks.
  for (let since = from; since <= end && dates.length < max;) {
    const until = new Date(Math.min(since.getTime() + YEAR_MS, end.getTime()))
    for (const moment of rules.between(since, until, true)) {
      const at = DateTime.fromMillis(moment.epochMilliseconds, { zone: timezone })
      if (at < DateTime.fromJSDate(from) || exceptDates.includes(at.toISODate() ?? '')) continue
      if (dates.at(-1)?.getTime() !== at.toMillis()) dates.push(at.toJSDate())
      if (dates.length === max) break
    }
    since = new Date(until.getTime() + 1)
  }
  return dates
}

const YEAR_MS = 366 * 24 * 3_600_000

/** The moment of a clock reading. */
export function momentOf(local: string, timezone: string): Date {
  return DateTime.fromISO(local, { zone: timezone }).toJSDate()
}

function endOf(until: string, timezone: string): string {
  const day = DateTime.fromISO(until.slice(0, 8), { zone: timezone })
  const moment = until.length > 8 ? DateTime.fromISO(until.replace(/Z?$/, 'Z')) : day.endOf('day')
  if (!moment.isValid) throw wrong('event.recurrence', 'This rule is not understood.')
  return moment.toUTC().toFormat("yyyyMMdd'T'HHmmss'Z'")
}

function wrong(code: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field: 'recurrence' } })
}
