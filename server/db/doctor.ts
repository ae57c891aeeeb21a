// The invariants of an instance, as queries that give what breaks them. `communer doctor` and the crash tests run them; reads only.
import type { Knex } from 'knex'

export interface Finding {
  code: string
  text: string
}

interface Invariant {
  code: string
  /** Gives one row with `count`. */
  sql: string
  text: (count: number) => string
}

/** Work that waited so long after its time that no retry schedule explains it: the workers do not run. */
const LATE = "interval '15 minutes'"

const INVARIANTS: Invariant[] = [
  {
    code: 'inbox.late',
    sql: `select count(*) from inbox_log where state = 'waiting' and next_at < now() - ${LATE}`,
    text: (count) => `${count} received activities have waited for more than 15 minutes. Is a worker running (ROLE=all or worker)?`
  },
  {
    code: 'deliveries.late',
    sql: `select count(*) from deliveries d left join hosts h using (host)
      where d.state = 'waiting' and d.next_at < now() - ${LATE} and coalesce(h.open_until, now()) <= now() and h.asleep_since is null`,
    text: (count) => `${count} deliveries have waited for more than 15 minutes after their time. Is a worker running (ROLE=all or worker)?`
  },
  {
    code: 'inbox.dead',
    sql: `select count(*) from inbox_log where state = 'dead' and finished_at > now() - interval '7 days'`,
    text: (count) => `${count} received activities were given up in the last 7 days. The log says why (outcome).`
  },
  {
    code: 'followers.count',
    sql: `select count(*) from actor_stats s where followers <> (select count(*) from follows f where f.followed_id = s.actor_id and f.state = 'accepted')`,
    text: (count) => `${count} actors show a wrong number of followers.`
  },
  {
    code: 'followers.inboxes',
    sql: `select count(*) from (
        select followed_id, delivery_inbox as inbox, count(*)::int as followers from follows where state = 'accepted' and delivery_inbox is not null group by 1, 2
      ) f full join follower_inboxes i using (followed_id, inbox) where f.followers is distinct from i.followers`,
    text: (count) => `${count} follower inboxes do not agree with the followers: some posts would not arrive.`
  },
  {
    code: 'objects.count',
    sql: `select count(*) from object_stats s where likes <> (select count(*) from likes l where l.object_id = s.object_id)
      or shares <> (select count(*) from objects o where o.reblog_of_id = s.object_id and o.deleted_at is null)
      or replies <> (select count(*) from objects o where o.in_reply_to_id = s.object_id and o.deleted_at is null)`,
    text: (count) => `${count} publications show a wrong number of replies, likes or boosts.`
  },
  {
    code: 'actors.keys',
    sql: `select count(*) from actors a where a.local and a.deleted_at is null
      and not exists (select from actor_keys k where k.actor_id = a.id and k.private_sealed is not null and k.retired_at is null)`,
    text: (count) => `${count} local actors have no private key: nothing they publish can leave.`
  },
  {
    code: 'objects.threads',
    sql: `select count(*) from objects child join objects parent on parent.iri = child.in_reply_to_iri where child.in_reply_to_id is null and child.deleted_at is null`,
    text: (count) => `${count} replies are not tied to a publication that is known here.`
  },
  {
    code: 'deliveries.doubled',
    sql: `select count(*) from (select activity_id, inbox from deliveries group by 1, 2 having count(*) > 1) d`,
    text: (count) => `${count} activities would be sent twice to the same inbox.`
  }
]

/** Every invariant that does not hold. */
export async function checkInvariants(db: Knex): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { code, sql, text } of INVARIANTS) {
    const answer = await db.raw<{ rows: { count: string }[] }>(sql)
    const count = Number(answer.rows[0]!.count)
    if (count > 0) findings.push({ code, text: text(count) })
  }
  return findings
}

/** Seconds the database's clock is ahead of ours. */
export async function clockDifference(db: Knex): Promise<number> {
  const before = Date.now()
  const answer = await db.raw<{ rows: { at: Date }[] }>('select clock_timestamp() as at')
  return (answer.rows[0]!.at.getTime() - (before + Date.now()) / 2) / 1000
}

/** True when a private key of ours opens with the instance's secret (or there is none yet). */
export async function secretFits(db: Knex, open: (sealed: Buffer) => string): Promise<boolean> {
  const row = await db('actor_keys').whereNotNull('private_sealed').first<{ private_sealed: Buffer } | undefined>('private_sealed')
  if (row === undefined) return true
  try {
    open(row.private_sealed)
    return true
  } catch {
    return false
  }
}
