// Actor rows → Account entities of the Mastodon API. Pure: rows in, JSON out; no query here. Nothing private passes (allow-list).
import type { Ctx } from '../../../context.ts'
import type { AccountRow, ActorRow, ActorStatsRow } from '../../../db/rows.ts'
import { requireSite } from '../../../db/site.ts'
import { toCustomEmojis } from './emoji.ts'
import { imageUrl } from './images.ts'
import type { Account, AccountLite, CredentialAccount, CustomEmoji, Role } from './entities.ts'

/** What an Account is made of: an actor without its document. */
export type ActorView = Omit<ActorRow, 'doc' | 'blocked_hosts'>

export type Counts = Pick<ActorStatsRow, 'statuses' | 'followers' | 'following'>

/** The address as clients write it: `alice` here, `bob@host` elsewhere. */
export function acctOf(actor: Pick<ActorRow, 'local' | 'username' | 'domain'>): string {
  return actor.local ? actor.username : `${actor.username}@${actor.domain}`
}

/** The page of an actor: its own `url`, else ours. */
export function actorUrl(ctx: Ctx, actor: Pick<ActorRow, 'local' | 'username' | 'url' | 'iri'>): string {
  return actor.local ? `${requireSite(ctx).origin}/@${actor.username}` : (actor.url ?? actor.iri)
}

/** Account entity (docs.joinmastodon.org/entities/Account). Counts are zero when unknown. */
export function toAccount(ctx: Ctx, actor: ActorView, counts: Counts | null): Account {
  const avatar = imageUrl(ctx, picturesRefused(actor) ? null : (actor.icon?.url ?? null), 'avatar')
  const header = imageUrl(ctx, picturesRefused(actor) ? null : (actor.image?.url ?? null), 'header')
  const suspended = actor.suspended_at !== null || actor.deleted_at !== null
  return {
    id: actor.id,
    username: actor.username,
    acct: acctOf(actor),
    display_name: suspended ? '' : actor.name,
    locked: actor.locked,
    bot: actor.type === 'Service' || actor.type === 'Application',
    group: actor.type === 'Group',
    discoverable: actor.discoverable,
    indexable: actor.indexable,
    noindex: !actor.discoverable,
    hide_collections: actor.local ? actor.hide_collections : null,
    // Mastodon gives the day only, so that nothing finer can be learnt.
    created_at: `${actor.published.toISOString().slice(0, 10)}T00:00:00.000Z`,
    note: suspended ? '' : actor.summary,
    url: actorUrl(ctx, actor),
    uri: actor.iri,
    avatar,
    avatar_static: avatar,
    avatar_description: actor.icon?.name ?? '',
    header,
    header_static: header,
    header_description: actor.image?.name ?? '',
    followers_count: counts?.followers ?? 0,
    following_count: counts?.following ?? 0,
    statuses_count: counts?.statuses ?? 0,
    last_status_at: actor.last_status_at === null ? null : actor.last_status_at.toISOString().slice(0, 10),
    emojis: suspended ? [] : emojisOf(ctx, actor),
    fields: suspended ? [] : actor.fields.map(({ name, value, verifiedAt }) => ({ name, value, verified_at: verifiedAt ?? null })),
    roles: [],
    moved: null,
    ...(suspended ? { suspended: true } : {}),
    ...(actor.limited_at !== null || actor.host_action === 'limit' ? { limited: true } : {}),
    communer: { kind: actor.kind, type: actor.type }
  }
}

/** The name and picture of an actor, for places where an Account would be too much. */
export function toAccountLite(ctx: Ctx, actor: ActorView): AccountLite {
  return {
    id: actor.id,
    username: actor.username,
    acct: acctOf(actor),
    display_name: actor.name,
    avatar: imageUrl(ctx, picturesRefused(actor) ? null : (actor.icon?.url ?? null), 'avatar'),
    url: actorUrl(ctx, actor),
    kind: actor.kind,
    emojis: emojisOf(ctx, actor)
  }
}

function emojisOf(ctx: Ctx, actor: ActorView): CustomEmoji[] {
  return picturesRefused(actor) ? [] : toCustomEmojis(ctx, actor.emojis)
}

/** A moderator refused the pictures of this actor's server. */
export function picturesRefused(actor: Pick<ActorView, 'host_action'>): boolean {
  return actor.host_action === 'reject_media' || actor.host_action === 'block'
}

export interface CredentialInput {
  actor: ActorView
  counts: Counts | null
  account: Pick<AccountRow, 'role' | 'locale'>
  followRequests: number
}

/** CredentialAccount: one's own account with what the settings page edits. Never the e-mail address. */
export function toCredentialAccount(ctx: Ctx, { actor, counts, account, followRequests }: CredentialInput): CredentialAccount {
  return {
    ...toAccount(ctx, actor, counts),
    source: {
      privacy: 'public',
      sensitive: false,
      language: account.locale,
      note: plainText(actor.summary),
      fields: actor.fields
        .filter(({ detail }) => detail === undefined)
        .map(({ name, value, verifiedAt }) => ({ name, value: plainText(value), verified_at: verifiedAt ?? null })),
      follow_requests_count: followRequests,
      hide_collections: actor.hide_collections,
      discoverable: actor.discoverable,
      indexable: actor.indexable,
      attribution_domains: [],
      quote_policy: 'public'
    },
    role: roleOf(account.role)
  }
}

/** The text of HTML that we wrote ourselves: paragraphs and line breaks become new lines. */
export function plainText(html: string): string {
  return html
    .replaceAll(/<br\s*\/?>/gi, '\n')
    .replaceAll(/<\/p>\s*<p[^>]*>/gi, '\n\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

// Bits of Mastodon's UserRole: 1 administrator, 0x10 manage reports, 0x400 manage users, 0x10000 invite.
const ROLES: Record<AccountRow['role'], Role> = {
  member: { id: '-99', name: '', permissions: '65536', color: '', highlighted: false },
  agent: { id: '1', name: 'Agent', permissions: '65536', color: '', highlighted: true },
  moderator: { id: '2', name: 'Moderator', permissions: '66576', color: '', highlighted: true },
  admin: { id: '3', name: 'Admin', permissions: '1', color: '', highlighted: true }
}

function roleOf(role: AccountRow['role']): Role {
  return ROLES[role]
}
