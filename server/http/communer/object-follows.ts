// Following an idea or a proposal: one hears what is answered, decided and done, without backing it.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { followObject, followsObject, unfollowObject } from '../../db/object-followers.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import { notFound, viewerOf } from '../mastodon/params.ts'
import { requireAuth } from '../plugins/auth.ts'
import { answers, Id } from './schemas.ts'

const tags = ['ideas', 'proposals']
const KINDS: readonly (string | null)[] = ['idea', 'proposal']
const ById = Type.Object({ id: Id })
const Following = Type.Object({ following: Type.Boolean() }, { title: 'Following' })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerObjectFollows(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  /** Throws request.not-found (404). */
  const named = async (request: FastifyRequest, id: string): Promise<ObjectRow> => {
    const row = await findVisibleObject(ctx, id, viewerOf(request))
    if (row === null || !row.local || row.id !== id || !KINDS.includes(row.kind)) throw notFound()
    return row
  }

  app.get(
    '/objects/:id/follow',
    {
      config: { scope: 'read:statuses' },
      schema: { tags, summary: 'Whether one follows this idea or proposal', params: ById, response: answers(200, Following) }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      const row = await named(request, request.params.id)
      return { following: await followsObject(ctx.db, row.id, actor.id) }
    }
  )

  app.put(
    '/objects/:id/follow',
    {
      config: { scope: 'write:statuses' },
      schema: { tags, summary: 'Hear what becomes of it', params: ById, response: answers(200, Following) }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      await followObject(ctx.db, (await named(request, request.params.id)).id, actor.id, ctx.clock.now())
      return { following: true }
    }
  )

  app.delete(
    '/objects/:id/follow',
    {
      config: { scope: 'write:statuses' },
      schema: { tags, summary: 'Hear no more of it', params: ById, response: answers(200, Following) }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      await unfollowObject(ctx.db, (await named(request, request.params.id)).id, actor.id)
      return { following: false }
    }
  )
}
