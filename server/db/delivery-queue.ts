// The sender's view of `deliveries`: claim what is due with a lease, write back what came of it. No network, no policy.
import type { Knex } from 'knex'
import type { ActivityRow } from './rows.ts'

export interface ClaimedDelivery {
  id: string
  activity_id: string
  actor_id: string
  inbox: string
  host: string
  attempts: number
  first_failed_at: Date | null
  failures: number
  signature_scheme: 'cavage' | 'rfc9421' | null
  signature_scheme_at: Date | null
}

export interface ClaimOptions {
  now: Date
  leaseUntil: Date
  limit: number
  /** Hosts that have enough in flight already. */
  busyHosts: string[]
  /** Rows taken for one host at once; a host on probation gets one. */
  perHost: number
  probingAt: number
}

export interface DeliveryResult {
  id: string
  state: 'waiting' | 'done' | 'dead'
  attempts: number
  nextAt: Date
  firstFailedAt: Date | null
  finishedAt: Date | null
  status: number | null
  error: string | null
}

/** Rows looked at for each one wanted: enough to find other hosts behind a crowded one, which is left out once it is busy. */
const CANDIDATES = 4

/** Claims due rows, a few per host, in one statement (claim_deliveries in the migrations says how, and why it is a function). */
export async function claimDeliveries(db: Knex, options: ClaimOptions): Promise<ClaimedDelivery[]> {
  const { rows } = await db.raw<{ rows: ClaimedDelivery[] }>(
    'select * from claim_deliveries(:now, :leaseUntil, :limit, :busyHosts, :perHost, :probingAt, :candidates)',
    { ...options, candidates: options.limit * CANDIDATES }
  )
  return rows
}

/**
 * Writes back many attempts in one statement. A row that was cancelled meanwhile stays cancelled. The condition is not on `state`, so
 * that rows are found by their ids, never by a partial index of all that waits.
 */
export async function saveResults(db: Knex, results: readonly DeliveryResult[]): Promise<void> {
  const column = <K extends keyof DeliveryResult>(key: K): DeliveryResult[K][] => results.map((result) => result[key])
  await db.raw(SAVE, [
    column('id'),
    column('state'),
    column('attempts'),
    column('nextAt'),
    column('firstFailedAt'),
    column('finishedAt'),
    column('status'),
    column('error')
  ] as never)
}

const SAVE = `
  update deliveries d set state = r.state, attempts = r.attempts, next_at = r.next_at, lease_until = null, first_failed_at = r.first_failed_at,
    finished_at = r.finished_at, last_status = r.status, last_error = r.error
  from unnest(?::bigint[], ?::text[], ?::smallint[], ?::timestamptz[], ?::timestamptz[], ?::timestamptz[], ?::smallint[], ?::text[])
    as r (id, state, attempts, next_at, first_failed_at, finished_at, status, error)
  where d.id = r.id and d.finished_at is null`

/** Gives rows back to whoever comes next: a worker that stops before it sent them. */
export async function releaseLeases(db: Knex, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db('deliveries').whereIn('id', ids).where({ state: 'waiting' }).update({ lease_until: null })
}

/** Gives every row back: for a worker that knows it is the only one. */
export async function releaseAllLeases(db: Knex): Promise<void> {
  await db('deliveries').where({ state: 'waiting' }).whereNotNull('lease_until').update({ lease_until: null })
}

/** The bytes of an activity and whom they are for, or null when it is gone. */
export async function activityToSend(db: Knex, activityId: string): Promise<Pick<ActivityRow, 'body' | 'visibility'> | null> {
  const row = await db<ActivityRow>('activities').where({ id: activityId }).first('body', 'visibility')
  return row ?? null
}

/** When the next row falls due, or null when nothing waits. */
export async function nextDue(db: Knex): Promise<Date | null> {
  const row = await db('deliveries').where({ state: 'waiting' }).min<{ min: Date | null }[]>({ min: 'next_at' })
  return row[0]?.min ?? null
}
