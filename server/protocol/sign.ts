// Signs outgoing requests over the very bytes that are sent. Never decides who signs, never sends.
import { sign, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { signingString } from './cavage.ts'
import { signatureBase } from './rfc9421.ts'
import type { SignedParts } from './verify-claim.ts'
import { sha256Base64 } from './verify-digest.ts'

export type SignatureScheme = 'cavage' | 'rfc9421'

export interface SignInput {
  method: string
  url: string
  body?: Buffer
  keyIri: string
  /** RSA: every peer reads it. */
  privateKey: KeyObject
  scheme: SignatureScheme
  date: Date
  /** More headers to send and to cover, by their lower-case names. */
  extra?: Record<string, string>
}

/** The callback form runs on libuv's thread pool: an RSA signature costs 260 µs, and fan-out makes thousands. */
const signOffThread = promisify(sign) as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>

/** Content type of what we post: exactly this, without charset, since it is signed (federation.md §2.1). */
const ACTIVITY_TYPE = 'application/activity+json'

/** The headers to send with the request: host, date, digest, content-type and the signature (federation.md §2.1). */
export async function signRequest(input: SignInput): Promise<Record<string, string>> {
  return input.scheme === 'cavage' ? await signCavage(input) : await signRfc9421(input)
}

/** Order and set every peer accepts: Misskey wants all four, Mastodon adds the content type, PieFed wants `algorithm`. */
async function signCavage(input: SignInput): Promise<Record<string, string>> {
  const headers = bareHeaders(input)
  if (input.body !== undefined) headers.digest = `SHA-256=${sha256Base64(input.body)}`
  const covered = [
    '(request-target)',
    'host',
    'date',
    ...(input.body === undefined ? [] : ['digest', 'content-type']),
    ...extraNames(input)
  ]
  const message = signingString(covered, partsOf(input, headers))
  const signature = await rsa(input.privateKey, message)
  headers.signature = `keyId="${input.keyIri}",algorithm="rsa-sha256",headers="${covered.join(' ')}",signature="${signature}"`
  return headers
}

async function signRfc9421(input: SignInput): Promise<Record<string, string>> {
  const headers = bareHeaders(input)
  const components = ['@method', '@target-uri']
  if (input.body !== undefined) {
    headers['content-digest'] = `sha-256=:${sha256Base64(input.body)}:`
    components.push('content-digest')
  }
  components.push(...extraNames(input))
  const created = Math.floor(input.date.getTime() / 1000)
  const params = `(${components.map((name) => `"${name}"`).join(' ')});created=${created};keyid="${input.keyIri}";alg="rsa-v1_5-sha256"`
  headers['signature-input'] = `sig1=${params}`
  headers.signature = `sig1=:${await rsa(input.privateKey, signatureBase(components, params, partsOf(input, headers)))}:`
  return headers
}

function bareHeaders(input: SignInput): Record<string, string> {
  const headers: Record<string, string> = { host: new URL(input.url).host, date: input.date.toUTCString(), ...input.extra }
  if (input.body !== undefined) headers['content-type'] = ACTIVITY_TYPE
  return headers
}

function extraNames(input: SignInput): string[] {
  return Object.keys(input.extra ?? {})
}

function partsOf(input: SignInput, headers: Record<string, string>): SignedParts {
  const url = new URL(input.url)
  return {
    method: input.method,
    target: url.pathname + url.search,
    origin: url.origin,
    header: (name) => headers[name] ?? null,
    hasBody: input.body !== undefined
  }
}

async function rsa(key: KeyObject, message: string): Promise<string> {
  return (await signOffThread('sha256', Buffer.from(message), key)).toString('base64')
}
