// Says who signed a request (choke point 2). Reads of the body only its digest; what the signer may do is not asked here.
import { constants, verify } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { canonicalHost, hostOf } from '../core/iri.ts'
import { policyOf } from '../db/hosts.ts'
import type { VerifyKey } from '../db/keys.ts'
import { requireSite } from '../db/site.ts'
import { readCavage } from './cavage.ts'
import { readRfc9421 } from './rfc9421.ts'
import { requireTimely, type Claim, type SignedParts } from './verify-claim.ts'
import { requireContentDigest, requireDigest } from './verify-digest.ts'
import { findRotatedKey, getVerifyKey } from './verify-keys.ts'

export interface SignedRequest {
  method: string
  /** Path and query exactly as received. */
  target: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: Buffer | null
}

/** Who signed: the key, its actor, and the canonical host both live on. */
export interface Verified {
  keyIri: string
  actorId: string
  actorIri: string
  host: string
  /** Headers and parts the signature covers: nothing else of the request may be taken for the signer's word. */
  covered: readonly string[]
}

/** Headers that mean one thing: twice is an attempt to have two readers see two requests (security.md S10). */
const SINGLE_HEADERS = new Set([
  'host',
  'date',
  'digest',
  'content-digest',
  'signature',
  'signature-input',
  'authorization',
  'content-type',
  'content-length'
])
const BODILESS = new Set(['GET', 'HEAD'])

/**
 * Verifies draft-cavage and RFC 9421 signatures (federation.md §2.2). Throws signature.*: 400 unreadable, 401 absent or wrong,
 * 403 blocked host, 503 with retryAfterSeconds when the key cannot be had now.
 */
export async function verifyRequest(ctx: Ctx, request: SignedRequest): Promise<Verified> {
  const parts = partsOf(requireSite(ctx).origin, request)
  requireSingleHeaders(request.rawHeaders)
  if (!request.target.startsWith('/') || canonicalHost(parts.header('host') ?? '') !== requireSite(ctx).host) {
    throw new AppError('signature.host', 401, 'The request was signed for another server.')
  }
  const claims = readClaims(parts, request.body ?? Buffer.alloc(0))
  for (const claim of claims) requireTimely(claim, ctx.clock.now())
  let refusal: unknown
  for (const claim of claims) {
    try {
      return await verifyClaim(ctx, claim)
    } catch (error) {
      if (!isAppError(error) || error.status !== 401) throw error
      refusal = error
    }
  }
  throw refusal
}

/** RFC 9421 comes first, as in Mastodon: a request may carry both during the transition. The digest is checked with the scheme that covers it. */
function readClaims(parts: SignedParts, body: Buffer): Claim[] {
  const input = parts.header('signature-input')
  const signature = parts.header('signature')
  if (input !== null) {
    if (signature === null) throw new AppError('signature.malformed', 400, 'The signature headers cannot be read.')
    const claims = readRfc9421(input, signature, parts)
    const digest = parts.header('content-digest')
    if (digest !== null) requireContentDigest(digest, body)
    return claims
  }
  const text = signature ?? /^Signature\s+(.+)$/is.exec(parts.header('authorization') ?? '')?.[1]
  if (text === undefined) throw new AppError('signature.missing', 401, 'The request is not signed.')
  const claim = readCavage(text, parts)
  const digest = parts.header('digest')
  if (digest !== null) requireDigest(digest, body)
  return [claim]
}

async function verifyClaim(ctx: Ctx, claim: Claim): Promise<Verified> {
  const host = hostOf(claim.keyIri)
  if (host === null) throw new AppError('signature.malformed', 400, 'The key has no address.')
  if ((await policyOf(ctx, host)) === 'block') throw new AppError('signature.host-blocked', 403, 'This server does not talk with yours.')
  const key = await getVerifyKey(ctx, claim.keyIri)
  if (isSignedBy(claim, key)) return verified(key, claim)
  const rotated = await findRotatedKey(ctx, key)
  if (rotated !== null && isSignedBy(claim, rotated)) return verified(rotated, claim)
  throw new AppError('signature.invalid', 401, 'The signature does not match.')
}

/** Tries what the key can do; the named algorithm narrows it, never widens it (security.md S15). */
export function isSignedBy(claim: Claim, key: Pick<VerifyKey, 'algorithm' | 'publicKey'>): boolean {
  return claim.messages.some((text) => {
    const message = Buffer.from(text)
    if (key.algorithm === 'ed25519') return isEd25519(claim.algorithm) && verify(null, message, key.publicKey, claim.signature)
    return rsaHashes(claim.algorithm).some(({ hash, padding }) =>
      verify(
        hash,
        message,
        padding === constants.RSA_PKCS1_PSS_PADDING ? { key: key.publicKey, padding, saltLength: 64 } : key.publicKey,
        claim.signature
      )
    )
  })
}

interface RsaWay {
  hash: string
  padding: number
}

const V15_SHA256: RsaWay = { hash: 'sha256', padding: constants.RSA_PKCS1_PADDING }
const V15_SHA512: RsaWay = { hash: 'sha512', padding: constants.RSA_PKCS1_PADDING }
const PSS_SHA512: RsaWay = { hash: 'sha512', padding: constants.RSA_PKCS1_PSS_PADDING }

function rsaHashes(algorithm: string | null): RsaWay[] {
  if (algorithm === 'rsa-sha256' || algorithm === 'rsa-v1_5-sha256') return [V15_SHA256]
  if (algorithm === 'rsa-sha512' || algorithm === 'rsa-v1_5-sha512') return [V15_SHA512]
  if (algorithm === 'rsa-pss-sha512') return [PSS_SHA512]
  if (algorithm === 'ed25519') return []
  // hs2019 or nothing said: SHA-256 as everyone means it, then SHA-512, as GoToSocial does.
  return [V15_SHA256, V15_SHA512]
}

function isEd25519(algorithm: string | null): boolean {
  return algorithm === null || algorithm === 'hs2019' || algorithm === 'ed25519'
}

function verified(key: VerifyKey, { covered }: Claim): Verified {
  return { keyIri: key.keyIri, actorId: key.actorId, actorIri: key.actorIri, host: key.host, covered }
}

function partsOf(origin: string, request: SignedRequest): SignedParts {
  return {
    method: request.method,
    target: request.target,
    origin,
    header(name) {
      const value = request.headers[name]
      return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value
    },
    hasBody: !BODILESS.has(request.method.toUpperCase())
  }
}

function requireSingleHeaders(rawHeaders: string[]): void {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (!SINGLE_HEADERS.has(name)) continue
    if (seen.has(name)) throw new AppError('signature.duplicate', 401, 'The request gives a header twice.')
    seen.add(name)
  }
}
