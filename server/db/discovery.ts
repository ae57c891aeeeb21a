// Finding people and subjects by plain counting: whom those one follows follow, who is here, what is talked about. Nothing is weighed or learnt.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { idAt } from '../core/ids.ts'
import { actorColumns, countColumns, statusColumns, type ActorPart, type StatusRow } from './status-parts.ts'
import { mutedBy } from './timelines.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

/** What is recent enough to be talked about. */
const TREND_MS = 3 * 86_400_000
/** Newest public posts that trends look at. */
const RECENT = 2000
const FAMILIAR = 10

/** People one may be shown: alive, known, not limited, who want to be found. */
function discoverable(ctx: Ctx): Knex.QueryBuilder {
  return ctx
    .db('actors as a')
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .whereIn('a.type', ['Person', 'Group', 'Organization'])
    .whereRaw('a.discoverable and a.suspended_at is null and a.deleted_at is null and a.moved_to_id is null and a.limited_at is null')
    .whereRaw("(a.host_action is null or a.host_action = 'allow')")
    .select(...actorColumns('a'), ...countColumns(ctx.db))
}

/** Without those the person muted or blocked, by whom they are blocked, and servers they blocked. Actors as `a`. */
function notPutAside(ctx: Ctx, query: Knex.QueryBuilder, meId: string): Knex.QueryBuilder {
  return query.whereRaw(
    `not exists (select 1 from mutes mu where mu.muter_id = :me and mu.muted_id = a.id and (mu.expires_at is null or mu.expires_at > :now))
     and not exists (select 1 from blocks b where (b.blocker_id = :me and b.blocked_id = a.id) or (b.blocker_id = a.id and b.blocked_id = :me))
     and (a.local or not (host_and_parents(a.domain) || host_and_parents(a.host)) && (select me.blocked_hosts from actors me where me.id = :me))`,
    { me: meId, now: ctx.clock.now() }
  )
}

/** For each of these accounts, some of those the viewer follows who follow it. Plan: follows_followed, follows_follower_id_followed_id_key. */
export async function familiarFollowers(ctx: Ctx, meId: string, ids: string[]): Promise<{ id: string; followers: string[] }[]> {
  const found = await ctx.db.raw<{ rows: { id: string; followers: string[] }[] }>(
    `select wanted.id, array(select theirs.follower_id::text from follows mine
       join follows theirs on theirs.follower_id = mine.followed_id and theirs.followed_id = wanted.id and theirs.state = 'accepted'
       join actors a on a.id = theirs.follower_id and a.suspended_at is null and a.deleted_at is null
         and a.host_action is distinct from 'block'
       where mine.follower_id = :me and mine.state = 'accepted' order by theirs.id desc limit ${FAMILIAR}) as followers
     from unnest(:ids::bigint[]) with ordinality as wanted (id, place) order by wanted.place`,
    { me: meId, ids }
  )
  return found.rows
}

/** People and groups of this instance the viewer neither follows nor has put aside, most followed first. Plan: actors_local_active. */
export async function suggestedActors(ctx: Ctx, meId: string, limit: number): Promise<ActorPart[]> {
  return (await notPutAside(ctx, discoverable(ctx), meId)
    .whereRaw('a.local and a.id <> ?::bigint', [meId])
    .whereRaw('not exists (select 1 from follows f where f.follower_id = ?::bigint and f.followed_id = a.id)', [meId])
    .whereRaw('not exists (select 1 from dismissed_suggestions d where d.actor_id = ?::bigint and d.target_id = a.id)', [meId])
    .orderByRaw('coalesce(s.followers, 0) desc, a.id')
    .limit(limit)) as ActorPart[]
}

/** Everyone who wants to be found and whom the viewer has not put aside. `order`: who spoke last, or who came last. Plan: actors_local_active, actors_local_new, unique keys. */
export async function directory(
  ctx: Ctx,
  viewer: Viewer,
  { local, order, limit, offset }: { local: boolean; order: 'active' | 'new'; limit: number; offset: number }
): Promise<ActorPart[]> {
  const query = discoverable(ctx).limit(limit).offset(offset)
  if (local) query.whereRaw('a.local')
  if (viewer.actorId !== null) notPutAside(ctx, query, viewer.actorId)
  return (await (order === 'active'
    ? query.orderByRaw('a.last_status_at desc nulls last, a.id desc')
    : query.orderBy('a.id', 'desc'))) as ActorPart[]
}

/** Hashtags most accounts used in the last days. Plan: objects_public backwards, at most 2,000 rows, object_tags_object. */
export async function trendingTags(ctx: Ctx, limit: number, offset: number): Promise<string[]> {
  const found = await ctx.db.raw<{ rows: { tag: string }[] }>(
    `select t.tag from (${recentSql}) o join object_tags t on t.object_id = o.id
     group by t.tag order by count(distinct o.actor_id) desc, count(*) desc, t.tag limit ? offset ?`,
    [since(ctx), limit, offset]
  )
  return found.rows.map(({ tag }) => tag)
}

/** Posts of the last days that most people passed on or liked. Plan: objects_public backwards, at most 2,000 rows, object_stats_pkey. */
export async function trendingStatuses(ctx: Ctx, viewer: Viewer, limit: number, offset: number): Promise<StatusRow[]> {
  const query = ctx
    .db(ctx.db.raw(`(${recentSql}) as recent`, [since(ctx)]))
    .join('objects as o', 'o.id', 'recent.id')
    .join('object_stats as s', 's.object_id', 'o.id')
    .whereRaw('s.likes + s.shares > 0')
    .modify((posts) => void (viewer.actorId !== null && posts.whereNotExists(mutedBy(ctx, viewer.actorId))))
    .orderByRaw('s.likes + 2 * s.shares desc, o.id desc')
    .limit(limit)
    .offset(offset)
    .select(statusColumns('o'))
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as StatusRow[]
}

export interface TrendingLink {
  card_id: string
  /** The newest post that shows the page. */
  object_id: string
}

/** Pages that most people link to in the posts of the last days. Plan: objects_public backwards, at most 2,000 rows, object_cards_pkey. */
export async function trendingLinks(ctx: Ctx, limit: number, offset: number): Promise<TrendingLink[]> {
  const found = await ctx.db.raw<{ rows: TrendingLink[] }>(
    `select k.card_id, max(k.object_id) as object_id from (${recentSql}) o join object_cards k on k.object_id = o.id
     join preview_cards p on p.id = k.card_id and p.title is not null
     group by k.card_id order by count(distinct o.actor_id) desc, count(*) desc, k.card_id limit ? offset ?`,
    [since(ctx), limit, offset]
  )
  return found.rows
}

export interface LinkDay {
  card_id: string
  day: Date
  uses: number
  accounts: number
}

/** How often these pages were linked to in open posts, by day, for the last week. Plan: object_cards_card, objects by primary key. */
export async function linkHistory(ctx: Ctx, cardIds: string[]): Promise<LinkDay[]> {
  const found = await ctx.db.raw<{ rows: LinkDay[] }>(
    `select k.card_id, date_trunc('day', o.published, 'UTC') as day, count(*)::integer as uses, count(distinct o.actor_id)::integer as accounts
     from object_cards k join objects o on o.id = k.object_id
     where k.card_id = any(?::bigint[]) and o.id > ?::bigint and o.visibility = 'public' and o.deleted_at is null group by 1, 2`,
    [cardIds, idAt(new Date(ctx.clock.now().getTime() - 7 * 86_400_000))]
  )
  return found.rows
}

const recentSql = `select id, actor_id from objects where visibility = 'public' and deleted_at is null and reblog_of_id is null
  and id > ?::bigint and (select w.limited_at is null and w.suspended_at is null and (w.host_action is null or w.host_action = 'allow')
    from actors w where w.id = objects.actor_id) order by id desc limit ${RECENT}`

function since(ctx: Ctx): string {
  return idAt(new Date(ctx.clock.now().getTime() - TREND_MS))
}
