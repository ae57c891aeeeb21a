// How an ActivityPub document leaves: type, caching, ETag, compression, and the way to its page for browsers.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { requireSite } from '../db/site.ts'
import { gzipped, type Prepared } from '../protocol/document-cache.ts'
import { ACTIVITY_TYPE, wantsPage } from './negotiate.ts'

/** Three minutes, as Mastodon's: long enough for a burst of fetches after a boost, short enough for edits. */
export const PUBLIC_CACHE = 'max-age=180, public'
const PRIVATE_CACHE = 'private, no-store'

/** The IRI behind a path of ours. Throws 404 for what cannot be one: nothing else reaches the database. */
export function localIri(ctx: Ctx, kind: 'actors' | 'objects' | 'activities' | 'quote-authorizations', uuid: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) throw notFound()
  return `${requireSite(ctx).origin}/ap/${kind}/${uuid}`
}

/** Tells nothing: not there and not for you are the same. */
export function notFound(): AppError {
  return new AppError('activitypub.not-found', 404, 'There is nothing at this address.')
}

/** Sends prepared bytes; null is a 404 that tells nothing. `isPrivate`: the answer depended on who asked. */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  prepared: Prepared | null,
  isPrivate = false
): Promise<FastifyReply> {
  reply
    .header('vary', isPrivate ? 'Accept, Accept-Encoding, Signature, Signature-Input, Authorization' : 'Accept, Accept-Encoding')
    .header('access-control-allow-origin', '*')
    .header('x-content-type-options', 'nosniff')
  if (prepared === null) throw notFound()
  if (prepared.url !== null && request.url.startsWith('/ap/') && wantsPage(request))
    return reply.code(303).header('location', prepared.url).send()
  reply
    .code(prepared.status)
    .type(ACTIVITY_TYPE)
    .header('cache-control', isPrivate ? PRIVATE_CACHE : PUBLIC_CACHE)
    .header('etag', prepared.etag)
  if (prepared.status === 200 && matches(request.headers['if-none-match'], prepared.etag)) return reply.code(304).send()
  if (/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    const body = await gzipped(prepared)
    return reply.header('content-encoding', 'gzip').send(body)
  }
  return reply.send(prepared.body)
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  const bare = etag.replace(/^W\//, '')
  return header === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === bare)
}
