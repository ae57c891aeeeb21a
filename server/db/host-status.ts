// How the other servers are doing, for those who run this one: state of the circuit, what waits, what was given up. Reads only.
import type { Knex } from 'knex'
import type { HostRow } from './rows.ts'

export interface HostStatus {
  host: string
  software: string | null
  softwareVersion: string | null
  state: 'ok' | 'failing' | 'paused' | 'asleep' | 'gone' | 'blocked' | 'limited'
  /** Deliveries that wait. */
  waiting: number
  /** Deliveries given up in the last 90 days. */
  dead: number
  /** In a row. */
  failures: number
  /** Since when it is in trouble; to the day while it only fails. */
  since: Date | null
  /** No attempt before this. */
  openUntil: Date | null
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
  lastInboundAt: Date | null
}

export interface HostFilter {
  /** This one only. */
  host?: string | null
  /** Part of a name. */
  search?: string | null
  /** Only those that fail, sleep or are gone. */
  troubled?: boolean
  /** Names after this one. */
  after?: string | null
  limit?: number
}

type HostStatusRow = HostRow & { first_day: string | null; waiting: string; dead: string; action: string | null }

/** Hosts by name. Indexes: hosts by primary key, hosts_search, hosts_troubled; deliveries_host and deliveries_dead for the counts. */
export async function readHosts(db: Knex, filter: HostFilter, now: Date): Promise<HostStatus[]> {
  const query = db('hosts as h')
    .select<HostStatusRow[]>(
      'h.*',
      db.raw('host_action(h.host) as action'),
      db.raw('(h.failure_days[1])::text as first_day'),
      db.raw("(select count(*) from deliveries d where d.host = h.host and d.state = 'waiting') as waiting"),
      db.raw("(select count(*) from deliveries d where d.host = h.host and d.state = 'dead') as dead")
    )
    .orderBy('h.host')
  if (filter.host) query.where('h.host', filter.host)
  if (filter.search) query.whereRaw('h.host like ?', [`%${filter.search.replace(/[\\%_]/g, '\\$&')}%`])
  if (filter.troubled) query.whereRaw('(h.failures > 0 or h.asleep_since is not null or h.gone_at is not null)')
  if (filter.after) query.where('h.host', '>', filter.after)
  if (filter.limit !== undefined) query.limit(filter.limit)
  return (await query).map((row) => toStatus(row, now))
}

function toStatus(row: HostStatusRow, now: Date): HostStatus {
  const state = stateOf(row, now)
  return {
    host: row.host,
    software: row.software,
    softwareVersion: row.software_version,
    state,
    waiting: Number(row.waiting),
    dead: Number(row.dead),
    failures: row.failures,
    since: row.gone_at ?? row.asleep_since ?? (row.first_day === null ? null : new Date(`${row.first_day}T00:00:00Z`)),
    openUntil: row.open_until !== null && row.open_until > now ? row.open_until : null,
    lastSuccessAt: row.last_success_at,
    lastFailureAt: row.last_failure_at,
    lastError: row.last_error,
    lastInboundAt: row.last_inbound_at
  }
}

function stateOf(row: HostStatusRow, now: Date): HostStatus['state'] {
  if (row.action === 'block') return 'blocked'
  if (row.gone_at !== null) return 'gone'
  if (row.asleep_since !== null) return 'asleep'
  if (row.open_until !== null && row.open_until > now) return 'paused'
  if (row.failures > 0) return 'failing'
  return row.action === null || row.action === 'allow' ? 'ok' : 'limited'
}

export interface HostDelivery {
  id: string
  type: string
  object_iri: string | null
  inbox: string
  state: 'waiting' | 'dead'
  attempts: number
  next_at: Date
  finished_at: Date | null
  last_status: number | null
  last_error: string | null
  username: string
  published: Date
}

/** What waits for a host, soonest first (the first `limit`), or what was given up, newest first before `maxId`. */
export async function listHostDeliveries(
  db: Knex,
  host: string,
  state: 'waiting' | 'dead',
  limit: number,
  maxId: string | null = null
): Promise<HostDelivery[]> {
  const query = db('deliveries as d')
    .join('activities as a', 'a.id', 'd.activity_id')
    .join('actors', 'actors.id', 'd.actor_id')
    .where('d.host', host)
    .where('d.state', db.raw(`'${state}'`))
    .limit(limit)
    .select<HostDelivery[]>(
      'd.id',
      'a.type',
      'd.object_iri',
      'd.inbox',
      'd.state',
      'd.attempts',
      'd.next_at',
      'd.finished_at',
      'd.last_status',
      'd.last_error',
      'actors.username',
      'a.published'
    )
  if (maxId !== null) query.where('d.id', '<', maxId)
  return state === 'waiting' ? query.orderBy(['d.next_at', 'd.id']) : query.orderBy('d.id', 'desc')
}
