// Signing up, logging in and out, one's own account and sessions: native API, for our pages and anybody's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { publishableGroups } from '../../db/memberships.ts'
import { signUp } from '../../features/accounts/create.ts'
import {
  changePassword,
  logIn,
  logInWithCode,
  logInWithPasskey,
  logOut,
  openSession,
  type LoggedIn
} from '../../features/accounts/login.ts'
import { startPasskeyLogin } from '../../features/accounts/passkeys.ts'
import { setLocale } from '../../features/accounts/profile.ts'
import { listTokens, revokeOwnToken } from '../../features/accounts/tokens.ts'
import { credentialAccount } from '../mastodon/credential-account.ts'
import { toAccountLite } from '../mastodon/serialise/account.ts'
import { requireAuth, type Auth } from '../plugins/auth.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'
import { localeOf } from '../plugins/locale.ts'
import { limitPerName, LIMITS } from '../plugins/rate-limit.ts'
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../plugins/session-cookie.ts'
import { Question, WebAuthn } from './second-factor.ts'
import { answers, Empty, Id, MastodonAccount, Password, Problem, strictObject } from './schemas.ts'

const Locale = Type.Union([Type.Literal('fr'), Type.Literal('en')])
const tags = ['accounts']

const Me = Type.Object({
  account: MastodonAccount,
  account_id: Id,
  email: Type.String(),
  email_confirmed: Type.Boolean(),
  role: Type.String(),
  locale: Locale,
  managed_groups: Type.Array(
    Type.Object({
      id: Id,
      username: Type.String(),
      name: Type.String(),
      kind: Type.Union([Type.String(), Type.Null()]),
      avatar: Type.String(),
      role: Type.String()
    })
  )
})

const SecondStep = Type.Object({
  second_factor: Type.Object({
    ticket: Type.String({ description: 'for /login/code, five minutes' }),
    methods: Type.Array(Type.Union([Type.Literal('code'), Type.Literal('passkey')]))
  })
})

const Session = Type.Object({
  id: Id,
  current: Type.Boolean(),
  kind: Type.String(),
  application: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Array(Type.String()),
  created_at: Type.String(),
  last_used_at: Type.String()
})

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerAccounts(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.post(
    '/signup',
    {
      config: { public: true, rateLimit: LIMITS.signup },
      schema: {
        tags,
        summary: 'Sign up; a browser is logged in at once when no approval is needed',
        body: strictObject({
          username: Type.String({ maxLength: 100 }),
          email: Type.String({ maxLength: 400 }),
          password: Password,
          name: Type.Optional(Type.String({ maxLength: 400 })),
          reason: Type.Optional(Type.String({ maxLength: 2000 })),
          agreement: Type.Boolean(),
          locale: Type.Optional(Locale)
        }),
        response: answers(
          201,
          Type.Object({ status: Type.String({ description: 'active, pending (approval), or unconfirmed (a mail was sent)' }) })
        )
      }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      const { agreement, ...input } = request.body
      if (!agreement)
        throw new AppError('signup.agreement', 422, 'You have to accept the rules to sign up.', { details: { field: 'agreement' } })
      const { status, account } = await signUp(ctx, { ...input, locale: input.locale ?? localeOf(request) })
      if (account !== null && status === 'active') setSessionCookie(ctx, reply, await openSession(ctx, account, userAgent(request)))
      return reply.code(201).send({ status })
    }
  )

  app.post(
    '/login',
    {
      config: { public: true, rateLimit: LIMITS.login },
      preHandler: limitPerName(instance, (request) => (request.body as { login: string }).login),
      schema: {
        tags,
        summary: 'Log in: sets the session cookie, or asks for the second factor (202)',
        body: strictObject({ login: Type.String({ maxLength: 400 }), password: Type.String({ maxLength: 1024 }) }),
        response: { 200: Me, 202: SecondStep, '4xx': Problem, '5xx': Problem }
      }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      const result = await logIn(ctx, { ...request.body, userAgent: userAgent(request) })
      if ('ticket' in result) return reply.code(202).send({ second_factor: result })
      return await welcome(request, reply, result)
    }
  )

  const welcome = async (request: FastifyRequest, reply: FastifyReply, { account, actor, secret }: LoggedIn) => {
    const old = readSessionCookie(ctx, request)
    if (old !== null) await logOut(ctx, old)
    setSessionCookie(ctx, reply, secret)
    return await presentMe(ctx, { account, actor })
  }
  const stranger = { config: { public: true, rateLimit: LIMITS.login } }

  app.post(
    '/login/code',
    {
      ...stranger,
      schema: {
        tags,
        summary: 'Second step of a log-in: a code of the app, or a recovery code',
        body: strictObject({ ticket: Type.String({ maxLength: 200 }), code: Type.String({ maxLength: 40 }) }),
        response: answers(200, Me)
      }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      return await welcome(request, reply, await logInWithCode(ctx, { ...request.body, userAgent: userAgent(request) }))
    }
  )

  app.post(
    '/login/passkey/options',
    { ...stranger, schema: { tags, summary: 'The question for a passkey', response: answers(200, Question) } },
    async (request) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      return await startPasskeyLogin(ctx)
    }
  )

  app.post(
    '/login/passkey',
    {
      ...stranger,
      schema: {
        tags,
        summary: 'Log in with a passkey, alone or as the second step',
        body: strictObject({ ticket: Type.String({ maxLength: 200 }), response: WebAuthn }),
        response: answers(200, Me)
      }
    },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      return await welcome(request, reply, await logInWithPasskey(ctx, { ...request.body, userAgent: userAgent(request) }))
    }
  )

  app.post(
    '/logout',
    { config: { public: true }, schema: { tags, summary: 'Log out: ends the session', response: answers(200, Empty) } },
    async (request, reply) => {
      const secret = readSessionCookie(ctx, request)
      if (secret !== null) await logOut(ctx, secret)
      clearSessionCookie(ctx, reply)
      return {}
    }
  )

  app.post(
    '/password',
    {
      config: { scope: 'session', rateLimit: LIMITS.password },
      schema: {
        tags,
        summary: 'Change the password; every other session and token ends',
        body: strictObject({ current: Type.String({ maxLength: 1024 }), new: Password }),
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { account, token } = requireAuth(request)
      await changePassword(ctx, account, { ...request.body, keepTokenId: token.id })
      return {}
    }
  )

  app.get(
    '/me',
    { config: { scope: 'read:accounts' }, schema: { tags, summary: 'Who is asking', response: answers(200, Me) } },
    async (request) => presentMe(ctx, requireAuth(request))
  )

  app.patch(
    '/me',
    {
      config: { scope: 'write:accounts' },
      schema: { tags, summary: 'Change the language', body: strictObject({ locale: Locale }), response: answers(200, Me) }
    },
    async (request) => {
      const { account, actor } = requireAuth(request)
      return await presentMe(ctx, { actor, account: await setLocale(ctx, account.id, request.body.locale) })
    }
  )

  app.get(
    '/sessions',
    {
      config: { scope: 'session' },
      schema: { tags, summary: 'Open sessions and authorized apps', response: answers(200, Type.Array(Session)) }
    },
    async (request) => {
      const { account, token } = requireAuth(request)
      return (await listTokens(ctx, account.id)).map((row) => ({
        id: row.id,
        current: row.id === token.id,
        kind: row.kind,
        application: row.app_name,
        user_agent: row.user_agent,
        scopes: row.scopes,
        created_at: row.created_at.toISOString(),
        last_used_at: row.used_at.toISOString()
      }))
    }
  )

  app.delete(
    '/sessions/:id',
    {
      config: { scope: 'session' },
      schema: { tags, summary: 'End a session or an app', params: Type.Object({ id: Id }), response: answers(200, Empty) }
    },
    async (request, reply) => {
      const { account, token } = requireAuth(request)
      await revokeOwnToken(ctx, account.id, request.params.id)
      if (request.params.id === token.id) clearSessionCookie(ctx, reply)
      return {}
    }
  )
}

async function presentMe(ctx: Ctx, { account, actor }: Pick<Auth, 'account' | 'actor'>) {
  const groups = await publishableGroups(ctx, actor.id)
  return {
    account: await credentialAccount(ctx, account, actor),
    account_id: account.id,
    email: account.email,
    email_confirmed: account.confirmed_at !== null,
    role: account.role,
    locale: account.locale === 'en' ? ('en' as const) : ('fr' as const),
    managed_groups: groups.map(({ actor: group, role }) => {
      const { id, username, display_name: name, kind, avatar } = toAccountLite(ctx, group)
      return { id, username, name, kind, avatar, role }
    })
  }
}

function userAgent(request: FastifyRequest): string | null {
  return request.headers['user-agent'] ?? null
}
