// The health of a host as its deliveries tell it (security.md §C2): closed, open, half-open, asleep. Pure.

/** The columns of `hosts` that make the state; a HostRow fits. */
export interface Health {
  /** In a row. */
  failures: number
  /** Distinct UTC days with failures since the last success. */
  failure_days: readonly (Date | string)[]
  open_until: Date | null
  asleep_since: Date | null
}

/** Failures in a row that open the circuit. */
export const OPENS_AT = 5
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 3_600_000
/** Mastodon's measure of a dead server: failures on seven distinct days. */
const ASLEEP_AFTER_DAYS = 7
const PROBE_EVERY_MS = 24 * 3_600_000

export const HEALTHY: Health = { failures: 0, failure_days: [], open_until: null, asleep_since: null }

/**
 * The state after `count` failures that came back together. Below the threshold all count; at and above it they count as one:
 * four attempts that were in flight when the host died must not quadruple the pause.
 */
export function afterFailures(health: Health, count: number, now: Date): Health {
  const stillOpen = health.open_until !== null && health.open_until > now
  const failures = stillOpen
    ? health.failures
    : health.failures >= OPENS_AT
      ? health.failures + 1
      : Math.min(health.failures + count, OPENS_AT)
  const days = [...new Set([...health.failure_days.map(dayOf), dayOf(now)])]
  const asleep = days.length >= ASLEEP_AFTER_DAYS
  return {
    failures,
    failure_days: days,
    asleep_since: asleep ? (health.asleep_since ?? now) : null,
    open_until: stillOpen ? health.open_until : pauseUntil(failures, asleep, now)
  }
}

/** A host that asked for patience (429): nothing is sent to it before. Not a failure. */
export function afterThrottle(health: Health, seconds: number, now: Date): Health {
  const until = new Date(now.getTime() + Math.min(seconds * 1000, LONGEST_PAUSE_MS))
  return { ...health, open_until: health.open_until !== null && health.open_until > until ? health.open_until : until }
}

/** True when only one probe may be in flight. */
export function isProbing(failures: number): boolean {
  return failures >= OPENS_AT
}

function pauseUntil(failures: number, asleep: boolean, now: Date): Date | null {
  if (asleep) return new Date(now.getTime() + PROBE_EVERY_MS)
  if (failures < OPENS_AT) return null
  return new Date(now.getTime() + Math.min(FIRST_PAUSE_MS * 2 ** (failures - OPENS_AT), LONGEST_PAUSE_MS))
}

/** A `date` column comes as local midnight from pg; a moment is taken in UTC. */
function dayOf(value: Date | string): string {
  return typeof value === 'string' ? value.slice(0, 10) : value.toISOString().slice(0, 10)
}
