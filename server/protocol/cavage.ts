// HTTP signatures as in draft-cavage-http-signatures-12: the header's grammar and the signing string. No keys, no clock.
import { AppError } from '../core/errors.ts'
import type { Claim, SignedParts } from './verify-claim.ts'

/** Values of `algorithm` we accept; the key decides what is really done with it (security.md S15). */
const ALGORITHMS = new Set(['rsa-sha256', 'rsa-sha512', 'hs2019', 'ed25519'])
const HEADER_NAME = /^(\([a-z-]+\)|[a-z0-9!#$%&'*+.^_`|~-]+)$/
/** One parameter: name = "quoted" or bare. Parameters are few, so a global regex walks them in linear time. */
const PARAMETER = /\s*([a-zA-Z][a-zA-Z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))\s*(?:,|$)/y

/** The claim of a `Signature` header (or `Authorization: Signature`). Throws signature.malformed 400, signature.weak or signature.algorithm 401. */
export function readCavage(text: string, parts: SignedParts): Claim {
  const parameters = readParameters(text)
  const keyIri = parameters.get('keyId')
  const signature = parameters.get('signature')
  if (keyIri === undefined || signature === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) throw malformed()
  const algorithm = parameters.get('algorithm')?.toLowerCase() ?? null
  if (algorithm !== null && !ALGORITHMS.has(algorithm))
    throw new AppError('signature.algorithm', 401, 'The signature uses an algorithm that is not accepted.')
  const covered = (parameters.get('headers') ?? (algorithm === 'hs2019' ? '(created)' : 'date')).trim().toLowerCase().split(/\s+/)
  if (new Set(covered).size !== covered.length || !covered.every((name) => HEADER_NAME.test(name))) throw malformed()
  requireStrength(covered, parts)
  const created = seconds(parameters.get('created'))
  const expires = seconds(parameters.get('expires'))
  if ((covered.includes('(created)') && created === null) || (covered.includes('(expires)') && expires === null)) throw malformed()
  const targets = parts.target.includes('?') ? [parts.target, parts.target.slice(0, parts.target.indexOf('?'))] : [parts.target]
  return {
    keyIri,
    algorithm,
    covered,
    signature: Buffer.from(signature, 'base64'),
    // Misskey signs the path without its query: both readings are tried (federation.md §2.1).
    messages: targets.map((target) => signingString(covered, { ...parts, target }, created, expires)),
    createdMs: created === null || !covered.includes('(created)') ? dateMs(parts.header('date')) : created * 1000,
    // Unsigned, it could be stretched by anyone who relays the request: then it may not lengthen the signature's life.
    expiresMs: expires === null || !covered.includes('(expires)') ? null : expires * 1000
  }
}

/** The string that is signed: one `name: value` line per covered header, in the order given. */
export function signingString(
  covered: readonly string[],
  parts: SignedParts,
  created: number | null = null,
  expires: number | null = null
): string {
  return covered.map((name) => `${name}: ${valueOf(name, parts, created, expires)}`).join('\n')
}

function valueOf(name: string, parts: SignedParts, created: number | null, expires: number | null): string {
  if (name === '(request-target)') return `${parts.method.toLowerCase()} ${parts.target}`
  if (name === '(created)') return String(created)
  if (name === '(expires)') return String(expires)
  const value = parts.header(name)
  if (value === null)
    throw new AppError('signature.weak', 401, 'The signature covers a header that the request does not have.', {
      details: { header: name }
    })
  return value.trim()
}

/** What a signature must cover to mean anything: the request's target, its host, a moment, and the body's digest on POST (security.md S03, S04). */
function requireStrength(covered: readonly string[], parts: SignedParts): void {
  const missing = ['(request-target)', 'host'].filter((name) => !covered.includes(name))
  if (!covered.includes('date') && !covered.includes('(created)')) missing.push('date')
  if (parts.hasBody && !covered.includes('digest')) missing.push('digest')
  if (missing.length > 0)
    throw new AppError('signature.weak', 401, 'The signature does not cover enough of the request.', {
      details: { missing: missing.join(' ') }
    })
}

function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  PARAMETER.lastIndex = 0
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text)
    if (match === null) throw malformed()
    const name = match[1]!
    if (parameters.has(name)) throw new AppError('signature.duplicate', 401, 'The signature gives a parameter twice.')
    parameters.set(name, match[2] === undefined ? match[3]! : match[2].replace(/\\(.)/g, '$1'))
  }
  return parameters
}

function seconds(value: string | undefined): number | null {
  if (value === undefined) return null
  if (!/^\d{1,12}(\.\d+)?$/.test(value)) throw malformed()
  return Number(value)
}

/** NaN when there is no date or it is not one: the window refuses it (security.md S07). */
function dateMs(value: string | null): number {
  return value === null ? Number.NaN : Date.parse(value)
}

function malformed(): AppError {
  return new AppError('signature.malformed', 400, 'The signature header cannot be read.')
}
