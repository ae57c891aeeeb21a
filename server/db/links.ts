// Links between actors, and between actors and objects: follows, likes, blocks, pins. Every write is idempotent by its unique key.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { forgetHome } from './home.ts'
import type { ActorRow, FollowRow } from './rows.ts'

export interface NewFollow {
  iri: string
  follower: Pick<ActorRow, 'id' | 'local' | 'inbox' | 'shared_inbox'>
  followedId: string
  state: FollowRow['state']
}

/**
 * One row per pair. A repeated Follow takes the new id (Mastodon's follow.rb) and never turns accepted back into pending.
 * Throws the database's unique violation when another pair already uses this id.
 */
export async function saveFollow(
  ctx: Ctx,
  trx: Knex,
  { iri, follower, followedId, state }: NewFollow
): Promise<FollowRow & { fresh: boolean }> {
  const now = ctx.clock.now()
  const written = await trx.raw<{ rows: (FollowRow & { fresh: boolean })[] }>(
    `insert into follows (id, iri, follower_id, followed_id, state, follower_local, delivery_inbox, created_at, accepted_at)
     values (:id, :iri, :follower, :followed, :state, :local, :inbox, :now, case when cast(:state as text) = 'accepted' then cast(:now as timestamptz) end)
     on conflict (follower_id, followed_id) do update set iri = excluded.iri, delivery_inbox = excluded.delivery_inbox,
       state = case when follows.state = 'accepted' then 'accepted' else excluded.state end,
       accepted_at = coalesce(follows.accepted_at, excluded.accepted_at)
     returning *, (xmax = 0) as fresh`,
    {
      id: newId(now),
      iri,
      follower: follower.id,
      followed: followedId,
      state,
      local: follower.local,
      inbox: follower.local ? null : (follower.shared_inbox ?? follower.inbox),
      now
    }
  )
  return written.rows[0]!
}

/** The follow between two actors, whatever its state. */
export async function findFollow(trx: Knex, followerId: string, followedId: string): Promise<FollowRow | undefined> {
  return trx<FollowRow>('follows').where({ follower_id: followerId, followed_id: followedId }).first()
}

/** The follow whose Follow activity has this id. */
export async function findFollowByIri(trx: Knex, iri: string): Promise<FollowRow | undefined> {
  return trx<FollowRow>('follows').where({ iri }).first()
}

/** Marks a follow accepted. False when it already was, or is gone. */
export async function acceptFollow(ctx: Ctx, trx: Knex, followId: string): Promise<boolean> {
  return (await trx('follows').where({ id: followId, state: 'pending' }).update({ state: 'accepted', accepted_at: ctx.clock.now() })) > 0
}

/** Ends a follow: the row, the home items that came from it, the news about it. True when there was one. */
export async function removeFollow(trx: Knex, followerId: string, followedId: string): Promise<boolean> {
  const removed = await trx('follows').where({ follower_id: followerId, followed_id: followedId }).delete()
  if (removed === 0) return false
  await forgetHome(trx, followerId, followedId)
  // Lists hold whom their owner follows.
  await trx('list_accounts')
    .where({ actor_id: followedId })
    .whereIn('list_id', trx('lists').where({ owner_id: followerId }).select('id'))
    .delete()
  await trx('notifications').where({ owner_id: followedId, from_id: followerId }).whereIn('type', ['follow', 'follow_request']).delete()
  return true
}

export interface NewLike {
  iri: string
  actorId: string
  objectId: string
}

/** Likes an object once per actor. True when it is new. */
export async function saveLike(ctx: Ctx, trx: Knex, like: NewLike): Promise<boolean> {
  return (await saveLikes(ctx, trx, [like])).size > 0
}

/** Many likes in two statements: a vote against of the same actor ends. Gives `actor:object` of those that are new. */
export async function saveLikes(ctx: Ctx, trx: Knex, likes: NewLike[]): Promise<Set<string>> {
  const now = ctx.clock.now()
  const written = await trx.raw<{ rows: { actor_id: string; object_id: string }[] }>(
    `insert into likes (id, iri, actor_id, object_id, created_at)
     select id, iri, actor_id, object_id, ?::timestamptz from unnest(?::bigint[], ?::text[], ?::bigint[], ?::bigint[]) as l (id, iri, actor_id, object_id)
     order by object_id on conflict do nothing returning actor_id, object_id`,
    [now, likes.map(() => newId(now)), likes.map((like) => like.iri), likes.map((like) => like.actorId), likes.map((like) => like.objectId)]
  )
  if (written.rows.length > 0)
    await trx.raw(
      'delete from dislikes d using unnest(?::bigint[], ?::bigint[]) as l (actor_id, object_id) where d.actor_id = l.actor_id and d.object_id = l.object_id',
      [written.rows.map((row) => row.actor_id), written.rows.map((row) => row.object_id)]
    )
  return new Set(written.rows.map((row) => `${row.actor_id}:${row.object_id}`))
}

/** Takes a like back, with its notification. True when there was one. */
export async function removeLike(trx: Knex, actorId: string, objectId: string): Promise<boolean> {
  const removed = await trx('likes').where({ actor_id: actorId, object_id: objectId }).delete()
  await trx('reactions').where({ actor_id: actorId, object_id: objectId }).delete()
  await trx('notifications').where({ from_id: actorId, object_id: objectId, type: 'favourite' }).delete()
  return removed > 0
}

/** Blocks: the row, and no follow, home item or notification left between the two, in either direction. True when new. */
export async function saveBlock(ctx: Ctx, trx: Knex, block: { iri: string; blockerId: string; blockedId: string }): Promise<boolean> {
  const now = ctx.clock.now()
  const written = await trx('blocks')
    .insert({ id: newId(now), iri: block.iri, blocker_id: block.blockerId, blocked_id: block.blockedId, created_at: now })
    .onConflict()
    .ignore()
    .returning('id')
  const pairs: [string, string][] = [
    [block.blockerId, block.blockedId],
    [block.blockedId, block.blockerId]
  ]
  for (const [one, other] of pairs) {
    await removeFollow(trx, one, other)
    await forgetHome(trx, one, other)
    await trx('notifications').where({ owner_id: one, from_id: other }).delete()
  }
  return written.length > 0
}

/** Takes a block back. True when there was one. */
export async function removeBlock(trx: Knex, blockerId: string, blockedId: string): Promise<boolean> {
  return (await trx('blocks').where({ blocker_id: blockerId, blocked_id: blockedId }).delete()) > 0
}

/** Pins an object on its author's profile. */
export async function saveFeatured(ctx: Ctx, trx: Knex, actorId: string, objectId: string): Promise<void> {
  await trx('featured')
    .insert({ actor_id: actorId, object_id: objectId, created_at: ctx.clock.now() })
    .onConflict(['actor_id', 'object_id'])
    .ignore()
}

/** Unpins. */
export async function removeFeatured(trx: Knex, actorId: string, objectId: string): Promise<void> {
  await trx('featured').where({ actor_id: actorId, object_id: objectId }).delete()
}

/** Makes these the pins of an actor, as read at `readAt`: what was pinned since stays. */
export async function replaceFeatured(ctx: Ctx, trx: Knex, actorId: string, objectIds: string[], readAt: Date): Promise<void> {
  await trx('featured').where({ actor_id: actorId }).where('created_at', '<', readAt).whereNotIn('object_id', objectIds).delete()
  for (const id of objectIds) await saveFeatured(ctx, trx, actorId, id)
}

/** True when one of these and the actor have blocked each other, whoever did. */
export async function isLinkBlocked(trx: Knex, actorId: string, others: string[]): Promise<boolean> {
  const found = await trx('blocks')
    .where((either) => either.where({ blocker_id: actorId }).whereIn('blocked_id', others))
    .orWhere((either) => either.where({ blocked_id: actorId }).whereIn('blocker_id', others))
    .first('id')
  return found !== undefined
}
