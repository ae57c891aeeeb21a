// Proving an address, changing it, and choosing a new password by a link: native API. What strangers ask here gets one answer, always.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { askConfirmation, askEmailChange, confirmEmail } from '../../features/accounts/confirm.ts'
import { askReset, resetByLink } from '../../features/accounts/reset.ts'
import { requireAuth } from '../plugins/auth.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, Empty, Password, strictObject } from './schemas.ts'

const tags = ['accounts']
const Login = strictObject({ login: Type.String({ minLength: 1, maxLength: 400, description: 'E-mail address or username' }) })
const Token = Type.String({ minLength: 20, maxLength: 200 })

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerEmail(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const stranger = { config: { public: true, rateLimit: LIMITS.mail } }
  app.addHook('preValidation', async (request) => assertSameOrigin(ctx, request, { whenSaid: true }))

  app.post(
    '/password/forgotten',
    {
      ...stranger,
      schema: { tags, summary: 'Ask for a link to choose a new password', body: Login, response: answers(202, Empty) }
    },
    async (request, reply) => {
      await askReset(ctx, request.body.login)
      return reply.code(202).send({})
    }
  )

  app.post(
    '/password/reset',
    {
      config: { public: true, rateLimit: LIMITS.password },
      schema: {
        tags,
        summary: 'Choose a new password with a link; every session and token ends',
        body: strictObject({ token: Token, password: Password }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      await resetByLink(ctx, request.body.token, request.body.password)
      return {}
    }
  )

  app.post(
    '/email/resend',
    { ...stranger, schema: { tags, summary: 'Ask for the confirmation mail again', body: Login, response: answers(202, Empty) } },
    async (request, reply) => {
      await askConfirmation(ctx, request.body.login)
      return reply.code(202).send({})
    }
  )

  app.post(
    '/email/confirm',
    {
      ...stranger,
      schema: {
        tags,
        summary: 'Confirm an e-mail address with a link',
        body: strictObject({ token: Token }),
        response: answers(200, Type.Object({ status: Type.String({ description: 'of the account: active or pending' }) }))
      }
    },
    async (request) => ({ status: (await confirmEmail(ctx, request.body.token)).status })
  )

  app.post(
    '/email',
    {
      config: { scope: 'session', rateLimit: LIMITS.password },
      schema: {
        tags,
        summary: 'Ask for another e-mail address: it counts once the link sent there was used',
        body: strictObject({ email: Type.String({ maxLength: 400 }), password: Type.String({ maxLength: 1024 }) }),
        response: answers(202, Empty)
      }
    },
    async (request, reply) => {
      await askEmailChange(ctx, requireAuth(request).account, request.body)
      return reply.code(202).send({})
    }
  )
}
