// The sender's view of `deliveries`: claim what is due with a lease, write back what came of it. No network, no policy.
import type { Knex } from 'knex'

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

/**
 * Claims due rows, a few per host, in one statement. A row waits while an earlier row for the same inbox and object waits.
 * Plan: deliveries_due for the candidates, deliveries_order for the earlier row, hosts by primary key.
 */
export async function claimDeliveries(db: Knex, options: ClaimOptions): Promise<ClaimedDelivery[]> {
  const { rows } = await db.raw<{ rows: ClaimedDelivery[] }>(CLAIM, { ...options, candidates: options.limit * CANDIDATES })
  return rows
}

const CLAIM = `
  with candidates as (
    select d.id, d.host, d.next_at, coalesce(h.failures, 0) as failures, h.signature_scheme, h.signature_scheme_at
      from deliveries d left join hosts h on h.host = d.host
      where d.state = 'waiting' and d.next_at <= :now and (d.lease_until is null or d.lease_until <= :now)
        and d.host <> all(:busyHosts::text[]) and (h.open_until is null or h.open_until <= :now)
        and not exists (
          select 1 from deliveries earlier
          where earlier.inbox = d.inbox and earlier.object_iri = d.object_iri and earlier.state = 'waiting' and earlier.id < d.id
        )
      order by d.next_at limit :candidates
  ), ranked as (
    select *, row_number() over (partition by host order by next_at, id) as place from candidates
  ), picked as (
    select d.id, r.failures, r.signature_scheme, r.signature_scheme_at
      from deliveries d join ranked r on r.id = d.id
      where r.place <= case when r.failures >= :probingAt then 1 else :perHost end
        and d.state = 'waiting' and (d.lease_until is null or d.lease_until <= :now)
      order by r.next_at, d.id limit :limit
      for update of d skip locked
  )
  update deliveries d set lease_until = :leaseUntil from picked p where d.id = p.id
  returning d.id, d.activity_id, d.actor_id, d.inbox, d.host, d.attempts, d.first_failed_at, p.failures, p.signature_scheme, p.signature_scheme_at`

/** Writes back many attempts in one statement. A row that was cancelled meanwhile stays cancelled. */
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
  where d.id = r.id and d.state = 'waiting'`

/** Gives rows back to whoever comes next: a worker that stops before it sent them. */
export async function releaseLeases(db: Knex, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db('deliveries').whereIn('id', ids).where({ state: 'waiting' }).update({ lease_until: null })
}

/** The bytes of an activity, or null when it is gone. */
export async function activityBody(db: Knex, activityId: string): Promise<string | null> {
  const row = await db('activities').where({ id: activityId }).first<{ body: string } | undefined>('body')
  return row?.body ?? null
}

/** When the next row falls due, or null when nothing waits. */
export async function nextDue(db: Knex): Promise<Date | null> {
  const row = await db('deliveries').where({ state: 'waiting' }).min<{ min: Date | null }[]>({ min: 'next_at' })
  return row[0]?.min ?? null
}
