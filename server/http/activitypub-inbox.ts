// The inboxes: edge, signature, shape, then the durable log. A 202 means the activity is committed (security.md §C2).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { parseIri } from '../core/iri.ts'
import { createLru } from '../core/lru.ts'
import { roomLeft } from '../db/disk.ts'
import { findRecipient, isKnownActor } from '../db/documents.ts'
import { requireSite } from '../db/site.ts'
import { SYNC_HEADER } from '../protocol/follower-digest.ts'
import { noticeFollowers } from '../protocol/follower-sync.ts'
import { hostIsAlive } from '../protocol/host-alive.ts'
import { acceptActivity } from '../protocol/inbox.ts'
import { normaliseActivity } from '../protocol/normalise.ts'
import { verifyRequest } from '../protocol/verify.ts'
import { instanceActorIri } from '../vocab/iris.ts'
import { localIri, notFound } from './activitypub-reply.ts'
import { edge, readActivity, spendHostBudget } from './edge.ts'

/** Recipients remembered, so that a busy personal inbox does not ask the database who it belongs to each time. */
const MAX_RECIPIENTS = 2_000
const RECIPIENT_FRESH_MS = 10_000
/** Servers that try again keep what they have for days. */
const ROOM_AFTER_SECONDS = 600

/** POST /ap/inbox, /ap/actor/inbox and /ap/actors/:uuid/inbox. */
export async function activityPubInbox(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  // A logger for each request costs more than reading the request's headers, and nothing here uses it.
  app.setChildLoggerFactory((logger) => logger)
  await app.register(edge, { ctx })
  const recipients = createLru<string, { id: string; untilMs: number }>(MAX_RECIPIENTS)

  async function recipientOf(iri: string): Promise<string> {
    const known = recipients.get(iri)
    if (known !== undefined && known.untilMs > performance.now()) return known.id
    const found = await findRecipient(ctx.db, iri)
    if (found === undefined) throw notFound()
    if (found.gone) throw new AppError('activitypub.gone', 410, 'This account was deleted.')
    recipients.set(iri, { id: found.id, untilMs: performance.now() + RECIPIENT_FRESH_MS })
    return found.id
  }

  const options = { config: { public: true } }
  app.post('/ap/inbox', options, async (request, reply) => {
    await receive(ctx, request, null)
    return reply.code(202).send()
  })
  app.post('/ap/actor/inbox', options, async (request, reply) => {
    await receive(ctx, request, await recipientOf(instanceActorIri(requireSite(ctx).origin)))
    return reply.code(202).send()
  })
  app.post<{ Params: { uuid: string } }>('/ap/actors/:uuid/inbox', options, async (request, reply) => {
    await receive(ctx, request, await recipientOf(localIri(ctx, 'actors', request.params.uuid)))
    return reply.code(202).send()
  })
}

/** Returns when the activity is committed, was there already, or needs no work. Throws AppError otherwise. */
async function receive(ctx: Ctx, request: FastifyRequest, recipientId: string | null): Promise<void> {
  if ((await roomLeft(ctx)) === 'full')
    throw new AppError('disk.full', 503, 'This server has no room left.', { retryAfterSeconds: ROOM_AFTER_SECONDS })
  const { raw, json } = readActivity(request)
  const erased = erasedActor(json)
  // R7: servers announce the end of accounts to everyone; of someone we never met it is no news, and not worth a key fetch.
  if (erased !== null && !(await isKnownActor(ctx.db, erased))) return ctx.count('inbox.unknown-actor-deleted')
  try {
    const { method, headers, rawHeaders } = request.raw
    const verified = await verifyRequest(ctx, { method: method!, target: request.raw.url!, headers, rawHeaders, body: raw })
    spendHostBudget(ctx, verified.host)
    hostIsAlive(ctx, verified.host)
    const result = await acceptActivity(ctx, { verified, activity: normaliseActivity(json), raw, recipientId })
    ctx.count(`inbox.${result}`)
    noticeFollowers(ctx, verified, headers[SYNC_HEADER])
  } catch (error) {
    if (isAppError(error)) ctx.count(`refused.${error.code}`)
    // The key of an actor that erased itself is gone with it: nothing to verify, nothing to be angry about.
    if (erased !== null && isAppError(error, 'signature.key-gone')) return
    throw error
  }
}

/** The actor of a Delete of itself, else null. */
function erasedActor(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || (json as Record<string, unknown>)['type'] !== 'Delete') return null
  const { actor, object } = json as Record<string, unknown>
  const iri = idOf(actor)
  return iri !== null && iri === idOf(object) ? iri : null
}

function idOf(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['id'] : value
  return typeof id === 'string' && parseIri(id) !== null ? id : null
}
