// The outer door of the inboxes (choke point 1): bytes, sizes, shapes and budgets. Knows nothing of signatures or meaning.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { canonicalHost } from '../core/iri.ts'
import { parseJson } from '../core/json.ts'
import { createLru, type Lru } from '../core/lru.ts'
import { requireSite } from '../db/site.ts'

/** Mastodon's own ceiling for an activity. */
export const MAX_ACTIVITY_BYTES = 1024 * 1024
const ACTIVITY_TYPES = ['application/activity+json', 'application/ld+json', 'application/json']

/** Refused requests one address may make: an honest server makes few, a scanner is stopped before its bodies are read. */
const REFUSALS: Bucket = { burst: 300, perSecond: 5 }
/** Accepted activities of one verified host: ten times what the busiest instance sends a commune, and a burst for its catch-up after an outage. */
const ACCEPTED: Bucket = { burst: 6_000, perSecond: 100 }
const MAX_BUCKETS = 10_000
/** Answers that cost their sender a refusal. 503 and 202 do not. */
const REFUSED_STATUSES = new Set([400, 401, 403, 413, 415, 421])

export interface ReceivedActivity {
  /** Exactly the bytes received: what the digest is computed over and what is kept. */
  raw: Buffer
  json: unknown
}

interface Bucket {
  burst: number
  perSecond: number
}

interface Level {
  tokens: number
  atMs: number
}

interface Budgets {
  addresses: Lru<string, Level>
  hosts: Lru<string, Level>
}

const budgets = new WeakMap<Ctx, Budgets>()

/**
 * Makes a scope's POST routes read activities: call it in the plugin that declares the inboxes. Refuses with 421 a Host that is not ours,
 * 415 any Content-Encoding (security.md J10), 413 more than 1 MiB, 400 what is not UTF-8 JSON of ≤ 32 levels (J05, J07), 429 too many refusals.
 */
export async function edge(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.addHook('onRequest', (request, _reply, done) => done(refusalOf(ctx, request)))
  app.addHook('onResponse', (request, reply, done) => {
    if (request.method === 'POST' && REFUSED_STATUSES.has(reply.statusCode))
      levelOf(ctx, budgetsOf(ctx).addresses, request.ip, REFUSALS).tokens -= 1
    done()
  })
  // Nothing else is read here, text and forms neither: any other type is 415.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(ACTIVITY_TYPES, { parseAs: 'buffer', bodyLimit: MAX_ACTIVITY_BYTES }, (_request, body, done) => {
    try {
      const raw = body as Buffer
      done(null, { raw, json: parseJson(raw) } satisfies ReceivedActivity)
    } catch (error) {
      done(error as Error)
    }
  })
}

// Parsers and hooks belong to the scope that calls or registers this, not to a child of it.
Object.assign(edge, { [Symbol.for('skip-override')]: true })

/** Why a request is sent away before its body is read, if it is. */
function refusalOf(ctx: Ctx, request: FastifyRequest): AppError | undefined {
  if (request.method !== 'POST') return undefined
  if (canonicalHost(request.raw.headers.host ?? '') !== requireSite(ctx).host)
    return new AppError('edge.host', 421, 'This server does not answer for that host.')
  if (request.headers['content-encoding'] !== undefined)
    return new AppError('edge.encoding', 415, 'Activities are read without content encoding.')
  return levelOf(ctx, budgetsOf(ctx).addresses, request.ip, REFUSALS).tokens < 1 ? tooMany(REFUSALS) : undefined
}

/** The activity a POST brought. Throws document.malformed (400) when there was no body. */
export function readActivity(request: FastifyRequest): ReceivedActivity {
  const body = request.body as ReceivedActivity | undefined | null
  if (body === undefined || body === null || !Buffer.isBuffer(body.raw))
    throw new AppError('document.malformed', 400, 'The body is not a JSON document in UTF-8.')
  return body
}

/** Counts one activity of a verified host. Throws edge.too-many (429, Retry-After) beyond its budget. */
export function spendHostBudget(ctx: Ctx, host: string): void {
  const level = levelOf(ctx, budgetsOf(ctx).hosts, host, ACCEPTED)
  if (level.tokens < 1) throw tooMany(ACCEPTED)
  level.tokens -= 1
}

/** The refilled level of a name's bucket. */
function levelOf(ctx: Ctx, levels: Lru<string, Level>, name: string, bucket: Bucket): Level {
  const atMs = ctx.clock.now().getTime()
  const known = levels.get(name)
  const level = known ?? { tokens: bucket.burst, atMs }
  level.tokens = Math.min(bucket.burst, level.tokens + (Math.max(0, atMs - level.atMs) / 1000) * bucket.perSecond)
  level.atMs = atMs
  if (known === undefined) levels.set(name, level)
  return level
}

function budgetsOf(ctx: Ctx): Budgets {
  const known = budgets.get(ctx)
  if (known !== undefined) return known
  const fresh: Budgets = { addresses: createLru(MAX_BUCKETS), hosts: createLru(MAX_BUCKETS) }
  budgets.set(ctx, fresh)
  return fresh
}

function tooMany(bucket: Bucket): AppError {
  return new AppError('edge.too-many', 429, 'Too many requests. Please try again later.', {
    retryAfterSeconds: Math.ceil(60 / bucket.perSecond)
  })
}
