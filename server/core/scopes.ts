// OAuth scopes as Mastodon names them (docs.joinmastodon.org/api/oauth-scopes), and which one covers which.

/** What a browser session holds: everything, including what no app can ask for (password, sessions). */
export const SESSION_SCOPE = '*'

const AREAS = {
  read: ['accounts', 'blocks', 'bookmarks', 'favourites', 'filters', 'follows', 'lists', 'mutes', 'notifications', 'search', 'statuses'],
  write: [
    'accounts',
    'blocks',
    'bookmarks',
    'conversations',
    'favourites',
    'filters',
    'follows',
    'lists',
    'media',
    'mutes',
    'notifications',
    'reports',
    'statuses'
  ]
}

// `follow` is the old name of these six (deprecated by Mastodon 3.5, still asked for by every client).
const FOLLOW = ['read:blocks', 'write:blocks', 'read:follows', 'write:follows', 'read:mutes', 'write:mutes']

/** Every scope an app may ask for. */
export const KNOWN_SCOPES: readonly string[] = [
  'read',
  'write',
  'follow',
  'push',
  'profile',
  ...AREAS.read.map((area) => `read:${area}`),
  ...AREAS.write.map((area) => `write:${area}`),
  'admin:read',
  'admin:write'
]

/** True when one of the granted scopes is, or contains, the needed one. */
export function coversScope(granted: readonly string[], needed: string): boolean {
  if (granted.includes(SESSION_SCOPE) || granted.includes(needed)) return true
  if (needed === 'profile') return granted.includes('read') || granted.includes('read:accounts')
  if (granted.includes('follow') && FOLLOW.includes(needed)) return true
  const parts = needed.split(':')
  return parts.length === 2 && parts[0] !== 'admin' && granted.includes(parts[0]!)
}

/** The scopes of a space- or plus-separated list, without doubles; null when one is unknown. */
export function parseScopes(text: string): string[] | null {
  const scopes = [...new Set(text.split(/[\s+]+/).filter((scope) => scope !== ''))]
  return scopes.every((scope) => KNOWN_SCOPES.includes(scope)) ? scopes : null
}

/** True when each wanted scope is covered by the granted ones. */
export function scopesWithin(wanted: readonly string[], granted: readonly string[]): boolean {
  return wanted.every((scope) => coversScope(granted, scope))
}
