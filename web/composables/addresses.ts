// Where things live on this site, and how people are named on screen.
import type { Account, EventEntity, Status } from '../entities.ts'

export function profilePath(account: Pick<Account, 'acct'>): string {
  return `/@${account.acct}`
}

/** The page of a message or of the event it stands for. */
export function statusPath(status: Status): string {
  if (status.communer?.type === 'Event') return `/evenements/${status.id}`
  if (status.communer?.kind === 'idea' && !isRemote(status.account)) return `/idees/${status.id}`
  if (status.communer?.kind === 'proposal' && !isRemote(status.account)) return `/propositions/${status.id}`
  if (status.communer?.kind === 'task' && !isRemote(status.account)) return `/taches/${status.id}`
  // What is said about a paragraph is read beside it.
  if (status.communer?.kind === 'amendment' && status.in_reply_to_id && !isRemote(status.account))
    return `/propositions/${status.in_reply_to_id}#amendement-${status.id}`
  if (status.communer?.kind === 'process' && !isRemote(status.account)) return `/demarches/${status.id}`
  if (status.communer?.kind === 'vote' && !isRemote(status.account)) return `/votes/${status.id}`
  return `/@${status.account.acct}/${status.id}`
}

export function eventPath(event: Pick<EventEntity, 'id'>): string {
  return `/evenements/${event.id}`
}

/** Display name, or the user name when none is set. */
export function nameOf(account: Pick<Account, 'display_name' | 'username'>): string {
  return account.display_name.trim() === '' ? account.username : account.display_name
}

/** The handle others type on their server: always with its domain. */
export function fullHandle(account: Pick<Account, 'acct'>, accountDomain: string): string {
  return account.acct.includes('@') ? `@${account.acct}` : `@${account.acct}@${accountDomain}`
}

/** Pictures of this site as paths: they load under whatever name the reader came by. */
export function imagePath(url: string, origin: string | undefined): string {
  return origin !== undefined && url.startsWith(`${origin}/`) ? url.slice(origin.length) : url
}

export function isRemote(account: Pick<Account, 'acct'>): boolean {
  return account.acct.includes('@')
}

/** Text of a piece of HTML, for descriptions and previews; never rendered as HTML. */
export function plainText(html: string, maxLength = 200): string {
  const text = html
    .replace(/<(br|\/p|\/li|\/h\d)[^>]*>/gi, ' ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim()
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).trimEnd()}…`
}

/** What a visitor may want to do with something, from her own server. */
export type Intent = 'open' | 'follow' | 'reply' | 'like' | 'boost' | 'join'

/** The form page that shows visitors the way to their own server. */
export function elsewherePath(uri: string, intent: Intent): string {
  return `/interagir?uri=${encodeURIComponent(uri)}&pour=${intent}`
}

/** A path of this site to go back to, or `/`: what a browser would read as the address of another site is none (security.md W10). */
export function pathHere(wanted: unknown): string {
  const base = 'https://here.invalid'
  if (typeof wanted !== 'string' || !wanted.startsWith('/') || !URL.canParse(wanted, base)) return '/'
  const { origin, pathname, search, hash } = new URL(wanted, base)
  // `/.//host` becomes `//host` once it is read.
  return origin !== base || pathname.startsWith('//') ? '/' : pathname + search + hash
}
