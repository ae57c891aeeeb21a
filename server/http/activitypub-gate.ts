// Who reads a document of ours, and whether they may (federation.md §2.6, security.md V11). In secure mode only those who prove who they
// are get more than a stub; at all times those who are blocked get nothing, by the name they give themselves: nobody lies to be refused.
import type { FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { isRefusedReader } from '../db/documents.ts'
import { federationSettings, policyOf } from '../db/hosts.ts'
import { ANYONE, type Viewer } from '../db/visibility.ts'
import { verifyRequest } from '../protocol/verify.ts'

export interface Reader {
  /** Answers depend on who asks: nothing may be kept by caches. */
  secure: boolean
  /** No or no valid signature where one is needed: the error to answer with, unless a stub will do. */
  unknown: AppError | null
  /** Blocked, suspended, or of a blocked server. */
  refused: boolean
  viewer: Viewer
}

/** Who asks for the document with this IRI. In secure mode the signature is verified; a key that cannot be had now throws 503. */
export async function readerOf(ctx: Ctx, request: FastifyRequest, iri: string): Promise<Reader> {
  const { secureMode } = await federationSettings(ctx)
  const keyIri = claimedKey(request.raw.headers)
  const reader: Reader = { secure: secureMode, unknown: null, refused: false, viewer: ANYONE }
  if (keyIri !== null && (await isRefused(ctx, keyIri, iri))) return { ...reader, refused: true }
  if (!secureMode) return reader
  try {
    const { method, headers, rawHeaders, url } = request.raw
    const verified = await verifyRequest(ctx, { method: method!, target: url!, headers, rawHeaders, body: null })
    return { ...reader, viewer: { actorId: verified.actorId }, refused: await isRefused(ctx, verified.keyIri, iri) }
  } catch (error) {
    if (!isAppError(error) || error.status >= 500) throw error
    return { ...reader, unknown: error.status === 401 ? error : new AppError('signature.missing', 401, 'The request is not signed.') }
  }
}

/** The key a request says it is signed with, unchecked; null without a signature. */
export function claimedKey(headers: IncomingHttpHeaders): string | null {
  for (const header of [headers['signature-input'], headers.signature, headers.authorization]) {
    const named = /keyid="([^"]{1,2048})"/i.exec(String(header ?? ''))?.[1]
    if (named !== undefined) return named
  }
  return null
}

async function isRefused(ctx: Ctx, keyIri: string, iri: string): Promise<boolean> {
  return (await policyOf(ctx, hostOf(keyIri) ?? '')) === 'block' || (await isRefusedReader(ctx.db, keyIri, iri))
}
