// HTTP Message Signatures (RFC 9421) as the fediverse uses them: the headers' grammar and the signature base. No keys, no clock.
import { AppError } from '../core/errors.ts'
import type { Claim, SignedParts } from './verify-claim.ts'

const ALGORITHMS = new Set(['rsa-v1_5-sha256', 'rsa-v1_5-sha512', 'rsa-pss-sha512', 'ed25519'])
/** More labels than a proxy chain ever adds. */
const MAX_LABELS = 4

interface SignatureInput {
  label: string
  components: string[]
  parameters: Map<string, string>
  /** The member's text: the value of `@signature-params`. */
  text: string
}

/**
 * The claims of Signature-Input and Signature, in their order (the first whose key resolves counts).
 * Throws signature.malformed 400, signature.weak or signature.algorithm 401.
 */
export function readRfc9421(input: string, signature: string, parts: SignedParts): Claim[] {
  const inputs = readInputs(input)
  const signatures = readSignatures(signature)
  const claims: Claim[] = []
  for (const one of inputs) {
    const bytes = signatures.get(one.label)
    if (bytes !== undefined) claims.push(toClaim(one, bytes, parts))
  }
  if (claims.length === 0) throw malformed()
  return claims
}

/** The signature base (RFC 9421 §2.5). `params` is the text of `@signature-params`. */
export function signatureBase(components: readonly string[], params: string, parts: SignedParts): string {
  return [...components.map((name) => `"${name}": ${componentValue(name, parts)}`), `"@signature-params": ${params}`].join('\n')
}

/** The members of Signature-Input. Component parameters (`;req`, `;sf`…) are refused: nobody here sends them. */
export function readInputs(text: string): SignatureInput[] {
  const inputs: SignatureInput[] = []
  const member =
    /\s*([a-z*][a-z0-9_.*-]*)=(\(((?:\s*"[a-z0-9@-]+")*)\s*\)((?:;[a-z*][a-z0-9_.*-]*(?:=(?:"(?:[^"\\]|\\["\\])*"|[A-Za-z0-9_.:/*+-]+))?)*))\s*(?:,|$)/y
  while (member.lastIndex < text.length) {
    const match = member.exec(text)
    if (match === null || inputs.length === MAX_LABELS) throw malformed()
    const label = match[1]!
    if (inputs.some((one) => one.label === label)) throw duplicate()
    const components = [...match[3]!.matchAll(/"([^"]*)"/g)].map((component) => component[1]!)
    if (new Set(components).size !== components.length) throw duplicate()
    inputs.push({ label, components, parameters: readParameters(match[4]!), text: match[2]! })
  }
  if (inputs.length === 0) throw malformed()
  return inputs
}

function toClaim(input: SignatureInput, signature: Buffer, parts: SignedParts): Claim {
  const keyIri = input.parameters.get('keyid')
  const created = input.parameters.get('created')
  const expires = input.parameters.get('expires')
  const algorithm = input.parameters.get('alg') ?? null
  if (keyIri === undefined || (expires !== undefined && !/^\d{1,12}$/.test(expires))) throw malformed()
  if (created === undefined || !/^\d{1,12}$/.test(created)) throw weak('created')
  if (algorithm !== null && !ALGORITHMS.has(algorithm))
    throw new AppError('signature.algorithm', 401, 'The signature uses an algorithm that is not accepted.')
  requireStrength(input.components, parts)
  return {
    keyIri,
    algorithm,
    covered: input.components,
    signature,
    messages: [signatureBase(input.components, input.text, parts)],
    createdMs: Number(created) * 1000,
    expiresMs: expires === undefined ? null : Number(expires) * 1000
  }
}

/** What must be covered (federation.md §2.2): the method, the whole target, and the body's digest on POST. */
function requireStrength(components: readonly string[], parts: SignedParts): void {
  const has = (name: string): boolean => components.includes(name)
  if (!has('@method')) throw weak('@method')
  const query = parts.target.includes('?')
  const whole = has('@target-uri') || (has('@authority') && (has('@request-target') || (has('@path') && (!query || has('@query')))))
  if (!whole) throw weak('@target-uri')
  if (parts.hasBody && !has('content-digest')) throw weak('content-digest')
}

function componentValue(name: string, parts: SignedParts): string {
  const origin = new URL(parts.origin)
  const question = parts.target.indexOf('?')
  switch (name) {
    case '@method':
      return parts.method.toUpperCase()
    case '@target-uri':
      return origin.origin + parts.target
    case '@authority':
      return origin.host
    case '@scheme':
      return origin.protocol.slice(0, -1)
    case '@request-target':
      return parts.target
    case '@path':
      return question === -1 ? parts.target : parts.target.slice(0, question)
    case '@query':
      return question === -1 ? '?' : parts.target.slice(question)
    default:
      if (name.startsWith('@')) throw malformed()
      return fieldValue(name, parts)
  }
}

function fieldValue(name: string, parts: SignedParts): string {
  const value = parts.header(name)
  if (value === null) throw weak(name)
  return value.trim()
}

function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const match of text.matchAll(/;([a-z*][a-z0-9_.*-]*)(?:=(?:"((?:[^"\\]|\\["\\])*)"|([^;"]+)))?/g)) {
    if (parameters.has(match[1]!)) throw duplicate()
    parameters.set(match[1]!, match[2]?.replace(/\\(["\\])/g, '$1') ?? match[3] ?? '')
  }
  return parameters
}

function readSignatures(text: string): Map<string, Buffer> {
  const signatures = new Map<string, Buffer>()
  const member = /\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]+={0,2}):\s*(?:,|$)/y
  while (member.lastIndex < text.length) {
    const match = member.exec(text)
    if (match === null || signatures.size === MAX_LABELS) throw malformed()
    if (signatures.has(match[1]!)) throw duplicate()
    signatures.set(match[1]!, Buffer.from(match[2]!, 'base64'))
  }
  return signatures
}

function malformed(): AppError {
  return new AppError('signature.malformed', 400, 'The signature headers cannot be read.')
}

function duplicate(): AppError {
  return new AppError('signature.duplicate', 401, 'The signature gives a parameter twice.')
}

function weak(missing: string): AppError {
  return new AppError('signature.weak', 401, 'The signature does not cover enough of the request.', { details: { missing } })
}
