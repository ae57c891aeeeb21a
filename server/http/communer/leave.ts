// Leaving the commune for good, in the native API. Only from a session of one's own, and with the password again.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { deleteAccount } from '../../features/accounts/leave.ts'
import { forgetExportsOf } from '../../features/accounts/personal-data.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, Empty, strictObject } from './schemas.ts'

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerLeave(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.post(
    '/me/delete',
    {
      config: { scope: 'session', rateLimit: LIMITS.password },
      schema: {
        tags: ['accounts'],
        summary: 'Delete one’s account and everything published with it, here and on other servers',
        body: strictObject({ password: Type.String({ maxLength: 1024 }) }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { account, actor } = requireAuth(request)
      await deleteAccount(ctx, account, actor, request.body.password)
      await forgetExportsOf(ctx, account.id)
      return {}
    }
  )
}
