// How people stand towards groups of this instance: role, following, ban. What core/group-policy.ts judges by. Reads only.
import type { Knex } from 'knex'
import type { Standing } from '../core/group-policy.ts'

/** Key of one standing. */
export function standingKey(groupId: string, actorId: string): string {
  return `${groupId}:${actorId}`
}

/** Standings of these actors in those of the groups that are ours, in one statement. Index: primary keys of groups, memberships and bans. */
export async function standingsIn(trx: Knex, groupIds: string[], actorIds: string[]): Promise<Map<string, Standing>> {
  if (groupIds.length === 0 || actorIds.length === 0) return new Map()
  const { rows } = await trx.raw<{ rows: (Standing & { group_id: string; actor_id: string })[] }>(
    `select g.actor_id as group_id, a.id as actor_id, g.openness, g.posting, m.role,
       exists (select 1 from follows f where f.follower_id = a.id and f.followed_id = g.actor_id and f.state = 'accepted') as follows,
       exists (select 1 from group_bans b where b.group_id = g.actor_id and b.actor_id = a.id and (b.until is null or b.until > now())) as banned
     from groups g cross join unnest(cast(:actors as bigint[])) a (id)
     left join memberships m on m.group_id = g.actor_id and m.actor_id = a.id and m.state = 'active'
     where g.actor_id = any(cast(:groups as bigint[]))`,
    { groups: [...new Set(groupIds)], actors: [...new Set(actorIds)] }
  )
  return new Map(rows.map(({ group_id, actor_id, ...standing }) => [standingKey(group_id, actor_id), standing]))
}

/** How one actor stands towards one local group; null when it is no group of ours. */
export async function standingOf(trx: Knex, groupId: string, actorId: string): Promise<Standing | null> {
  return (await standingsIn(trx, [groupId], [actorId])).get(standingKey(groupId, actorId)) ?? null
}

/** True when the object, or the first post of its thread, is locked. */
export async function isLocked(trx: Knex, object: { id: string; root_id: string | null }): Promise<boolean> {
  const ids = [object.id, ...(object.root_id === null ? [] : [object.root_id])]
  return (await trx('group_locks').whereIn('object_id', ids).first('object_id')) !== undefined
}
