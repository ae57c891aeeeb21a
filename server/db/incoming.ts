// The shape of what other servers say once normalised: plain, typed, bounded. Types only; protocol/normalise.ts makes them.
import type { Attachment, JoinMode, ObjectTag, Place, Poll, QuotePolicy } from './rows.ts'

/** How one takes part in an event, in its server's words. */
export interface NormJoining {
  joinMode: JoinMode
  externalUrl: string | null
  /** Null: as many as come. */
  capacity: number | null
  participants: number
}

/** An object as received (or fetched), read with our own term table. Nothing in it is trusted yet. */
export interface NormObject {
  id: string
  type: string
  kind: string | null
  /** The actor that publishes: exactly one absolute id, or null when the document names none. */
  attributedTo: string | null
  /** Mobilizon and Communer: the person behind what a group publishes. */
  authorIri: string | null
  to: string[]
  cc: string[]
  audience: string[]
  inReplyTo: string | null
  name: string | null
  summary: string | null
  /** HTML as received; plain text already escaped. Empty when there is none. */
  content: string
  hasContent: boolean
  language: string | null
  sensitive: boolean
  url: string | null
  published: Date | null
  updated: Date | null
  attachments: Attachment[]
  tags: ObjectTag[]
  /** Actor ids of Mention tags. */
  mentions: string[]
  /** Folded hashtag names without #. */
  hashtags: string[]
  poll: Poll | null
  /** The post it quotes, under any of the customary names. */
  quote: string | null
  /** Its author's stamp: the id of a QuoteAuthorization. */
  quoteAuthorization: string | null
  quotePolicy: QuotePolicy | null
  /** Who may answer, as far as the document says so. */
  replyPolicy: 'nobody' | null
  startTime: Date | null
  endTime: Date | null
  timezone: string | null
  eventStatus: string | null
  /** Null: not an event. */
  joining: NormJoining | null
  place: Place | null
  /** The document itself, for the `doc` column. */
  json: Record<string, unknown>
}

/** What an activity points at: a bare id, or the parts of an embedded document that decisions may need. */
export interface NormRef {
  id: string | null
  type: string | null
  /** `actor` of an embedded activity, else null. */
  actor: string | null
  /** `object` of an embedded activity, else null. */
  objectId: string | null
  /** Embedded document of a Create or Update that is not an actor. */
  object: NormObject | null
  /** The embedded document as received. */
  json: Record<string, unknown> | null
}

/** An activity with exactly one actor. `id` is null where the peer sends none (Mastodon's Add, federation.md R1). */
export interface NormActivity {
  id: string | null
  type: string
  actor: string
  objects: NormRef[]
  target: string | null
  to: string[]
  cc: string[]
  audience: string[]
  published: Date | null
  /** Free text of a Flag, message of a Join, reason of a moderator: without HTML. */
  text: string
  /** When a group's ban ends; null: for good, or no ban. */
  until: Date | null
  /** The emoji of an EmojiReact, or of Misskey's Like. */
  reaction: { emoji: string; icon: string | null } | null
  /** The post with which a QuoteRequest wants to quote. */
  instrument: NormRef | null
  /** What an Accept gives: the id of a QuoteAuthorization. */
  result: string | null
}

/** What is kept about the votes hidden in Create{Note}: federation.md §3.8. */
export function isVote(object: NormObject): boolean {
  return object.type === 'Note' && object.name !== null && !object.hasContent && object.inReplyTo !== null
}
