// Who does a task: given by who looks after it, or taken by saying so; given back when it cannot be done.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { addPerson, peopleOf, removePerson } from '../../db/tasks.ts'
import { canSee } from '../../db/visibility.ts'
import { tellConcerned } from '../../protocol/official-answer.ts'
import { closed, isClosed, withTask } from './hold.ts'
import { MAX_PEOPLE, MAX_REASON, tidy, wrong } from './input.ts'
import { record, type Named } from './record.ts'

/** People of this instance by username, who see what it is about. Throws task.person, task.people (422). */
export async function findPeople(ctx: Ctx, visible: ObjectRow, usernames: string[]): Promise<ActorRow[]> {
  const names = [...new Set(usernames.map((name) => name.trim().replace(/^@/, '').toLowerCase()).filter((name) => name !== ''))]
  if (names.length > MAX_PEOPLE)
    throw new AppError('task.people', 422, `At most ${MAX_PEOPLE} people.`, { details: { field: 'people', max: MAX_PEOPLE } })
  const found: ActorRow[] = []
  for (const name of names) {
    const person = await ctx
      .db<ActorRow>('actors')
      .where({ local: true, type: 'Person' })
      .whereRaw('lower(username) = ?', [name])
      .whereNull('deleted_at')
      .whereNull('suspended_at')
      .first()
    if (person === undefined || !(await canSee(ctx, ctx.db, visible, { actorId: person.id })))
      throw wrong('task.person', 'people', 'Somebody of these is not here, or may not read this.')
    found.push(person)
  }
  return found
}

/** Gives it to somebody and tells them; a second time changes nothing. */
export async function give(ctx: Ctx, trx: Knex, task: Named, person: ActorRow, by: Pick<ActorRow, 'id'>): Promise<void> {
  const isOwn = person.id === by.id
  const isNew = await addPerson(trx, { object_id: task.id, actor_id: person.id, given_by: isOwn ? null : by.id }, ctx.clock.now())
  if (!isNew) return
  await record(ctx, trx, task, isOwn ? { what: 'taken', byId: by.id } : { what: 'given', byId: by.id, to: person.name || person.username })
  // Given anew, it is news again.
  await trx('notifications').where({ owner_id: person.id, type: 'task_given', object_id: task.id }).delete()
  await tellConcerned(ctx, trx, [person.id], { type: 'task_given', fromId: by.id, objectId: task.id })
}

/** "Je m'en charge." Throws task.closed, task.people (409). */
export async function takeTask(ctx: Ctx, actor: ActorRow, row: ObjectRow): Promise<void> {
  await withTask(ctx, row.id, async ({ trx, task, named, tell }) => {
    if (isClosed(task)) throw closed()
    const people = await peopleOf(trx, [row.id])
    if (people.some((one) => one.actor_id === actor.id)) return
    if (people.length >= MAX_PEOPLE)
      throw new AppError('task.people', 409, `At most ${MAX_PEOPLE} people.`, { details: { max: MAX_PEOPLE } })
    await give(ctx, trx, named, actor, actor)
    await tell()
  })
}

/** Somebody no longer does it: themselves, or who looks after it says so. */
export async function releaseTask(ctx: Ctx, actor: ActorRow, row: ObjectRow, reason: string): Promise<void> {
  await withTask(ctx, row.id, async ({ trx, named, tell }) => {
    if (!(await removePerson(trx, row.id, actor.id))) return
    await record(ctx, trx, named, { what: 'released', byId: actor.id, reason: tidy(reason, MAX_REASON) })
    await tell()
  })
}
