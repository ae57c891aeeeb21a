// Reading and comparing IRIs and hosts. Identity is decided on parsed values, never on text prefixes (security.md O37).
import { domainToASCII } from 'node:url'

/** Longest IRI we keep. */
export const MAX_IRI_LENGTH = 2048

/** A host name that is in its one form already: nearly every one. Not an address in numbers, and nothing that IDNA would change. */
const PLAIN_HOST = /^(?!(?:.*\.)?xn--)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/

/** The one form of a host we compare and store: ASCII, lower case, no trailing dot, port only when it is not the scheme's own. */
export function canonicalHost(host: string): string | null {
  if (PLAIN_HOST.test(host)) return host
  const match = /^([^:/?#@\\\s]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?$/.exec(host)
  if (!match) return null
  const name = match[1]!.startsWith('[') ? match[1]!.toLowerCase() : domainToASCII(match[1]!.replace(/\.$/, '')).toLowerCase()
  if (!name || name.endsWith('.')) return null
  const port = match[2]
  return port && port !== '443' && port !== '80' ? `${name}:${Number(port)}` : name
}

/** Parses an absolute http(s) IRI without user info, or gives null. */
export function parseIri(value: unknown): URL | null {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_IRI_LENGTH) return null
  if (!/^https?:\/\/[^/?#\\]/i.test(value) || /[\s<>"\\^`{|}\u0000-\u001f\u007f]/.test(value)) return null
  if (!value.isWellFormed()) return null
  let url: URL
  try {
    url = new URL(value)
  } catch {
    return null
  }
  if (url.username || url.password || /^https?:\/\/[^/?#]*@/i.test(value)) return null
  return canonicalHost(url.host) === null ? null : url
}

/** Canonical host of an IRI, or null when the IRI is not one we accept. */
export function hostOf(iri: unknown): string | null {
  const url = parseIri(iri)
  return url === null ? null : canonicalHost(url.host)
}

/** Same scheme and same canonical host: the origin model of FEP-fe34. */
export function sameOrigin(a: unknown, b: unknown): boolean {
  const left = parseIri(a)
  const right = parseIri(b)
  if (left === null || right === null) return false
  return left.protocol === right.protocol && canonicalHost(left.host) === canonicalHost(right.host)
}

/** The IRI without its fragment: what a key id is fetched at. */
export function withoutFragment(iri: string): string {
  const hash = iri.indexOf('#')
  return hash === -1 ? iri : iri.slice(0, hash)
}

/**
 * The host a person means when naming a server in a list: `Bad.Example.`, `https://bad.example/about`, `@user@bad.example`, `*.bad.example`,
 * `bücher.example`, `[::1]:8443`. In the one form we compare, without port; null when it is no host (security.md D01).
 */
export function namedHost(text: string): string | null {
  const bare = text
    .normalize('NFKC')
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/^.*@/s, '')
    .replace(/^\*\./, '')
    .replace(/:[0-9]{1,5}$/, '')
    .replace(/\.+$/, '')
  if (bare === '' || bare.length > 253 || /[\s*:]/.test(bare.replace(/^\[[0-9a-f:.]+\]$/i, ''))) return null
  const url = URL.canParse(`http://${bare}/`) ? new URL(`http://${bare}/`) : null
  const host = url === null ? null : canonicalHost(url.hostname)
  if (host === null) return null
  const isName = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$/.test(host) || host === 'localhost'
  return isName || host.startsWith('[') ? host : null
}
