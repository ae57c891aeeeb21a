// Tasks as they leave: what stands in their document. What people do with them is features/tasks'.
import type { Knex } from 'knex'
import { findTask, peopleOf } from '../db/tasks.ts'
import type { TaskSource } from '../vocab/task.ts'

/** Null: no task of ours. */
export async function taskSource(trx: Knex, objectId: string): Promise<TaskSource | null> {
  const task = await findTask(trx, objectId)
  if (task === null) return null
  const people = (await peopleOf(trx, [objectId])).map(({ actor_id: id }) => id)
  const found = await trx('actors').whereIn('id', people).select<{ id: string; iri: string }[]>('id', 'iri')
  const iris = new Map(found.map(({ id, iri }) => [id, iri]))
  const about =
    task.subject_id === null
      ? undefined
      : await trx('objects').where({ id: task.subject_id }).whereNull('deleted_at').first<{ iri: string } | undefined>('iri')
  return {
    state: task.state,
    dueOn: task.due_on,
    assignees: people.flatMap((id) => iris.get(id) ?? []),
    aboutIri: about?.iri ?? null
  }
}
