// Timelines Mastodon has no word for: what is said in the reader's groups.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { groupsTimeline } from '../../db/timelines.ts'
import { readPage } from '../mastodon/params.ts'
import { presentPage } from '../mastodon/present.ts'
import { requireAuth } from '../plugins/auth.ts'
import { answers, Id } from './schemas.ts'

const PageQuery = Type.Object({
  max_id: Type.Optional(Id),
  since_id: Type.Optional(Id),
  min_id: Type.Optional(Id),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 40 }))
})

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerTimelines(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.get(
    '/timelines/groups',
    {
      config: { scope: 'read:statuses' },
      schema: {
        tags: ['groups'],
        summary: 'What is said in the groups one belongs to, newest first; older by the Link header',
        querystring: PageQuery,
        response: answers(200, Type.Array(Type.Object({}, { additionalProperties: true, title: 'Status' })))
      }
    },
    async (request, reply) => {
      const page = readPage(request)
      return presentPage(ctx, request, reply, await groupsTimeline(ctx, requireAuth(request).actor.id, page), page)
    }
  )
}
