// The public journal of an object: what became of it, who did it, why. Written in the transaction of the change itself.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'

export interface JournalRow {
  id: string
  object_id: string
  /** A word: 'proposed', 'answer', 'progress'… */
  what: string
  from_state: string | null
  to_state: string | null
  by_id: string | null
  reason: string
  at: Date
}

export type JournalEntry = Pick<JournalRow, 'object_id' | 'what'> &
  Partial<Pick<JournalRow, 'from_state' | 'to_state' | 'by_id' | 'reason'>>

export async function writeJournal(ctx: Ctx, trx: Knex, entry: JournalEntry): Promise<void> {
  const at = ctx.clock.now()
  await trx('journal').insert({ from_state: null, to_state: null, by_id: null, reason: '', ...entry, id: newId(at), at })
}

const MOST = 500

/** Oldest first. Plan: journal_object. */
export async function readJournal(trx: Knex, objectId: string): Promise<JournalRow[]> {
  return await trx<JournalRow>('journal').where({ object_id: objectId }).orderBy('id').limit(MOST)
}
