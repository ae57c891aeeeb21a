// What changes a task: its words, its day, its people, where it stands. One change at a time, each published and in the journal.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Who } from '../../core/permission.ts'
import { cancelChore } from '../../db/chores.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { peopleOf, removePerson, updateTask, type TaskRow, type TaskState } from '../../db/tasks.ts'
import { updateLocalObject } from '../../protocol/local-edits.ts'
import { tellConcerned } from '../../protocol/official-answer.ts'
import { findSubject, mayManage } from './access.ts'
import { closed, isClosed, withTask } from './hold.ts'
import { MAX_REASON, readTask, tidy, wordingOf, wrong, type TaskInput } from './input.ts'
import { findPeople, give } from './people.ts'
import { planReminders, REMIND_CHORE } from './remind.ts'
import { record, type Named } from './record.ts'

/** Throws permission.denied (403). */
async function assertManages(ctx: Ctx, who: Who, row: ObjectRow, subjectId: string | null): Promise<void> {
  if (!(await mayManage(ctx, who, row, await findSubject(ctx.db, subjectId))))
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
}

/** Changes words, day and people, who looks after it. Throws permission.denied (403), task.closed (409), task.* (422). */
export async function editTask(ctx: Ctx, who: Who, by: ActorRow, row: ObjectRow, stored: TaskRow, edit: Partial<TaskInput>): Promise<void> {
  await assertManages(ctx, who, row, stored.subject_id)
  const people = edit.people === undefined ? null : await findPeople(ctx, row, edit.people)
  await withTask(ctx, row.id, async ({ trx, row: fresh, task, named, publisher, tell }) => {
    if (isClosed(task)) throw closed()
    const words = readTask({ title: task.title, text: fresh.source ?? '', due: task.due_on, ...edit })
    const isReworded = words.title !== task.title || words.text !== (fresh.source ?? '')
    await updateTask(trx, row.id, { title: words.title, due_on: words.due })
    const renamed = { ...named, title: words.title }
    if (isReworded) await record(ctx, trx, renamed, { what: 'edited', byId: by.id })
    if (words.due !== task.due_on) {
      await record(ctx, trx, renamed, { what: 'due', byId: by.id, from: task.due_on, to: words.due })
      await planReminders(ctx, trx, row.id, words.due)
    }
    if (people !== null) await replacePeople(ctx, trx, renamed, people, by)
    if (isReworded) {
      const wording = wordingOf(words, fresh.language ?? 'fr')
      await updateLocalObject(ctx, trx, { row: fresh, publisher, wording, mentions: [], hashtags: [] })
    } else await tell()
  })
}

async function replacePeople(ctx: Ctx, trx: Knex, task: Named, people: ActorRow[], by: ActorRow): Promise<void> {
  for (const { actor_id: id } of await peopleOf(trx, [task.id]))
    if (!people.some((person) => person.id === id)) {
      await removePerson(trx, task.id, id)
      await record(ctx, trx, task, { what: 'released', byId: by.id })
    }
  for (const person of people) await give(ctx, trx, task, person, by)
}

/**
 * Says where it stands: who does it, or looks after it; given up by who looks after it alone. What is blocked or given up says why.
 * The same again changes nothing. Throws permission.denied (403), task.reason (422).
 */
export async function setTaskState(ctx: Ctx, who: Who, row: ObjectRow, stored: TaskRow, state: TaskState, why: string): Promise<void> {
  const isDoer = (await peopleOf(ctx.db, [row.id])).some((one) => one.actor_id === who.actorId)
  if (!isDoer || state === 'cancelled' || stored.state === 'cancelled') await assertManages(ctx, who, row, stored.subject_id)
  const reason = tidy(why, MAX_REASON)
  if (reason === '' && (state === 'blocked' || state === 'cancelled')) throw wrong('task.reason', 'reason', 'Please say why.')
  await withTask(ctx, row.id, async ({ trx, row: fresh, task, named, tell }) => {
    if (task.state === state) return
    await updateTask(trx, row.id, { state, done_at: state === 'done' ? ctx.clock.now().toISOString() : null })
    await record(ctx, trx, named, { what: state, byId: who.actorId, from: task.state, to: state, reason })
    if (state === 'done' || state === 'cancelled') await cancelChore(trx, REMIND_CHORE, row.id)
    else if (isClosed(task)) await planReminders(ctx, trx, row.id, task.due_on)
    await tell()
    if (state === 'done') await tellGivers(ctx, trx, fresh, who.actorId)
  })
}

/** Who made it, and who gave it to somebody, hear that it is done. */
async function tellGivers(ctx: Ctx, trx: Knex, row: ObjectRow, byId: string): Promise<void> {
  const givers = (await peopleOf(trx, [row.id])).flatMap(({ given_by: id }) => id ?? [])
  const people = [...new Set([row.author_id ?? row.actor_id, ...givers])].filter((id) => id !== byId)
  await trx('notifications').where({ object_id: row.id, type: 'task_done' }).whereIn('owner_id', people).delete()
  await tellConcerned(ctx, trx, people, { type: 'task_done', fromId: byId, objectId: row.id })
}
