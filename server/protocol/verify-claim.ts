// What a signed request claims, whatever the scheme: who signed, what exactly, and when. Types and the judgement of time.
import { AppError } from '../core/errors.ts'

/** The request as the signer saw it. */
export interface SignedParts {
  method: string
  /** Path and query exactly as received. */
  target: string
  /** Public origin of this instance: behind a proxy the request itself does not know it. */
  origin: string
  /** Joined value of a header (lower-case name), or null. */
  header(name: string): string | null
  /** True for methods that carry an activity: their digest must be signed. */
  hasBody: boolean
}

export interface Claim {
  keyIri: string
  /** As named by the signer, or null; never trusted over the key's own type. */
  algorithm: string | null
  signature: Buffer
  /** Lower-case names of the headers and parts that are signed. */
  covered: readonly string[]
  /** Readings of the signed string, one of which must verify. */
  messages: string[]
  /** NaN when the date cannot be read. */
  createdMs: number
  expiresMs: number | null
}

/** Mastodon's constants (signed_request.rb): clocks may differ by an hour, a signature lives five minutes unless it says longer, twelve hours at most. */
const SKEW_MS = 3_600_000
const DEFAULT_LIFE_MS = 300_000
const MAX_LIFE_MS = 12 * 3_600_000

/** Throws signature.date (401) unless the claim was made around now. An unreadable date is refused too. */
export function requireTimely(claim: Claim, now: Date): void {
  const nowMs = now.getTime()
  const endMs = Math.min(claim.expiresMs ?? claim.createdMs + DEFAULT_LIFE_MS, claim.createdMs + MAX_LIFE_MS)
  // Written so that NaN on any side refuses.
  if (claim.createdMs <= nowMs + SKEW_MS && nowMs <= endMs + SKEW_MS) return
  throw new AppError('signature.date', 401, 'The signature is too old, or from the future.')
}
