// Belonging to groups of other servers: ask, and leave. Rules are features/groups's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { getGroupElsewhere } from '../../features/groups/groups.ts'
import { joinElsewhere, leaveElsewhere } from '../../features/groups/members.ts'
import { requireAuth } from '../plugins/auth.ts'
import { answers, Empty, Id } from './schemas.ts'

const tags = ['groups']
const WRITE = { scope: 'write:accounts' }
const ByAccount = Type.Object({ account_id: Id })
const State = Type.Object({ state: Type.Union([Type.Literal('active'), Type.Literal('pending')]) }, { title: 'Membership' })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerMemberships(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.put(
    '/memberships/:account_id',
    {
      config: WRITE,
      schema: { tags, summary: 'Ask to join a group of another server', params: ByAccount, response: answers(200, State) }
    },
    async (request) => {
      const group = await getGroupElsewhere(ctx, request.params.account_id)
      const { state } = await joinElsewhere(ctx, requireAuth(request).actor, group)
      return { state }
    }
  )

  app.delete(
    '/memberships/:account_id',
    { config: WRITE, schema: { tags, summary: 'Leave it, or take the request back', params: ByAccount, response: answers(200, Empty) } },
    async (request) => {
      await leaveElsewhere(ctx, requireAuth(request).actor, await getGroupElsewhere(ctx, request.params.account_id))
      return {}
    }
  )
}
