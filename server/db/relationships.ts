// How one actor stands to others, and the lists of who follows, is followed, asks, is blocked or muted. Reading only.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { inOrder, pageOf, type Page } from './paging.ts'
import { actorColumns, countColumns, type ActorPart } from './status-parts.ts'

export interface RelationshipRow {
  id: string
  following: boolean
  reblogs: boolean
  notify: boolean
  languages: string[] | null
  endorsed: boolean
  requested: boolean
  followed_by: boolean
  requested_by: boolean
  blocking: boolean
  blocked_by: boolean
  muting: boolean
  muting_notifications: boolean
  domain_blocking: boolean
  /** What the viewer noted about them; '' for nothing. */
  note: string
}

/** One row per known actor of `ids`, in their order. One query; each part is a probe of a unique index. */
export async function loadRelationships(ctx: Ctx, meId: string, ids: string[]): Promise<RelationshipRow[]> {
  if (ids.length === 0) return []
  const found = await ctx.db.raw<{ rows: RelationshipRow[] }>(
    `select a.id, coalesce(f.state = 'accepted', false) as following, coalesce(f.reblogs, false) as reblogs,
       coalesce(f.notify, false) as notify, f.languages,
       exists (select 1 from endorsements e where e.actor_id = :me and e.target_id = a.id) as endorsed,
       coalesce(f.state = 'pending', false) as requested,
       coalesce(b.state = 'accepted', false) as followed_by, coalesce(b.state = 'pending', false) as requested_by,
       exists (select 1 from blocks x where x.blocker_id = :me and x.blocked_id = a.id) as blocking,
       exists (select 1 from blocks x where x.blocker_id = a.id and x.blocked_id = :me) as blocked_by,
       m.muter_id is not null as muting, coalesce(m.notifications, false) as muting_notifications,
       not a.local and (host_and_parents(a.domain) || host_and_parents(a.host)) && (select me.blocked_hosts from actors me where me.id = :me) as domain_blocking,
       coalesce((select n.comment from actor_notes n where n.actor_id = :me and n.target_id = a.id), '') as note
     from unnest(:ids::bigint[]) with ordinality as wanted (id, place)
     join actors a on a.id = wanted.id
     left join follows f on f.follower_id = :me and f.followed_id = a.id
     left join follows b on b.follower_id = a.id and b.followed_id = :me
     left join mutes m on m.muter_id = :me and m.muted_id = a.id and (m.expires_at is null or m.expires_at > :now)
     order by wanted.place`,
    { me: meId, ids, now: ctx.clock.now() }
  )
  return found.rows
}

/** An actor in a list, with the key the list is paged by. */
export type ListedActor = ActorPart & { page_key: string }

/** Who follows an actor, latest first. Plan: follows_followed. */
export async function followersOf(ctx: Ctx, actorId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('follows as l').where({ 'l.followed_id': actorId, 'l.state': 'accepted' }), 'l.follower_id', 'l.id', page)
}

/** Whom an actor follows, latest first. Plan: follows_follower. */
export async function followedBy(ctx: Ctx, actorId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('follows as l').where({ 'l.follower_id': actorId, 'l.state': 'accepted' }), 'l.followed_id', 'l.id', page)
}

/** Who asks to follow an actor. Plan: follows_followed. */
export async function followRequestsOf(ctx: Ctx, actorId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('follows as l').where({ 'l.followed_id': actorId, 'l.state': 'pending' }), 'l.follower_id', 'l.id', page)
}

/** Whom an actor has blocked. Plan: blocks_blocker_id_blocked_id_key, a short list sorted. */
export async function blockedBy(ctx: Ctx, actorId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('blocks as l').where({ 'l.blocker_id': actorId }), 'l.blocked_id', 'l.id', page)
}

/** Whom an actor has muted, by account id, with the end of the mute. Plan: mutes_pkey. */
export async function mutedByActor(ctx: Ctx, actorId: string, page: Page): Promise<(ListedActor & { mute_ends: Date | null })[]> {
  const mutes = ctx
    .db('mutes as l')
    .where({ 'l.muter_id': actorId })
    .where((end) => end.whereNull('l.expires_at').orWhere('l.expires_at', '>', ctx.clock.now()))
    .select('l.expires_at as mute_ends')
  return (await list(ctx, mutes, 'l.muted_id', 'l.muted_id', page)) as (ListedActor & { mute_ends: Date | null })[]
}

/** Who is on a list, by account id. Plan: list_accounts_pkey. */
export async function membersOfList(ctx: Ctx, listId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('list_accounts as l').where({ 'l.list_id': listId }), 'l.actor_id', 'l.actor_id', page)
}

/** Whom an actor recommends and still follows, latest first. Plan: endorsements_actor. */
export async function endorsedBy(ctx: Ctx, actorId: string, page: Page): Promise<ListedActor[]> {
  const endorsed = ctx
    .db('endorsements as l')
    .where({ 'l.actor_id': actorId })
    .whereRaw("exists (select 1 from follows f where f.follower_id = l.actor_id and f.followed_id = l.target_id and f.state = 'accepted')")
    .whereRaw(NOT_OF_BLOCKED_HOST)
  return list(ctx, endorsed, 'l.target_id', 'l.id', page)
}

/** Whoever is on a blocked server is named to nobody (security.md D02). */
const NOT_OF_BLOCKED_HOST = "a.host_action is distinct from 'block'"

/** Who liked an object, latest first. Plan: likes_object_id_actor_id_key, sorted. */
export async function likersOf(ctx: Ctx, objectId: string, page: Page): Promise<ListedActor[]> {
  return list(ctx, ctx.db('likes as l').where({ 'l.object_id': objectId }).whereRaw(NOT_OF_BLOCKED_HOST), 'l.actor_id', 'l.id', page)
}

/** Who boosted an object, latest first. Plan: objects_reblog_of. */
export async function boostersOf(ctx: Ctx, objectId: string, page: Page): Promise<ListedActor[]> {
  const boosts = ctx
    .db('objects as l')
    .where({ 'l.reblog_of_id': objectId })
    .whereNull('l.deleted_at')
    .whereIn('l.visibility', ['public', 'unlisted'])
    .whereRaw(NOT_OF_BLOCKED_HOST)
  return list(ctx, boosts, 'l.actor_id', 'l.id', page)
}

async function list(ctx: Ctx, links: Knex.QueryBuilder, actorColumn: string, keyColumn: string, page: Page): Promise<ListedActor[]> {
  const query = links
    .join('actors as a', 'a.id', actorColumn)
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .whereNull('a.suspended_at')
    .whereNull('a.deleted_at')
    .select(...actorColumns('a'), ...countColumns(ctx.db), `${keyColumn} as page_key`)
  return inOrder((await pageOf(query, keyColumn, page)) as ListedActor[], page)
}
