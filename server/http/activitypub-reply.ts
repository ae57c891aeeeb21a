// How an ActivityPub document leaves: type, caching, ETag, compression, and the way to its page for browsers.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../core/errors.ts'
import { gzipped, type Prepared } from '../protocol/document-cache.ts'
import { ACTIVITY_TYPE, wantsPage } from './negotiate.ts'

/** Three minutes, as Mastodon's: long enough for a burst of fetches after a boost, short enough for edits. */
export const PUBLIC_CACHE = 'max-age=180, public'
const PRIVATE_CACHE = 'private, no-store'

/** Sends prepared bytes; null is a 404 that tells nothing. `isPrivate`: the answer depended on who asked. */
export async function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  prepared: Prepared | null,
  isPrivate = false
): Promise<FastifyReply> {
  reply.header('vary', 'Accept, Accept-Encoding').header('access-control-allow-origin', '*').header('x-content-type-options', 'nosniff')
  if (prepared === null) throw new AppError('activitypub.not-found', 404, 'There is nothing at this address.')
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
