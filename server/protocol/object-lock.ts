// Keeps two workers from applying activities about the same object at the same moment (federation.md §5.4).
import type { Knex } from 'knex'

/** Waits for, and holds until the end of `trx`, the right to change what these IRIs name. Always taken in one order, so never a deadlock. */
export async function lockObjects(trx: Knex, iris: string[]): Promise<void> {
  if (iris.length === 0) return
  await trx.raw(
    'select pg_advisory_xact_lock(k.key) from (select distinct hashtextextended(iri, 17) as key from unnest(?::text[]) iri order by 1) k',
    [iris]
  )
}
