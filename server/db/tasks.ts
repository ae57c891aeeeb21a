// Tasks: their rows, who does them, their lists. Lists go through visibleTo(); a task whose decision is gone stays.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export const TASK_STATES = ['todo', 'doing', 'blocked', 'done', 'cancelled'] as const
export type TaskState = (typeof TASK_STATES)[number]
/** States in which something is still to be done. */
export const OPEN_STATES: TaskState[] = ['todo', 'doing', 'blocked']

export interface TaskRow {
  object_id: string
  title: string
  subject_id: string | null
  state: TaskState
  /** YYYY-MM-DD. */
  due_on: string | null
  done_at: string | null
  soon_told: string | null
  late_told: string | null
}

export interface TaskPerson {
  object_id: string
  actor_id: string
  given_by: string | null
}

/** Ids and dates as text, as JSON has them. */
const TASK = `to_jsonb(k) || jsonb_build_object('object_id', k.object_id::text, 'subject_id', k.subject_id::text)`

export async function findTask(trx: Knex, objectId: string): Promise<TaskRow | null> {
  const row = await trx('tasks as k')
    .where('k.object_id', objectId)
    .first<{ task: TaskRow } | undefined>(trx.raw(`${TASK} as task`))
  return row?.task ?? null
}

/** Held until the end of the transaction: what changes one task comes one after the other. */
export async function lockTask(trx: Knex, objectId: string): Promise<TaskRow | null> {
  await trx('tasks').where({ object_id: objectId }).forUpdate().first('object_id')
  return findTask(trx, objectId)
}

export async function insertTask(trx: Knex, row: Pick<TaskRow, 'object_id' | 'title' | 'subject_id' | 'due_on'>): Promise<void> {
  await trx('tasks').insert(row)
}

export async function updateTask(trx: Knex, objectId: string, changes: Partial<Omit<TaskRow, 'object_id'>>): Promise<void> {
  await trx('tasks').where({ object_id: objectId }).update(changes)
}

/** False when they do it already. */
export async function addPerson(trx: Knex, person: TaskPerson, since: Date): Promise<boolean> {
  const written = await trx('task_people')
    .insert({ ...person, since })
    .onConflict(['object_id', 'actor_id'])
    .ignore()
    .returning('actor_id')
  return written.length > 0
}

/** False when they did not do it. */
export async function removePerson(trx: Knex, objectId: string, actorId: string): Promise<boolean> {
  return (await trx('task_people').where({ object_id: objectId, actor_id: actorId }).delete()) > 0
}

/** First come first, by task. Who left the instance is left out. */
export async function peopleOf(trx: Knex, objectIds: string[]): Promise<TaskPerson[]> {
  return await trx('task_people as w')
    .join('actors as a', 'a.id', 'w.actor_id')
    .whereIn('w.object_id', objectIds)
    .whereNull('a.deleted_at')
    .orderBy(['w.since', 'w.actor_id'])
    .select('w.object_id', 'w.actor_id', 'w.given_by')
}

export type ListedTask = StatusRow & { task: TaskRow }

export interface TaskFilter {
  /** Row id of the proposal or idea. */
  aboutId?: string
  /** Row id of who does it. */
  personId?: string
  /** open: to do, under way or blocked; closed: done or given up. */
  tab?: 'open' | 'closed'
  /** Only these. */
  ids?: string[]
  offset?: number
  limit: number
}

/** Of a decision as they were made; of a person what is due first. Plans: tasks_subject, task_people_actor; objects by primary key. */
export async function listTasks(ctx: Ctx, viewer: Viewer, filter: TaskFilter): Promise<ListedTask[]> {
  const query = ctx
    .db('tasks as k')
    .join('objects as o', 'o.id', 'k.object_id')
    .limit(filter.limit)
    .offset(filter.offset ?? 0)
    .select(...statusColumns('o'), ctx.db.raw(`${TASK} as task`))
  if (filter.ids !== undefined) query.whereRaw('k.object_id = any(?::bigint[])', [filter.ids]).orderBy('k.object_id')
  if (filter.aboutId !== undefined) query.where('k.subject_id', filter.aboutId).orderBy('k.object_id')
  if (filter.personId !== undefined)
    query.whereRaw('k.object_id in (select w.object_id from task_people w where w.actor_id = ?::bigint)', [filter.personId])
  if (filter.tab !== undefined) query.whereIn('k.state', filter.tab === 'open' ? OPEN_STATES : ['done', 'cancelled'])
  if (filter.personId !== undefined)
    if (filter.tab === 'closed') query.orderBy('k.object_id', 'desc')
    else query.orderByRaw('k.due_on nulls last, k.object_id')
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as ListedTask[]
}

/** Titles of the decisions these tasks come from, as far as the viewer may see them: by row id. */
export async function subjectsOf(
  ctx: Ctx,
  viewer: Viewer,
  ids: string[]
): Promise<Map<string, { id: string; kind: 'idea' | 'proposal'; title: string }>> {
  if (ids.length === 0) return new Map()
  const rows = (await visibleTo(ctx.db('objects as o').whereIn('o.id', ids), viewer, 'o').select('o.id', 'o.kind', 'o.name')) as {
    id: string
    kind: 'idea' | 'proposal'
    name: string | null
  }[]
  return new Map(rows.map(({ id, kind, name }) => [id, { id, kind, title: name ?? '' }]))
}
