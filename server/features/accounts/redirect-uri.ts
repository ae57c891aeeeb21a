// Where an authorization may return to. Compared as whole text, never by prefix (security.md W01, RFC 9700 §4.1).
import { parseIri } from '../../core/iri.ts'

/** Shows the code to the person instead of redirecting (RFC 8252's predecessor; every Mastodon command-line client). */
export const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob'

// Schemes that run or read something in a browser are no app's.
const FORBIDDEN_SCHEMES = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
  'view-source:',
  'ftp:',
  'ws:',
  'wss:',
  'mailto:',
  'tel:',
  'chrome:',
  'intent:',
  'urn:'
])

/** True for an address an app may register: http(s) without fragment, an app's own scheme, or out of band. */
export function isRedirectUri(text: string): boolean {
  if (text === OUT_OF_BAND) return true
  if (text.length > 2000 || text.includes('#') || /[\s\\\u0000-\u001f\u007f]/.test(text)) return false
  if (/^https?:/i.test(text)) return parseIri(text) !== null
  const scheme = /^([a-z][a-z0-9+.-]*:)/i.exec(text)?.[1]?.toLowerCase()
  return scheme !== undefined && !FORBIDDEN_SCHEMES.has(scheme) && URL.canParse(text)
}

/** The address with the answer's parameters added to its query. */
export function withParams(uri: string, params: Record<string, string | null>): string {
  const query = new URLSearchParams(Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== null))
  return `${uri}${uri.includes('?') ? '&' : '?'}${query.toString()}`
}
