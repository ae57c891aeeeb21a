// Time-ordered identifiers: decimal snowflakes for rows and the Mastodon API, UUIDv7 for public IRIs.
import { randomBytes, randomInt } from 'node:crypto'

/**
 * Of the milliseconds used last, the low bits used last. Many, because a clock may stand still or step back while ids of other moments are made:
 * one that is forgotten begins anew at random, and could meet itself.
 */
const sequences = new Map<number, number>()
const MAX_REMEMBERED = 1000

/** A new row id: milliseconds since 1970 in the high bits, 16 low bits that keep ids of one process in order. Decimal string. */
export function newId(at: Date = new Date()): string {
  const ms = at.getTime()
  const last = sequences.get(ms)
  const sequence = last === undefined || last >= 0xffff ? randomInt(0, 0x8000) : last + 1
  // Last in the order of what is forgotten.
  sequences.delete(ms)
  sequences.set(ms, sequence)
  if (sequences.size > MAX_REMEMBERED) sequences.delete(sequences.keys().next().value!)
  return ((BigInt(ms) << 16n) | BigInt(sequence)).toString()
}

/**
 * A row id that sorts at `at`: for remote objects, so that timelines follow what was published. The low bits are random;
 * a moment in whole seconds, as most software writes it, is any millisecond of its second, so that a busy second does not run out of ids.
 */
export function idAt(at: Date): string {
  const ms = at.getTime()
  const spread = ms % 1000 === 0 ? randomInt(0, 1000) : 0
  return ((BigInt(ms + spread) << 16n) | BigInt(randomInt(0, 0x10000))).toString()
}

/** The moment a row id was made for. */
export function dateOfId(id: string): Date {
  return new Date(Number(BigInt(id) >> 16n))
}

/** True for a decimal row id that fits a bigint column. */
export function isRowId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]{1,19}$/.test(value) && BigInt(value) <= 0x7fff_ffff_ffff_ffffn
}

/** A UUIDv7 (RFC 9562), for public IRIs. */
export function uuidv7(at: Date = new Date()): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(at.getTime(), 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
