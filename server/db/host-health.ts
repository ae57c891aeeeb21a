// What deliveries learn about hosts, in `hosts`, and what that does to their waiting rows. The rules are protocol/circuit.ts.
import type { Knex } from 'knex'
import type { HostRow } from './rows.ts'

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

/** Hosts that took something: failures forgotten, circuit closed, and what waited for them is due now. */
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
}

/** A host that answered 410 at its shared inbox: nothing waits for it any more, until it speaks to us again. */
export async function markGone(db: Knex, host: string, now: Date): Promise<void> {
  await db('hosts').insert({ host, gone_at: now }).onConflict('host').merge({ gone_at: now })
  await db('deliveries')
    .where({ host, state: 'waiting' })
    .where((query) => query.whereNull('lease_until').orWhere('lease_until', '<=', now))
    .update({ state: 'dead', finished_at: now, last_error: 'host gone' })
}

/** A host's row, or undefined when we never talked. */
export async function findHost(db: Knex, host: string): Promise<HostRow | undefined> {
  return db<HostRow>('hosts').where({ host }).first()
}
