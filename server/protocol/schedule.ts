// When a delivery is tried again, and when it is given up (security.md §C2). Pure: status and history in, verdict out.

/** What an attempt told us about the row and about the host. */
export type AnswerClass = 'accepted' | 'temporary' | 'throttled' | 'unauthorised' | 'moved' | 'gone' | 'refused'

export interface DeliveryHistory {
  /** Attempts made, this one included. */
  attempts: number
  firstFailedAt: Date
}

export type Verdict = { state: 'done' } | { state: 'dead'; reason: string } | { state: 'waiting'; nextAt: Date }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** After the first attempt, which is at once: 1, 5, 15 minutes, 1, 3, 6, 12 hours; then every 12 hours. */
const RETRY_DELAYS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS]
/** A week-long outage loses nothing; after two the post is old news. */
const GIVE_UP_MS = 14 * DAY_MS
/** A server that does not take our signature rarely changes its mind, but may have failed to fetch our key: three tries in three days. */
const UNAUTHORISED_DELAYS_MS = [15 * MINUTE_MS, 12 * HOUR_MS, 60 * HOUR_MS]
const MOVED_GIVE_UP_MS = 3 * DAY_MS
/** A peer may ask for patience, not for silence (Q06). */
const MAX_RETRY_AFTER_MS = DAY_MS

/** Success is judged on the status class alone (federation.md R10). A 403 knows us and means it, mostly by a block: it ends like a 422. */
export function classOf(status: number): AnswerClass {
  if (status >= 200 && status < 300) return 'accepted'
  if (status === 429) return 'throttled'
  if (status === 401) return 'unauthorised'
  if (status === 404 || (status >= 300 && status < 400)) return 'moved'
  if (status === 410) return 'gone'
  if (status === 408 || status === 425 || (status >= 500 && status !== 501)) return 'temporary'
  return 'refused'
}

/** What becomes of the row. `random` in [0, 1) spreads the long waits by ±20 %. */
export function verdictOf(
  answer: AnswerClass,
  history: DeliveryHistory,
  now: Date,
  retryAfterSeconds: number | null,
  random: number
): Verdict {
  if (answer === 'accepted') return { state: 'done' }
  if (answer === 'gone') return { state: 'dead', reason: 'gone' }
  if (answer === 'refused') return { state: 'dead', reason: 'refused' }
  const ageMs = now.getTime() - history.firstFailedAt.getTime()
  if (answer === 'unauthorised') {
    const delayMs = UNAUTHORISED_DELAYS_MS[history.attempts - 1]
    return delayMs === undefined
      ? { state: 'dead', reason: 'unauthorised' }
      : { state: 'waiting', nextAt: new Date(now.getTime() + delayMs) }
  }
  if (ageMs >= (answer === 'moved' ? MOVED_GIVE_UP_MS : GIVE_UP_MS))
    return { state: 'dead', reason: answer === 'moved' ? 'not found' : 'expired' }
  const askedMs = Math.min((retryAfterSeconds ?? 0) * 1000, MAX_RETRY_AFTER_MS)
  return { state: 'waiting', nextAt: new Date(now.getTime() + Math.max(delayAfter(history.attempts, random), askedMs)) }
}

/** True when the other signature scheme is worth one try: refusals that may be about the signature (security.md §C2). */
export function deservesSecondKnock(status: number): boolean {
  return status === 400 || status === 401 || status === 403
}

function delayAfter(attempts: number, random: number): number {
  const delayMs = RETRY_DELAYS_MS[attempts - 1]
  if (delayMs !== undefined) return delayMs
  return 12 * HOUR_MS * (0.8 + 0.4 * random)
}
