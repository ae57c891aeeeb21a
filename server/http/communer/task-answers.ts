// Tasks as the native API shows them, and the schemas of what is sent.
import { DateTime } from 'luxon'
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import type { Who } from '../../core/permission.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findTask, listTasks, OPEN_STATES, peopleOf, subjectsOf, TASK_STATES, type ListedTask, type TaskRow } from '../../db/tasks.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { findSubject, mayManage } from '../../features/tasks/access.ts'
import { MAX_PEOPLE } from '../../features/tasks/input.ts'
import { MAX_AT_ONCE } from '../../features/tasks/make.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'
import { words } from './vote-schemas.ts'

const fields = {
  id: Id,
  uri: Type.String(),
  url: Type.String(),
  title: Type.String(),
  text: Type.String({ description: 'HTML, sanitised' }),
  state: words(TASK_STATES),
  late: Type.Boolean({ description: 'Its day has gone by and it is not done' }),
  due: orNull(Type.String({ description: 'YYYY-MM-DD' })),
  done_at: orNull(Type.String()),
  about: orNull(Type.Object({ id: Id, kind: words(['idea', 'proposal'] as const), title: Type.String() })),
  account: MastodonAccount,
  people: Type.Array(MastodonAccount, { description: 'Who does it, first come first' }),
  mine: Type.Boolean({ description: 'The viewer does it' }),
  created_at: Type.String()
}

export const ListedTaskEntity = Type.Object(fields, { title: 'ListedTask' })
export type ListedTaskAnswer = Static<typeof ListedTaskEntity>

export const TaskEntity = Type.Object(
  {
    ...fields,
    source: Type.String({ description: 'The text as typed' }),
    visibility: words(['public', 'members'] as const),
    can: Type.Object({
      take: Type.Boolean(),
      release: Type.Boolean(),
      move: Type.Array(words(TASK_STATES), { description: 'States this person may say' }),
      edit: Type.Boolean()
    })
  },
  { title: 'Task' }
)

export const SuggestedTasks = Type.Object({
  about: Type.Object({ id: Id, kind: words(['idea', 'proposal'] as const), title: Type.String() }),
  can: Type.Boolean({ description: 'Whether the viewer may make tasks of it' }),
  tasks: Type.Array(Type.Object({ title: Type.String(), text: Type.String(), due: orNull(Type.String()) }))
})

const wordsOfTask = {
  title: Type.String({ maxLength: 1000 }),
  text: Type.Optional(Type.String({ maxLength: 6000 })),
  due: Type.Optional(orNull(Type.String({ maxLength: 10, description: 'YYYY-MM-DD' }))),
  people: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), { maxItems: MAX_PEOPLE * 2, description: 'Usernames of people of this instance' })
  )
}
export const NewTasksBody = strictObject({
  about: Id,
  tasks: Type.Array(strictObject(wordsOfTask), { maxItems: MAX_AT_ONCE })
})
export const EditTaskBody = strictObject({ ...wordsOfTask, title: Type.Optional(wordsOfTask.title) })
export const StateBody = strictObject({ state: words(TASK_STATES), reason: Type.Optional(Type.String({ maxLength: 2000 })) })
export const ReleaseBody = strictObject({ reason: Type.Optional(Type.String({ maxLength: 2000 })) })

/** The task of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getTask(ctx: Ctx, id: string, viewer: Viewer): Promise<{ row: ObjectRow; task: TaskRow }> {
  const row = await findVisibleObject(ctx, id, viewer)
  const task = row === null || row.kind !== 'task' || !row.local || row.id !== id ? null : await findTask(ctx.db, id)
  if (row === null || task === null) throw notFound()
  return { row, task }
}

/** The decision of this id. Throws request.not-found (404). */
export async function getDecision(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || (row.kind !== 'proposal' && row.kind !== 'idea') || !row.local || row.id !== id) throw notFound()
  return row
}

/** The entities of a page, in a fixed number of queries. */
export async function presentTasks(ctx: Ctx, rows: ListedTask[], viewer: Viewer): Promise<ListedTaskAnswer[]> {
  const ids = rows.map(({ id }) => id)
  const people = await peopleOf(ctx.db, ids)
  const [actors, subjects] = await Promise.all([
    loadActorParts(ctx, [...new Set([...rows.map((row) => row.actor_id), ...people.map((one) => one.actor_id)])]),
    subjectsOf(ctx, viewer, [...new Set(rows.flatMap(({ task }) => task.subject_id ?? []))])
  ])
  const today = DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone }).toISODate()!
  const account = (id: string) => {
    const actor = actors.get(id)
    return actor === undefined ? [] : [toAccount(ctx, actor, actor)]
  }
  return rows.flatMap((row): ListedTaskAnswer[] => {
    const { task } = row
    const [owner] = account(row.actor_id)
    if (owner === undefined) return []
    const doers = people.filter((one) => one.object_id === row.id)
    return [
      {
        id: row.id,
        uri: row.iri,
        url: row.url ?? row.iri,
        title: task.title,
        text: row.content_html,
        state: task.state,
        late: task.due_on !== null && task.due_on < today && OPEN_STATES.includes(task.state),
        due: task.due_on,
        done_at: task.done_at === null ? null : new Date(task.done_at).toISOString(),
        about: (task.subject_id !== null && subjects.get(task.subject_id)) || null,
        account: owner,
        people: doers.flatMap((one) => account(one.actor_id)),
        mine: doers.some((one) => one.actor_id === viewer.actorId),
        created_at: row.published.toISOString()
      }
    ]
  })
}

/** One task with what this person may do. Throws request.not-found (404). */
export async function showTask(ctx: Ctx, id: string, viewer: Viewer, who: Who | null): Promise<Static<typeof TaskEntity>> {
  const { row, task } = await getTask(ctx, id, viewer)
  const [shown] = await presentTasks(ctx, await listTasks(ctx, viewer, { ids: [id], limit: 1 }), viewer)
  if (shown === undefined) throw notFound()
  const manages = who !== null && (await mayManage(ctx, who, row, await findSubject(ctx.db, task.subject_id)))
  const isOpen = OPEN_STATES.includes(task.state)
  const moves = TASK_STATES.filter((state) => {
    if (state === task.state) return false
    return manages || (shown.mine && state !== 'cancelled' && task.state !== 'cancelled')
  })
  return {
    ...shown,
    source: row.source ?? '',
    visibility: row.visibility === 'members' ? 'members' : 'public',
    can: {
      take: who !== null && isOpen && !shown.mine && shown.people.length < MAX_PEOPLE,
      release: isOpen && shown.mine,
      move: who === null ? [] : moves,
      edit: manages && isOpen
    }
  }
}
