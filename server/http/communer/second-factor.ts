// The second factor in the native API: from a session of one's own, and with the password again for whatever weakens or adds a way in.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { assertPassword } from '../../core/password.ts'
import { addPasskey, listPasskeys, removePasskey, renamePasskey, startPasskey } from '../../features/accounts/passkeys.ts'
import { confirmTotp, factorsOf, newRecoveryCodes, removeTotp, startTotp } from '../../features/accounts/second-factor.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, Empty, Id, orNull, strictObject } from './schemas.ts'

const tags = ['second factor']
const Again = strictObject({ password: Type.String({ maxLength: 1024 }) })
const Codes = Type.Object({ recovery_codes: orNull(Type.Array(Type.String())) })
const ById = Type.Object({ id: Id })
const Name = Type.String({ minLength: 1, maxLength: 200 })
/** What the browser's WebAuthn functions take and give (W3C WebAuthn level 3, JSON forms). */
export const WebAuthn = Type.Object({}, { additionalProperties: true, title: 'WebAuthn' })
export const Question = Type.Object({ ticket: Type.String(), options: WebAuthn })

const Factors = Type.Object(
  {
    totp: Type.Boolean(),
    recovery_codes_left: Type.Integer(),
    passkeys: Type.Array(Type.Object({ id: Id, name: Type.String(), created_at: Type.String(), last_used_at: orNull(Type.String()) }))
  },
  { title: 'SecondFactors' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerSecondFactor(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const session = { config: { scope: 'session' } }
  const guarded = { config: { scope: 'session', rateLimit: LIMITS.password } }

  app.get(
    '/second-factor',
    { ...session, schema: { tags, summary: 'What is set up', response: answers(200, Factors) } },
    async (request) => {
      const { account } = requireAuth(request)
      const [{ totp, recoveryCodes }, passkeys] = await Promise.all([factorsOf(ctx.db, account.id), listPasskeys(ctx, account.id)])
      return {
        totp,
        recovery_codes_left: recoveryCodes,
        passkeys: passkeys.map((row) => ({
          id: row.id,
          name: row.name,
          created_at: row.created_at.toISOString(),
          last_used_at: row.used_at?.toISOString() ?? null
        }))
      }
    }
  )

  app.post(
    '/second-factor/totp',
    {
      ...guarded,
      schema: {
        tags,
        summary: 'A secret for an app of codes; it counts once a code was given',
        body: Again,
        response: answers(
          200,
          Type.Object({ secret: Type.String(), uri: Type.String(), qr: Type.String({ description: 'PNG as data: address' }) })
        )
      }
    },
    async (request) => {
      const { account } = requireAuth(request)
      await assertPassword(account, request.body.password)
      return await startTotp(ctx, account)
    }
  )

  app.post(
    '/second-factor/totp/confirm',
    {
      ...guarded,
      schema: {
        tags,
        summary: 'Give a first code: log-in asks for one from now on',
        body: strictObject({ code: Type.String({ maxLength: 20 }) }),
        response: answers(200, Codes)
      }
    },
    async (request) => ({ recovery_codes: await confirmTotp(ctx, requireAuth(request).account, request.body.code) })
  )

  app.post(
    '/second-factor/totp/remove',
    { ...guarded, schema: { tags, summary: 'Turn codes off', body: Again, response: answers(200, Empty) } },
    async (request) => {
      const { account } = requireAuth(request)
      await assertPassword(account, request.body.password)
      await removeTotp(ctx, account)
      return {}
    }
  )

  app.post(
    '/second-factor/recovery-codes',
    { ...guarded, schema: { tags, summary: 'New recovery codes; the old ones are void', body: Again, response: answers(200, Codes) } },
    async (request) => {
      const { account } = requireAuth(request)
      await assertPassword(account, request.body.password)
      return { recovery_codes: await ctx.db.transaction((trx) => newRecoveryCodes(ctx, trx, account.id)) }
    }
  )

  app.post(
    '/passkeys/options',
    { ...guarded, schema: { tags, summary: 'The question for a new passkey', body: Again, response: answers(200, Question) } },
    async (request) => {
      const { account, actor } = requireAuth(request)
      await assertPassword(account, request.body.password)
      return await startPasskey(ctx, account, actor)
    }
  )

  app.post(
    '/passkeys',
    {
      ...guarded,
      schema: {
        tags,
        summary: 'Keep a new passkey',
        body: strictObject({ ticket: Type.String({ maxLength: 200 }), name: Name, response: WebAuthn }),
        response: answers(201, Codes)
      }
    },
    async (request, reply) => reply.code(201).send({ recovery_codes: await addPasskey(ctx, requireAuth(request).account, request.body) })
  )

  app.patch(
    '/passkeys/:id',
    {
      ...session,
      schema: { tags, summary: 'Name a passkey', params: ById, body: strictObject({ name: Name }), response: answers(200, Empty) }
    },
    async (request) => {
      await renamePasskey(ctx, requireAuth(request).account.id, request.params.id, request.body.name)
      return {}
    }
  )

  app.post(
    '/passkeys/:id/remove',
    { ...guarded, schema: { tags, summary: 'Remove a passkey', params: ById, body: Again, response: answers(200, Empty) } },
    async (request) => {
      const { account } = requireAuth(request)
      await assertPassword(account, request.body.password)
      await removePasskey(ctx, account, request.params.id)
      return {}
    }
  )
}
