// Who is asking: reads the session cookie or the bearer token once per request, and refuses by default.
// A route says `config.public` or `config.scope`; one that says neither answers 401 to everyone.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Who } from '../../core/permission.ts'
import { coversScope } from '../../core/scopes.ts'
import type { AccountRow, ActorRow, TokenRow } from '../../db/rows.ts'
import { findBearer, type Bearer } from '../../features/accounts/tokens.ts'
import { assertSameOrigin, isSafeMethod } from './csrf.ts'
import { readSessionCookie, setSessionCookie } from './session-cookie.ts'

export interface Auth {
  account: AccountRow
  actor: ActorRow
  scopes: string[]
  token: TokenRow
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The person behind the request, or null. */
    auth: Auth | null
    /** The token of an app that acts for nobody (client_credentials), or null. */
    appToken: TokenRow | null
  }
  interface FastifyContextConfig {
    /** Anyone may call; `request.auth` is filled when a valid credential came along. */
    public?: boolean
    /** A person with this scope must ask. Browser sessions hold every scope; `session` is held by them alone. */
    scope?: string
    /** An app's own token is enough (Mastodon: POST /api/v1/accounts, apps/verify_credentials). */
    appToken?: boolean
    /** Streams: browsers cannot set headers there, so the token may come as `access_token` or as the WebSocket's subprotocol. */
    tokenInUrl?: boolean
  }
}

/** Decorates requests with `auth`, and checks each route's `public` or `scope` before anything else runs. */
export async function authPlugin(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.decorateRequest('auth', null)
  app.decorateRequest('appToken', null)
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return
    await identify(ctx, request, reply)
    checkRoute(request)
  })
}
// Not encapsulated: the hook is for every route of the app (what fastify-plugin does, without the package).
Object.assign(authPlugin, { [Symbol.for('skip-override')]: true })

/** The person who asks. Throws auth.required (401) or auth.scope (403). */
export function requireAuth(request: FastifyRequest, scope?: string): Auth {
  if (request.auth === null) throw new AppError('auth.required', 401, 'Please log in.')
  if (scope !== undefined && !coversScope(request.auth.scopes, scope)) throw outsideScope(scope)
  return request.auth
}

/** The form core/permission.ts judges, or null for a stranger. */
export function whoIs(request: FastifyRequest): Who | null {
  return request.auth === null ? null : { role: request.auth.account.role, actorId: request.auth.actor.id }
}

/** Marks every route registered later in this scope as public: for plugins that make their own routes (static files, API pages). */
export function publicRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, public: true }
  })
}

async function identify(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const bearer = readBearer(request)
  if (bearer !== null) {
    const found = await findBearer(ctx, bearer)
    if (found === null || found.token.kind === 'session') throw new AppError('auth.token-invalid', 401, 'The access token is invalid')
    return fill(request, found)
  }
  const cookie = readSessionCookie(ctx, request)
  if (cookie === null) return
  const found = await findBearer(ctx, cookie)
  if (found === null || found.token.kind !== 'session') return
  if (!isSafeMethod(request.method)) assertSameOrigin(ctx, request)
  if (found.touched) setSessionCookie(ctx, reply, cookie)
  fill(request, found)
}

function fill(request: FastifyRequest, { account, actor, token }: Bearer): void {
  if (account === null || actor === null) request.appToken = token
  else request.auth = { account, actor, token, scopes: token.scopes }
}

function readBearer(request: FastifyRequest): string | null {
  // Else only the header: a token in the query string ends up in logs (RFC 9700 §4.3.2).
  if (request.routeOptions.config.tokenInUrl === true && request.headers.authorization === undefined) {
    const { access_token: given } = request.query as Record<string, unknown>
    const token = request.headers['sec-websocket-protocol'] ?? given
    return typeof token === 'string' && token !== '' ? token.split(',')[0]!.trim() : null
  }
  const match = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(request.headers.authorization ?? '')
  return match === null ? null : match[1]!
}

function checkRoute(request: FastifyRequest): void {
  const { public: isPublic, scope, appToken } = request.routeOptions.config
  if (isPublic === true) return
  if (appToken === true && request.appToken !== null) return
  const auth = requireAuth(request)
  if (scope === undefined || !coversScope(auth.scopes, scope)) throw outsideScope(scope ?? '')
}

function outsideScope(scope: string): AppError {
  return new AppError('auth.scope', 403, 'This action is outside the authorized scopes', { details: { scope } })
}
