// Objects → Status entities of the Mastodon API, with what Mastodon has no word for in `communer`. Pure: everything was
// loaded for the whole page by loadStatusParts().
import type { Ctx } from '../../../context.ts'
import { matchFilters } from '../../../db/filters.ts'
import type { ObjectTag, Visibility } from '../../../db/rows.ts'
import type { ActorPart, StatusFacts, StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { subjectOf } from '../../../protocol/media-address.ts'
import { acctOf, actorUrl, picturesRefused, toAccount } from './account.ts'
import { toCard } from './card.ts'
import { contentOf, toExtension } from './extension.ts'
import { toEmojis } from './emoji.ts'
import { toFilterResults } from './filter.ts'
import { toMediaAttachment } from './media.ts'
import { toPoll } from './poll.ts'
import { toQuote, toQuoteApproval } from './quote.ts'
import type { MediaAttachment, Mention, Status, StatusTag, StatusVisibility } from './entities.ts'

const NO_FACTS: StatusFacts = {
  replies: 0,
  likes: 0,
  shares: 0,
  parentActorId: null,
  mentionIds: [],
  favourited: false,
  reblogged: false,
  pinned: false,
  bookmarked: false,
  muted: false,
  ownVotes: [],
  dislikes: 0,
  reactions: [],
  quotes: 0,
  followed: false,
  latestReply: null,
  card: null,
  replyPolicy: null,
  canReply: true
}

/** The statuses of a page in order. Boosts of what the viewer may not see are left out. */
export function toStatuses(ctx: Ctx, rows: StatusRow[], parts: StatusParts): Status[] {
  return rows.flatMap((row) => toStatus(ctx, row, parts) ?? [])
}

/** One Status (docs.joinmastodon.org/entities/Status), or null when its author or its boosted object is not there for the viewer. */
export function toStatus(ctx: Ctx, row: StatusRow, parts: StatusParts, isQuoted = false): Status | null {
  const actor = parts.actors.get(row.actor_id)
  const original = row.reblog_of_id === null ? null : parts.reblogs.get(row.reblog_of_id)
  if (actor === undefined || original === undefined) return null
  const reblog = original === null ? null : toStatus(ctx, original, parts)
  if (original !== null && reblog === null) return null
  // Counters and relations of a boost are those of what it boosts, as in Mastodon.
  const facts = parts.facts.get(original?.id ?? row.id) ?? NO_FACTS
  return {
    ...ownFields(ctx, row, parts.facts.get(row.id) ?? NO_FACTS, parts),
    replies_count: facts.replies,
    reblogs_count: facts.shares,
    favourites_count: facts.likes,
    quotes_count: facts.quotes,
    favourited: facts.favourited,
    reblogged: facts.reblogged,
    muted: facts.muted,
    bookmarked: facts.bookmarked,
    ...(parts.viewer.actorId === row.actor_id && row.reblog_of_id === null ? { pinned: facts.pinned } : {}),
    // A boost meets the filters of what it boosts.
    filtered: toFilterResults(matchFilters(parts.filters, original ?? row)),
    reblog,
    application: null,
    account: toAccount(ctx, actor, actor),
    card: toCard(ctx, parts.facts.get(row.id)?.card ?? null, parts),
    poll: toPoll(ctx, row, parts.facts.get(row.id)?.ownVotes ?? [], parts.viewer.actorId),
    // What a quoted post quotes itself is not opened again.
    quote: isQuoted ? null : toQuote(parts.quotes.get(row.id), (quoted) => toStatus(ctx, quoted, parts, true)),
    quote_approval: toQuoteApproval(row, parts)
  }
}

type OwnFields = Pick<
  Status,
  | 'id'
  | 'created_at'
  | 'edited_at'
  | 'in_reply_to_id'
  | 'in_reply_to_account_id'
  | 'sensitive'
  | 'spoiler_text'
  | 'visibility'
  | 'language'
  | 'uri'
  | 'url'
  | 'content'
  | 'media_attachments'
  | 'mentions'
  | 'tags'
  | 'emojis'
  | 'communer'
>

function ownFields(ctx: Ctx, row: StatusRow, facts: StatusFacts, parts: StatusParts): OwnFields {
  return {
    id: row.id,
    created_at: row.published.toISOString(),
    edited_at: row.updated?.toISOString() ?? null,
    in_reply_to_id: row.in_reply_to_id,
    in_reply_to_account_id: facts.parentActorId,
    sensitive: row.sensitive,
    spoiler_text: isTitled(row) ? '' : (row.summary ?? ''),
    visibility: toVisibility(row.visibility),
    language: row.language,
    uri: row.iri,
    url: row.url ?? row.iri,
    content: contentOf(ctx, row),
    media_attachments: arePicturesRefused(row, parts) ? [] : toMedia(ctx, row),
    mentions: facts.mentionIds.flatMap((id) => toMention(ctx, parts.actors.get(id))),
    tags: toTags(ctx, row.tags),
    emojis: arePicturesRefused(row, parts) ? [] : toEmojis(ctx, row.tags),
    communer: toExtension(ctx, row, facts, parts)
  }
}

/** On titled objects `summary` is a line of text, not a content warning (federation.md W11). */
function isTitled(row: StatusRow): boolean {
  return row.name !== null && row.name !== ''
}

/** Mastodon's four words for our six; what it cannot say becomes the narrower one. */
export function toVisibility(visibility: Visibility): StatusVisibility {
  if (visibility === 'public' || visibility === 'unlisted' || visibility === 'direct') return visibility
  return 'private'
}

function arePicturesRefused(row: StatusRow, parts: StatusParts): boolean {
  const author = parts.actors.get(row.actor_id)
  return author !== undefined && picturesRefused(author)
}

function toMedia(ctx: Ctx, row: StatusRow): MediaAttachment[] {
  return row.attachments.flatMap(
    (attachment, index) => toMediaAttachment(ctx, { id: row.id, subject: subjectOf(row) }, attachment, index) ?? []
  )
}

function toMention(ctx: Ctx, actor: ActorPart | undefined): Mention[] {
  if (actor === undefined) return []
  return [{ id: actor.id, username: actor.username, url: actorUrl(ctx, actor), acct: acctOf(actor) }]
}

/** Hashtags, linked to our own page of the tag. */
export function toTags(ctx: Ctx, tags: ObjectTag[]): StatusTag[] {
  return tags.flatMap(({ type, name }) => (type === 'Hashtag' ? [toTag(ctx, name)] : []))
}

/** A hashtag with the address of its page here. */
export function toTag(ctx: Ctx, name: string): StatusTag {
  const bare = name.replace(/^#/, '')
  return { name: bare, url: `${ctx.site?.origin ?? ''}/tags/${encodeURIComponent(bare.toLowerCase())}` }
}
