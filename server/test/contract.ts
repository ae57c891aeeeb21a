// The contract of the Mastodon API: what each route answers, as its documentation says (docs.joinmastodon.org/entities and /methods, 4.5). Every
// answer of a test app is held against it, so that each test of the API is a test of the contract too.
import type { RouteOptions } from 'fastify'
import { Type, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

const text = Type.String()
const bool = Type.Boolean()
const count = Type.Integer({ minimum: 0 })
const id = Type.String({ pattern: '^[0-9]+$' })
const moment = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$' })
const day = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$' })
const url = Type.String({ pattern: '^https?://' })
/** A number that Mastodon writes as text. */
const number = Type.String({ pattern: '^[0-9]+$' })
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()])
const words = (...all: string[]): TSchema => Type.Union(all.map((word) => Type.Literal(word)))
const list = (schema: TSchema): TSchema => Type.Array(schema)
const maybe = Type.Optional
const entity = (properties: Record<string, TSchema>): TSchema => Type.Object(properties)

const Empty = Type.Object({}, { additionalProperties: false })
const CustomEmoji = entity({ shortcode: text, url, static_url: url, visible_in_picker: bool, category: orNull(text) })
const Field = entity({ name: text, value: text, verified_at: orNull(moment) })
const accountFields = {
  id,
  username: text,
  acct: text,
  url,
  uri: url,
  display_name: text,
  note: text,
  avatar: url,
  avatar_static: url,
  avatar_description: text,
  header: url,
  header_static: url,
  header_description: text,
  locked: bool,
  fields: list(Field),
  emojis: list(CustomEmoji),
  bot: bool,
  group: bool,
  discoverable: orNull(bool),
  noindex: orNull(bool),
  indexable: bool,
  hide_collections: orNull(bool),
  suspended: maybe(bool),
  limited: maybe(bool),
  created_at: moment,
  last_status_at: orNull(day),
  statuses_count: count,
  followers_count: count,
  following_count: count,
  roles: list(entity({ id: text, name: text, color: text }))
}
const Account = entity({ ...accountFields, moved: orNull(entity(accountFields)) })
const CredentialAccount = entity({
  ...accountFields,
  source: entity({
    note: text,
    fields: list(Field),
    privacy: words('public', 'unlisted', 'private', 'direct'),
    sensitive: bool,
    language: orNull(text),
    follow_requests_count: count,
    hide_collections: orNull(bool),
    discoverable: orNull(bool),
    indexable: bool,
    attribution_domains: list(text),
    quote_policy: words('public', 'followers', 'nobody')
  }),
  role: entity({ id: text, name: text, permissions: number, color: text, highlighted: bool })
})
const Relationship = entity({
  id,
  following: bool,
  showing_reblogs: bool,
  notifying: bool,
  languages: orNull(list(text)),
  followed_by: bool,
  blocking: bool,
  blocked_by: bool,
  muting: bool,
  muting_notifications: bool,
  requested: bool,
  requested_by: bool,
  domain_blocking: bool,
  endorsed: bool,
  note: text
})
const Size = entity({ width: Type.Number(), height: Type.Number(), size: text, aspect: Type.Number() })
const MediaAttachment = entity({
  id: text,
  type: words('unknown', 'image', 'gifv', 'video', 'audio'),
  url: orNull(url),
  preview_url: orNull(url),
  remote_url: orNull(url),
  meta: orNull(entity({ original: maybe(Size), small: maybe(Size), focus: maybe(entity({ x: Type.Number(), y: Type.Number() })) })),
  description: orNull(text),
  blurhash: orNull(text)
})
const Tag = entity({
  id: text,
  name: text,
  url,
  history: list(entity({ day: number, uses: number, accounts: number })),
  following: bool,
  featuring: bool
})
const FeaturedTag = entity({ id, name: text, url, statuses_count: number, last_status_at: orNull(day) })
const Poll = entity({
  id,
  expires_at: orNull(moment),
  expired: bool,
  multiple: bool,
  votes_count: count,
  voters_count: orNull(count),
  options: list(entity({ title: text, votes_count: orNull(count) })),
  emojis: list(CustomEmoji),
  voted: bool,
  own_votes: list(count)
})
const previewCardFields = {
  url: text,
  title: text,
  description: text,
  type: words('link', 'photo', 'video', 'rich'),
  authors: list(entity({ name: text, url: text, account: orNull(Account) })),
  author_name: text,
  author_url: text,
  provider_name: text,
  provider_url: text,
  html: text,
  width: count,
  height: count,
  image: orNull(url),
  image_description: text,
  embed_url: text,
  blurhash: orNull(text),
  published_at: orNull(moment),
  language: orNull(text)
}
const PreviewCard = entity(previewCardFields)
const TrendsLink = entity({ ...previewCardFields, history: list(entity({ day: number, uses: number, accounts: number })) })
const FILTER = {
  id,
  title: text,
  context: list(words('home', 'notifications', 'public', 'thread', 'account')),
  expires_at: orNull(moment),
  filter_action: words('warn', 'hide', 'blur')
}
const FilterKeyword = entity({ id, keyword: text, whole_word: bool })
const FilterStatus = entity({ id, status_id: id })
const Filter = entity({ ...FILTER, keywords: list(FilterKeyword), statuses: list(FilterStatus) })
const FilterV1 = entity({ id, phrase: text, context: list(text), expires_at: orNull(moment), irreversible: bool, whole_word: bool })
const policies = list(words('public', 'followers', 'following', 'unsupported_policy'))
const statusFields = {
  id,
  uri: url,
  created_at: moment,
  edited_at: orNull(moment),
  account: Account,
  content: text,
  visibility: words('public', 'unlisted', 'private', 'direct'),
  sensitive: bool,
  spoiler_text: text,
  media_attachments: list(MediaAttachment),
  application: orNull(entity({ name: text, website: orNull(text) })),
  mentions: list(entity({ id, username: text, url, acct: text })),
  tags: list(entity({ name: text, url })),
  emojis: list(CustomEmoji),
  reblogs_count: count,
  favourites_count: count,
  replies_count: count,
  quotes_count: count,
  url: orNull(url),
  in_reply_to_id: orNull(id),
  in_reply_to_account_id: orNull(id),
  poll: orNull(Poll),
  card: orNull(PreviewCard),
  language: orNull(text),
  text: maybe(text),
  favourited: bool,
  reblogged: bool,
  muted: bool,
  bookmarked: bool,
  pinned: maybe(bool),
  filtered: list(entity({ filter: entity(FILTER), keyword_matches: orNull(list(text)), status_matches: orNull(list(text)) })),
  quote_approval: entity({
    automatic: policies,
    manual: policies,
    current_user: words('automatic', 'manual', 'denied', 'unknown')
  })
}
const inner = entity({ ...statusFields, quote: orNull(entity({ state: text })), reblog: Type.Null() })
const Quote = entity({
  state: words(
    'pending',
    'accepted',
    'rejected',
    'revoked',
    'deleted',
    'unauthorized',
    'blocked_account',
    'blocked_domain',
    'muted_account'
  ),
  quoted_status: orNull(inner)
})
const Status = entity({ ...statusFields, quote: orNull(Quote), reblog: orNull(inner) })
const StatusEdit = entity({
  content: text,
  spoiler_text: text,
  sensitive: bool,
  created_at: moment,
  account: Account,
  poll: orNull(entity({ options: list(entity({ title: text })) })),
  media_attachments: list(MediaAttachment),
  emojis: list(CustomEmoji)
})
const ScheduledStatus = entity({
  id,
  scheduled_at: moment,
  params: entity({
    text,
    poll: orNull(entity({ options: list(text), expires_in: Type.Union([number, Type.Number()]), multiple: bool, hide_totals: bool })),
    media_ids: orNull(list(id)),
    sensitive: orNull(bool),
    spoiler_text: orNull(text),
    visibility: text,
    in_reply_to_id: orNull(Type.Union([id, Type.Integer()])),
    language: orNull(text),
    application_id: orNull(Type.Integer()),
    scheduled_at: Type.Null(),
    idempotency: orNull(text),
    with_rate_limit: bool,
    quoted_status_id: orNull(id),
    quote_approval_policy: orNull(text)
  }),
  media_attachments: list(MediaAttachment)
})
const warning = maybe(
  entity({
    id,
    action: words('none', 'disable', 'mark_statuses_as_sensitive', 'delete_statuses', 'sensitive', 'silence', 'suspend'),
    text,
    status_ids: orNull(list(id)),
    target_account: orNull(Account),
    appeal: Type.Null(),
    created_at: moment
  })
)
const Notification = entity({
  id,
  type: text,
  group_key: text,
  created_at: moment,
  account: Account,
  status: orNull(Status),
  moderation_warning: warning
})
const NotificationGroup = entity({
  group_key: text,
  notifications_count: count,
  type: text,
  most_recent_notification_id: id,
  page_min_id: maybe(id),
  page_max_id: maybe(id),
  latest_page_notification_at: maybe(moment),
  sample_account_ids: list(id),
  status_id: orNull(id),
  moderation_warning: warning
})
const Grouped = entity({ accounts: list(Account), statuses: list(Status), notification_groups: list(NotificationGroup) })
const NotificationRequest = entity({
  id,
  created_at: moment,
  updated_at: moment,
  account: Account,
  notifications_count: number,
  last_status: orNull(Status)
})
const verdict = words('accept', 'filter', 'drop')
const NotificationPolicy = entity({
  for_not_following: verdict,
  for_not_followers: verdict,
  for_new_accounts: verdict,
  for_private_mentions: verdict,
  for_limited_accounts: verdict,
  summary: entity({ pending_requests_count: count, pending_notifications_count: count })
})
const Count = entity({ count })
const List = entity({ id, title: text, replies_policy: words('followed', 'list', 'none'), exclusive: bool })
const Conversation = entity({ id, unread: bool, accounts: list(Account), last_status: orNull(Status) })
const Markers = Type.Record(text, entity({ last_read_id: id, version: count, updated_at: moment }))
const WebPush = entity({ id, endpoint: url, standard: bool, policy: text, alerts: Type.Record(text, bool), server_key: text })
const Reaction = entity({ name: text, count, me: bool, url: maybe(url), static_url: maybe(url) })
const Announcement = entity({
  id,
  content: text,
  starts_at: orNull(moment),
  ends_at: orNull(moment),
  all_day: bool,
  published_at: moment,
  updated_at: moment,
  read: bool,
  mentions: list(entity({ id, username: text, url, acct: text })),
  statuses: list(entity({ id, url })),
  tags: list(entity({ name: text, url })),
  emojis: list(CustomEmoji),
  reactions: list(Reaction)
})
const Rule = entity({ id: text, text, hint: text })
const limits = {
  statuses: entity({ max_characters: count, max_media_attachments: count, characters_reserved_per_url: count }),
  media_attachments: entity({
    description_limit: count,
    supported_mime_types: list(text),
    image_size_limit: count,
    image_matrix_limit: count,
    video_size_limit: count,
    video_frame_rate_limit: count,
    video_matrix_limit: count
  }),
  polls: entity({ max_options: count, max_characters_per_option: count, min_expiration: count, max_expiration: count })
}
const InstanceV2 = entity({
  domain: text,
  title: text,
  version: text,
  source_url: url,
  description: text,
  usage: entity({ users: entity({ active_month: count }) }),
  thumbnail: entity({ url }),
  icon: list(entity({ src: url, size: text })),
  languages: list(text),
  configuration: entity({
    urls: entity({ streaming: text, about: orNull(url), privacy_policy: orNull(url), terms_of_service: orNull(url) }),
    vapid: entity({ public_key: text }),
    accounts: entity({ max_featured_tags: count, max_pinned_statuses: count }),
    ...limits,
    translation: entity({ enabled: bool }),
    limited_federation: bool
  }),
  registrations: entity({
    enabled: bool,
    approval_required: bool,
    reason_required: orNull(bool),
    message: orNull(text),
    min_age: orNull(count),
    url: orNull(url)
  }),
  api_versions: entity({ mastodon: count }),
  contact: entity({ email: text, account: orNull(Account) }),
  rules: list(Rule)
})
const InstanceV1 = entity({
  uri: text,
  title: text,
  short_description: text,
  description: text,
  email: text,
  version: text,
  urls: entity({ streaming_api: text }),
  stats: entity({ user_count: count, status_count: count, domain_count: count }),
  thumbnail: orNull(url),
  languages: list(text),
  registrations: bool,
  approval_required: bool,
  invites_enabled: bool,
  configuration: entity({ accounts: entity({ max_featured_tags: count }), ...limits }),
  contact_account: orNull(Account),
  rules: list(Rule)
})
const Policy = entity({ updated_at: moment, content: text })
const Application = { id, name: text, website: orNull(text), scopes: list(text), redirect_uris: list(text), redirect_uri: text }
const Token = entity({ access_token: text, token_type: Type.Literal('Bearer'), scope: text, created_at: count })
const Report = entity({
  id,
  action_taken: bool,
  action_taken_at: orNull(moment),
  category: words('spam', 'legal', 'violation', 'other'),
  comment: text,
  forwarded: bool,
  created_at: moment,
  status_ids: orNull(list(id)),
  rule_ids: orNull(list(text)),
  target_account: Account
})
const StatusOrScheduled = Type.Union([Status, ScheduledStatus])

/** What each route answers with success, by `METHOD path`; `*` stands for the rest of a path. */
const ANSWERS: Record<string, TSchema> = {
  'POST /api/v1/apps': entity({ ...Application, client_id: text, client_secret: text, client_secret_expires_at: count, vapid_key: text }),
  'GET /api/v1/apps/verify_credentials': entity({ ...Application, vapid_key: text }),
  'POST /api/v1/accounts': Token,
  'GET /api/v1/accounts/verify_credentials': CredentialAccount,
  'PATCH /api/v1/accounts/update_credentials': CredentialAccount,
  'DELETE /api/v1/profile/*': CredentialAccount,
  'GET /api/v1/accounts': list(Account),
  'GET /api/v1/accounts/search': list(Account),
  'GET /api/v1/accounts/lookup': Account,
  'GET /api/v1/accounts/relationships': list(Relationship),
  'GET /api/v1/accounts/familiar_followers': list(entity({ id, accounts: list(Account) })),
  'GET /api/v1/accounts/:id': Account,
  'GET /api/v1/accounts/:id/statuses': list(Status),
  'GET /api/v1/accounts/:id/featured_tags': list(FeaturedTag),
  'GET /api/v1/accounts/:id/lists': list(List),
  'GET /api/v1/accounts/:id/*': list(Account),
  'POST /api/v1/accounts/:id/*': Relationship,
  'GET /api/v1/favourites': list(Status),
  'GET /api/v1/bookmarks': list(Status),
  'GET /api/v1/mutes': list(entity({ ...accountFields, mute_expires_at: orNull(moment) })),
  'GET /api/v1/blocks': list(Account),
  'GET /api/v1/endorsements': list(Account),
  'GET /api/v1/follow_requests': list(Account),
  'POST /api/v1/follow_requests/*': Relationship,
  'GET /api/v1/domain_blocks': list(text),
  'POST /api/v1/domain_blocks': Empty,
  'DELETE /api/v1/domain_blocks': Empty,
  'GET /api/v1/filters': list(FilterV1),
  'POST /api/v1/filters': FilterV1,
  'GET /api/v1/filters/:id': FilterV1,
  'PUT /api/v1/filters/:id': FilterV1,
  'DELETE /api/v1/filters/:id': Empty,
  'GET /api/v2/filters': list(Filter),
  'POST /api/v2/filters': Filter,
  'GET /api/v2/filters/:id': Filter,
  'PUT /api/v2/filters/:id': Filter,
  'DELETE /api/v2/filters/:id': Empty,
  'GET /api/v2/filters/:id/keywords': list(FilterKeyword),
  'POST /api/v2/filters/:id/keywords': FilterKeyword,
  'GET /api/v2/filters/keywords/:id': FilterKeyword,
  'PUT /api/v2/filters/keywords/:id': FilterKeyword,
  'DELETE /api/v2/filters/keywords/:id': Empty,
  'GET /api/v2/filters/:id/statuses': list(FilterStatus),
  'POST /api/v2/filters/:id/statuses': FilterStatus,
  'GET /api/v2/filters/statuses/:id': FilterStatus,
  'DELETE /api/v2/filters/statuses/:id': FilterStatus,
  'POST /api/v1/reports': Report,
  'GET /api/v1/featured_tags': list(FeaturedTag),
  'POST /api/v1/featured_tags': FeaturedTag,
  'DELETE /api/v1/featured_tags/:id': Empty,
  'GET /api/v1/featured_tags/suggestions': list(Tag),
  'GET /api/v1/followed_tags': list(Tag),
  'GET /api/v1/tags/:name': Tag,
  'POST /api/v1/tags/*': Tag,
  'GET /api/v1/preferences': entity({
    'posting:default:visibility': text,
    'posting:default:sensitive': bool,
    'posting:default:language': orNull(text),
    'posting:default:quote_policy': words('public', 'followers', 'nobody'),
    'reading:expand:media': words('default', 'show_all', 'hide_all'),
    'reading:expand:spoilers': bool
  }),
  'GET /api/v1/suggestions': list(Account),
  'GET /api/v2/suggestions': list(entity({ source: text, sources: list(text), account: Account })),
  'DELETE /api/v1/suggestions/:id': Empty,
  'POST /api/v1/statuses': StatusOrScheduled,
  'GET /api/v1/statuses': list(Status),
  'GET /api/v1/statuses/:id': Status,
  'PUT /api/v1/statuses/:id': Status,
  'DELETE /api/v1/statuses/:id': entity({ ...statusFields, text }),
  'GET /api/v1/statuses/:id/context': entity({ ancestors: list(Status), descendants: list(Status) }),
  'GET /api/v1/statuses/:id/source': entity({ id, text, spoiler_text: text }),
  'GET /api/v1/statuses/:id/history': list(StatusEdit),
  'GET /api/v1/statuses/:id/favourited_by': list(Account),
  'GET /api/v1/statuses/:id/reblogged_by': list(Account),
  'GET /api/v1/statuses/:id/quotes': list(Status),
  'POST /api/v1/statuses/:id/*': Status,
  'PUT /api/v1/statuses/:id/interaction_policy': Status,
  'POST /api/v1/media': MediaAttachment,
  'POST /api/v2/media': MediaAttachment,
  'GET /api/v1/media/:id': MediaAttachment,
  'PUT /api/v1/media/:id': MediaAttachment,
  'DELETE /api/v1/media/:id': Empty,
  'GET /api/v1/polls/:id': Poll,
  'POST /api/v1/polls/:id/votes': Poll,
  'GET /api/v1/scheduled_statuses': list(ScheduledStatus),
  'GET /api/v1/scheduled_statuses/:id': ScheduledStatus,
  'PUT /api/v1/scheduled_statuses/:id': ScheduledStatus,
  'DELETE /api/v1/scheduled_statuses/:id': Empty,
  'GET /api/v1/timelines/*': list(Status),
  'GET /api/v1/conversations': list(Conversation),
  'POST /api/v1/conversations/*': Conversation,
  'DELETE /api/v1/conversations/:id': Empty,
  'GET /api/v1/lists': list(List),
  'POST /api/v1/lists': List,
  'GET /api/v1/lists/:id': List,
  'PUT /api/v1/lists/:id': List,
  'DELETE /api/v1/lists/:id': Empty,
  'GET /api/v1/lists/:id/accounts': list(Account),
  'POST /api/v1/lists/:id/accounts': Empty,
  'DELETE /api/v1/lists/:id/accounts': Empty,
  'GET /api/v1/markers': Markers,
  'POST /api/v1/markers': Markers,
  'GET /api/v1/notifications': list(Notification),
  'GET /api/v1/notifications/unread_count': Count,
  'GET /api/v1/notifications/:id': Notification,
  'GET /api/v1/notifications/requests': list(NotificationRequest),
  'GET /api/v1/notifications/requests/:id': NotificationRequest,
  'GET /api/v1/notifications/requests/merged': entity({ merged: bool }),
  'POST /api/v1/notifications/*': Empty,
  'GET /api/v2/notifications': Grouped,
  'GET /api/v2/notifications/unread_count': Count,
  'GET /api/v2/notifications/policy': NotificationPolicy,
  'PATCH /api/v2/notifications/policy': NotificationPolicy,
  'GET /api/v2/notifications/:group_key': Grouped,
  'GET /api/v2/notifications/:group_key/accounts': list(Account),
  'POST /api/v2/notifications/:group_key/dismiss': Empty,
  'GET /api/v1/push/subscription': WebPush,
  'POST /api/v1/push/subscription': WebPush,
  'PUT /api/v1/push/subscription': WebPush,
  'DELETE /api/v1/push/subscription': Empty,
  'GET /api/v2/search': entity({ accounts: list(Account), statuses: list(Status), hashtags: list(Tag) }),
  'GET /api/v2/instance': InstanceV2,
  'GET /api/v1/instance': InstanceV1,
  'GET /api/v1/instance/peers': list(text),
  'GET /api/v1/instance/activity': list(entity({ week: number, statuses: number, logins: number, registrations: number })),
  'GET /api/v1/instance/rules': list(Rule),
  'GET /api/v1/instance/domain_blocks': list(
    entity({ domain: text, digest: text, severity: words('silence', 'suspend'), comment: orNull(text) })
  ),
  'GET /api/v1/instance/extended_description': Policy,
  'GET /api/v1/instance/privacy_policy': Policy,
  'GET /api/v1/instance/terms_of_service': entity({ effective_date: day, effective: bool, content: text, succeeded_by: orNull(day) }),
  'GET /api/v1/instance/translation_languages': Type.Record(text, list(text)),
  'GET /api/v1/trends': list(Tag),
  'GET /api/v1/trends/tags': list(Tag),
  'GET /api/v1/trends/statuses': list(Status),
  'GET /api/v1/trends/links': list(TrendsLink),
  'GET /api/v1/directory': list(Account),
  'GET /api/v1/custom_emojis': list(CustomEmoji),
  'GET /api/v1/announcements': list(Announcement),
  'POST /api/v1/announcements/:id/dismiss': Empty,
  'PUT /api/v1/announcements/*': Empty,
  'DELETE /api/v1/announcements/*': Empty
}

const compiled = new Map<TSchema, ReturnType<typeof Compile>>()

/** Whether a route is one of Mastodon's API that answers in JSON. */
export function isInContract({ url: path, method }: Pick<RouteOptions, 'url' | 'method'>): boolean {
  return (
    /^\/api\/v[12]\//.test(path) &&
    !path.startsWith('/api/v1/streaming') &&
    [method].flat().every((one) => one !== 'HEAD' && one !== 'OPTIONS')
  )
}

/** The schema of a route's success, or undefined. */
export function answerOf(method: string, path: string): TSchema | undefined {
  const call = `${method} ${path.replace(/\/$/, '')}`
  if (ANSWERS[call] !== undefined) return ANSWERS[call]
  const parts = call.split('/')
  for (let length = parts.length - 1; length > 2; length -= 1) {
    const found = ANSWERS[`${parts.slice(0, length).join('/')}/*`]
    if (found !== undefined) return found
  }
  return undefined
}

/** For buildApp: each success of the API that is not what Mastodon documents becomes an error that names where (500), and stands in `breaches`. */
export function contract(breaches: string[] = []): (route: RouteOptions) => void {
  return (route) => {
    if (!isInContract(route)) return
    const hooks = [route.preSerialization ?? []].flat()
    route.preSerialization = [
      ...hooks,
      async (request, reply, payload) => {
        if (reply.statusCode >= 300) return payload
        const breach = breachOf(request.method, route.url, payload)
        if (breach === null) return payload
        breaches.push(breach)
        throw new Error(breach)
      }
    ]
  }
}

function breachOf(method: string, path: string, payload: unknown): string | null {
  const schema = answerOf(method, path)
  if (schema === undefined) return `${method} ${path}: no answer is documented`
  const check = compiled.get(schema) ?? Compile(schema)
  compiled.set(schema, check)
  // As it is sent: what is undefined is left out.
  const sent: unknown = JSON.parse(JSON.stringify(payload))
  if (check.Check(sent)) return null
  const errors = [...check.Errors(sent)].map(({ instancePath, message }) => `${instancePath} ${message}`)
  return `${method} ${path}: ${errors.slice(0, 5).join('; ')}`
}
