// The fast path of documents that are asked for again and again (after a boost by a big account: thousands of times a minute):
// answered from memory before any other plugin sees the request. Only what sendDocument would answer to anybody, byte for byte.
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Ctx } from '../context.ts'
import { hostOf } from '../core/iri.ts'
import { knownPolicies } from '../db/hosts.ts'
import { trustedDocument, type Prepared } from '../protocol/document-cache.ts'
import { claimedKey } from './activitypub-gate.ts'
import { PUBLIC_CACHE } from './activitypub-reply.ts'
import { ACTIVITY_TYPE } from './negotiate.ts'

/** Register it first. */
export async function hotDocuments(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    const prepared = isPlainRead(raw) && ctx.site !== null && isOpen(ctx, raw) ? trustedDocument(ctx, ctx.site.origin + raw.url!) : null
    const body = prepared === null || prepared.status !== 200 ? null : bodyFor(raw, prepared)
    if (prepared === null || body === null) return done()
    reply.hijack()
    reply.raw.writeHead(200, headersOf(prepared, body))
    reply.raw.end(body)
  })
}

Object.assign(hotDocuments, { [Symbol.for('skip-override')]: true })

/** A GET without conditions by something that is no browser: nothing to negotiate. */
function isPlainRead({ method, url, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || !url!.startsWith('/ap/') || headers['if-none-match'] !== undefined) return false
  return !(headers.accept ?? '').includes('text/html')
}

/** Everybody gets the same: no secure mode, and not somebody of a blocked server by what they say. Unsure is no. */
function isOpen(ctx: Ctx, { headers }: IncomingMessage): boolean {
  const known = knownPolicies(ctx)
  if (known === null || known.settings.secureMode) return false
  const keyIri = claimedKey(headers)
  return keyIri === null || known.actionOf(hostOf(keyIri) ?? '') !== 'block'
}

/** The bytes in the encoding that is wanted; null when they are not made yet. */
function bodyFor({ headers }: IncomingMessage, prepared: Prepared): Buffer | null {
  return String(headers['accept-encoding'] ?? '').includes('gzip') ? prepared.gzipped : prepared.body
}

function headersOf(prepared: Prepared, body: Buffer): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    vary: 'Accept, Accept-Encoding',
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    'content-type': ACTIVITY_TYPE,
    'cache-control': PUBLIC_CACHE,
    etag: prepared.etag,
    'content-length': body.length
  }
  if (body === prepared.gzipped) headers['content-encoding'] = 'gzip'
  return headers
}
