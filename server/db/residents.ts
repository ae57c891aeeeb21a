// Who lives in the commune: declared by people, verified by the town hall.
import type { Knex } from 'knex'

export type Residence = 'unknown' | 'declared' | 'verified'

export async function findResident(trx: Knex, actorId: string): Promise<Residence> {
  const row = await trx('residents').where({ actor_id: actorId }).first<{ verified_at: Date | null } | undefined>('verified_at')
  return row === undefined ? 'unknown' : row.verified_at === null ? 'declared' : 'verified'
}

/** Said again, nothing changes. */
export async function declareResident(trx: Knex, actorId: string, at: Date): Promise<void> {
  await trx('residents').insert({ actor_id: actorId, declared_at: at }).onConflict('actor_id').ignore()
}

export async function forgetResident(trx: Knex, actorId: string): Promise<void> {
  await trx('residents').where({ actor_id: actorId }).delete()
}

/** Null takes the confirmation back. Who never declared anything is declared by it. */
export async function verifyResident(trx: Knex, actorId: string, verified: { by: string; at: Date } | null, now: Date): Promise<void> {
  const columns = { verified_at: verified?.at ?? null, verified_by: verified?.by ?? null }
  await trx('residents')
    .insert({ actor_id: actorId, declared_at: now, ...columns })
    .onConflict('actor_id')
    .merge(columns)
}
