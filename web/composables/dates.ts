// Dates and numbers in the reader's words, by Intl. Events speak in their own time zone, messages in the commune's.
import { usePage } from '../page-context.ts'

export interface DateWords {
  day(iso: string, timezone?: string): string
  time(iso: string, timezone?: string): string
  full(iso: string, timezone?: string): string
  range(start: string, end: string | null, timezone?: string): string
  /** Hours alone when it ends the day it begins, the whole range otherwise. */
  hours(start: string, end: string | null, timezone?: string): string
  relative(iso: string, nowMs: number): string
  parts(iso: string, timezone?: string): { day: string; month: string; weekday: string; key: string }
  zoneName(iso: string, timezone: string): string
  number(value: number): string
  /** "3,50 €", "10 €". */
  euros(value: number): string
}

/** Formatters for the page's language; unknown time zones fall back to the commune's. */
export function useDates(): DateWords {
  const { lang, site } = usePage()
  const home = site?.timezone ?? 'Europe/Paris'
  const locale = lang === 'fr' ? 'fr-FR' : 'en-GB'
  const key = `${locale} ${home}`
  const words = known.get(key) ?? dateWords(locale, home)
  known.set(key, words)
  return words
}

// Every date on a page asks; there are two languages and one commune.
const known = new Map<string, DateWords>()

export function dateWords(locale: string, home: string): DateWords {
  const format = (iso: string, timezone: string | undefined, options: Intl.DateTimeFormatOptions): string =>
    formatter(locale, validZone(timezone, home), options).format(new Date(iso))
  const isFrench = locale.startsWith('fr')
  const day = (iso: string, timezone?: string): string => {
    const text = format(iso, timezone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
    // The first of the month is an ordinal in French; Intl does not say so.
    return isFrench ? text.replace(/ 1 /, ' 1er ') : text
  }
  const time = (iso: string, timezone?: string): string => {
    const text = format(iso, timezone, { hour: '2-digit', minute: '2-digit' })
    // French notices write "14 h" and "14 h 30", never broken at the end of a line.
    return isFrench
      ? text.replace(/^0?(\d+):(\d\d)$/, (_, hour: string, minute: string) => `${hour}\u00a0h${minute === '00' ? '' : `\u00a0${minute}`}`)
      : text
  }
  const range = (start: string, end: string | null, timezone?: string): string => {
    const from = `${day(start, timezone)}, ${time(start, timezone)}`
    if (end === null) return from
    if (day(start, timezone) === day(end, timezone)) return `${from} – ${time(end, timezone)}`
    return `${from} – ${day(end, timezone)}, ${time(end, timezone)}`
  }
  return {
    day,
    time,
    full: (iso, timezone) => `${day(iso, timezone)}, ${time(iso, timezone)}`,
    range,
    hours: (start, end, timezone) => {
      if (end === null) return time(start, timezone)
      return day(start, timezone) === day(end, timezone) ? `${time(start, timezone)} – ${time(end, timezone)}` : range(start, end, timezone)
    },
    relative: (iso, nowMs) =>
      relative(locale, new Date(iso), nowMs, () => format(iso, undefined, { day: 'numeric', month: 'short', year: 'numeric' })),
    parts: (iso, timezone) => ({
      day: format(iso, timezone, { day: 'numeric' }),
      month: format(iso, timezone, { month: 'short' }),
      weekday: format(iso, timezone, { weekday: 'short' }),
      key: formatter('en-CA', validZone(timezone, home), { year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(iso))
    }),
    zoneName: (iso, timezone) =>
      formatter(locale, validZone(timezone, home), { timeZoneName: 'long' })
        .formatToParts(new Date(iso))
        .find((part) => part.type === 'timeZoneName')?.value ?? timezone,
    number: (value) => new Intl.NumberFormat(locale, value >= 10_000 ? { notation: 'compact' } : {}).format(value),
    euros: (value) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR', minimumFractionDigits: value % 1 === 0 ? 0 : 2 }).format(value)
  }
}

function relative(locale: string, at: Date, nowMs: number, absolute: () => string): string {
  const seconds = Math.round((at.getTime() - nowMs) / 1000)
  const past = Math.abs(seconds)
  const words = relativeWords(locale)
  if (past < 60) return words.format(0, 'second')
  if (past < 3600) return words.format(Math.trunc(seconds / 60), 'minute')
  if (past < 86_400) return words.format(Math.trunc(seconds / 3600), 'hour')
  if (past < 7 * 86_400) return words.format(Math.trunc(seconds / 86_400), 'day')
  return absolute()
}

const relatives = new Map<string, Intl.RelativeTimeFormat>()

function relativeWords(locale: string): Intl.RelativeTimeFormat {
  const words = relatives.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  relatives.set(locale, words)
  return words
}

const formatters = new Map<string, Intl.DateTimeFormat>()

// Making a formatter costs more than formatting a page of dates. Bounded: zones come from remote events.
function formatter(locale: string, timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${JSON.stringify(options)}`
  let found = formatters.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone })
    if (formatters.size > 300) formatters.clear()
    formatters.set(key, found)
  }
  return found
}

function validZone(timezone: string | undefined | null, home: string): string {
  if (!timezone) return home
  try {
    formatter('en', timezone, {})
    return timezone
  } catch {
    return home
  }
}
