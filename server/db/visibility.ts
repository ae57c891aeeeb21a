// Choke point 6: who may see an object, as one SQL predicate. Every list, page, feed, search and ActivityPub document goes through it;
// no other file decides visibility.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { ObjectRow } from './rows.ts'

/** Who looks. `actorId` is the row id of a local or remote actor; null is anyone at all. */
export interface Viewer {
  actorId: string | null
}

/** The one who is nobody in particular: public pages, unsigned requests, feeds. */
export const ANYONE: Viewer = Object.freeze({ actorId: null })

const INNER_ALIASES = ['seen', 'writer', 'p', 'b', 'a', 'f', 'm', 'r', 'me', 'taken']

const OPEN = "('public', 'unlisted')"

/**
 * Adds the WHERE that leaves only what `viewer` may see of `objects` (or its alias), and gives the query back.
 * Deleted objects, suspended or blocked authors, and boosts of what is not visible never pass; the author's own objects always do.
 * Every branch is an index probe by row, so it does not change the plan of the query it joins: scalar subqueries by unique keys, because
 * an EXISTS may be turned into a hash of the whole table. security.md V01–V14.
 */
export function visibleTo(query: Knex.QueryBuilder, viewer: Viewer, alias = 'objects'): Knex.QueryBuilder {
  // An alias the predicate uses inside would be read there instead, and let things through.
  if (!/^[a-z_][a-z0-9_]*$/.test(alias) || INNER_ALIASES.includes(alias)) throw new TypeError(`"${alias}" is not an alias for this`)
  query.whereNull(`${alias}.deleted_at`)
  query.whereRaw(authorStands(alias))
  const id = viewer.actorId
  if (id === null) {
    query.whereRaw(`${alias}.visibility in ${OPEN}`)
    return query.whereRaw(`(${alias}.reblog_of_id is null or (select true from objects seen where seen.id = ${alias}.reblog_of_id
      and seen.deleted_at is null and seen.visibility in ${OPEN} and ${authorStands('seen')}))`)
  }
  query.whereRaw(notBlocked(alias), { viewer: id })
  query.whereRaw(addressed(alias), { viewer: id })
  return query.whereRaw(
    `(${alias}.reblog_of_id is null or (select true from objects seen where seen.id = ${alias}.reblog_of_id
    and seen.deleted_at is null and ${authorStands('seen')} and ${notBlocked('seen')} and ${addressed('seen')}))`,
    { viewer: id }
  )
}

/** The author's actor is neither suspended, gone, nor of a blocked server (actors.host_action: sub-domains, handle's domain and all). */
function authorStands(alias: string): string {
  return `(select true from actors writer where writer.id = ${alias}.actor_id and writer.suspended_at is null and writer.deleted_at is null
    and writer.host_action is distinct from 'block')`
}

/**
 * For lists that anybody may stumble upon (public timelines, tags, search, agenda, replies under a post): leaves out authors whom a
 * moderator limited, or whose server is limited, except for those who follow them; and what was taken out of a group. Always together with
 * visibleTo().
 */
export function listedFor(query: Knex.QueryBuilder, viewer: Viewer, alias = 'objects'): Knex.QueryBuilder {
  // What moderators took out of their group: a post of ours stays on the wall, an answer or what came through that group does not.
  query.whereRaw(`((${alias}.local and ${alias}.in_reply_to_iri is null)
    or (select taken.object_id from group_removals taken where taken.object_id = ${alias}.id) is null)`)
  const open = `(select writer.limited_at is null and writer.host_action is distinct from 'limit' from actors writer where writer.id = ${alias}.actor_id)`
  if (viewer.actorId === null) return query.whereRaw(open)
  return query.whereRaw(
    `(${alias}.actor_id = :viewer or ${alias}.author_id = :viewer or ${open} or (select true from follows f
      where f.follower_id = :viewer and f.followed_id = ${alias}.actor_id and f.state = 'accepted'))`,
    { viewer: viewer.actorId }
  )
}

/** Neither has blocked the other, and the viewer has not blocked the author's server. */
function notBlocked(alias: string): string {
  return `(not exists (select 1 from blocks b where (b.blocker_id = ${alias}.actor_id and b.blocked_id = :viewer)
    or (b.blocker_id = :viewer and b.blocked_id = ${alias}.actor_id))
    and ((select me.blocked_hosts = '{}' from actors me where me.id = :viewer)
      or (select a.local or not (host_and_parents(a.domain) || host_and_parents(a.host)) && (select me.blocked_hosts from actors me where me.id = :viewer)
        from actors a where a.id = ${alias}.actor_id)))`
}

// 'members' of a local group goes by membership alone, so that who left sees nothing more (V02); members-only content of a remote
// group reaches us by name, through object_recipients.
function addressed(alias: string, viewer = ':viewer'): string {
  return `(${alias}.visibility in ${OPEN} or ${alias}.actor_id = ${viewer} or ${alias}.author_id = ${viewer}
    or (${alias}.visibility = 'local' and (select a.local from actors a where a.id = ${viewer}))
    or (${alias}.visibility = 'followers' and (select true from follows f
      where f.follower_id = ${viewer} and f.followed_id = ${alias}.actor_id and f.state = 'accepted'))
    or (${alias}.visibility = 'members' and (select true from memberships m
      where m.group_id = ${alias}.group_id and m.actor_id = ${viewer} and m.state = 'active'))
    or ((${alias}.visibility in ('followers', 'direct') or (${alias}.visibility = 'members' and ${alias}.group_id is null))
      and (select true from object_recipients r where r.object_id = ${alias}.id and r.actor_id = ${viewer})))`
}

/**
 * The same for what people say about themselves (profile_details): everyone's, for people of this instance, for followers and members of a
 * group in common, for oneself. Across a block only what is everyone's.
 */
export function detailsVisibleTo(query: Knex.QueryBuilder, viewer: Viewer, alias: string): Knex.QueryBuilder {
  query.whereRaw(
    `exists (select 1 from actors a where a.id = ${alias}.actor_id and a.local and a.suspended_at is null and a.deleted_at is null)`
  )
  if (viewer.actorId === null) return query.whereRaw(`${alias}.audience = 'public'`)
  return query.whereRaw(
    `(${alias}.audience = 'public' or ${alias}.actor_id = :viewer or (
      not exists (select 1 from blocks b where (b.blocker_id = ${alias}.actor_id and b.blocked_id = :viewer)
        or (b.blocker_id = :viewer and b.blocked_id = ${alias}.actor_id))
      and ((${alias}.audience = 'local' and (select me.local from actors me where me.id = :viewer))
        or (${alias}.audience = 'known' and (exists (select 1 from follows f
            where f.follower_id = :viewer and f.followed_id = ${alias}.actor_id and f.state = 'accepted')
          or exists (select 1 from memberships m join memberships mine on mine.group_id = m.group_id
            where m.actor_id = ${alias}.actor_id and m.state = 'active' and mine.actor_id = :viewer and mine.state = 'active'))))))`,
    { viewer: viewer.actorId }
  )
}

/** Whether one object may be shown to `viewer`. */
export async function canSee(_ctx: Ctx, trx: Knex, object: Pick<ObjectRow, 'id'>, viewer: Viewer): Promise<boolean> {
  const found: unknown = await visibleTo(trx('objects').where('objects.id', object.id), viewer).first(trx.raw('1 as seen'))
  return found !== undefined
}

/**
 * Which of these people of ours may hear that an object is gone: whoever could see it by its audience. What deletes it has set deleted_at
 * already, so that visibleTo() would let nobody pass; blocks do not matter for the word that an id is gone.
 */
export async function deletionAudience(ctx: Ctx, objectId: string, actorIds: string[]): Promise<string[]> {
  const found = await ctx.db.raw<{ rows: { id: string }[] }>(
    `select one.id from objects o, unnest(:people::bigint[]) as one (id) where o.id = :id and ${addressed('o', 'one.id')}`,
    { people: actorIds, id: objectId }
  )
  return found.rows.map(({ id }) => id)
}
