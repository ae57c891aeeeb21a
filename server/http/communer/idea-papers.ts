// Ideas and backers on paper, for the town hall, in the native API. Rules are features/ideas/paper's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import {
  enterBackers,
  confirmBackers,
  confirmIdea,
  draftsOnPaper,
  enterIdea,
  slipsOf,
  takeOutBacker,
  takeOutIdea
} from '../../features/ideas/paper.ts'
import { viewerOf } from '../mastodon/params.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { getIdea, Idea, showIdea } from './idea-answers.ts'
import { answers, Empty, Id, orNull, strictObject } from './schemas.ts'

const tags = ['ideas']
const READ = { scope: 'read:statuses' }
const WRITE = { scope: 'write:statuses' }
const ById = Type.Object({ id: Id })
const Slip = Type.Integer({ minimum: 1, maximum: 100_000 })
const BySlip = Type.Object({ slip: Slip })
const Slips = Type.Array(
  Type.Object({ slip: Slip, mine: Type.Boolean({ description: 'Entered by the viewer' }), confirmed: Type.Boolean() }),
  {
    title: 'BackerSlips'
  }
)
const words = {
  title: Type.String({ maxLength: 1000 }),
  text: Type.String({ maxLength: 50_000 }),
  themes: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 12 }),
  place: orNull(Type.Object({ name: Type.String({ maxLength: 300 }) }))
}
const Draft = Type.Object({ slip: Slip, ...words, mine: Type.Boolean(), entered_at: Type.String() }, { title: 'PaperIdea' })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerIdeaPapers(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/ideas/papers',
    {
      config: READ,
      schema: { tags, summary: 'Ideas on paper that wait for a second reader (town hall)', response: answers(200, Type.Array(Draft)) }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      return (await draftsOnPaper(ctx, whoIs(request))).map(({ slip, words: said, entered_by: by, entered_at: at }) => ({
        slip,
        ...said,
        mine: by === actor.id,
        entered_at: at.toISOString()
      }))
    }
  )

  app.put(
    '/ideas/papers/:slip',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Enter the idea of a slip, or correct it',
        params: BySlip,
        body: strictObject(words),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      await enterIdea(ctx, whoIs(request), request.params.slip, request.body)
      return {}
    }
  )

  app.delete(
    '/ideas/papers/:slip',
    { config: WRITE, schema: { tags, summary: 'Take it out', params: BySlip, response: answers(200, Empty) } },
    async (request) => {
      await takeOutIdea(ctx, whoIs(request), request.params.slip)
      return {}
    }
  )

  app.post(
    '/ideas/papers/:slip/publish',
    {
      config: WRITE,
      schema: { tags, summary: 'Publish it, by somebody else than who entered it', params: BySlip, response: answers(201, Idea) }
    },
    async (request, reply) => {
      const row = await confirmIdea(ctx, whoIs(request), requireAuth(request).actor, request.params.slip)
      return reply.code(201).send(await showIdea(ctx, row.id, viewerOf(request), whoIs(request)))
    }
  )

  app.get(
    '/ideas/:id/papers',
    { config: READ, schema: { tags, summary: 'Slips of backers on paper (town hall)', params: ById, response: answers(200, Slips) } },
    async (request) => {
      const { actor } = requireAuth(request)
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      return (await slipsOf(ctx, whoIs(request), row)).map(({ slip, entered_by: by, confirmed_at: at }) => ({
        slip,
        mine: by === actor.id,
        confirmed: at !== null
      }))
    }
  )

  app.post(
    '/ideas/:id/papers',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Enter slips of backers, from one number to another',
        params: ById,
        body: strictObject({ from: Slip, to: Slip }),
        response: answers(200, Type.Object({ entered: Type.Integer() }))
      }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      return { entered: await enterBackers(ctx, whoIs(request), row, request.body) }
    }
  )

  app.post(
    '/ideas/:id/papers/confirm',
    { config: WRITE, schema: { tags, summary: 'Confirm what others entered', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await confirmBackers(ctx, whoIs(request), row)
      return await showIdea(ctx, row.id, viewerOf(request), whoIs(request))
    }
  )

  app.delete(
    '/ideas/:id/papers/:slip',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Take a slip out that is not confirmed',
        params: Type.Object({ id: Id, slip: Slip }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await takeOutBacker(ctx, whoIs(request), row, request.params.slip)
      return {}
    }
  )
}
