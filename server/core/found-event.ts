// An event found outside (a calendar file, a web page, a feed), in plain text and cut to size: what every reader of such files gives. Pure.
import type { EventStatus } from './event-status.ts'
import { MAX_IRI_LENGTH, parseIri } from './iri.ts'
import { plainText } from './plain-text.ts'
import { shorten } from './shorten.ts'

export interface FoundEvent {
  /** The source's own name for it, the same at each reading; with `occurrence` it names one event. */
  uid: string
  /** For one of a series: its first planned start, ISO 8601 in UTC. '' for an event that stands alone. */
  occurrence: string
  title: string
  /** Plain text, lines kept. */
  description: string
  start: Date
  end: Date | null
  isAllDay: boolean
  /** IANA name, or null when the source does not say. */
  timezone: string | null
  status: EventStatus
  place: { name: string | null; address: string | null; latitude: number | null; longitude: number | null } | null
  /** Page of the event, or null. */
  url: string | null
  tags: string[]
}

/** Longest uid stored; a longer one is cut, and its end is rarely what differs. */
const MAX_UID = 255
const MAX_TITLE = 200
const MAX_DESCRIPTION = 4500
const MAX_TAGS = 10
/** Control signs, and those that turn the direction of what follows. Line ends stay. */
const UNSEEN = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** One line of plain text without hidden signs, at most `max` characters; '' for anything else than a text. */
export function lineOf(value: unknown, max = MAX_TITLE): string {
  return typeof value === 'string' ? shorten(unhide(value).replace(/\s+/g, ' ').trim(), max) : ''
}

/** Plain text with its lines, at most 4,500 characters. Google and others write HTML where a text belongs. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') return ''
  const text = /<(?:p|br|a|b|i|u|ul|ol|li|div|span|strong|em|h[1-6])\b/i.test(value) ? plainText(value.slice(0, 50_000)) : value
  return shorten(
    unhide(text)
      .replace(/\r\n?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    MAX_DESCRIPTION
  )
}

export function uidOf(value: unknown): string {
  return lineOf(value, MAX_UID)
}

/** An address on the web, resolved against `base`, or null. */
export function addressOf(value: unknown, base?: URL): string | null {
  if (typeof value !== 'string' || !URL.canParse(value.trim(), base)) return null
  const url = parseIri(new URL(value.trim(), base).href)
  return url === null || url.href.length > MAX_IRI_LENGTH ? null : url.href
}

/** Categories as words for hashtags. */
export function tagsOf(values: unknown[]): string[] {
  const words = values.map((value) => lineOf(value, 60)).filter((word) => word !== '')
  return [...new Set(words)].slice(0, MAX_TAGS)
}

/** « Salle des fêtes, 3 rue de l’Église, Saint-Leu »: what stands before the first comma is the name, unless it begins with a house number. */
export function placeOf(text: unknown, position: { latitude: number; longitude: number } | null = null): FoundEvent['place'] {
  const line = lineOf(text, 500)
  const comma = line.indexOf(',')
  const isAddress = /^\d/.test(line)
  const name = isAddress || line === '' ? null : comma < 0 ? line : line.slice(0, comma).trim()
  const address = isAddress ? line : comma < 0 ? null : line.slice(comma + 1).trim() || null
  if (name === null && address === null && position === null) return null
  return { name: name || null, address, latitude: position?.latitude ?? null, longitude: position?.longitude ?? null }
}

/** Two numbers as a position on earth, or null. (0, 0) is what programs write when they know none. */
export function positionOf(latitude: unknown, longitude: unknown): { latitude: number; longitude: number } | null {
  const position = { latitude: Number(latitude ?? Number.NaN), longitude: Number(longitude ?? Number.NaN) }
  const isOnEarth = Math.abs(position.latitude) <= 90 && Math.abs(position.longitude) <= 180
  return isOnEarth && (position.latitude !== 0 || position.longitude !== 0) ? position : null
}

function unhide(text: string): string {
  return text.toWellFormed().replace(UNSEEN, ' ').normalize('NFC')
}
