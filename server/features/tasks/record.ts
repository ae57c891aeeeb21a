// Every step of a task stands in public twice: in the journal of the decision it comes from, and in its own.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { writeJournal } from '../../db/journal.ts'

/** A task as its steps name it. */
export interface Named {
  id: string
  title: string
  subjectId: string | null
}

export interface Step {
  what: 'made' | 'edited' | 'due' | 'given' | 'taken' | 'released' | 'todo' | 'doing' | 'blocked' | 'done' | 'cancelled'
  byId: string
  from?: string | null
  to?: string | null
  reason?: string
}

/** In the decision's journal `task_<what>` with the title, and the task's id to go there. */
export async function record(ctx: Ctx, trx: Knex, task: Named, { what, byId, from = null, to = null, reason = '' }: Step): Promise<void> {
  await writeJournal(ctx, trx, { object_id: task.id, what, by_id: byId, from_state: from, to_state: to, reason })
  const isThere = task.subjectId !== null && (await trx('objects').where({ id: task.subjectId }).whereNull('deleted_at').first('id'))
  if (!isThere) return
  await writeJournal(ctx, trx, {
    object_id: task.subjectId!,
    what: `task_${what}`,
    by_id: byId,
    from_state: task.title,
    to_state: task.id,
    reason: reason || (what === 'given' ? (to ?? '') : '')
  })
}
