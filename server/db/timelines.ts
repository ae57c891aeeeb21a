// The pages people read: home, commune, fediverse, tag, one actor. Each is a range of one index, newest first, through visibleTo().
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { inOrder, pageOf, type Page } from './paging.ts'
import type { ListRow, ObjectRow } from './rows.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

/** Posts of a newly followed actor that come into the home timeline at once; as many as one page shows. */
const BACKFILL = 20

// Scalar subqueries stay probes by primary key; an EXISTS beside an OR may become a hash of the whole table.
const PUBLISHER_IS_GROUP = "(select g.type = 'Group' from actors g where g.id = o.actor_id)"
// A group announces what is said in it, the commune what its groups publish: on a wall that shows the post itself, that would repeat it.
const REPEATS_OWN_POST =
  '(select said.local and coalesce(said.group_id in (o.actor_id, said.actor_id), false) from objects said where said.id = o.reblog_of_id)'
const PARENT_OF_SAME_ACTOR = '(select parent.actor_id = o.actor_id from objects parent where parent.id = o.in_reply_to_id)'

/** What reached the owner through follows, mentions and groups. Plan: index only scan on home_items_pkey backwards, objects by primary key. */
export async function homeTimeline(ctx: Ctx, ownerId: string, page: Page): Promise<StatusRow[]> {
  const query = ctx
    .db('home_items as h')
    .join('objects as o', 'o.id', 'h.object_id')
    .where('h.owner_id', ownerId)
    .whereNotExists(mutedBy(ctx, ownerId))
    .whereNotExists(onExclusiveList(ctx.db, ownerId))
    .select(statusColumns('o'))
  return read(pageOf(visibleTo(query, { actorId: ownerId }, 'o'), 'h.object_id', page), page)
}

const ANSWERS_SHOWN: Record<ListRow['replies_policy'], string> = {
  none: 'false',
  list: 'exists (select 1 from list_accounts pa where pa.list_id = la.list_id and pa.actor_id = parent.actor_id)',
  followed: "exists (select 1 from follows pf where pf.follower_id = :owner and pf.followed_id = parent.actor_id and pf.state = 'accepted')"
}

/**
 * What the members of a list published, newest first, for its owner. Answers show as the list says; answers to oneself always do.
 * Plan: objects_actor backwards, as many as a page holds for each member, then the newest of these.
 */
export async function listTimeline(ctx: Ctx, list: ListRow, page: Page): Promise<StatusRow[]> {
  const viewer = { actorId: list.owner_id }
  const answers = `(o.in_reply_to_iri is null and o.in_reply_to_id is null or exists (select 1 from objects parent
    where parent.id = o.in_reply_to_id and (parent.actor_id in (o.actor_id, :owner) or ${ANSWERS_SHOWN[list.replies_policy]})))`
  const ofMember = ctx
    .db('objects as o')
    .whereRaw('o.actor_id = la.actor_id')
    .whereRaw(answers, { owner: list.owner_id })
    .whereRaw(
      '(o.reblog_of_id is null or not exists (select 1 from follows hf where hf.follower_id = :owner and hf.followed_id = o.actor_id and not hf.reblogs))',
      { owner: list.owner_id }
    )
    .whereNotExists(mutedBy(ctx, list.owner_id))
    .select(statusColumns('o'))
  const query = ctx
    .db('list_accounts as la')
    .joinRaw('cross join lateral ? as o', [pageOf(visibleTo(ofMember, viewer, 'o'), 'o.id', page) as unknown as Knex.Value])
    .where('la.list_id', list.id)
    .select(statusColumns('o'))
  return read(pageOf(query, 'o.id', page), page)
}

/** Candidates read for a page of the groups: some of them are hidden from the reader. */
const GROUP_CANDIDATES = 3

/**
 * What is said in the groups of a person, and by them: first posts and events, newest first. Plan: objects_group backwards for each group,
 * the newest of these by their ids alone, and only then who may see them.
 */
export async function groupsTimeline(ctx: Ctx, ownerId: string, page: Page): Promise<StatusRow[]> {
  const viewer = { actorId: ownerId }
  const wide = { ...page, limit: page.limit * GROUP_CANDIDATES }
  const ofGroup = ctx
    .db('objects as c')
    .whereRaw('c.group_id = gm.group_id')
    .whereNull('c.in_reply_to_iri')
    .whereNull('c.reblog_of_id')
    .whereNull('c.deleted_at')
    .select('c.id')
  const newest = ctx
    .db('memberships as gm')
    .joinRaw('cross join lateral ? as c', [pageOf(ofGroup, 'c.id', wide) as unknown as Knex.Value])
    .where({ 'gm.actor_id': ownerId, 'gm.state': 'active' })
    .select('c.id')
  const query = ctx
    .db('objects as o')
    .join(pageOf(newest, 'c.id', wide).as('found'), 'found.id', 'o.id')
    .whereNotExists(mutedBy(ctx, ownerId))
    .select(statusColumns('o'))
  return read(pageOf(listedFor(visibleTo(query, viewer, 'o'), viewer, 'o'), 'o.id', page), page)
}

export interface PublicScope {
  /** Only what is published here: the commune's wall. */
  local?: boolean
  /** Only what comes from elsewhere. */
  remote?: boolean
  onlyMedia?: boolean
}

/**
 * Public posts. Replies stay in their threads; boosts show only when a group or the commune of this instance makes them.
 * Plan: objects_public_local, objects_commune or objects_public backwards, filtered, stopped at the limit.
 */
export async function publicTimeline(ctx: Ctx, viewer: Viewer, scope: PublicScope, page: Page): Promise<StatusRow[]> {
  const query = ctx.db('objects as o').whereNull('o.in_reply_to_iri').select(statusColumns('o'))
  // On the commune's wall its people also find what is for them alone; visibleTo() keeps it from everybody else.
  if (scope.local === true && viewer.actorId !== null) query.whereRaw("o.visibility in ('public', 'local')")
  else query.where('o.visibility', 'public')
  if (scope.local) query.whereRaw('o.local').whereRaw(`(o.reblog_of_id is null or (${PUBLISHER_IS_GROUP} and not ${REPEATS_OWN_POST}))`)
  else query.whereNull('o.reblog_of_id')
  if (scope.remote) query.whereRaw('not o.local')
  if (scope.onlyMedia) query.whereRaw("o.attachments <> '[]'::jsonb")
  if (viewer.actorId !== null) query.whereNotExists(mutedBy(ctx, viewer.actorId))
  return read(pageOf(listedFor(visibleTo(query, viewer, 'o'), viewer, 'o'), 'o.id', page), page)
}

/** Answers anywhere under these first posts, for what just happened there. Plan: objects by primary key. */
export async function threadTimeline(ctx: Ctx, viewer: Viewer, rootId: string, page: Page): Promise<StatusRow[]> {
  const query = ctx.db('objects as o').where('o.root_id', rootId).whereNull('o.reblog_of_id').select(statusColumns('o'))
  if (viewer.actorId !== null) query.whereNotExists(mutedBy(ctx, viewer.actorId))
  return read(pageOf(listedFor(visibleTo(query, viewer, 'o'), viewer, 'o'), 'o.id', page), page)
}

/** Public posts with a hashtag (folded name, without #). Plan: object_tags_pkey backwards, objects by primary key. */
export async function tagTimeline(ctx: Ctx, viewer: Viewer, tag: string, scope: PublicScope, page: Page): Promise<StatusRow[]> {
  const query = ctx
    .db('object_tags as t')
    .join('objects as o', 'o.id', 't.object_id')
    .where({ 't.tag': tag, 'o.visibility': 'public' })
    .select(statusColumns('o'))
  if (scope.local) query.whereRaw('o.local')
  if (scope.remote) query.whereRaw('not o.local')
  if (scope.onlyMedia) query.whereRaw("o.attachments <> '[]'::jsonb")
  if (viewer.actorId !== null) query.whereNotExists(mutedBy(ctx, viewer.actorId))
  return read(pageOf(listedFor(visibleTo(query, viewer, 'o'), viewer, 'o'), 't.object_id', page), page)
}

export interface ActorScope {
  excludeReplies?: boolean
  excludeReblogs?: boolean
  onlyMedia?: boolean
  pinned?: boolean
  tag?: string | null
}

/** What one actor published or boosted. Plan: objects_actor backwards. */
export async function actorTimeline(ctx: Ctx, viewer: Viewer, actorId: string, scope: ActorScope, page: Page): Promise<StatusRow[]> {
  const query = ctx.db('objects as o').where('o.actor_id', actorId).select(statusColumns('o'))
  // Replies to oneself are one's own threads, as in Mastodon.
  if (scope.excludeReplies) query.whereRaw(`(o.in_reply_to_iri is null or ${PARENT_OF_SAME_ACTOR})`)
  if (scope.excludeReblogs) query.whereNull('o.reblog_of_id')
  if (scope.onlyMedia) query.whereRaw("o.attachments <> '[]'::jsonb")
  if (scope.pinned)
    query.whereExists(ctx.db('featured as f').whereRaw('f.object_id = o.id and f.actor_id = o.actor_id').select(ctx.db.raw('1')))
  if (scope.tag)
    query.whereExists(ctx.db('object_tags as t').whereRaw('t.object_id = o.id and t.tag = ?', [scope.tag]).select(ctx.db.raw('1')))
  return read(pageOf(visibleTo(query, viewer, 'o'), 'o.id', page), page)
}

/** What an actor liked, latest like first, with the key the list is paged by. Plan: likes_actor backwards, objects by primary key. */
export async function likedBy(ctx: Ctx, actorId: string, page: Page): Promise<(StatusRow & { page_key: string })[]> {
  const query = ctx
    .db('likes as l')
    .join('objects as o', 'o.id', 'l.object_id')
    .where('l.actor_id', actorId)
    .select([...statusColumns('o'), 'l.id as page_key'])
  return inOrder((await pageOf(visibleTo(query, { actorId }, 'o'), 'l.id', page)) as (StatusRow & { page_key: string })[], page)
}

/** What an actor keeps for later, latest first. Plan: bookmarks_actor backwards, objects by primary key. */
export async function bookmarkedBy(ctx: Ctx, actorId: string, page: Page): Promise<(StatusRow & { page_key: string })[]> {
  const query = ctx
    .db('bookmarks as k')
    .join('objects as o', 'o.id', 'k.object_id')
    .where('k.actor_id', actorId)
    .select([...statusColumns('o'), 'k.id as page_key'])
  return inOrder((await pageOf(visibleTo(query, { actorId }, 'o'), 'k.id', page)) as (StatusRow & { page_key: string })[], page)
}

/** One object as lists show it, or null when it is not there for the viewer: the two cases cannot be told apart (V02). */
export async function findStatus(ctx: Ctx, id: string, viewer: Viewer): Promise<StatusRow | null> {
  const query = ctx.db('objects as o').where('o.id', id).select(statusColumns('o'))
  return ((await visibleTo(query, viewer, 'o').first()) as StatusRow | undefined) ?? null
}

/** The whole row of an object the viewer may see, to act on it; a boost gives what it boosts. Null as findStatus(). */
export async function findVisibleObject(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow | null> {
  const row = (await visibleTo(ctx.db('objects as o').where('o.id', id).select('o.*'), viewer, 'o').first()) as ObjectRow | undefined
  if (row === undefined) return null
  return row.reblog_of_id === null ? row : findVisibleObject(ctx, row.reblog_of_id, viewer)
}

/** Several objects by id, those the viewer may see, in no order. `listed`: without authors whom moderators limited. */
export async function findStatuses(ctx: Ctx, ids: string[], viewer: Viewer, { listed = false } = {}): Promise<StatusRow[]> {
  if (ids.length === 0) return []
  const query = visibleTo(
    ctx.db('objects as o').whereRaw('o.id = any(array(select unnest(?::bigint[])))', [ids]).select(statusColumns('o')),
    viewer,
    'o'
  )
  return (await (listed ? listedFor(query, viewer, 'o') : query)) as StatusRow[]
}

/** Puts the latest posts of a newly followed actor into the follower's home timeline. */
export async function backfillHome(trx: Knex, ownerId: string, followedId: string): Promise<void> {
  const latest = trx('objects')
    .where({ actor_id: followedId })
    .whereNull('deleted_at')
    .whereNull('in_reply_to_iri')
    .whereIn('visibility', ['public', 'unlisted', 'followers'])
    .orderBy('id', 'desc')
    .limit(BACKFILL)
    .select(trx.raw('?::bigint', [ownerId]), 'id')
  await trx.raw('insert into home_items (owner_id, object_id) ? on conflict do nothing', [latest])
}

async function read(query: Knex.QueryBuilder, page: Page): Promise<StatusRow[]> {
  return inOrder((await query) as StatusRow[], page)
}

/** Whether a person muted who wrote `o`. */
export function mutedBy(ctx: Ctx, actorId: string): Knex.QueryBuilder {
  return ctx
    .db('mutes as mu')
    .whereRaw('mu.muter_id = ?::bigint and mu.muted_id = o.actor_id and (mu.expires_at is null or mu.expires_at > ?)', [
      actorId,
      ctx.clock.now()
    ])
    .select(ctx.db.raw('1'))
}

/** Whom an exclusive list shows, the home timeline does not. */
function onExclusiveList(db: Knex, ownerId: string): Knex.QueryBuilder {
  return db('list_accounts as la')
    .join('lists as li', 'li.id', 'la.list_id')
    .whereRaw('li.owner_id = ?::bigint and li.exclusive and la.actor_id = o.actor_id and o.actor_id <> ?::bigint', [ownerId, ownerId])
    .select(db.raw('1'))
}
