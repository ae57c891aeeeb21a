// Signs requests as peers do: draft-cavage and RFC 9421, written from the specifications and independent of the server's own code.
// Every part can be bent, for tests of what must be refused.
import { createHash, createPublicKey, generateKeyPairSync, sign as cryptoSign, verify as cryptoVerify, type KeyObject } from 'node:crypto'

export interface PeerKey {
  id: string
  privateKey: KeyObject
  publicPem: string
}

export interface CavageOptions {
  /** Components, in order; default as Mastodon and most: (request-target) host date digest. */
  components?: string[]
  /** Value of `algorithm=`; null leaves it out. */
  algorithm?: string | null
  date?: string
  /** Host that is signed and sent; default the URL's. */
  host?: string
  digest?: string
  keyId?: string
  created?: number
  expires?: number
}

/** A fresh RSA-2048 key. */
export function createKey(id: string): PeerKey {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { id, privateKey: pair.privateKey, publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

export const sha256Digest = (body: Buffer): string => `SHA-256=${createHash('sha256').update(body).digest('base64')}`

/** Headers of a draft-cavage-12 signed request (RSA-SHA256). */
export function signCavage(
  key: PeerKey,
  method: string,
  url: string,
  body: Buffer | null,
  options: CavageOptions = {}
): Record<string, string> {
  const target = new URL(url)
  const headers: Record<string, string> = { host: options.host ?? target.host, date: options.date ?? new Date().toUTCString() }
  if (body !== null) headers.digest = options.digest ?? sha256Digest(body)
  const components = options.components ?? ['(request-target)', 'host', 'date', ...(body === null ? [] : ['digest'])]
  const lines = components.map((name) => {
    if (name === '(request-target)') return `(request-target): ${method.toLowerCase()} ${target.pathname}${target.search}`
    if (name === '(created)') return `(created): ${options.created}`
    if (name === '(expires)') return `(expires): ${options.expires}`
    return `${name}: ${headers[name]}`
  })
  const signature = cryptoSign('sha256', Buffer.from(lines.join('\n')), key.privateKey).toString('base64')
  const algorithm = options.algorithm === undefined ? 'rsa-sha256' : options.algorithm
  const parameters = [
    `keyId="${options.keyId ?? key.id}"`,
    ...(algorithm === null ? [] : [`algorithm="${algorithm}"`]),
    ...(options.created === undefined ? [] : [`created=${options.created}`]),
    ...(options.expires === undefined ? [] : [`expires=${options.expires}`]),
    `headers="${components.join(' ')}"`,
    `signature="${signature}"`
  ]
  return { ...headers, signature: parameters.join(',') }
}

/** Headers of an RFC 9421 signed POST (RSASSA-PKCS1-v1_5, SHA-256). */
export function signRfc9421(
  key: PeerKey,
  method: string,
  url: string,
  body: Buffer,
  created = Math.floor(Date.now() / 1000)
): Record<string, string> {
  const contentDigest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const parameters = `("@method" "@target-uri" "content-digest");created=${created};keyid="${key.id}"`
  const base = [
    `"@method": ${method}`,
    `"@target-uri": ${url}`,
    `"content-digest": ${contentDigest}`,
    `"@signature-params": ${parameters}`
  ].join('\n')
  const signature = cryptoSign('sha256', Buffer.from(base), key.privateKey).toString('base64')
  return {
    host: new URL(url).host,
    'content-digest': contentDigest,
    'signature-input': `sig1=${parameters}`,
    signature: `sig1=:${signature}:`
  }
}

/** True when a received draft-cavage request is signed by `publicPem` over at least (request-target) host date digest, and its digest is its body's. */
export function isSignedCavage(
  publicPem: string,
  request: { method: string; path: string; headers: Record<string, string | string[] | undefined>; body: Buffer }
): boolean {
  const parameters = Object.fromEntries(
    [...String(request.headers.signature).matchAll(/(\w+)="([^"]*)"/g)].map((one) => [one[1]!, one[2]!])
  )
  const components = (parameters.headers ?? '').split(' ')
  if (!['(request-target)', 'host', 'date', 'digest'].every((name) => components.includes(name))) return false
  if (request.headers.digest !== sha256Digest(request.body)) return false
  const text = components
    .map((name) =>
      name === '(request-target)'
        ? `(request-target): ${request.method.toLowerCase()} ${request.path}`
        : `${name}: ${String(request.headers[name])}`
    )
    .join('\n')
  return cryptoVerify('sha256', Buffer.from(text), createPublicKey(publicPem), Buffer.from(parameters.signature ?? '', 'base64'))
}
