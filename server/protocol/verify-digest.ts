// The body's digest, recomputed over the raw bytes. A digest that was not recomputed proves nothing (security.md S02).
import { hash, timingSafeEqual } from 'node:crypto'
import { AppError } from '../core/errors.ts'

const HASHES = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512']
])

/**
 * Checks a `Digest` header (RFC 3230: `SHA-256=…,SHA-512=…`). Every algorithm we know must match and there must be one.
 * Throws signature.digest (401).
 */
export function requireDigest(header: string, body: Buffer): void {
  requireAll(header.split(','), /^\s*([A-Za-z0-9-]+)=([A-Za-z0-9+/]+={0,2})\s*$/, body)
}

/** Checks a `Content-Digest` header (RFC 9530: `sha-256=:…:`). Throws signature.digest (401). */
export function requireContentDigest(header: string, body: Buffer): void {
  requireAll(header.split(','), /^\s*([a-z0-9-]+)=:([A-Za-z0-9+/]+={0,2}):\s*$/, body)
}

/** The value of a Digest or Content-Digest member: base64 of the SHA-256. */
export function sha256Base64(body: Buffer): string {
  return hash('sha256', body, 'base64')
}

function requireAll(members: string[], grammar: RegExp, body: Buffer): void {
  let known = 0
  for (const member of members) {
    const match = grammar.exec(member)
    if (match === null) throw wrong()
    const algorithm = HASHES.get(match[1]!.toLowerCase())
    if (algorithm === undefined) continue
    const given = Buffer.from(match[2]!, 'base64')
    const actual = hash(algorithm, body, 'buffer')
    if (given.length !== actual.length || !timingSafeEqual(given, actual)) throw wrong()
    known += 1
  }
  if (known === 0) throw wrong()
}

function wrong(): AppError {
  return new AppError('signature.digest', 401, 'The digest is not the one of the body.')
}
