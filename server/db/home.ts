// Puts objects into home timelines: one row per local reader, written by one INSERT … SELECT whatever their number.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { tell } from './live.ts'
import { notify, type NewNotification } from './notifications.ts'
import type { ObjectRow } from './rows.ts'

/** Older posts that arrive are no news to who wants to hear of each. */
const NEWS_MS = 6 * 3_600_000

/** A boost is left out of a home that got the original less than this ago: groups often send both (federation.md §3.10). */
const SAME_NEWS = '24 hours'

/**
 * Adds the objects to the homes of the author's local followers, of the author, of whom direct and members-only objects name, and of who
 * follows one of their hashtags.
 * Replies go only to those who follow both sides, as on Mastodon (an unresolved reply waits for its parent; call again then).
 * What stands beside an "or" is a scalar subquery: of an "exists" there PostgreSQL would make a hash of the whole table.
 * Followers who hid the author's boosts, and anyone in a block with the author or with the boosted one, are left out. Who wants
 * posts in some languages only gets those; who asked to hear of each new post of the author is notified. Idempotent. Tells open timelines.
 */
export async function fanIn(ctx: Ctx, trx: Knex, objects: Pick<ObjectRow, 'id'> | Pick<ObjectRow, 'id'>[]): Promise<void> {
  const ids = (Array.isArray(objects) ? objects : [objects]).map((object) => object.id)
  if (ids.length === 0) return
  const now = ctx.clock.now()
  const bells = await trx.raw<{ rows: { owner_id: string; object_id: string; actor_id: string }[] }>(
    `with put as (insert into home_items (owner_id, object_id)
     select reader.owner_id, o.id
     from objects o
     left join objects original on original.id = o.reblog_of_id
     left join objects parent on parent.id = o.in_reply_to_id
     cross join lateral (
       select f.follower_id as owner_id from follows f
         where f.followed_id = o.actor_id and f.follower_local and f.state = 'accepted' and o.visibility in ('public', 'unlisted', 'followers', 'local')
         and (o.reblog_of_id is null or f.reblogs)
         and (f.languages is null or ${isIn('f.languages')})
         and (o.in_reply_to_iri is null and o.in_reply_to_id is null or parent.actor_id in (o.actor_id, f.follower_id)
           or (select true from follows both_sides where both_sides.follower_id = f.follower_id and both_sides.followed_id = parent.actor_id
             and both_sides.state = 'accepted'))
       union
       select r.actor_id from object_recipients r join actors a on a.id = r.actor_id
         where r.object_id = o.id and a.local and a.type = 'Person' and o.visibility in ('direct', 'members')
       union
       select m.actor_id from memberships m join actors a on a.id = m.actor_id
         where o.visibility = 'members' and m.group_id = o.group_id and m.state = 'active' and a.local
       union
       select tf.actor_id from object_tags t join tag_follows tf on tf.tag = t.tag
         where t.object_id = o.id and o.visibility = 'public' and o.reblog_of_id is null and exists (select 1 from actors writer
           where writer.id = o.actor_id and writer.limited_at is null and writer.host_action is distinct from 'limit')
       union
       select a.id from actors a where a.local and a.type = 'Person' and a.id in (o.actor_id, o.author_id)
     ) reader
     where o.id = any(?::bigint[]) and o.deleted_at is null
       and not exists (select 1 from blocks b where (b.blocker_id = reader.owner_id and b.blocked_id in (o.actor_id, original.actor_id))
         or (b.blocked_id = reader.owner_id and b.blocker_id in (o.actor_id, original.actor_id)))
       and (o.reblog_of_id is null or o.published > original.created_at + interval '${SAME_NEWS}'
         or (select true from home_items h where h.owner_id = reader.owner_id and h.object_id = o.reblog_of_id) is null)
     on conflict do nothing returning owner_id, object_id)
     select put.owner_id, put.object_id, o.actor_id from put join objects o on o.id = put.object_id
       join follows f on f.follower_id = put.owner_id and f.followed_id = o.actor_id and f.notify and f.state = 'accepted'
       left join objects parent on parent.id = o.in_reply_to_id
     where o.reblog_of_id is null and o.published > ?::timestamptz and (o.in_reply_to_iri is null or parent.actor_id = o.actor_id)`,
    [ids, new Date(now.getTime() - NEWS_MS)]
  )
  const news = bells.rows.map((row): NewNotification => ({
    ownerId: row.owner_id,
    type: 'status',
    fromId: row.actor_id,
    objectId: row.object_id
  }))
  if (news.length > 0) await notify(ctx, trx, news)
  await tell(trx, 'posted', ids)
}

/** Whether the language of `o` (of a boost: of `original`) is among these; a post that names none is. */
function isIn(languages: string): string {
  const language = 'lower(coalesce(original.language, o.language))'
  return `(${language} is null or ${language} = any(${languages}) or split_part(${language}, '-', 1) = any(${languages}))`
}

/** Removes one author's objects (and boosts) from a home, after an unfollow or a block; with languages, only what is in none of them. */
export async function forgetHome(trx: Knex, ownerId: string, authorId: string, languages: string[] | null = null): Promise<void> {
  await trx.raw(
    `delete from home_items h using objects o left join objects original on original.id = o.reblog_of_id
     where h.owner_id = :owner and o.id = h.object_id and :author in (o.actor_id, original.actor_id)
       and (:languages::text[] is null or o.actor_id = :author and not ${isIn(':languages::text[]')})`,
    { owner: ownerId, author: authorId, languages }
  )
}

/** Removes from a home what came only because of a hashtag, after it is followed no more. Plan: object_tags_pkey, home_items_pkey. */
export async function forgetTagHome(trx: Knex, ownerId: string, tag: string): Promise<void> {
  await trx.raw(
    `delete from home_items h using object_tags t, objects o
     where h.owner_id = :owner and t.tag = :tag and t.object_id = h.object_id and o.id = h.object_id and o.actor_id <> :owner
       and o.author_id is distinct from :owner
       and not exists (select 1 from follows f where f.follower_id = :owner and f.followed_id = o.actor_id and f.state = 'accepted')
       and not exists (select 1 from object_tags other join tag_follows tf on tf.tag = other.tag and tf.actor_id = :owner where other.object_id = o.id)`,
    { owner: ownerId, tag }
  )
}
