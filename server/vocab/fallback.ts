// The one line that servers without events print under a title: date, hours and place in words (federation.md §3.9).
import { eventStatusOf } from '../core/event-status.ts'
import { isTimezone } from './zoned-date.ts'
import { plainLine } from './values.ts'

export interface EventLineSource {
  start_time: Date | null
  end_time: Date | null
  timezone: string | null
  event_status: string | null
  place: { name?: string | null; address?: string | null; url?: string | null } | null
}

const WORDS = {
  fr: {
    CANCELLED: 'ANNULÉ',
    POSTPONED: 'REPORTÉ',
    MOVED_ONLINE: 'DÉPLACÉ EN LIGNE',
    TENTATIVE: 'À confirmer',
    CONFIRMED: '',
    online: 'en ligne',
    to: 'au'
  },
  en: {
    CANCELLED: 'CANCELLED',
    POSTPONED: 'POSTPONED',
    MOVED_ONLINE: 'MOVED ONLINE',
    TENTATIVE: 'To be confirmed',
    CONFIRMED: '',
    online: 'online',
    to: 'to'
  }
}

/** "Samedi 12 décembre 2026, 14 h – 17 h · Jardin des Colimaçons, 12 chemin…", at most 500 characters. Empty without a start. */
export function eventLine(event: EventLineSource, locale: string): string {
  if (event.start_time === null) return ''
  const language = locale.startsWith('en') ? 'en' : 'fr'
  const words = WORDS[language]
  const timezone = event.timezone !== null && isTimezone(event.timezone) ? event.timezone : 'Europe/Paris'
  const parts = [
    words[eventStatusOf(event.event_status)],
    when(event.start_time, event.end_time, timezone, language),
    where(event.place, words.online)
  ]
  return plainLine(parts.filter((part) => part !== '').join(' · '))
}

/** Where it takes place, in words; '' when nobody said. */
export function placeLine(place: EventLineSource['place'], locale: string): string {
  return where(place, WORDS[locale.startsWith('en') ? 'en' : 'fr'].online)
}

function when(start: Date, end: Date | null, timezone: string, language: 'fr' | 'en'): string {
  const first = `${day(start, timezone, language)}, ${hour(start, timezone, language)}`
  if (end === null) return capital(first)
  if (day(start, timezone, language) === day(end, timezone, language)) return capital(`${first} – ${hour(end, timezone, language)}`)
  return capital(`${first} ${WORDS[language].to} ${day(end, timezone, language)}, ${hour(end, timezone, language)}`)
}

function where(place: EventLineSource['place'], online: string): string {
  const named = [place?.name, place?.address].filter((part): part is string => Boolean(part))
  if (named.length > 0) return [...new Set(named)].join(', ')
  return place?.url ? online : ''
}

function day(date: Date, timezone: string, language: 'fr' | 'en'): string {
  return new Intl.DateTimeFormat(language, { timeZone: timezone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(
    date
  )
}

/** French writes 14 h and 14 h 30, never 14:00. */
function hour(date: Date, timezone: string, language: 'fr' | 'en'): string {
  if (language === 'en') return new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit' }).format(date)
  const parts = new Intl.DateTimeFormat('fr', { timeZone: timezone, hour: 'numeric', minute: '2-digit', hourCycle: 'h23' }).formatToParts(
    date
  )
  const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? '0'
  const minutes = value('minute')
  return `${Number(value('hour'))} h${minutes === '00' ? '' : ` ${minutes}`}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
