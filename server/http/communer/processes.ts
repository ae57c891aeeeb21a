// Processes of the native API: list, open, change, stop, what belongs to one, what became of it. Rules are features/processes'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { itemsOf, listProcesses } from '../../db/processes.ts'
import { changeProcess, openProcess, stopProcess } from '../../features/processes/open.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { Journal, presentJournal } from './journal-answers.ts'
import { nextLink } from './next-link.ts'
import {
  courseOf,
  getProcess,
  NewProcessBody,
  presentProcesses,
  ProcessChangesBody,
  ProcessEntity,
  showProcess
} from './process-answers.ts'
import { answers, Id, orNull, strictObject } from './schemas.ts'

const tags = ['processes']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const USUAL_LIMIT = 20
const MAX_OFFSET = 2000
const MOST_ITEMS = 200
const Item = Type.Object(
  {
    id: Id,
    kind: Type.Unsafe<'idea' | 'proposal' | 'vote'>({ type: 'string', enum: ['idea', 'proposal', 'vote'] }),
    title: Type.String(),
    backers: orNull(Type.Integer({ description: 'Who likes it, from here and from elsewhere; null for votes' })),
    replies: Type.Integer()
  },
  { title: 'ProcessItem' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerProcesses(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const show = (request: FastifyRequest, id: string) => showProcess(ctx, id, viewerOf(request), whoIs(request))

  app.get(
    '/processes',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Processes of the commune: running and to come, those that end soonest first; or ended, latest first',
        querystring: Type.Object({
          ended: Type.Optional(Type.Boolean()),
          offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OFFSET })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 40 }))
        }),
        response: answers(200, Type.Array(ProcessEntity))
      }
    },
    async (request, reply) => {
      const { ended = false, offset = 0, limit = USUAL_LIMIT } = request.query
      const rows = await listProcesses(ctx, viewerOf(request), { ended, now: ctx.clock.now(), offset, limit: limit + 1 })
      if (rows.length > limit && offset + limit <= MAX_OFFSET)
        reply.header('link', nextLink(ctx, request, 'offset', String(offset + limit)))
      return await presentProcesses(ctx, rows.slice(0, limit), whoIs(request))
    }
  )

  app.post(
    '/processes',
    {
      config: WRITE,
      schema: { tags, summary: 'Open a process (town hall)', body: NewProcessBody, response: answers(201, ProcessEntity) }
    },
    async (request, reply) => {
      const { phases, ends_on, ...words } = request.body
      const input = { ...words, ...courseOf({ phases, ends_on }) }
      const row = await openProcess(ctx, whoIs(request)!, requireAuth(request).actor, input)
      return reply.code(201).send(await show(request, row.id))
    }
  )

  app.get(
    '/processes/:id',
    { config: READ, schema: { tags, summary: 'One process', params: ById, response: answers(200, ProcessEntity) } },
    async (request) => await show(request, request.params.id)
  )

  app.patch(
    '/processes/:id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Change words, and phases that have not begun (town hall)',
        params: ById,
        body: ProcessChangesBody,
        response: answers(200, ProcessEntity)
      }
    },
    async (request) => {
      const { course, ...words } = request.body
      const row = await getProcess(ctx, request.params.id, viewerOf(request))
      await changeProcess(ctx, whoIs(request)!, row, { ...words, ...(course === undefined ? {} : { course: courseOf(course) }) })
      return await show(request, row.id)
    }
  )

  app.post(
    '/processes/:id/stop',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'End it now, and say why (town hall)',
        params: ById,
        body: strictObject({ reason: Type.String({ maxLength: 5000 }) }),
        response: answers(200, ProcessEntity)
      }
    },
    async (request) => {
      const row = await getProcess(ctx, request.params.id, viewerOf(request))
      await stopProcess(ctx, whoIs(request)!, requireAuth(request).actor, row, request.body.reason)
      return await show(request, row.id)
    }
  )

  app.get(
    '/processes/:id/items',
    {
      config: READ,
      schema: { tags, summary: 'What belongs to it, most backed first', params: ById, response: answers(200, Type.Array(Item)) }
    },
    async (request) => {
      const viewer = viewerOf(request)
      const row = await getProcess(ctx, request.params.id, viewer)
      return await itemsOf(ctx, viewer, row.id, MOST_ITEMS)
    }
  )

  app.get(
    '/processes/:id/journal',
    {
      config: READ,
      schema: { tags, summary: 'What became of it, step by step', params: ById, response: answers(200, Journal) }
    },
    async (request) => {
      const row = await getProcess(ctx, request.params.id, viewerOf(request))
      return await presentJournal(ctx, row.id)
    }
  )
}
