// The set-up page's API: says whether the instance is set up, and sets it up once with the code the server printed.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { openSession } from '../../features/accounts/login.ts'
import { setUp } from '../../features/setup/setup.ts'
import { readSetupCode, removeSetupCode } from '../../features/setup/setup-code.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { localeOf } from '../plugins/locale.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { setSessionCookie } from '../plugins/session-cookie.ts'
import { answers, orNull, Password, strictObject, UpperLevels } from './schemas.ts'

const tags = ['setup']

const Status = Type.Object({
  done: Type.Boolean(),
  name: orNull(Type.String()),
  /** Fixed by the environment or by the set-up; null while it can be chosen. */
  public_url: orNull(Type.String()),
  account_domain: orNull(Type.String()),
  suggested_url: Type.String()
})

const Input = strictObject({
  code: Type.String({ maxLength: 200, description: 'Printed by the server at its first start' }),
  name: Type.String({ maxLength: 200 }),
  insee: Type.String({ maxLength: 10, description: 'INSEE code, or empty outside France' }),
  country: Type.Optional(Type.String({ maxLength: 2, description: 'ISO 3166; FR when absent' })),
  above: Type.Optional(UpperLevels),
  latitude: Type.Number(),
  longitude: Type.Number(),
  public_url: Type.String({ maxLength: 300 }),
  account_domain: Type.Optional(Type.String({ maxLength: 300 })),
  registrations: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('approval'), Type.Literal('closed')])),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  timezone: Type.Optional(Type.String({ maxLength: 60 })),
  admin: strictObject({
    username: Type.String({ maxLength: 100 }),
    email: Type.String({ maxLength: 400 }),
    password: Password,
    name: Type.Optional(Type.String({ maxLength: 400 }))
  })
})

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerSetup(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/setup',
    { config: { public: true }, schema: { tags, summary: 'Is the instance set up?', response: answers(200, Status) } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return presentStatus(ctx, request)
    }
  )

  app.post(
    '/setup',
    {
      config: { public: true, rateLimit: LIMITS.setup },
      schema: { tags, summary: 'Set the instance up, once', body: Input, response: answers(201, Status) }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      const { code, public_url: publicUrl, account_domain: accountDomain, ...rest } = request.body
      if (ctx.site !== null) throw new AppError('setup.done', 409, 'This instance is already set up.')
      checkCode(ctx, code)
      const { account } = await setUp(ctx, { ...rest, publicUrl, accountDomain, locale: localeOf(request) })
      removeSetupCode(ctx.config.dataDir)
      setSessionCookie(ctx, reply, await openSession(ctx, account, request.headers['user-agent'] ?? null))
      return reply.code(201).send(presentStatus(ctx, request))
    }
  )
}

function presentStatus(ctx: Ctx, request: FastifyRequest) {
  const { site, config } = ctx
  return {
    done: site !== null,
    name: site?.name ?? null,
    public_url: site?.origin ?? config.publicUrl,
    account_domain: site?.accountDomain ?? config.accountDomain,
    suggested_url: site?.origin ?? config.publicUrl ?? `${request.protocol}://${request.host}`
  }
}

/** Compares hashes, so that the time taken tells nothing of the code. */
function checkCode(ctx: Ctx, given: string): void {
  const digest = (text: string) => createHash('sha256').update(text.trim()).digest()
  if (!timingSafeEqual(digest(given), digest(readSetupCode(ctx.config.dataDir)))) {
    throw new AppError('setup.code', 403, 'The set-up code is not the right one.', { details: { field: 'code' } })
  }
}
