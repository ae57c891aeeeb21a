// What has to be done at a date: rows, one per kind and subject, claimed with a lease. Knows nothing of the work itself (jobs/chores.ts).
import type { Knex } from 'knex'

export interface Chore {
  kind: string
  /** An id or an IRI; what it means is known to the kind alone. */
  subject: string
  dueAt: Date
}

/**
 * Writes chores in the caller's transaction. One that waits keeps the earlier date; one that is being done gets another date and is done once
 * more, since what it has read may be older. Wakes nobody: see `ctx.queue.wake('chores')`.
 */
export async function scheduleChores(trx: Knex, chores: Chore[]): Promise<void> {
  if (chores.length === 0) return
  await trx('chores')
    .insert(chores.map(({ kind, subject, dueAt }) => ({ kind, subject, due_at: dueAt })))
    .onConflict(['kind', 'subject'])
    .merge({
      due_at: trx.raw(`case when chores.lease_until is null then least(chores.due_at, excluded.due_at)
        when excluded.due_at = chores.due_at then chores.due_at + interval '1 millisecond' else excluded.due_at end`)
    })
}

/** Moves a chore to another date, earlier or later; makes it when it is not there. */
export async function moveChore(trx: Knex, { kind, subject, dueAt }: Chore): Promise<void> {
  await trx('chores').insert({ kind, subject, due_at: dueAt }).onConflict(['kind', 'subject']).merge({ due_at: dueAt, attempts: 0 })
}

/** Nothing to do any more. */
export async function cancelChore(trx: Knex, kind: string, subject: string): Promise<void> {
  await trx('chores').where({ kind, subject }).delete()
}

export interface ClaimedChore {
  kind: string
  subject: string
  due_at: Date
  attempts: number
}

/** Takes due chores of the given kinds, longest due first. Another worker may take them again when the lease is over. */
export async function claimChores(db: Knex, kinds: string[], now: Date, lease: Date, wanted: number): Promise<ClaimedChore[]> {
  const { rows } = await db.raw<{ rows: ClaimedChore[] }>(
    `update chores c set lease_until = :lease from (
       select kind, subject from chores
       where due_at <= :now and (lease_until is null or lease_until <= :now) and kind = any(:kinds)
       order by due_at limit :wanted for update skip locked
     ) due where c.kind = due.kind and c.subject = due.subject
     returning c.kind, c.subject, c.due_at, c.attempts`,
    { now, lease, kinds, wanted }
  )
  return rows.sort((one, other) => one.due_at.getTime() - other.due_at.getTime())
}

/** Done: the row goes, unless it was scheduled anew meanwhile (`due_at` moved) or is to be done again at `nextAt`. */
export async function finishChore(db: Knex, chore: ClaimedChore, nextAt: Date | null): Promise<void> {
  const row = db('chores').where({ kind: chore.kind, subject: chore.subject })
  if (nextAt !== null) {
    await row.update({
      due_at: db.raw('case when due_at = ? then ? else due_at end', [chore.due_at, nextAt]),
      attempts: 0,
      lease_until: null,
      last_error: null
    })
    return
  }
  const removed = await row.clone().where({ due_at: chore.due_at }).delete()
  if (removed === 0) await row.update({ attempts: 0, lease_until: null, last_error: null })
}

/** Not done: again at `nextAt`. */
export async function postponeChore(db: Knex, chore: ClaimedChore, nextAt: Date, error: string): Promise<void> {
  await db('chores')
    .where({ kind: chore.kind, subject: chore.subject })
    .update({ due_at: nextAt, attempts: chore.attempts + 1, lease_until: null, last_error: error.slice(0, 500) })
}
