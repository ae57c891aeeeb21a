// The entities of the Mastodon client API as we send them (docs.joinmastodon.org/entities). Shapes only: every documented
// field is there, `null` rather than absent, because native apps decode into typed models.
import type { EventStatus } from '../../../core/event-status.ts'

export interface CustomEmoji {
  shortcode: string
  url: string
  static_url: string
  visible_in_picker: boolean
  category: string | null
}

export interface Field {
  name: string
  /** HTML. */
  value: string
  verified_at: string | null
}

export interface Role {
  id: string
  name: string
  permissions: string
  color: string
  highlighted: boolean
}

export interface Account {
  id: string
  username: string
  acct: string
  display_name: string
  locked: boolean
  bot: boolean
  group: boolean
  discoverable: boolean | null
  indexable: boolean
  noindex: boolean
  hide_collections: boolean | null
  created_at: string
  /** HTML. */
  note: string
  url: string
  uri: string
  avatar: string
  avatar_static: string
  avatar_description: string
  header: string
  header_static: string
  header_description: string
  followers_count: number
  following_count: number
  statuses_count: number
  /** A day, YYYY-MM-DD. */
  last_status_at: string | null
  emojis: CustomEmoji[]
  fields: Field[]
  roles: Pick<Role, 'id' | 'name' | 'color'>[]
  moved: Account | null
  suspended?: boolean
  limited?: boolean
  /** What Mastodon has no word for: group, organization, project, commune; null for people. */
  communer: { kind: string | null; type: string }
}

export interface CredentialAccount extends Account {
  source: {
    privacy: 'public' | 'unlisted' | 'private' | 'direct'
    sensitive: boolean
    language: string | null
    /** Plain text. */
    note: string
    fields: Field[]
    follow_requests_count: number
    hide_collections: boolean | null
    discoverable: boolean | null
    indexable: boolean
    attribution_domains: string[]
    quote_policy: 'public' | 'followers' | 'nobody'
  }
  role: Role
}

export interface Relationship {
  id: string
  following: boolean
  showing_reblogs: boolean
  notifying: boolean
  languages: string[] | null
  followed_by: boolean
  blocking: boolean
  blocked_by: boolean
  muting: boolean
  muting_notifications: boolean
  requested: boolean
  requested_by: boolean
  domain_blocking: boolean
  endorsed: boolean
  note: string
}

export interface AnnouncementEntity {
  id: string
  /** HTML. */
  content: string
  starts_at: string | null
  ends_at: string | null
  all_day: boolean
  published_at: string
  updated_at: string
  /** The viewer put it away. */
  read: boolean
  mentions: Mention[]
  statuses: { id: string; url: string }[]
  tags: StatusTag[]
  emojis: CustomEmoji[]
  reactions: { name: string; count: number; me: boolean; url?: string; static_url?: string }[]
}

export interface MediaSize {
  width: number
  height: number
  size: string
  aspect: number
}

export interface MediaAttachment {
  id: string
  type: 'image' | 'gifv' | 'video' | 'audio' | 'unknown'
  url: string | null
  preview_url: string | null
  remote_url: string | null
  preview_remote_url: string | null
  text_url: string | null
  meta: { original?: MediaSize; small?: MediaSize; focus?: { x: number; y: number } } | null
  description: string | null
  blurhash: string | null
}

export interface Mention {
  id: string
  username: string
  url: string
  acct: string
}

export interface StatusTag {
  name: string
  url: string
}

export interface TagDay {
  /** Midnight, in seconds since 1970. */
  day: string
  uses: string
  accounts: string
}

export interface Tag extends StatusTag {
  id: string
  history: TagDay[]
  following: boolean
  featuring: boolean
}

export interface FeaturedTag extends StatusTag {
  id: string
  /** A number in text. */
  statuses_count: string
  last_status_at: string | null
}

export interface List {
  id: string
  title: string
  replies_policy: 'followed' | 'list' | 'none'
  exclusive: boolean
}

export interface FilterKeyword {
  id: string
  keyword: string
  whole_word: boolean
}

export interface FilterStatus {
  id: string
  status_id: string
}

/** A filter as a status that met it names it. */
export interface FilterLite {
  id: string
  title: string
  context: string[]
  expires_at: string | null
  filter_action: 'warn' | 'hide' | 'blur'
}

export interface Filter extends FilterLite {
  keywords: FilterKeyword[]
  statuses: FilterStatus[]
}

export interface FilterResult {
  filter: FilterLite
  keyword_matches: string[] | null
  status_matches: string[] | null
}

/** A keyword as version 1 of the API had filters. */
export interface FilterV1 {
  id: string
  phrase: string
  context: string[]
  whole_word: boolean
  expires_at: string | null
  irreversible: boolean
}

export interface MutedAccount extends Account {
  mute_expires_at: string | null
}

export interface Poll {
  id: string
  expires_at: string | null
  expired: boolean
  multiple: boolean
  votes_count: number
  voters_count: number | null
  options: { title: string; votes_count: number | null }[]
  emojis: CustomEmoji[]
  voted: boolean
  own_votes: number[]
  /** The host whose word the totals are, of a poll that is not ours. */
  communer: { declared_by: string | null }
}

export interface Quote {
  state: 'pending' | 'accepted' | 'rejected' | 'revoked' | 'deleted' | 'unauthorized'
  quoted_status: Status | null
}

export interface QuoteApproval {
  automatic: string[]
  manual: string[]
  current_user: 'automatic' | 'manual' | 'denied' | 'unknown'
}

export type StatusVisibility = 'public' | 'unlisted' | 'private' | 'direct'

/** Enough of an account to name it and draw it. */
export interface AccountLite {
  id: string
  username: string
  acct: string
  display_name: string
  avatar: string
  url: string
  kind: string | null
  /** Custom emoji of its name. */
  emojis: CustomEmoji[]
}

export interface Place {
  name: string | null
  address: string | null
  latitude: number | null
  longitude: number | null
  url: string | null
}

/** What one wants to know before coming, and what one is asked who does. */
export interface Practical {
  /** Who has no account registers by e-mail. */
  guests: boolean
  /** Most seats one registration takes. */
  seatsEach: number
  questions: { id: string; label: string; kind: 'text' | 'choice' | 'yes'; options: string[]; required: boolean }[]
  /** Who comes gets a code for the door. */
  checkIn: boolean
  /** Euros; 0: free, null: nobody says. */
  price: number | null
  priceNote: string | null
  accessibility: string[]
  forChildren: boolean
  contact: string | null
}

export interface EventDetails extends Practical {
  /** ISO 8601 with the offset of `timezone`. */
  start: string
  end: string | null
  timezone: string
  status: EventStatus
  location: Place | null
  /** Start before the organiser last changed it. */
  movedFrom: string | null
  /** How one takes part; `none`: nobody registers, or the organiser's software takes no registrations from elsewhere. */
  joinMode: 'free' | 'restricted' | 'external' | 'invite' | 'none'
  externalParticipationUrl: string | null
  /** Null: as many as come. */
  capacity: number | null
  remainingCapacity: number | null
  /** Who finds no seat waits for one. */
  waitingList: boolean
  participantCount: number
  isOver: boolean
  /** How the viewer stands to it; null: not at all. */
  participation: Participation | null
  /** Who invited the viewer, while they have not answered. */
  invitedBy: AccountLite | null
  /** The viewer may read the list of participants, accept and refuse. */
  canOrganise: boolean
  /** Requests that wait for an organiser; for organisers only. */
  requestCount: number | null
}

/** Where a request to take part stands, for the person who made it. */
export interface Participation {
  /**
   * sent: on its way; received: the organiser's server has it; no_answer: three days later nothing came back; undeliverable: it could not
   * be handed over; waiting: in line for a seat; accepted, refused: the organiser's word; interested: only in one's own agenda.
   */
  state: 'sent' | 'received' | 'no_answer' | 'undeliverable' | 'waiting' | 'accepted' | 'refused' | 'interested'
  /** In line for a seat, from 1; null: in no line. */
  position: number | null
  named: boolean
  message: string
  seats: number
  /** By the question's id. */
  answers: Record<string, string>
  /** To say at the door; null where nobody asks. */
  code: string | null
  since: string
}

/** What our objects say beyond a Mastodon status. */
export interface CommunerExtension {
  /** ActivityStreams type: Note, Event, Article, Page, Question… */
  type: string
  kind: string | null
  title: string | null
  /** Exact visibility, where Mastodon has only four. */
  visibility: string
  /** Who may answer. */
  reply_policy: 'everyone' | 'members' | 'nobody'
  /** The reader may. */
  can_reply: boolean
  /** HTML body without the title, date and link lines that `content` gets for plain clients. */
  body: string
  event: EventDetails | null
  /** The group that publishes, or in which it is said. */
  group: AccountLite | null
  /** The person behind what a group publishes. */
  author: AccountLite | null
  latest_reply: { id: string; created_at: string; content: string; account: AccountLite } | null
  /** Likes that came with an emoji, the most frequent first. `url`: image of a custom one. */
  reactions: { name: string; url: string | null; count: number }[]
  /** Votes against (Lemmy and its kin). */
  dislikes_count: number
}

/** The page a status links to (docs.joinmastodon.org/entities/PreviewCard). Plain text; `html` is always empty. */
export interface PreviewCard {
  url: string
  title: string
  description: string
  language: string | null
  type: 'link'
  author_name: string
  author_url: string
  authors: { name: string; url: string; account: Account | null }[]
  provider_name: string
  provider_url: string
  html: ''
  width: number
  height: number
  image: string | null
  image_description: string
  embed_url: ''
  blurhash: string | null
  published_at: string | null
}

export interface Status {
  id: string
  created_at: string
  edited_at: string | null
  in_reply_to_id: string | null
  in_reply_to_account_id: string | null
  sensitive: boolean
  spoiler_text: string
  visibility: StatusVisibility
  language: string | null
  uri: string
  url: string | null
  replies_count: number
  reblogs_count: number
  favourites_count: number
  quotes_count: number
  favourited: boolean
  reblogged: boolean
  muted: boolean
  bookmarked: boolean
  pinned?: boolean
  /** HTML, sanitised. */
  content: string
  filtered: FilterResult[]
  reblog: Status | null
  application: { name: string; website: string | null } | null
  account: Account
  media_attachments: MediaAttachment[]
  mentions: Mention[]
  tags: StatusTag[]
  emojis: CustomEmoji[]
  card: PreviewCard | null
  poll: Poll | null
  quote: Quote | null
  quote_approval: QuoteApproval
  communer: CommunerExtension
}

export interface StatusEdit {
  content: string
  spoiler_text: string
  sensitive: boolean
  created_at: string
  account: Account
  poll: null
  media_attachments: MediaAttachment[]
  emojis: CustomEmoji[]
}

export interface Notification {
  id: string
  type: string
  created_at: string
  group_key: string
  account: Account
  status: Status | null
  /** Of type moderation_warning. */
  moderation_warning?: AccountWarning
  /** Of type group_removed: why the group took the post out, '' when nobody said. Of group_request, group_joined, card_… and correction_…: which group or card, and why not. */
  communer?: { reason?: string; group?: Account }
}

export interface NotificationGroupEntity {
  group_key: string
  notifications_count: number
  type: string
  most_recent_notification_id: string
  page_min_id: string
  page_max_id: string
  latest_page_notification_at: string
  sample_account_ids: string[]
  status_id: string | null
  moderation_warning?: AccountWarning
  communer?: { reason?: string; group?: Account }
}

export interface GroupedNotifications {
  accounts: Account[]
  statuses: Status[]
  notification_groups: NotificationGroupEntity[]
}

export interface NotificationRequestEntity {
  id: string
  created_at: string
  updated_at: string
  /** A number in text. */
  notifications_count: string
  account: Account
  last_status: Status | null
}

export interface ConversationEntity {
  id: string
  unread: boolean
  accounts: Account[]
  last_status: Status | null
}

/** What moderators decided about the reader, and why (docs.joinmastodon.org/entities/AccountWarning). */
export interface AccountWarning {
  id: string
  action: string
  text: string
  status_ids: null
  target_account: Account | null
  appeal: null
  created_at: string
  communer: { action: string; ground: 'terms' | 'law' }
}

/** An event of the native API: /api/communer/v1/events. */
export interface EventEntity extends EventDetails {
  id: string
  uri: string
  url: string
  title: string
  /** HTML, sanitised. */
  description: string
  image: { url: string; description: string | null; width: number | null; height: number | null } | null
  /** The place of the directory where it is: one can follow it. */
  placeActor: { username: string; name: string; url: string } | null
  /** The other pictures. */
  moreImages: { url: string; description: string | null; width: number | null; height: number | null }[]
  tags: StatusTag[]
  organizer: Account
  author: Account | null
  visibility: string
  replies_count: number
  favourites_count: number
  reblogs_count: number
  created_at: string
  edited_at: string | null
  status_id: string
}
