// The rows of every table as pg hands them over: bigint as decimal string, timestamptz as Date, jsonb parsed.
// Types only: no query and no rule lives here.

import type { ReplyPolicy } from '../core/reply-policy.ts'
import type { AccountRole, AccountStatus, GroupKind, GroupOpenness, GroupPosting, MembershipRole, MembershipState } from '../core/roles.ts'
import type { MailKind } from '../locales/mail.ts'
import type { Locale } from '../locales/texts.ts'
import type { EventQuestion } from '../core/registration.ts'

export type { AccountRole, AccountStatus, GroupKind, GroupOpenness, GroupPosting, MembershipRole, MembershipState } from '../core/roles.ts'

export type Visibility = 'public' | 'unlisted' | 'followers' | 'members' | 'direct' | 'local'
export type TokenKind = 'session' | 'oauth' | 'app'

export interface SettingRow {
  key: string
  value: unknown
  updated_at: Date
}

/** Avatar or header of an actor: `icon` and `image` columns. */
export interface ActorImage {
  url: string
  mediaType: string | null
  name?: string | null
}

/** A PropertyValue of a profile; `value` is HTML already sanitised. */
export interface ActorField {
  name: string
  value: string
  /** ISO date of a verified rel=me link, else null or absent. */
  verifiedAt?: string | null
  /** Of a local person: the part of the profile it comes from (profile_details), else what they typed. */
  detail?: string
}

/** One entry of the `emojis` column: `:shortcode:` and its image. */
export interface ActorEmoji {
  name: string
  icon: string
}

export interface ActorRow {
  id: string
  iri: string
  type: string
  kind: GroupKind | string | null
  local: boolean
  username: string
  domain: string
  host: string
  handle_verified: boolean
  name: string
  summary: string
  url: string | null
  inbox: string
  shared_inbox: string | null
  outbox: string | null
  followers_iri: string | null
  following_iri: string | null
  featured_iri: string | null
  locked: boolean
  discoverable: boolean
  indexable: boolean
  /** Whom one follows and who follows is for oneself alone. */
  hide_collections: boolean
  icon: ActorImage | null
  image: ActorImage | null
  fields: ActorField[]
  /** Custom emoji its name and words may use; none for local actors. */
  emojis: ActorEmoji[]
  doc: Record<string, unknown>
  published: Date
  updated: Date | null
  fetched_at: Date | null
  suspended_at: Date | null
  deleted_at: Date | null
  last_status_at: Date | null
  /** What the commune decided about the actor's server; kept by the database. Null for local actors. */
  host_action: 'allow' | 'limit' | 'reject_media' | 'block' | null
  /** Hidden from public lists by a moderator. */
  limited_at: Date | null
  /** Other accounts of the same person, for local actors (alsoKnownAs); those of remote ones are in `doc`. */
  aliases: string[]
  moved_to_id: string | null
  moved_at: Date | null
  /** Servers this citizen does not want to hear of. Never shown to others. */
  blocked_hosts: string[]
}

export interface ActorStatsRow {
  actor_id: string
  statuses: number
  followers: number
  following: number
}

export interface ActorKeyRow {
  key_iri: string
  actor_id: string
  algorithm: 'rsa' | 'ed25519'
  public_pem: string
  private_sealed: Buffer | null
  created_at: Date
  fetched_at: Date
  refreshed_at: Date | null
  retired_at: Date | null
}

/** `accounts.preferences`: absent keys mean the default. */
export interface AccountPreferences {
  /** Plain text of the profile, as typed. */
  note?: string
  /** Default visibility of posts, in Mastodon's words. */
  privacy?: 'public' | 'unlisted' | 'private' | 'direct'
  sensitive?: boolean
  language?: string | null
  /** Who may quote what is published from now on. */
  quotePolicy?: 'public' | 'followers' | 'nobody'
  /** Where reading stopped, by timeline (Mastodon markers). */
  markers?: Record<string, { last_read_id: string; version: number; updated_at: string }>
  /** Whose notifications come through. */
  notificationPolicy?: Partial<NotificationPolicy>
  /** Types of notifications the person does not want, by channel; without a list, what holds by default. */
  silenced?: { site?: string[]; mail?: string[]; push?: string[] }
  /** How often mails about notifications leave at most. */
  mailPace?: 'soon' | 'day' | 'week' | 'never'
  /** The week of the commune by mail. */
  weekly?: boolean
}

export type PolicyVerdict = 'accept' | 'filter' | 'drop'

/** What becomes of notifications of strangers, of those who do not follow, of new accounts…; in Mastodon's words. */
export interface NotificationPolicy {
  for_not_following: PolicyVerdict
  for_not_followers: PolicyVerdict
  for_new_accounts: PolicyVerdict
  for_private_mentions: PolicyVerdict
  for_limited_accounts: PolicyVerdict
}

/** Where one device wants to hear of notifications. */
export interface PushSubscriptionRow {
  id: string
  actor_id: string
  token_id: string
  endpoint: string
  p256dh: string
  auth: string
  standard: boolean
  /** Types of notifications. */
  alerts: string[]
  policy: 'all' | 'followed' | 'follower' | 'none'
  created_at: Date
}

/** Direct posts of one thread, for one person. */
export interface ConversationRow {
  id: string
  owner_id: string
  root_id: string
  /** The latest post. */
  last_id: string
  unread: boolean
}

export interface AccountRow {
  id: string
  actor_id: string
  email: string
  password_hash: string
  role: AccountRole
  status: AccountStatus
  locale: string
  reason: string
  preferences: AccountPreferences
  created_at: Date
  last_seen_at: Date | null
  notifications_read_id: string
  /** When somebody proved to read mail at `email`; null: nobody yet. */
  confirmed_at: Date | null
  /** Let in by the commune before the address was confirmed. */
  approved_at: Date | null
  /** The last notification that was told by mail, and when. */
  mailed_notice_id: string
  notices_mailed_at: Date | null
  /** The last week whose news went out, as 2026-W48. */
  digest_week: string | null
}

export type MailState = 'waiting' | 'sent' | 'failed'

export interface MailRow {
  id: string
  account_id: string | null
  recipient: string
  kind: MailKind
  locale: Locale
  /** Values of the words, sealed; null once the mail left or was given up. */
  sealed: Buffer | null
  state: MailState
  attempts: number
  last_error: string | null
  created_at: Date
  expires_at: Date
  finished_at: Date | null
}

export type LinkPurpose = 'confirm' | 'reset' | 'change-email'

export interface OneTimeLinkRow {
  token_hash: Buffer
  purpose: LinkPurpose
  account_id: string
  /** The mailbox the link proves. */
  email: string
  created_at: Date
  expires_at: Date
}

export interface TotpRow {
  account_id: string
  /** The secret in base32, sealed. */
  sealed: Buffer
  /** Null: shown, but no code was given yet. */
  confirmed_at: Date | null
  /** Period (30 s since 1970) of the last code taken. */
  last_step: string
}

export interface PasskeyRow {
  id: string
  account_id: string
  credential_id: string
  public_key: Buffer
  counter: string
  transports: string[]
  name: string
  created_at: Date
  used_at: Date | null
}

export interface LoginTicketRow {
  ticket_hash: Buffer
  purpose: 'second-step' | 'passkey-login' | 'passkey-register'
  account_id: string | null
  challenge: string | null
  expires_at: Date
}

export interface ExportRow {
  id: string
  account_id: string
  state: 'waiting' | 'ready' | 'failed'
  attempts: number
  done: number
  total: number
  size_bytes: string | null
  created_at: Date
  expires_at: Date
}

export interface ImportRow {
  id: string
  account_id: string
  kind: 'follows' | 'blocks' | 'mutes' | 'domains' | 'bookmarks' | 'lists' | 'tags'
  /** What each line names: user@host, a host, an address, a hashtag; of lists `user@host TAB title`. Empty once finished. */
  handles: string[]
  total: number
  done: number
  failed: number
  /** The first of them, as the file has them. */
  failures: string[]
  created_at: Date
  finished_at: Date | null
}

export interface OauthAppRow {
  id: string
  client_id: string
  client_secret: string
  name: string
  website: string | null
  redirect_uris: string[]
  scopes: string[]
  created_at: Date
}

export interface OauthCodeRow {
  code_hash: Buffer
  app_id: string
  account_id: string
  redirect_uri: string
  scopes: string[]
  code_challenge: string | null
  expires_at: Date
  used_at: Date | null
}

export interface TokenRow {
  id: string
  token_hash: Buffer
  kind: TokenKind
  account_id: string | null
  app_id: string | null
  scopes: string[]
  user_agent: string | null
  created_at: Date
  used_at: Date
  expires_at: Date | null
  revoked_at: Date | null
}

export interface GroupRow {
  actor_id: string
  openness: GroupOpenness
  posting: GroupPosting
  /** The commune announces what it publishes. */
  relayed: boolean
  created_by: string | null
  created_at: Date
}

export interface MembershipRow {
  group_id: string
  actor_id: string
  role: MembershipRole
  state: MembershipState
  /** Id of the Join that asked, or of the Invite that was accepted, when it went from server to server. */
  iri: string | null
  created_at: Date
}

export interface GroupInvitationRow {
  id: string
  group_id: string
  inviter_id: string
  invitee_id: string
  state: 'pending' | 'accepted' | 'declined'
  /** Id of the Invite, when it went from server to server. */
  iri: string | null
  created_at: Date
  answered_at: Date | null
}

/** Said to a group by someone without a voice there; waits for a moderator. */
export interface GroupHoldRow {
  group_id: string
  object_id: string
  visibility: Visibility
  activity: string | null
  created_at: Date
}

export interface GroupBanRow {
  group_id: string
  actor_id: string
  iri: string | null
  by_id: string | null
  reason: string
  until: Date | null
  created_at: Date
}

/** A removal from a group, or a lock of a thread. */
export interface GroupDecisionRow {
  object_id: string
  group_id: string
  iri: string | null
  by_id: string | null
  reason: string
  created_at: Date
}

/** Where something happens: `place` column of an event. */
export interface Place {
  name: string | null
  address: string | null
  latitude: number | null
  longitude: number | null
  url: string | null
}

/** One entry of the `attachments` column. */
export interface Attachment {
  type: string
  mediaType: string | null
  url: string
  name: string | null
  width: number | null
  height: number | null
  blurhash: string | null
  /** x and y between -1 and 1. */
  focalPoint: [number, number] | null
  previewUrl?: string | null
  /** Row id in `media` when the file is ours. */
  mediaId?: string | null
}

/** One entry of the `tags` column. */
export interface ObjectTag {
  type: string
  name: string
  href: string | null
  /** Image of a custom emoji. */
  icon?: string | null
}

/** A poll: totals of our own are counted, those of elsewhere are what its host declares. */
export interface Poll {
  multiple: boolean
  options: { name: string; votes: number | null }[]
  voters: number | null
  endTime: string | null
  closed: string | null
  /** Of ours: nobody sees totals before the end. */
  hideTotals?: boolean
}

export interface ObjectRow {
  id: string
  iri: string
  type: string
  kind: string | null
  local: boolean
  actor_id: string
  author_id: string | null
  group_id: string | null
  visibility: Visibility
  in_reply_to_iri: string | null
  in_reply_to_id: string | null
  root_id: string | null
  reblog_of_id: string | null
  name: string | null
  summary: string | null
  content: string
  content_html: string
  source: string | null
  language: string | null
  sensitive: boolean
  url: string | null
  start_time: Date | null
  end_time: Date | null
  timezone: string | null
  event_status: string | null
  place: Place | null
  latitude: number | null
  longitude: number | null
  attachments: Attachment[]
  tags: ObjectTag[]
  poll: Poll | null
  /** Null: its server does not say. */
  quote_policy: QuotePolicy | null
  /** Who may answer; null: everyone it reaches. */
  reply_policy: ReplyPolicy | null
  published: Date
  updated: Date | null
  created_at: Date
  deleted_at: Date | null
  doc: Record<string, unknown>
}

export interface ObjectStatsRow {
  object_id: string
  replies: number
  likes: number
  shares: number
  dislikes: number
}

export interface ObjectTagRow {
  tag: string
  object_id: string
}

export interface ObjectRecipientRow {
  object_id: string
  actor_id: string
  mention: boolean
}

export interface ObjectEditRow {
  object_id: string
  at: Date
  content_html: string
  summary: string | null
  name: string | null
}

export interface FollowRow {
  id: string
  iri: string
  follower_id: string
  followed_id: string
  state: 'pending' | 'accepted'
  follower_local: boolean
  delivery_inbox: string | null
  reblogs: boolean
  /** The follower hears of each new post. */
  notify: boolean
  /** Only posts in these languages reach the follower's home; null: all. */
  languages: string[] | null
  created_at: Date
  accepted_at: Date | null
}

export interface FollowerInboxRow {
  followed_id: string
  inbox: string
  host: string
  followers: number
}

export interface LikeRow {
  id: string
  iri: string
  actor_id: string
  object_id: string
  created_at: Date
}

/** Who may quote a post: everyone, followers, its author alone, or whom its author allows one by one. */
export type QuotePolicy = 'public' | 'followers' | 'nobody' | 'manual'
export type QuoteState = 'pending' | 'accepted' | 'rejected' | 'revoked'

export interface QuoteRow {
  quote_iri: string
  quote_id: string | null
  quoted_iri: string
  quoted_id: string | null
  state: QuoteState
  stamp_iri: string | null
  request_iri: string | null
  created_at: Date
}

export interface ReactionRow {
  id: string
  iri: string
  actor_id: string
  object_id: string
  emoji: string
  icon: string | null
  created_at: Date
}

export interface DislikeRow {
  id: string
  iri: string
  actor_id: string
  object_id: string
  created_at: Date
}

export interface PollVoteRow {
  object_id: string
  voter_id: string
  option: number
  single: boolean
  created_at: Date
}

export interface BlockRow {
  id: string
  iri: string
  blocker_id: string
  blocked_id: string
  created_at: Date
}

export interface MuteRow {
  muter_id: string
  muted_id: string
  notifications: boolean
  created_at: Date
  /** Null: until it is taken back. */
  expires_at: Date | null
}

export interface ListRow {
  id: string
  owner_id: string
  title: string
  replies_policy: 'followed' | 'list' | 'none'
  /** Its members' posts do not show in the home timeline. */
  exclusive: boolean
  created_at: Date
}

export interface FilterRow {
  id: string
  actor_id: string
  title: string
  context: string[]
  action: 'warn' | 'hide' | 'blur'
  expires_at: Date | null
  created_at: Date
}

export interface FilterKeywordRow {
  id: string
  filter_id: string
  keyword: string
  whole_word: boolean
}

export interface FilterStatusRow {
  id: string
  filter_id: string
  object_id: string
}

/** A hashtag somebody follows or shows on their profile: folded for looking up, and as they wrote it. */
export interface KeptTagRow {
  id: string
  actor_id: string
  tag: string
  name: string
  created_at: Date
}

export type JoinMode = 'free' | 'restricted' | 'external' | 'invite' | 'none'

/** What only events have: one row per object of type Event. */
export interface EventRow {
  object_id: string
  local: boolean
  join_mode: JoinMode
  external_url: string | null
  capacity: number | null
  participants: number
  requests: number
  moved_from: Date | null
  /** Who finds no seat waits for one. */
  waiting_list: boolean
  /** Who has no account registers by e-mail. */
  guests: boolean
  /** Most seats one registration takes. */
  seats_each: number
  questions: EventQuestion[]
  /** Who comes gets a code for the door. */
  check_in: boolean
  /** In euros, as PostgreSQL writes it; null: nobody said, 0: free. */
  price: string | null
  price_note: string | null
  accessibility: string[]
  for_children: boolean
  contact: string | null
  /** The place of the directory where it is. */
  place_actor_id: string | null
  /** Who announces it may speak for the place too. */
  place_announces: boolean
}

export interface ParticipationRow {
  id: string
  object_id: string
  /** Null: a guest without account. */
  actor_id: string | null
  /** unconfirmed: a guest who has not opened the mail yet. */
  state: 'unconfirmed' | 'pending' | 'accepted' | 'interested' | 'refused' | 'left'
  guest_name: string | null
  guest_email: string | null
  guest_locale: string | null
  /** The person and who comes along. */
  seats: number
  /** By the question's id. */
  answers: Record<string, string> | null
  code: string | null
  checked_in_at: Date | null
  named: boolean
  message: string
  iri: string | null
  created_at: Date
  answered_at: Date | null
}

/** What organisers wrote to those who come. */
export interface EventMessageRow {
  id: string
  object_id: string
  author_id: string
  content: string
  audience: 'accepted' | 'all'
  /** Participations up to this one have it. */
  sent_through: string
  sent: number
  created_at: Date
  finished_at: Date | null
}

export interface EventInvitationRow {
  id: string
  object_id: string
  inviter_id: string
  invitee_id: string
  state: 'pending' | 'accepted' | 'declined'
  iri: string | null
  created_at: Date
  answered_at: Date | null
}

export interface IdempotencyKeyRow {
  actor_id: string
  key: string
  object_id: string
  created_at: Date
}

export interface FeaturedRow {
  actor_id: string
  object_id: string
  created_at: Date
}

export interface HomeItemRow {
  owner_id: string
  object_id: string
}

export interface NotificationRow {
  id: string
  owner_id: string
  type: string
  from_id: string
  object_id: string | null
  decision_id: string | null
  /** The group or card it speaks of, of types group_request, group_joined, card_… and correction_…. */
  group_id: string | null
  /** Of a refused card or correction: why. */
  reason: string
  /** Kept back while its server floods. */
  held: boolean
  /** Put aside by the owner's policy. */
  filtered: boolean
  created_at: Date
}

export interface MediaRow {
  id: string
  actor_id: string
  object_id: string | null
  file: string
  preview_file: string | null
  media_type: string
  width: number
  height: number
  preview_width: number | null
  preview_height: number | null
  size_bytes: number
  blurhash: string | null
  description: string
  focus_x: number
  focus_y: number
  created_at: Date
}

export interface ActivityRow {
  id: string
  iri: string
  type: string
  actor_id: string
  object_iri: string | null
  visibility: Visibility
  body: string
  published: Date
}

export interface DeliveryRow {
  id: string
  activity_id: string
  actor_id: string
  inbox: string
  host: string
  object_iri: string | null
  state: 'waiting' | 'done' | 'dead' | 'cancelled'
  attempts: number
  next_at: Date
  lease_until: Date | null
  first_failed_at: Date | null
  finished_at: Date | null
  last_status: number | null
  last_error: string | null
}

export interface HostRow {
  host: string
  software: string | null
  software_version: string | null
  software_checked_at: Date | null
  signature_scheme: 'cavage' | 'rfc9421' | null
  signature_scheme_at: Date | null
  failures: number
  failure_days: Date[]
  open_until: Date | null
  asleep_since: Date | null
  gone_at: Date | null
  last_success_at: Date | null
  last_failure_at: Date | null
  last_error: string | null
  last_inbound_at: Date | null
  /** It once sent an Announce of a whole activity (FEP-1b12). */
  relays_activities: boolean
}

export interface VisitRow {
  kind: string
  subject: string
  at: Date
  etag: string | null
  modified: string | null
  detail: Record<string, unknown>
}

export interface DomainPolicyRow {
  host: string
  action: 'allow' | 'limit' | 'reject_media' | 'block'
  /** For administrators only. */
  reason: string
  reject_reports: boolean
  public_comment: string
  /** Spelled with stars in public lists. */
  obfuscate: boolean
  created_at: Date
  updated_at: Date
}

export interface InboxLogRow {
  id: string
  dedup_key: Buffer
  iri: string | null
  type: string
  actor_iri: string
  signer_iri: string
  host: string
  recipient_id: string | null
  body: string | null
  state: 'waiting' | 'done' | 'dead'
  outcome: string | null
  attempts: number
  next_at: Date
  lease_until: Date | null
  received_at: Date
  finished_at: Date | null
}

export interface TombstoneRow {
  iri: string
  actor_iri: string | null
  former_type: string | null
  deleted_at: Date
}

export interface EarlyUndoRow {
  actor_iri: string
  type: string
  object_iri: string
  created_at: Date
}

export interface ReportRow {
  id: string
  reporter_id: string | null
  target_id: string
  object_iris: string[]
  comment: string
  iri: string | null
  state: 'open' | 'resolved'
  category: ReportCategory
  /** Made here, by a citizen or a visitor. */
  local: boolean
  contact_name: string
  contact_email: string
  forwarded: boolean
  resolved_at: Date | null
  resolved_by: string | null
  created_at: Date
}

export type ReportCategory = 'spam' | 'legal' | 'violation' | 'other'

export interface DecisionRow {
  id: string
  moderator_id: string | null
  action: string
  target_id: string | null
  host: string | null
  report_id: string | null
  object_iris: string[]
  reason: string
  ground: 'terms' | 'law'
  created_at: Date
}

export interface CounterRow {
  name: string
  hour: Date
  count: string
}
