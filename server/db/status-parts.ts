// What the statuses of one page need, loaded for the whole page at once: a fixed number of queries whatever its length
// (boosted objects, counters and relations, actors). Reading only; what may be seen is decided by visibleTo().
import type { ReplyPolicy } from '../core/reply-policy.ts'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { loadEventFacts, type EventFacts } from './event-facts.ts'
import { loadActiveFilters, type ActiveFilter } from './filters.ts'
import type { ActorRow, ObjectRow, QuoteState } from './rows.ts'
import { visibleTo, type Viewer } from './visibility.ts'

/** An object without its documents, which no list shows and which would have to be parsed. */
export type StatusRow = Omit<ObjectRow, 'doc' | 'content' | 'source'>

export type ActorPart = Omit<ActorRow, 'doc' | 'blocked_hosts'> & { statuses: number; followers: number; following: number }

const STATUS_FIELDS = [
  'id',
  'iri',
  'type',
  'kind',
  'local',
  'actor_id',
  'author_id',
  'group_id',
  'visibility',
  'in_reply_to_iri',
  'in_reply_to_id',
  'root_id',
  'reblog_of_id',
  'name',
  'summary',
  'content_html',
  'language',
  'sensitive',
  'url',
  'start_time',
  'end_time',
  'timezone',
  'event_status',
  'place',
  'latitude',
  'longitude',
  'attachments',
  'tags',
  'poll',
  'quote_policy',
  'published',
  'updated',
  'created_at',
  'deleted_at'
] as const

const ACTOR_FIELDS = [
  'id',
  'iri',
  'type',
  'kind',
  'local',
  'username',
  'domain',
  'host',
  'handle_verified',
  'name',
  'summary',
  'url',
  'inbox',
  'shared_inbox',
  'outbox',
  'followers_iri',
  'following_iri',
  'featured_iri',
  'locked',
  'discoverable',
  'indexable',
  'hide_collections',
  'icon',
  'image',
  'fields',
  'emojis',
  'published',
  'updated',
  'fetched_at',
  'suspended_at',
  'deleted_at',
  'last_status_at',
  'host_action',
  'limited_at',
  'aliases',
  'moved_to_id',
  'moved_at'
] as const

/** The columns of a StatusRow, qualified by the alias of `objects` in the query. */
export const statusColumns = (alias: string): string[] => STATUS_FIELDS.map((field) => `${alias}.${field}`)

/** The columns of an actor without its document, qualified. */
export const actorColumns = (alias: string): string[] => ACTOR_FIELDS.map((field) => `${alias}.${field}`)

export interface LatestReply {
  id: string
  actorId: string
  contentHtml: string
  published: Date
}

export interface ReactionPart {
  emoji: string
  icon: string | null
  count: number
}

/** What a status quotes. `row` is there when it is allowed and the viewer may see it. */
export interface QuotePart {
  state: QuoteState
  isDeleted: boolean
  row: StatusRow | null
}

/** The page a status links to. `targetId`: it is a post known here, shown from its row. */
export interface CardPart {
  url: string
  host: string
  title: string | null
  description: string
  author_name: string
  provider_name: string
  image_url: string | null
  image_description: string
  image_width: number
  image_height: number
  language: string | null
  /** As JSON says dates. */
  published_at: string | null
  /** A row id, in text. */
  target_id: string | null
}

/** Counters of a status, and how it stands to the viewer. */
export interface StatusFacts {
  replies: number
  likes: number
  shares: number
  parentActorId: string | null
  mentionIds: string[]
  favourited: boolean
  reblogged: boolean
  pinned: boolean
  bookmarked: boolean
  /** The viewer muted the thread. */
  muted: boolean
  /** Options the viewer voted for. */
  ownVotes: number[]
  dislikes: number
  reactions: ReactionPart[]
  quotes: number
  /** The viewer follows who publishes it. */
  followed: boolean
  latestReply: LatestReply | null
  card: CardPart | null
  /** Who may answer: the rule of the thread. */
  replyPolicy: ReplyPolicy | null
  /** The viewer may; of nobody in particular: there is no rule against. */
  canReply: boolean
}

export interface StatusParts {
  viewer: Viewer
  /** Boosted objects the viewer may see; a boost of anything else is not shown. */
  reblogs: Map<string, StatusRow>
  /** By the id of the status that quotes. */
  quotes: Map<string, QuotePart>
  /** Posts that are linked to, as far as the viewer may see them, by id. */
  linked: Map<string, StatusRow>
  facts: Map<string, StatusFacts>
  /** Of events only. */
  events: Map<string, EventFacts>
  actors: Map<string, ActorPart>
  /** The viewer's. */
  filters: ActiveFilter[]
}

/** Loads what serialising these rows needs, in four queries, one more each for quotes, linked posts, events and the viewer's filters. `extraActorIds` come along (who sent a notification…). */
export async function loadStatusParts(ctx: Ctx, rows: StatusRow[], viewer: Viewer, extraActorIds: string[] = []): Promise<StatusParts> {
  const reblogs = await loadReblogs(ctx, rows, viewer)
  const quotes = await loadQuotes(ctx, [...rows, ...reblogs], viewer)
  const quoted = [...quotes.values()].flatMap(({ row }) => row ?? [])
  const shown = [...new Map([...rows, ...reblogs, ...quoted].map((row) => [row.id, row])).values()]
  const facts = await loadFacts(ctx, shown, viewer)
  const linked = await loadLinked(ctx, facts, viewer)
  const events = await loadEventFacts(
    ctx,
    shown.flatMap((row) => (row.type === 'Event' ? row.id : [])),
    viewer
  )
  const actorIds = new Set<string>(extraActorIds)
  for (const row of [...shown, ...linked]) for (const id of [row.actor_id, row.author_id, row.group_id]) if (id !== null) actorIds.add(id)
  for (const fact of facts.values()) {
    for (const id of fact.mentionIds) actorIds.add(id)
    if (fact.latestReply) actorIds.add(fact.latestReply.actorId)
  }
  for (const { inviterId, place_actor_id: placeId } of events.values())
    for (const id of [inviterId, placeId]) if (id !== null) actorIds.add(id)
  const actors = await loadActorParts(ctx, [...actorIds])
  const filters = viewer.actorId === null || rows.length === 0 ? [] : await loadActiveFilters(ctx, viewer.actorId)
  const byId = (some: StatusRow[]): Map<string, StatusRow> => new Map(some.map((row) => [row.id, row]))
  return { viewer, reblogs: byId(reblogs), quotes, linked: byId(linked), facts, events, actors, filters }
}

/** Actors with their counters, by id, in one query. Plan: index scan on both primary keys. */
export async function loadActorParts(ctx: Ctx, ids: string[]): Promise<Map<string, ActorPart>> {
  if (ids.length === 0) return new Map()
  const rows = (await ctx
    .db('actors as a')
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .whereRaw('a.id = any(array(select unnest(?::bigint[])))', [ids])
    .select(...actorColumns('a'), ...countColumns(ctx.db))) as ActorPart[]
  return new Map(rows.map((row) => [row.id, row]))
}

/** The counters of an actor, zero when it has none yet; `s` is actor_stats. */
export function countColumns(db: Knex): Knex.Raw[] {
  return ['statuses', 'followers', 'following'].map((name) => db.raw('coalesce(??, 0) as ??', [`s.${name}`, name]))
}

async function loadReblogs(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<StatusRow[]> {
  const ids = [...new Set(rows.flatMap((row) => row.reblog_of_id ?? []))]
  if (ids.length === 0) return []
  const query = ctx.db('objects as o').whereRaw('o.id = any(array(select unnest(?::bigint[])))', [ids]).select(statusColumns('o'))
  return (await visibleTo(query, viewer, 'o')) as StatusRow[]
}

/** Plan: quotes_quote and objects_pkey, one probe a row; the quoted ones by primary key. */
async function loadQuotes(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<Map<string, QuotePart>> {
  if (rows.length === 0) return new Map()
  const found = await ctx
    .db('quotes as q')
    .leftJoin('objects as o', 'o.id', 'q.quoted_id')
    .whereRaw('q.quote_id = any(array(select unnest(?::bigint[])))', [rows.map((row) => row.id)])
    .select<{ quote_id: string; quoted_id: string | null; state: QuoteState; gone: boolean }[]>(
      'q.quote_id',
      'q.quoted_id',
      'q.state',
      ctx.db.raw('o.deleted_at is not null as gone')
    )
  const ids = found.flatMap(({ state, quoted_id: id }) => (state === 'accepted' && id !== null ? [id] : []))
  const query = ctx.db('objects as o').whereRaw('o.id = any(array(select unnest(?::bigint[])))', [ids]).select(statusColumns('o'))
  const seen = ids.length === 0 ? [] : ((await visibleTo(query, viewer, 'o')) as StatusRow[])
  const byId = new Map(seen.map((row) => [row.id, row]))
  return new Map(
    found.map(({ quote_id: quoteId, quoted_id: id, state, gone }) => [
      quoteId,
      { state, isDeleted: gone, row: id === null ? null : (byId.get(id) ?? null) }
    ])
  )
}

async function loadLinked(ctx: Ctx, facts: Map<string, StatusFacts>, viewer: Viewer): Promise<StatusRow[]> {
  const ids = [...facts.values()].flatMap(({ card }) => card?.target_id ?? [])
  if (ids.length === 0) return []
  const query = ctx.db('objects as o').whereRaw('o.id = any(array(select unnest(?::bigint[])))', [ids]).select(statusColumns('o'))
  return (await visibleTo(query, viewer, 'o')) as StatusRow[]
}

interface FactsRow extends Omit<
  StatusFacts,
  'parentActorId' | 'mentionIds' | 'ownVotes' | 'reactions' | 'latestReply' | 'replyPolicy' | 'canReply'
> {
  id: string
  parent_actor_id: string | null
  mention_ids: string[]
  own_votes: number[]
  reactions: ReactionPart[] | null
  reply_policy: ReplyPolicy | null
  can_reply: boolean
  reply_id: string | null
  reply_actor_id: string
  reply_html: string
  reply_published: Date
}

// Plan: nested loops over the ids, each part an index probe (object_stats_pkey, objects_pkey, object_recipients_pkey,
// likes_object_id_actor_id_key, objects_reblog, featured_pkey, bookmarks_object_id_actor_id_key, thread_mutes_pkey, poll_votes_pkey, objects_replies backwards with limit 1, object_cards_pkey).
async function loadFacts(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<Map<string, StatusFacts>> {
  if (rows.length === 0) return new Map()
  const reply = ctx
    .db('objects as reply')
    .whereRaw("reply.in_reply_to_id = o.id and s.replies > 0 and reply.visibility in ('public', 'unlisted')")
    .orderBy('reply.id', 'desc')
    .limit(1)
    .select('reply.id', 'reply.actor_id', 'reply.content_html', 'reply.published')
  const found = (await ctx
    .db('objects as o')
    .leftJoin('object_stats as s', 's.object_id', 'o.id')
    .joinRaw('left join lateral ? as latest on true', [visibleTo(reply, viewer, 'reply') as unknown as Knex.Value])
    .whereRaw('o.id = any(array(select unnest(?::bigint[])))', [rows.map((row) => row.id)])
    .select('o.id', ...factColumns(ctx.db, viewer))) as FactsRow[]
  return new Map(found.map((row) => [row.id, toFacts(row)]))
}

const CARD = `(select json_build_object('url', pc.url, 'host', pc.host, 'title', pc.title, 'description', pc.description,
    'author_name', pc.author_name, 'provider_name', pc.provider_name, 'image_url', pc.image_url, 'image_description', pc.image_description,
    'image_width', pc.image_width, 'image_height', pc.image_height, 'language', pc.language, 'published_at', pc.published_at,
    'target_id', pc.target_id::text)
  from object_cards oc join preview_cards pc on pc.id = oc.card_id where oc.object_id = o.id and (pc.title is not null or pc.target_id is not null)) as card`

const REACTIONS = `case when coalesce(s.likes, 0) > 0 then (select json_agg(json_build_object('emoji', emoji, 'icon', icon, 'count', count))
  from (select emoji, max(icon) as icon, count(*)::integer as count from reactions re where re.object_id = o.id
    group by emoji order by count(*) desc, min(re.id) limit 20) as top) end as reactions`

/** What the first post of the thread says, else the post itself. */
const REPLY_POLICY = '(select coalesce(first.reply_policy, o.reply_policy) from objects first where first.id = coalesce(o.root_id, o.id))'

function factColumns(db: Knex, viewer: Viewer): Knex.Raw[] {
  const me = viewer.actorId
  return [
    db.raw(
      'coalesce(s.replies, 0) as replies, coalesce(s.likes, 0) as likes, coalesce(s.shares, 0) as shares, coalesce(s.dislikes, 0) as dislikes'
    ),
    db.raw(
      "(select count(*)::integer from quotes q where q.quoted_id = o.id and q.state = 'accepted' and q.quote_id is not null) as quotes"
    ),
    db.raw(REACTIONS),
    db.raw(CARD),
    db.raw(
      "exists (select 1 from follows fo where fo.follower_id = ?::bigint and fo.followed_id = o.actor_id and fo.state = 'accepted') as followed",
      [me]
    ),
    db.raw('(select p.actor_id from objects p where p.id = o.in_reply_to_id) as parent_actor_id'),
    db.raw('array(select m.actor_id from object_recipients m where m.object_id = o.id and m.mention order by m.actor_id) as mention_ids'),
    db.raw('exists (select 1 from likes l where l.object_id = o.id and l.actor_id = ?::bigint) as favourited', [me]),
    db.raw(
      'exists (select 1 from objects b where b.reblog_of_id = o.id and b.actor_id = ?::bigint and b.deleted_at is null) as reblogged',
      [me]
    ),
    db.raw('array(select v.option from poll_votes v where v.object_id = o.id and v.voter_id = ?::bigint order by v.option) as own_votes', [
      me
    ]),
    db.raw(`${REPLY_POLICY} as reply_policy`),
    db.raw(
      `${REPLY_POLICY} is null
         or coalesce((select case when first.reply_policy is null then ?::bigint in (o.actor_id, o.author_id)
           else ?::bigint in (first.actor_id, first.author_id) end from objects first where first.id = coalesce(o.root_id, o.id)), false)
         or (${REPLY_POLICY} = 'members' and case when o.group_id is null
           then coalesce((select me.local from actors me where me.id = ?::bigint), false)
           else exists (select 1 from memberships gm where gm.group_id = o.group_id and gm.actor_id = ?::bigint and gm.state = 'active') end) as can_reply`,
      [me, me, me, me]
    ),
    db.raw('exists (select 1 from featured f where f.object_id = o.id and f.actor_id = o.actor_id) as pinned'),
    db.raw('exists (select 1 from bookmarks bm where bm.object_id = o.id and bm.actor_id = ?::bigint) as bookmarked', [me]),
    db.raw('exists (select 1 from thread_mutes tm where tm.root_id = o.root_id and tm.actor_id = ?::bigint) as muted', [me]),
    db.raw(
      'latest.id as reply_id, latest.actor_id as reply_actor_id, latest.content_html as reply_html, latest.published as reply_published'
    )
  ]
}

function toFacts(row: FactsRow): StatusFacts {
  const { replies, likes, shares, dislikes, quotes, followed, favourited, reblogged, pinned, bookmarked, muted, card } = row
  const latestReply =
    row.reply_id === null
      ? null
      : { id: row.reply_id, actorId: row.reply_actor_id, contentHtml: row.reply_html, published: row.reply_published }
  return {
    replies,
    likes,
    shares,
    dislikes,
    quotes,
    followed,
    reactions: row.reactions ?? [],
    favourited,
    reblogged,
    pinned,
    bookmarked,
    muted,
    parentActorId: row.parent_actor_id,
    mentionIds: row.mention_ids,
    ownVotes: row.own_votes,
    latestReply,
    card,
    replyPolicy: row.reply_policy,
    canReply: row.can_reply
  }
}
