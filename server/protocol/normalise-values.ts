// Readers of single values from foreign JSON: they bound and clean, and answer null rather than throw. No knowledge of any document type.
import { parseIri } from '../core/iri.ts'

export type Json = Record<string, unknown>

/** Arrays longer than this are cut before anything is read from them (federation.md R12). */
const MAX_ITEMS = 500

/** A JSON object that is not an array. */
export function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Scalar, array or nothing → array (federation.md R3), at most `max` items. */
export function asArray(value: unknown, max = MAX_ITEMS): unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return [value]
  return value.length > max ? value.slice(0, max) : value
}

/** First item of an array, or the value itself. */
export function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

/** The absolute http(s) id of a string, an embedded object or a Link; null for anything else (J16). */
export function idOf(value: unknown): string | null {
  const candidate = isMap(value) ? (value.type === 'Link' ? value.href : value.id) : value
  return typeof candidate === 'string' && parseIri(candidate) !== null ? candidate : null
}

// Recipients and links are compared as text only: a full URL parse for each would double the cost of a Note.
// Control characters and lone surrogates are no address either, and PostgreSQL refuses or changes them.
const LOOSE_IRI = /^https?:\/\/[^\s<>"\\^`{|}\p{Cc}\p{Cs}]{1,2040}$/iu

/** A string that looks like an http(s) address, for values that never decide identity. */
export function linkOf(value: unknown): string | null {
  const candidate = isMap(value) ? (value.href ?? value.id ?? value.url) : value
  return typeof candidate === 'string' && LOOSE_IRI.test(candidate) ? candidate : null
}

/** Text without NUL and lone surrogates (PostgreSQL refuses both), cut to `max` characters. Null when not a string. */
export function textOf(value: unknown, max: number): string | null {
  const candidate = first(value)
  if (typeof candidate !== 'string') return null
  const cut = candidate.length > max ? candidate.slice(0, max) : candidate
  return (cut.includes('\u0000') ? cut.replaceAll('\u0000', '') : cut).toWellFormed()
}

/** One line of plain text: markup removed, trimmed, null when empty. */
export function plainOf(value: unknown, max: number): string | null {
  const text = textOf(value, max * 4)
  if (text === null) return null
  const plain = (text.includes('<') ? text.replace(/<[^<>]{0,2000}>/g, '') : text).trim()
  return plain === '' ? null : plain.slice(0, max).toWellFormed()
}

/** Plain text by definition (descriptions of pictures): a literal `<` is one. Trimmed, null when empty. */
export function proseOf(value: unknown, max: number): string | null {
  const text = textOf(value, max)?.trim() ?? ''
  return text === '' ? null : text.toWellFormed()
}

// Years a person can mean; outside, PostgreSQL or Date arithmetic misbehaves before anyone profits (J14).
const EARLIEST_MS = Date.UTC(1900, 0, 1)
const LATEST_MS = Date.UTC(2200, 0, 1)

/** An RFC 3339 moment, or null when absent, unreadable or absurd. */
export function dateOf(value: unknown): Date | null {
  const candidate = first(value)
  if (typeof candidate !== 'string' || candidate.length > 40 || !/^\d{4}-\d\d-\d\d(T|$)/.test(candidate)) return null
  const ms = Date.parse(candidate)
  return Number.isNaN(ms) || ms < EARLIEST_MS || ms > LATEST_MS ? null : new Date(ms)
}

/** A whole number between 0 and `max`, clamped; null when not a number. */
export function countOf(value: unknown, max = 1_000_000_000): number | null {
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? Math.min(Math.max(Math.trunc(number), 0), max) : null
}

/** A coordinate within ±limit, or null. */
export function coordinateOf(value: unknown, limit: number): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && Math.abs(number) <= limit ? number : null
}

const zones = new Map<string, boolean>()

/** An IANA zone name this runtime knows, or null. */
export function zoneOf(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9_+\-/]{1,50}$/.test(value)) return null
  let known = zones.get(value)
  if (known === undefined) {
    try {
      known = new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== ''
    } catch {
      known = false
    }
    // Bounded: there are about 600 zones, an attacker has more strings than that.
    if (zones.size < 2000) zones.set(value, known)
  }
  return known ? value : null
}

/** A BCP 47 tag in the usual case, or null ("und" says nothing). */
export function languageOf(value: unknown): string | null {
  if (typeof value !== 'string' || value === 'und' || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(value)) return null
  return value.length <= 3 ? value.toLowerCase() : value
}

const PREFIXES = ['as:', 'toot:', 'mz:', 'sc:', 'schema:', 'ical:', 'pt:'] as const

/** A property under its plain name or a customary prefix. Never used for what decides identity (id, actor, object, attributedTo). */
export function read(json: Json, term: string): unknown {
  const plain = json[term]
  if (plain !== undefined) return plain
  for (const prefix of PREFIXES) {
    const value = json[prefix + term]
    if (value !== undefined) return value
  }
  return undefined
}
