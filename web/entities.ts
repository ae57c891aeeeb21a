// Shapes of what the HTTP APIs answer (Mastodon entities and ours), as far as the pages read them. No behaviour.
import type { MemberFunction } from './entities-rooms.ts'

export interface Field {
  name: string
  value: string
  verified_at: string | null
}

/** A picture that stands for `:shortcode:`. */
export interface CustomEmoji {
  shortcode: string
  url: string
}

export interface Account {
  id: string
  username: string
  acct: string
  display_name: string
  note: string
  url: string
  uri: string
  avatar: string
  header: string
  locked: boolean
  bot: boolean
  group: boolean
  discoverable: boolean | null
  indexable?: boolean | null
  created_at: string
  followers_count: number
  following_count: number
  statuses_count: number
  /** Not to be shown by search engines. */
  noindex?: boolean | null
  fields: Field[]
  emojis?: CustomEmoji[]
  source?: {
    note: string
    fields: Field[]
    privacy: string
    language: string | null
    quote_policy?: QuotePolicy
    hide_collections?: boolean | null
  }
  communer?: { kind?: string | null; type?: string } | null
  /** Where the person went. */
  moved?: Account | null
  /** By moderators. */
  limited?: boolean
  suspended?: boolean
}

export interface MediaAttachment {
  id: string
  type: string
  url: string | null
  preview_url: string | null
  remote_url: string | null
  description: string | null
  blurhash: string | null
  meta: { original?: { width: number; height: number }; focus?: { x: number; y: number } } | null
}

export interface Place {
  name: string | null
  address: string | null
  latitude: number | null
  longitude: number | null
  url?: string | null
}

/** Enough of an account to name it and draw it. */
export interface AccountLite {
  id: string
  username: string
  acct: string
  display_name: string
  avatar: string
  url: string
  kind: string | null
  emojis?: CustomEmoji[]
}

export type JoinMode = 'free' | 'restricted' | 'external' | 'invite' | 'none'
export type ParticipationState = 'sent' | 'received' | 'no_answer' | 'undeliverable' | 'waiting' | 'accepted' | 'refused' | 'interested'

/** POSTPONED: not on the date announced, no other known yet. */
export type EventStatus = 'CONFIRMED' | 'TENTATIVE' | 'MOVED_ONLINE' | 'POSTPONED' | 'CANCELLED'

/** When, where, who may come, and how the reader stands to it. */
/** Asked of everybody who registers. */
export interface EventQuestion {
  id: string
  label: string
  kind: 'text' | 'choice' | 'yes'
  options: string[]
  required: boolean
}

export interface EventDetails {
  start: string
  end: string | null
  timezone: string
  status: EventStatus
  location: Place | null
  /** Start before the organiser last changed it. */
  movedFrom: string | null
  isOver: boolean
  joinMode: JoinMode
  externalParticipationUrl: string | null
  capacity: number | null
  remainingCapacity: number | null
  /** Who finds no seat waits for one. */
  waitingList: boolean
  participantCount: number
  participation: {
    state: ParticipationState
    position: number | null
    named: boolean
    message: string
    /** The person and who comes along. */
    seats: number
    /** By the question's id. */
    answers: Record<string, string>
    /** To say at the door. */
    code: string | null
    since: string
  } | null
  invitedBy: AccountLite | null
  canOrganise: boolean
  /** Requests that wait; null for who does not organise. */
  requestCount: number | null
  /** Who has no account registers by e-mail. */
  guests: boolean
  /** Most seats one registration takes. */
  seatsEach: number
  questions: EventQuestion[]
  /** Who comes gets a code for the door. */
  checkIn: boolean
  /** Euros; 0: free, null: nobody says. */
  price: number | null
  priceNote: string | null
  accessibility: string[]
  forChildren: boolean
  contact: string | null
}

export interface StatusExtension {
  type: string
  kind: string | null
  title: string | null
  /** Exact, where Mastodon has only four words. */
  visibility?: string
  reply_policy?: ReplyPolicy
  can_reply?: boolean
  /** HTML without the lines plain clients get on top. */
  body: string
  event: EventDetails | null
  group: AccountLite | null
  author: AccountLite | null
  latest_reply: { id: string; created_at: string; content: string; account: AccountLite } | null
  reactions?: { name: string; url: string | null; count: number }[]
  dislikes_count?: number
}

export interface Poll {
  id: string
  options: { title: string; votes_count: number | null }[]
  votes_count: number
  voters_count: number | null
  multiple: boolean
  expired: boolean
  expires_at: string | null
  voted: boolean
  own_votes: number[]
  emojis?: CustomEmoji[]
  communer?: { declared_by: string | null }
}

export type ReplyPolicy = 'everyone' | 'members' | 'nobody'
export type QuotePolicy = 'public' | 'followers' | 'nobody'

/** The page a message links to. */
export interface PreviewCard {
  url: string
  title: string
  description: string
  language: string | null
  author_name: string
  provider_name: string
  image: string | null
}

export interface Quote {
  state: 'pending' | 'accepted' | 'rejected' | 'revoked' | 'deleted' | 'unauthorized'
  quoted_status: Status | null
}

export type Visibility = 'public' | 'unlisted' | 'private' | 'direct'

export interface Status {
  id: string
  uri: string
  url: string | null
  created_at: string
  edited_at: string | null
  in_reply_to_id: string | null
  in_reply_to_account_id: string | null
  sensitive: boolean
  spoiler_text: string
  visibility: Visibility
  language: string | null
  content: string
  account: Account
  media_attachments: MediaAttachment[]
  card?: PreviewCard | null
  mentions: { id: string; username: string; acct: string; url: string }[]
  tags: { name: string; url: string }[]
  replies_count: number
  reblogs_count: number
  favourites_count: number
  favourited?: boolean
  reblogged?: boolean
  bookmarked?: boolean
  /** The reader's filters that match. */
  filtered?: { filter: Filter }[]
  /** The reader muted its conversation. */
  muted?: boolean
  pinned?: boolean
  reblog: Status | null
  poll: Poll | null
  emojis?: CustomEmoji[]
  quote?: Quote | null
  quote_approval?: { current_user: 'automatic' | 'manual' | 'denied' | 'unknown' }
  communer?: StatusExtension | null
}

export interface Context {
  ancestors: Status[]
  descendants: Status[]
}

export interface Relationship {
  id: string
  following: boolean
  requested: boolean
  followed_by: boolean
  blocking: boolean
  muting: boolean
  /** A notice for each post. */
  notifying: boolean
  showing_reblogs: boolean
  /** Only posts in these languages; null for all. */
  languages: string[] | null
  /** Recommended on the reader's own profile. */
  endorsed: boolean
}

export interface EventSeries {
  /** Value of an RRULE (RFC 5545). */
  rule: string
  starts: string
  timezone: string
  /** YYYY-MM-DD. */
  except: string[]
  endedAt: string | null
  /** The next ones; without an event: planned, not announced yet. */
  dates: { start: string; eventId: string | null; status: EventStatus }[]
}

/** A date of a series that is no event yet. */
export interface PlannedDate {
  title: string
  start: string
  timezone: string
  place: string | null
  eventId: string | null
}

export interface EventImage {
  url: string
  description: string | null
  width: number | null
  height: number | null
}

export interface EventEntity extends EventDetails {
  id: string
  uri: string
  url: string
  title: string
  description: string
  /** The place of the directory where it is. */
  placeActor: { username: string; name: string; url: string } | null
  image: EventImage | null
  /** The others. */
  moreImages: EventImage[]
  tags: { name: string; url: string }[]
  organizer: Account
  author: Account | null
  alsoAnnouncedBy: { name: string; url: string }[]
  /** How it comes again; null for an event that comes once. */
  series: EventSeries | null
  visibility: string
  replies_count: number
  favourites_count: number
  reblogs_count: number
  created_at: string
  edited_at: string | null
  status_id: string
}

export interface Group {
  id: string
  username: string
  kind: string
  account: Account
  openness: 'open' | 'moderated' | 'invite_only'
  posting: 'members' | 'moderators'
  /** The commune announces what it publishes. */
  relayed: boolean
  members_count: number
  pending_count: number
  role: 'member' | 'moderator' | 'owner' | null
  state: 'active' | 'pending' | null
  /** Plain text. */
  description: string
  can_publish: boolean
  can_edit: boolean
}

/** How the reader stands to a group. */
export interface Membership {
  state: 'active' | 'pending' | 'refused' | null
  /** Who invited, while there is no answer. */
  invited_by: Account | null
  can_ask: boolean
}

export interface Relay {
  account: Account
  /** out: followed from here; in: follows us. */
  direction: 'out' | 'in'
  state: 'pending' | 'accepted'
}

export interface Member {
  account: Account
  role: string
  functions: MemberFunction[]
  state: string
}

/** Waits for a moderator of the group. */
export interface HeldPost {
  id: string
  account: Account
  title: string | null
  /** Plain text. */
  text: string
  url: string | null
  created_at: string
}

export interface GroupDecision {
  id: string
  /** Null: gone since. */
  status: Status | null
  reason: string
  created_at: string
}

export interface GroupBan {
  account: Account
  reason: string
  until: string | null
  created_at: string
}

export interface Me {
  account: Account
  email: string
  email_confirmed: boolean
  role: 'member' | 'agent' | 'moderator' | 'admin'
  locale: string
  managed_groups: ManagedGroup[]
}

/** A group the reader may publish as. */
export interface ManagedGroup {
  id: string
  username: string
  name: string
  kind: string | null
  avatar: string
  role: string
}

/** What the link in a guest's mail opens. */
export interface GuestRegistration {
  eventId: string
  state: 'unconfirmed' | 'pending' | 'accepted' | 'refused' | 'left'
  name: string
  seats: number
  code: string | null
  since: string
}

/** What organisers wrote to all who come. */
export interface EventMessage {
  id: string
  content: string
  audience: 'accepted' | 'all'
  sent: number
  createdAt: string
  finishedAt: string | null
}

/** A ride to an event. */
export interface Carpool {
  id: string
  /** Null: said elsewhere, in words of their own. */
  kind: 'offer' | 'need' | null
  seats: number | null
  departure: string
  leaves: string
  settled: boolean
  content: string
  account: AccountLite
  isMine: boolean
  since: string
}

export interface EventParticipant {
  id: string
  /** Null: a guest. */
  account: Account | null
  guest: { name: string; email: string } | null
  seats: number
  answers: { question: string; answer: string }[]
  code: string | null
  checkedInAt: string | null
  state: 'pending' | 'accepted' | 'refused'
  message: string
  since: string
}

export interface Notification {
  id: string
  type: string
  created_at: string
  account: Account
  status: Status | null
  /** Of type moderation_warning: what was decided, and why. */
  moderation_warning?: { id: string; action: string; text: string; communer?: { action: string; ground: 'terms' | 'law' } }
  /** Of type group_removed: why, '' when nobody said. Of group_request, group_joined, card_… and correction_…: which group or card, why not. */
  communer?: { reason?: string; group?: Account }
}

/** Some of the people one follows, under a name of one's own. */
export interface PeopleList {
  id: string
  title: string
}

export const FILTER_CONTEXTS = ['home', 'notifications', 'public', 'thread', 'account'] as const
export type FilterContext = (typeof FILTER_CONTEXTS)[number]

/** Words one does not want to read; `blur` is for pictures. */
/** What the commune announces to its people. */
export interface Announcement {
  id: string
  /** HTML. */
  content: string
  published_at: string
  reactions: { name: string; count: number; me: boolean }[]
}

/** The same as administrators keep it. */
export interface WrittenAnnouncement {
  id: string
  /** As it was written. */
  content: string
  ends_at: string | null
  is_over: boolean
  created_at: string
}

export interface Filter {
  id: string
  title: string
  context: FilterContext[]
  filter_action: 'warn' | 'hide' | 'blur'
  keywords: { id: string; keyword: string; whole_word: boolean }[]
}

/** Direct messages of one thread. */
export interface Conversation {
  id: string
  unread: boolean
  accounts: Account[]
  /** Null: gone, or not for the reader any more. */
  last_status: Status | null
}

/** What the second version of the API answers: each account and message once. */
export interface GroupedNotifications {
  accounts: Account[]
  statuses: Status[]
  notification_groups: {
    group_key: string
    notifications_count: number
    type: string
    most_recent_notification_id: string
    latest_page_notification_at: string
    sample_account_ids: string[]
    status_id: string | null
    communer?: NonNullable<Notification['communer']>
    moderation_warning?: Notification['moderation_warning']
  }[]
}

/** Notifications of one kind about one thing, as the page shows them: `account` came last, `people` in all. */
export interface NotificationGroup extends Notification {
  newest_id: string
  people: number
}

export interface Session {
  id: string
  current: boolean
  kind: string
  application: string | null
  user_agent: string | null
  scopes: string[]
  created_at: string
  last_used_at: string
}

export interface SearchResults {
  accounts: Account[]
  statuses: Status[]
  hashtags: { name: string; url: string }[]
}

/** What the server knows of the commune and gives every page. */
export interface SiteSummary {
  name: string
  origin: string
  accountDomain: string
  description: string
  registrations: 'open' | 'approval' | 'closed'
  timezone: string
  latitude: number
  longitude: number
  insee: string
  communeId: string
  accessibility: 'none' | 'partial' | 'full'
  map: { hasTiles: boolean; attribution: string; box: [number, number, number, number] | null }
}

export interface AdminAccount {
  id: string
  username: string
  email: string
  role: string
  status: string
  email_confirmed: boolean
  approved: boolean
  reason: string
  created_at: string
}

/** Why a server does not have something; `text` is a sentence in the reader's language. */
export interface Reason {
  code: string
  text: string
}

export interface HostReach {
  host: string
  software: string | null
  state: 'waiting' | 'refused' | 'reached'
  reached_at: string | null
  next_at: string | null
  attempts: number
  reason: Reason | null
}

/** Which servers have what one published. */
export interface Deliveries {
  hosts: number
  reached: number
  waiting: number
  refused: number
  list: HostReach[]
  next: string | null
}

export interface HostHealth {
  id: string
  host: string
  software: string | null
  software_version: string | null
  state: 'ok' | 'failing' | 'paused' | 'asleep' | 'gone' | 'blocked' | 'limited'
  waiting: number
  dead: number
  failures: number
  since: string | null
  open_until: string | null
  last_success_at: string | null
  last_failure_at: string | null
  last_error: string | null
  last_inbound_at: string | null
}

/** What the commune decided about a server. */
export interface HostPolicy {
  id: string
  host: string
  action: HostAction
  /** For moderators only. */
  reason: string
  public_comment: string
  reject_reports: boolean
  obfuscate: boolean
  created_at: string
  updated_at: string
}

export type HostAction = 'allow' | 'limit' | 'reject_media' | 'block'

export interface HostListPreview {
  policies: { host: string; action: HostAction; now: HostAction | null; public_comment: string }[]
  unchanged: number
  problems: { line: number; text: string; reason: string }[]
}

export interface Report {
  id: string
  state: 'open' | 'resolved'
  category: 'spam' | 'legal' | 'violation' | 'other'
  comment: string
  created_at: string
  forwarded: boolean
  from: 'citizen' | 'visitor' | 'server'
  reporter: Account | null
  contact_name: string
  contact_email: string
  target: Account | null
  posts: number
  resolved_at: string | null
}

export interface Decision {
  id: string
  action: string
  reason: string
  ground: 'terms' | 'law'
  host: string | null
  report_id: string | null
  moderator: Account | null
  target: Account | null
  created_at: string
}

export interface ReportDetails {
  report: Report
  /** As plain text: nothing of them is loaded. */
  posts: { id: string; url: string; text: string; created_at: string; local: boolean }[]
  /** About the same account, latest first. */
  decisions: Decision[]
}

/** `acct` is known for accounts we have met. */
export interface MoveAlias {
  iri: string
  acct: string | null
}

export interface MoveState {
  aliases: MoveAlias[]
  moved_to: MoveAlias | null
  next_move_at: string | null
}

export interface FederationSettings {
  secure_mode: boolean
  listed_only: boolean
  relay_events: boolean
  relay_news: boolean
}

export interface HostDelivery {
  id: string
  type: string
  object: string | null
  inbox: string
  from: string
  state: 'waiting' | 'dead'
  attempts: number
  published: string
  next_at: string | null
  finished_at: string | null
  status: number | null
  error: string | null
  reason: Reason | null
}

/** A mail of the outbox, as administrators see it. */
export interface Mail {
  id: string
  kind: string
  recipient: string
  state: 'waiting' | 'sent' | 'failed'
  has_link: boolean
  error: string | null
  created_at: string
}

export interface Passkey {
  id: string
  name: string
  created_at: string
  last_used_at: string | null
}

export interface SecondFactors {
  totp: boolean
  recovery_codes_left: number
  passkeys: Passkey[]
}

/** An archive of one's own data. */
export interface Archive {
  id: string
  state: 'waiting' | 'ready' | 'failed'
  done: number
  total: number
  size: number | null
  created_at: string
  expires_at: string
}

export interface ListImport {
  id: string
  kind: 'follows' | 'blocks' | 'mutes' | 'domains' | 'bookmarks' | 'lists' | 'tags'
  total: number
  done: number
  failed: number
  /** The first of them. */
  failures: string[]
  finished_at: string | null
}

/** A legal page as everybody reads it. */
export interface LegalText {
  title: string
  html: string
  is_own: boolean
  missing: string[]
}

export interface LegalSettings {
  facts: Record<string, string>
  accessibility: 'none' | 'partial' | 'full'
  texts: Record<string, string>
}

/** By which way a person hears of what. */
export interface NotificationChannels {
  kinds: { name: string; site: boolean; mail: boolean; push: boolean }[]
  pace: 'soon' | 'day' | 'week' | 'never'
  weekly: boolean
  mail: 'on' | 'off' | 'unconfirmed'
}

export type Audience = 'public' | 'local' | 'known' | 'nobody'

/** A part of a profile with who may read it. */
export interface ProfileDetail {
  field: string
  value: string
  audience: Audience
  /** Id of the quarter chosen; absent: the words are the person’s own. */
  neighbourhood?: string
}

export interface Neighbourhood {
  id: string
  name: string
}

/** As who administers sees it. */
export type CountedNeighbourhood = Neighbourhood & { people: number; hasContour: boolean }

/** An event found at an address, to fill the form. Times are on the clock of `timezone`. */
export interface FoundEvent {
  title: string
  description: string
  start: string
  end: string | null
  timezone: string
  status: EventStatus
  location: Partial<Place> | null
  tags: string[]
  url: string | null
}

/** An agenda of elsewhere that a group announces. */
export interface AgendaSource {
  id: string
  url: string
  name: string
  state: 'active' | 'paused'
  problem: { code: string; text: string } | null
  announced: number
  waiting: number
  read_at: string | null
}

/** A rule that put a message into a timeline of the reader. */
export interface Why {
  reason: 'own' | 'named' | 'follows' | 'shared' | 'group' | 'tag' | 'commune' | 'local' | 'followed' | 'open'
  account: Account | null
  tag?: string
  followers?: number
}

/** What the commune belongs to. */
export interface Territory {
  /** country, region, departement, epci, commune; elsewhere what the level is called there. */
  level: string
  /** '' for a level entered by hand. */
  code: string
  name: string
}

/** The instance of a commune around. */
export interface Neighbour {
  host: string
  shared: { level: string; name: string }
  account: Account | null
}

/** A commune of France, to choose one's own. */
export interface FrenchCommune {
  code: string
  name: string
  postalCodes: string[]
  population: number | null
  departement: string
}
