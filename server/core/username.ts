// What local people and groups may be called. They share one space of usernames, so both use this.
import { AppError } from './errors.ts'

/** Longest local username: what every peer stores (federation.md W18). */
export const MAX_USERNAME_LENGTH = 30

// Names that are paths of ours, or that would let someone pass for the institution or the software (security.md X08).
const RESERVED = new Set([
  'about',
  'abuse',
  'account',
  'accounts',
  'acct',
  'actor',
  'admin',
  'administrateur',
  'administrator',
  'agenda',
  'ap',
  'api',
  'assets',
  'auth',
  'communer',
  'compte',
  'connexion',
  'contact',
  'evenements',
  'events',
  'explore',
  'federation',
  'feed',
  'followers',
  'following',
  'groupes',
  'groups',
  'help',
  'hostmaster',
  'inbox',
  'info',
  'inscription',
  'installation',
  'instance',
  'livez',
  'login',
  'logout',
  'mailer',
  'media',
  'metrics',
  'moderateur',
  'moderation',
  'moderator',
  'nodeinfo',
  'noreply',
  'notifications',
  'null',
  'oauth',
  'objects',
  'outbox',
  'postmaster',
  'readyz',
  'recherche',
  'reglages',
  'root',
  'search',
  'security',
  'settings',
  'setup',
  'sharedinbox',
  'signup',
  'static',
  'support',
  'system',
  'systeme',
  'tags',
  'timeline',
  'undefined',
  'users',
  'webfinger',
  'webmaster',
  'well_known',
  'wiki',
  'www'
])

const FIELD = { details: { field: 'username' } }

/**
 * The username as it is kept: NFKC, lower case, `[a-z0-9_]{1,30}`.
 * Throws username.invalid or username.reserved (422). `allowReserved` is for set-up, where the town hall names itself.
 */
export function normaliseUsername(text: string, allowReserved = false): string {
  const username = text.normalize('NFKC').trim().replace(/^@/, '').toLowerCase()
  if (!/^[a-z0-9_]{1,30}$/.test(username)) {
    throw new AppError('username.invalid', 422, 'A username has 1 to 30 characters: letters without accents, digits and _.', FIELD)
  }
  if (!allowReserved && RESERVED.has(username))
    throw new AppError('username.reserved', 422, 'This username is reserved. Please choose another one.', FIELD)
  return username
}

/** A username made from a name: "Saint-Leu" gives saint_leu; null when nothing usable is left. */
export function usernameFromName(name: string): string | null {
  const slug = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/œ/gi, 'oe')
    .replace(/æ/gi, 'ae')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, MAX_USERNAME_LENGTH)
    .replace(/_+$/, '')
  return slug === '' ? null : slug
}

/** Longest display name: fits a card, and every peer stores it. */
const MAX_NAME_LENGTH = 100

/** A display name without control or direction-changing characters (security.md X07), at most 100 characters. Throws account.name (422). */
export function normaliseName(text: string): string {
  const name = text
    .normalize('NFC')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if ([...name].length > MAX_NAME_LENGTH)
    throw new AppError('account.name', 422, 'A name has at most 100 characters.', { details: { field: 'name' } })
  return name
}
