// Who got what was published: the delivery rows of one object, told per host; and the author's "try again". Knows no reader and no rule.
import type { Knex } from 'knex'
import type { ObjectRow } from './rows.ts'

export type ReachState = 'waiting' | 'refused' | 'reached'

export interface HostReach {
  host: string
  software: string | null
  state: ReachState
  /** When it first took something about the object. */
  reached_at: Date | null
  next_at: Date | null
  attempts: number
  last_status: number | null
  last_error: string | null
  open_until: Date | null
  asleep_since: Date | null
}

export interface ReachCounts {
  hosts: number
  reached: number
  waiting: number
  refused: number
}

/** Where the list goes on: the state and the host of the last line. */
export interface ReachCursor {
  state: ReachState
  host: string
}

type Published = Pick<ObjectRow, 'iri' | 'actor_id' | 'author_id' | 'group_id'>

/** What waits is what the author looks for; what arrived is reassuring and comes last. */
const RANKS: Record<ReachState, number> = { waiting: 0, refused: 1, reached: 2 }

// An inbox stands where its latest word stands; a host waits while one of its inboxes waits, and is reached when one of them took it.
// Indexes: activities_object, then deliveries by activity.
const BY_HOST = `
  with sent as materialized (
    select d.id, d.inbox, d.host, d.state, d.attempts, d.next_at, d.finished_at, d.last_status, d.last_error
      from activities a join deliveries d on d.activity_id = a.id and d.state <> 'cancelled'
      where a.object_iri = :iri and a.actor_id = any(cast(:publishers as bigint[])) and a.type in ('Create', 'Update', 'Announce')
  ), latest as (
    select distinct on (inbox) * from sent order by inbox, id desc
  ), by_host as (
    select host, case when bool_or(state = 'waiting') then 0 when bool_or(state = 'done') then 2 else 1 end as rank,
      min(next_at) filter (where state = 'waiting') as next_at, max(attempts) as attempts,
      (array_agg(last_status order by state = 'waiting' desc, id desc))[1] as last_status,
      (array_agg(last_error order by state = 'waiting' desc, id desc))[1] as last_error
    from latest group by host
  )`

/** How many hosts were reached, are waiting, refused. */
export async function countReach(db: Knex, object: Published): Promise<ReachCounts> {
  const { rows } = await db.raw<{ rows: Record<keyof ReachCounts, string>[] }>(
    `${BY_HOST} select count(*) as hosts, count(*) filter (where rank = 2) as reached, count(*) filter (where rank = 0) as waiting,
       count(*) filter (where rank = 1) as refused from by_host`,
    { iri: object.iri, publishers: publishersOf(object) }
  )
  const row = rows[0]!
  return { hosts: Number(row.hosts), reached: Number(row.reached), waiting: Number(row.waiting), refused: Number(row.refused) }
}

/** One line per host: those that wait, those that refused, those that have it; by name within each. */
export async function listReach(db: Knex, object: Published, limit: number, after: ReachCursor | null): Promise<HostReach[]> {
  const { rows } = await db.raw<{ rows: (Omit<HostReach, 'state'> & { rank: number })[] }>(
    `${BY_HOST}
     select b.*, h.software, h.open_until, h.asleep_since,
       (select min(s.finished_at) from sent s where s.host = b.host and s.state = 'done') as reached_at
     from by_host b left join hosts h on h.host = b.host
     where (b.rank, b.host) > (:rank, :host) order by b.rank, b.host limit :limit`,
    {
      iri: object.iri,
      publishers: publishersOf(object),
      rank: after === null ? -1 : RANKS[after.state],
      host: after?.host ?? '',
      limit
    }
  )
  const states = Object.keys(RANKS) as ReachState[]
  return rows.map(({ rank, ...row }) => ({ ...row, state: states[rank]! }))
}

/** `last_error` of what an administrator gave up together with its host. */
export const FORGOTTEN = 'forgotten'
/** Older words are no news any more, whoever asks. */
const RETRY_WITHIN = '30 days'
/** Pressing the button again and again sends one probe in this time. */
const PROBE_EVERY = '1 minute'

/**
 * Makes what waits due now and what was refused wait again; how many deliveries. Left alone: hosts that asked for patience (429), are gone,
 * blocked or forgotten, and what an inbox has later words than. A closed circuit opens for one probe.
 */
export async function retryReach(db: Knex, object: Published, now: Date): Promise<number> {
  const { rows } = await db.raw<{ rows: { host: string }[] }>(
    `update deliveries d set state = 'waiting', next_at = :now, finished_at = null, lease_until = null,
       attempts = case d.state when 'dead' then 0 else d.attempts end,
       first_failed_at = case d.state when 'dead' then null else d.first_failed_at end
     from activities a
     where a.object_iri = :iri and a.actor_id = any(cast(:publishers as bigint[])) and a.type in ('Create', 'Update', 'Announce')
       and d.activity_id = a.id and a.body <> '' and a.published > cast(:now as timestamptz) - interval '${RETRY_WITHIN}'
       and (d.state = 'dead' or d.state = 'waiting' and d.next_at > :now) and (d.lease_until is null or d.lease_until <= :now)
       and d.last_status is distinct from 429 and d.last_error is distinct from '${FORGOTTEN}'
       and not exists (select 1 from hosts g where g.host = d.host and g.gone_at is not null)
       and not exists (select 1 from domain_policies p where p.action = 'block' and p.host = any(host_and_parents(d.host)))
       and not exists (select 1 from activities newer join deliveries later on later.activity_id = newer.id
         where newer.object_iri = a.object_iri and later.inbox = d.inbox and later.id > d.id and later.state = 'done')
     returning d.host`,
    { iri: object.iri, publishers: publishersOf(object), now }
  )
  const hosts = [...new Set(rows.map((row) => row.host))]
  await db('hosts')
    .whereIn('host', hosts)
    .where('open_until', '>', now)
    .whereRaw(`(last_failure_at is null or last_failure_at <= ?::timestamptz - interval '${PROBE_EVERY}')`, [now])
    .whereRaw("coalesce(last_error, '') not like '429%'")
    .update({ open_until: now })
  return rows.length
}

function publishersOf({ actor_id: actorId, author_id: authorId, group_id: groupId }: Published): string[] {
  return [actorId, authorId, groupId].filter((id) => id !== null)
}
