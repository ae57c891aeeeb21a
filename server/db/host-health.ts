// What deliveries learn about hosts, in `hosts`, and what that does to their waiting rows. The rules are protocol/circuit.ts.
import type { Knex } from 'knex'
import { FORGOTTEN } from './reach.ts'
import type { HostRow } from './rows.ts'

/** `last_error` of what waited for a host that said it is gone. */
export const HOST_GONE = 'host gone'

export type HealthColumns = Pick<HostRow, 'failures' | 'open_until' | 'asleep_since'> & { failure_days: readonly (Date | string)[] }

/**
 * Reads a host's health under a lock, changes it, and postpones its waiting rows when the circuit is open: so that dead hosts
 * cost nothing at the next claim.
 */
export async function changeHealth(
  db: Knex,
  host: string,
  now: Date,
  error: string | null,
  change: (health: HealthColumns) => HealthColumns
): Promise<void> {
  await db.transaction(async (trx) => {
    await trx('hosts').insert({ host }).onConflict('host').ignore()
    const row = await trx('hosts')
      .where({ host })
      .forUpdate()
      .first<HealthColumns>('failures', 'open_until', 'asleep_since', trx.raw('failure_days::text[] as failure_days'))
    const health = change(row)
    await trx('hosts')
      .where({ host })
      .update({
        failures: health.failures,
        failure_days: health.failure_days as string[],
        open_until: health.open_until,
        asleep_since: health.asleep_since,
        last_failure_at: now,
        last_error: error
      } as never)
    if (health.open_until === null || health.open_until <= now) return
    await trx('deliveries')
      .where({ host, state: 'waiting' })
      .where('next_at', '<', health.open_until)
      .where((query) => query.whereNull('lease_until').orWhere('lease_until', '<=', now))
      .update({ next_at: health.open_until })
  })
}

/** Hosts that took something or spoke: failures forgotten, circuit closed, what waited for them is due now, their outboxes are read soon. */
export async function markAlive(db: Knex, hosts: readonly string[], now: Date, how: 'last_success_at' | 'last_inbound_at'): Promise<void> {
  const rows = hosts.map((host) => ({ host, [how]: now }))
  await db('hosts')
    .insert(rows)
    .onConflict('host')
    .merge({
      [how]: now,
      failures: 0,
      failure_days: db.raw(`'{}'::date[]`),
      open_until: null,
      asleep_since: null,
      gone_at: null
    } as never)
  // Rows that the host itself refused keep their own schedule: the host being alive is no news for them.
  await db('deliveries')
    .whereIn('host', hosts)
    .where({ state: 'waiting' })
    .where('next_at', '>', now)
    .where((query) => query.whereNull('last_status').orWhere('last_status', '>=', 500).orWhere('last_status', 408))
    .update({ next_at: now })
  await readOutboxesSoon(db, hosts, now)
}

/** Outboxes of one host are read one after the other, this far apart: further than catch-up.ts paces them. */
const APART = '15 seconds'
/** What was read within this time is not read again because its host stumbled. */
const READ_WITHIN = '30 minutes'

/**
 * What was said on these hosts while we did not hear them is looked for now, not in a day: their `catch-up` chores are pulled forward, one
 * after the other. Indexes: actors_host, chores by primary key.
 */
async function readOutboxesSoon(db: Knex, hosts: readonly string[], now: Date): Promise<void> {
  await db.raw(
    `update chores c set due_at = soon.due_at from (
       select c.subject, :now::timestamptz + interval '${APART}' * (row_number() over (partition by a.host order by c.due_at) - 1) as due_at
       from actors a join chores c on c.kind = 'catch-up' and c.subject = a.id::text
       where a.host = any(:hosts) and not a.local and not exists (select 1 from visits v
         where v.kind = 'outbox' and v.subject = c.subject and v.at > :now::timestamptz - interval '${READ_WITHIN}')
     ) soon where c.kind = 'catch-up' and c.subject = soon.subject and c.due_at > soon.due_at`,
    { hosts, now }
  )
}

/** A host that answered 410 at its shared inbox: nothing waits for it any more, until it speaks to us again. */
export async function markGone(db: Knex, host: string, now: Date): Promise<void> {
  await db('hosts').insert({ host, gone_at: now }).onConflict('host').merge({ gone_at: now })
  await db('deliveries')
    .where({ host, state: 'waiting' })
    .where((query) => query.whereNull('lease_until').orWhere('lease_until', '<=', now))
    .update({ state: 'dead', finished_at: now, last_error: HOST_GONE })
}

/** A host's row, or undefined when we never talked. */
export async function findHost(db: Knex, host: string): Promise<HostRow | undefined> {
  return db<HostRow>('hosts').where({ host }).first()
}

/** Notes that a host took something, whether it was ill or not. Callers keep it rare. */
export async function noteSuccess(db: Knex, hosts: readonly string[], now: Date): Promise<void> {
  await db('hosts')
    .insert(hosts.map((host) => ({ host, last_success_at: now })))
    .onConflict('host')
    .merge({ last_success_at: now })
}

/** Words older than this are no news any more, even for a host that comes back. */
const REVIVED_WITHIN = '14 days'

/**
 * An administrator says that a host is well: its circuit closes, all that waits for it is due now, its outboxes are read soon, and what was given up when it said it
 * was gone waits again. Returns how many deliveries are due.
 */
export async function reviveHost(db: Knex, host: string, now: Date): Promise<number> {
  return db.transaction(async (trx) => {
    await trx('hosts')
      .where({ host })
      .update({ failures: 0, failure_days: trx.raw(`'{}'::date[]`), open_until: null, asleep_since: null, gone_at: null } as never)
    await trx('deliveries')
      .where({ host, last_error: HOST_GONE })
      .where('state', trx.raw("'dead'"))
      .whereIn('activity_id', trx('activities').select('id').whereRaw(`published > ?::timestamptz - interval '${REVIVED_WITHIN}'`, [now]))
      .update({ state: 'waiting', finished_at: null, attempts: 0, first_failed_at: null })
    const due: number = await trx('deliveries')
      .where({ host, state: 'waiting' })
      .where((query) => query.whereNull('lease_until').orWhere('lease_until', '<=', now))
      .update({ next_at: now })
    await readOutboxesSoon(trx, [host], now)
    return due
  })
}

/**
 * An administrator gives a host up: nothing waits for it any more, follows between it and us end, and what we learned about it is
 * forgotten. Returns how many deliveries were dropped.
 */
export async function forgetHost(db: Knex, host: string, now: Date): Promise<number> {
  return db.transaction(async (trx) => {
    const dropped = await trx('deliveries')
      .where({ host, state: 'waiting' })
      .update({ state: 'dead', finished_at: now, lease_until: null, last_error: FORGOTTEN })
    await trx.raw(
      `delete from follows f using actors a
       where a.host = ? and not a.local and (f.follower_id = a.id or f.followed_id = a.id)`,
      [host]
    )
    await trx('hosts').where({ host }).delete()
    return dropped
  })
}
