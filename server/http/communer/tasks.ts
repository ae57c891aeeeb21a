// Tasks of the native API: what could be made of a decision, make, list, change, take, give back, say where they stand. Rules are features/tasks'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { listTasks } from '../../db/tasks.ts'
import { answersFor, isDecided } from '../../features/tasks/access.ts'
import { editTask, setTaskState } from '../../features/tasks/change.ts'
import { makeTasks, suggestTasks } from '../../features/tasks/make.ts'
import { releaseTask, takeTask } from '../../features/tasks/people.ts'
import { notFound, viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { Journal, presentJournal } from './journal-answers.ts'
import { nextLink } from './next-link.ts'
import { answers, Id } from './schemas.ts'
import {
  EditTaskBody,
  getDecision,
  getTask,
  ListedTaskEntity,
  NewTasksBody,
  presentTasks,
  ReleaseBody,
  showTask,
  StateBody,
  SuggestedTasks,
  TaskEntity
} from './task-answers.ts'
import { words } from './vote-schemas.ts'

const tags = ['tasks']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
/** All of one decision are shown together. */
const ALL = 200
const PAGE = 40
const MAX_OFFSET = 2000

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerTasks(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const show = (request: FastifyRequest, id: string) => showTask(ctx, id, viewerOf(request), whoIs(request))

  app.get(
    '/tasks',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Tasks of a decision as they were made, or those one does oneself, soonest first; the next page by the Link header',
        querystring: Type.Object({
          about: Type.Optional(Id),
          mine: Type.Optional(Type.Boolean({ description: 'Those the viewer does; needs an account' })),
          tab: Type.Optional(words(['open', 'closed'] as const)),
          offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OFFSET }))
        }),
        response: answers(200, Type.Array(ListedTaskEntity))
      }
    },
    async (request, reply) => {
      const { about, mine = false, tab, offset = 0 } = request.query
      if (mine) requireAuth(request)
      if (about === undefined && !mine) throw notFound()
      const viewer = viewerOf(request)
      const limit = mine ? PAGE : ALL
      const rows = await listTasks(ctx, viewer, {
        ...(about === undefined ? {} : { aboutId: about }),
        ...(mine ? { personId: viewer.actorId! } : {}),
        ...(tab === undefined ? {} : { tab }),
        offset,
        limit: limit + 1
      })
      if (rows.length > limit && offset + limit <= MAX_OFFSET)
        reply.header('link', nextLink(ctx, request, 'offset', String(offset + limit)))
      return await presentTasks(ctx, rows.slice(0, limit), viewer)
    }
  )

  app.get(
    '/tasks/suggestions',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags,
        summary: 'What could be made of a decision: its promises, else its paragraphs; to be edited before',
        querystring: Type.Object({ about: Id }),
        response: answers(200, SuggestedTasks)
      }
    },
    async (request) => {
      requireAuth(request)
      const row = await getDecision(ctx, request.query.about, viewerOf(request))
      return {
        about: { id: row.id, kind: row.kind === 'idea' ? ('idea' as const) : ('proposal' as const), title: row.name ?? '' },
        can: (await isDecided(ctx.db, row)) && (await answersFor(ctx, whoIs(request)!, row)),
        tasks: await suggestTasks(ctx, row)
      }
    }
  )

  app.post(
    '/tasks',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Make tasks of a decision (who answers for it)',
        body: NewTasksBody,
        response: answers(201, Type.Array(ListedTaskEntity))
      }
    },
    async (request, reply) => {
      const viewer = viewerOf(request)
      const subject = await getDecision(ctx, request.body.about, viewer)
      const made = await makeTasks(ctx, whoIs(request)!, requireAuth(request).actor, subject, request.body.tasks)
      const rows = await listTasks(ctx, viewer, { ids: made.map(({ id }) => id), limit: made.length })
      return reply.code(201).send(await presentTasks(ctx, rows, viewer))
    }
  )

  app.get(
    '/tasks/:id',
    { config: READ, schema: { tags, summary: 'One task', params: ById, response: answers(200, TaskEntity) } },
    async (request) => await show(request, request.params.id)
  )

  app.patch(
    '/tasks/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Change words, day and people (who looks after it)',
        params: ById,
        body: EditTaskBody,
        response: answers(200, TaskEntity)
      }
    },
    async (request) => {
      const { row, task } = await getTask(ctx, request.params.id, viewerOf(request))
      await editTask(ctx, whoIs(request)!, requireAuth(request).actor, row, task, request.body)
      return await show(request, row.id)
    }
  )

  app.post(
    '/tasks/:id/take',
    { config: WRITE, schema: { tags, summary: 'Say that one does it', params: ById, response: answers(200, TaskEntity) } },
    async (request) => {
      const { row } = await getTask(ctx, request.params.id, viewerOf(request))
      await takeTask(ctx, requireAuth(request).actor, row)
      return await show(request, row.id)
    }
  )

  app.post(
    '/tasks/:id/release',
    {
      config: WRITE,
      schema: { tags, summary: 'Say that one no longer does it', params: ById, body: ReleaseBody, response: answers(200, TaskEntity) }
    },
    async (request) => {
      const { row } = await getTask(ctx, request.params.id, viewerOf(request))
      await releaseTask(ctx, requireAuth(request).actor, row, request.body.reason ?? '')
      return await show(request, row.id)
    }
  )

  app.put(
    '/tasks/:id/state',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Say where it stands (who does it, who looks after it); blocked or given up with a reason',
        params: ById,
        body: StateBody,
        response: answers(200, TaskEntity)
      }
    },
    async (request) => {
      const { row, task } = await getTask(ctx, request.params.id, viewerOf(request))
      await setTaskState(ctx, whoIs(request)!, row, task, request.body.state, request.body.reason ?? '')
      return await show(request, row.id)
    }
  )

  app.get(
    '/tasks/:id/journal',
    { config: READ, schema: { tags, summary: 'What became of it, step by step', params: ById, response: answers(200, Journal) } },
    async (request) => await presentJournal(ctx, (await getTask(ctx, request.params.id, viewerOf(request))).row.id)
  )
}
