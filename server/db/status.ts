// Reads, for operators, how the queues and the other servers are doing. Reads only; nothing here is on a request's way.
import type { Knex } from 'knex'

export interface WorkStatus {
  work: 'inbox' | 'deliveries'
  waiting: number
  due: number
  dead: number
  /** Seconds since the oldest due row should have left; null when none is due. */
  lateSeconds: number | null
}

interface WorkRow {
  waiting: string
  due: string
  dead: string
  late: string | null
}

/** What waits in the inbox log and in the deliveries. */
export async function readWork(db: Knex): Promise<WorkStatus[]> {
  const read = async (work: WorkStatus['work'], name: string): Promise<WorkStatus> => {
    const counts =
      db.raw(`count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'waiting' and next_at <= now()) as due,
      count(*) filter (where state = 'dead') as dead, extract(epoch from now() - min(next_at) filter (where state = 'waiting' and next_at <= now())) as late`)
    const row = await db(name).first<WorkRow>(counts)
    return {
      work,
      waiting: Number(row.waiting),
      due: Number(row.due),
      dead: Number(row.dead),
      lateSeconds: row.late === null ? null : Math.round(Number(row.late))
    }
  }
  return [await read('inbox', 'inbox_log'), await read('deliveries', 'deliveries')]
}

export interface HostStatus {
  host: string
  software: string | null
  state: 'ok' | 'failing' | 'paused' | 'asleep' | 'gone' | 'blocked' | 'limited'
  waiting: number
  failures: number
  lastSuccessAt: Date | null
  lastError: string | null
  lastInboundAt: Date | null
}

interface HostStatusRow {
  host: string
  software: string | null
  failures: number
  open_until: Date | null
  asleep_since: Date | null
  gone_at: Date | null
  last_success_at: Date | null
  last_error: string | null
  last_inbound_at: Date | null
  waiting: string | null
  action: string | null
}

/** Every host we have exchanged with, or one of them; the busiest queue first. */
export async function readHosts(db: Knex, host: string | null = null): Promise<HostStatus[]> {
  const waiting = db('deliveries').where({ state: 'waiting' }).select('host').count('* as waiting').groupBy('host').as('w')
  const query = db('hosts as h')
    .leftJoin(waiting, 'w.host', 'h.host')
    .select<HostStatusRow[]>('h.*', 'w.waiting', db.raw('host_action(h.host) as action'))
    .orderByRaw('w.waiting desc nulls last, h.host')
  if (host !== null) query.where('h.host', host)
  return (await query).map((row) => ({
    host: row.host,
    software: row.software,
    state: stateOf(row),
    waiting: Number(row.waiting ?? 0),
    failures: row.failures,
    lastSuccessAt: row.last_success_at,
    lastError: row.last_error,
    lastInboundAt: row.last_inbound_at
  }))
}

function stateOf(row: HostStatusRow): HostStatus['state'] {
  if (row.action === 'block') return 'blocked'
  if (row.gone_at !== null) return 'gone'
  if (row.asleep_since !== null) return 'asleep'
  if (row.open_until !== null && row.open_until > new Date()) return 'paused'
  if (row.failures > 0) return 'failing'
  return row.action === null || row.action === 'allow' ? 'ok' : 'limited'
}
