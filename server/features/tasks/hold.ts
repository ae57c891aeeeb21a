// What every change of a task goes through: the row held, so that two at once come one after the other.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { lockTask, type TaskRow } from '../../db/tasks.ts'
import { publishState } from '../../protocol/local-edits.ts'
import type { Named } from './record.ts'

/** A task that is held. */
export interface Held {
  trx: Knex
  row: ObjectRow
  task: TaskRow
  named: Named
  publisher: ActorRow
  /** Publishes where it stands. */
  tell(): Promise<void>
}

/** Runs `work` with the task held. Throws post.not-found (404). */
export async function withTask(ctx: Ctx, id: string, work: (held: Held) => Promise<void>): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const row = await trx<ObjectRow>('objects').where({ id, local: true }).whereNull('deleted_at').forUpdate().first()
    const task = row && (await lockTask(trx, id))
    const publisher = row && (await trx<ActorRow>('actors').where({ id: row.actor_id }).whereNull('deleted_at').first())
    if (!row || !task || !publisher) throw new AppError('post.not-found', 404, 'Record not found')
    const named = { id, title: task.title, subjectId: task.subject_id }
    await work({ trx, row, task, named, publisher, tell: () => publishState(ctx, trx, row, publisher) })
  })
}

export function isClosed({ state }: Pick<TaskRow, 'state'>): boolean {
  return state === 'done' || state === 'cancelled'
}

export function closed(): AppError {
  return new AppError('task.closed', 409, 'This task is done or given up.')
}
