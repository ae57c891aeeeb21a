// Reminders of tasks: three days before the day, and once when it has gone by. Each day is told once, whatever happens to the chore.
import type { Knex } from 'knex'
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { cancelChore, moveChore } from '../../db/chores.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { lockTask, OPEN_STATES, peopleOf, updateTask } from '../../db/tasks.ts'
import { tellConcerned } from '../../protocol/official-answer.ts'

export const REMIND_CHORE = 'task-due'

const BEFORE_DAYS = 3
const HOUR = 9

/** Nine in the morning: three days before, and the day after. */
function moments(ctx: Ctx, due: string): { soon: Date; late: Date } {
  const day = DateTime.fromISO(due, { zone: requireSite(ctx).timezone }).set({ hour: HOUR })
  return { soon: day.minus({ days: BEFORE_DAYS }).toJSDate(), late: day.plus({ days: 1 }).toJSDate() }
}

/** Plans the next reminder of a task with this day. Who is given a task two days before needs no second word. */
export async function planReminders(ctx: Ctx, trx: Knex, objectId: string, due: string | null): Promise<void> {
  if (due === null) return await cancelChore(trx, REMIND_CHORE, objectId)
  const { soon, late } = moments(ctx, due)
  await moveChore(trx, { kind: REMIND_CHORE, subject: objectId, dueAt: soon > ctx.clock.now() ? soon : late })
}

/** Chore: tells who does it (late: also who made it, or nobody would) once for this day. After an outage the later word alone. */
export async function remindTask(ctx: Ctx, objectId: string): Promise<Date | null> {
  return await ctx.db.transaction(async (trx) => {
    // In the order of every change (hold.ts): the object, then its task.
    const row = await trx<ObjectRow>('objects').where({ id: objectId }).whereNull('deleted_at').forUpdate().first()
    const task = row && (await lockTask(trx, objectId))
    if (!row || !task || task.due_on === null || !OPEN_STATES.includes(task.state)) return null
    const { soon, late } = moments(ctx, task.due_on)
    const now = ctx.clock.now()
    if (now < soon) return soon
    const isLate = now >= late
    const doers = (await peopleOf(trx, [objectId])).map(({ actor_id: id }) => id)
    if ((isLate ? task.late_told : task.soon_told) !== task.due_on) {
      await updateTask(trx, objectId, isLate ? { late_told: task.due_on } : { soon_told: task.due_on })
      const people = isLate ? [...doers, row.author_id ?? row.actor_id] : doers
      // The word of before gives way to this one.
      await trx('notifications').where({ object_id: objectId }).whereIn('type', ['task_soon', 'task_late']).delete()
      const type = isLate ? 'task_late' : 'task_soon'
      await tellConcerned(ctx, trx, people, { type, fromId: requireSite(ctx).communeActorId, objectId })
    }
    return isLate ? null : late
  })
}
