// Limits on what can be guessed or flooded: log-in, sign-up, set-up, uploads. Counted per address (IPv6 per /64) and per name.
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'

const MINUTE_MS = 60_000

/** Tries per address. A town hall or a school shares one address, hence the generous numbers. */
export const LIMITS = {
  login: { max: 30, timeWindow: 5 * MINUTE_MS },
  signup: { max: 30, timeWindow: 60 * MINUTE_MS },
  setup: { max: 10, timeWindow: 5 * MINUTE_MS },
  password: { max: 10, timeWindow: 15 * MINUTE_MS },
  /** Mails asked for from one address; each mailbox has a limit of its own (db/mails.ts). */
  mail: { max: 15, timeWindow: 15 * MINUTE_MS },
  /** Looking at a registration by the link of a mail; nobody guesses one. */
  guest: { max: 200, timeWindow: 15 * MINUTE_MS },
  report: { max: 20, timeWindow: 60 * MINUTE_MS },
  /** Questions to a server that somebody names (security.md F24). */
  interaction: { max: 10, timeWindow: MINUTE_MS },
  communes: { max: 120, timeWindow: 5 * MINUTE_MS },
  apps: { max: 60, timeWindow: 60 * MINUTE_MS },
  token: { max: 60, timeWindow: 5 * MINUTE_MS },
  media: { max: 60, timeWindow: 15 * MINUTE_MS },
  proxy: { max: 600, timeWindow: 5 * MINUTE_MS },
  /** A screen of map is some thirty; a school shares one address. */
  tiles: { max: 6000, timeWindow: 5 * MINUTE_MS }
} satisfies Record<string, { max: number; timeWindow: number }>

/** Tries to log in to one account, from wherever they come. */
const PER_NAME = { max: 10, timeWindow: 5 * MINUTE_MS }

/** Questions that one person makes this server ask others, by whatever route (security.md F24). What is known here is free. */
const LOOKUPS = { max: 10, timeWindow: MINUTE_MS }

/** Calls of the client API. Mastodon allows 300 in 5 minutes; our own pages ask more often, and a school is one address. */
const CALLS = {
  person: { max: 3000, timeWindow: 5 * MINUTE_MS },
  address: { max: 15_000, timeWindow: 5 * MINUTE_MS }
}
const API_PATH = /^\/api\/v[12]\//

/** Counts every call of the Mastodon API and says so in X-RateLimit-* (docs.joinmastodon.org/api/rate-limits): per person, else per address. */
export async function apiCalls(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const person = app.createRateLimit({ ...CALLS.person, keyGenerator: (request) => `calls-${request.auth?.actor.id}` })
  const address = app.createRateLimit({ ...CALLS.address, keyGenerator: (request) => `calls-${request.ip}` })
  app.addHook('onRequest', async (request, reply) => {
    if (!API_PATH.test(request.url) || request.method === 'OPTIONS') return
    const result = await (request.auth === null ? address : person)(request)
    if (result.isAllowed) return
    reply
      .header('x-ratelimit-limit', result.max)
      .header('x-ratelimit-remaining', result.remaining)
      .header('x-ratelimit-reset', result.ttlInSeconds)
    if (result.isExceeded) throw tooMany(result.ttl)
  })
  // Mastodon says when, not in how many seconds; limits of single routes have come to be known by now.
  app.addHook('onSend', async (request, reply) => {
    const seconds = Number(reply.getHeader('x-ratelimit-reset'))
    if (API_PATH.test(request.url) && Number.isFinite(seconds))
      reply.header('x-ratelimit-reset', new Date(ctx.clock.now().getTime() + seconds * 1000).toISOString())
  })
}
Object.assign(apiCalls, { [Symbol.for('skip-override')]: true })

/** Makes limits available; each route asks for its own. Shared between processes when Redis is there. */
export async function rateLimitPlugin(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const redis =
    ctx.config.redisUrl === null
      ? null
      : new Redis(ctx.config.redisUrl, { connectTimeout: 500, maxRetriesPerRequest: 1, lazyConnect: true })
  redis?.on('error', () => ctx.count('rate-limit.redis-error'))
  await app.register(rateLimit, {
    global: false,
    ipv6Subnet: 64,
    skipOnError: true,
    nameSpace: `communer-rate-${instanceMark(ctx)}-`,
    ...(redis === null ? {} : { redis }),
    errorResponseBuilder: (_request, { ttl }) => tooMany(ttl)
  })
  app.addHook('onClose', async () => void redis?.disconnect())
}
Object.assign(rateLimitPlugin, { [Symbol.for('skip-override')]: true })

/** A preHandler that counts tries per log-in name, so that many addresses do not help (security.md W07). */
export function limitPerName(
  app: FastifyInstance,
  nameOf: (request: FastifyRequest) => string
): NonNullable<RouteShorthandOptions['preHandler']> {
  const check = app.createRateLimit({
    ...PER_NAME,
    keyGenerator: (request) => `name-${digest(nameOf(request).normalize('NFKC').trim().toLowerCase())}`
  })
  return async (request: FastifyRequest) => {
    const result = await check(request)
    if (!result.isAllowed && result.isExceeded) throw tooMany(result.ttl)
  }
}

/** One counter for all routes of an instance: each would otherwise have its own. */
const lookupLimits = new WeakMap<Ctx, ReturnType<FastifyInstance['createRateLimit']>>()

/** Counts the questions to other servers, per person and over all routes: what it gives for a request throws rate.limited (429). */
export function limitLookups(app: FastifyInstance, ctx: Ctx): (request: FastifyRequest) => () => Promise<void> {
  const check =
    lookupLimits.get(ctx) ??
    app.createRateLimit({ ...LOOKUPS, keyGenerator: (request) => `lookup-${request.auth?.actor?.id ?? request.ip}` })
  lookupLimits.set(ctx, check)
  return (request) => async () => {
    const result = await check(request)
    if (!result.isAllowed && result.isExceeded) throw tooMany(result.ttl)
  }
}

/** Instances on one Redis count apart; processes of one instance share a database and so count together. */
function instanceMark(ctx: Ctx): string {
  return digest(ctx.config.databaseUrl ?? ctx.config.dataDir).slice(0, 8)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function tooMany(ttlMs: number): AppError {
  return new AppError('rate.limited', 429, 'Too many requests. Please try again in a moment.', {
    retryAfterSeconds: Math.max(1, Math.ceil(ttlMs / 1000))
  })
}
