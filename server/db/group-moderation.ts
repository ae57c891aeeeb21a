// What moderators of groups decided or have to decide: held posts, removals, locks, bans; and who they are. Rules are elsewhere.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { ActorRow, GroupBanRow, GroupDecisionRow, GroupHoldRow, ObjectRow, Visibility } from './rows.ts'

/** Puts a post aside for the moderators of a group. Once. */
export async function saveHold(
  ctx: Ctx,
  trx: Knex,
  hold: { groupId: string; objectId: string; visibility: Visibility; activity: string | null }
): Promise<void> {
  await trx('group_holds')
    .insert({
      group_id: hold.groupId,
      object_id: hold.objectId,
      visibility: hold.visibility,
      activity: hold.activity,
      created_at: ctx.clock.now()
    })
    .onConflict(['group_id', 'object_id'])
    .ignore()
}

/** Takes a held post out of the list; undefined when it is not there (any more). */
export async function takeHold(trx: Knex, groupId: string, objectId: string): Promise<GroupHoldRow | undefined> {
  const rows = await trx<GroupHoldRow>('group_holds').where({ group_id: groupId, object_id: objectId }).delete().returning('*')
  return rows[0]
}

/** Who decided what about which group, and the id under which peers know it. */
export interface Decision {
  groupId: string
  byId: string | null
  iri: string | null
  reason: string
}

/** Takes an object out of its group. False when it was not (any more) in it. */
export async function saveRemoval(ctx: Ctx, trx: Knex, objectId: string, decision: Decision): Promise<boolean> {
  const taken = await trx('objects').where({ id: objectId, group_id: decision.groupId }).update({ group_id: null })
  if (taken === 0) return false
  await trx('group_removals')
    .insert({ object_id: objectId, ...columnsOf(ctx, decision) })
    .onConflict('object_id')
    .merge()
  await trx('featured').where({ actor_id: decision.groupId, object_id: objectId }).delete()
  return true
}

/** Puts it back; undefined when it had not been removed from this group. */
export async function undoRemoval(trx: Knex, groupId: string, objectId: string): Promise<GroupDecisionRow | undefined> {
  const [row] = await trx<GroupDecisionRow>('group_removals').where({ group_id: groupId, object_id: objectId }).delete().returning('*')
  if (row !== undefined) await trx('objects').where({ id: objectId, group_id: null }).update({ group_id: groupId })
  return row
}

/** Locks a thread. False when it was already. */
export async function saveLock(ctx: Ctx, trx: Knex, objectId: string, decision: Decision): Promise<boolean> {
  const rows = await trx('group_locks')
    .insert({ object_id: objectId, ...columnsOf(ctx, decision) })
    .onConflict('object_id')
    .ignore()
    .returning('object_id')
  return rows.length > 0
}

/** Opens it again; undefined when it was not locked. */
export async function undoLock(trx: Knex, groupId: string, objectId: string): Promise<GroupDecisionRow | undefined> {
  const rows = await trx<GroupDecisionRow>('group_locks').where({ group_id: groupId, object_id: objectId }).delete().returning('*')
  return rows[0]
}

/** Bans an actor from a group: what they were in it ends, and an open invitation. A second ban replaces the first. */
export async function saveBan(ctx: Ctx, trx: Knex, actorId: string, decision: Decision & { until: Date | null }): Promise<void> {
  await trx('group_bans')
    .insert({ actor_id: actorId, until: decision.until, ...columnsOf(ctx, decision) })
    .onConflict(['group_id', 'actor_id'])
    .merge()
  await trx('memberships').where({ group_id: decision.groupId, actor_id: actorId }).delete()
  await trx('group_invitations').where({ group_id: decision.groupId, invitee_id: actorId, state: 'pending' }).delete()
}

/** Ends a ban; undefined when there was none. */
export async function undoBan(trx: Knex, groupId: string, actorId: string): Promise<GroupBanRow | undefined> {
  const rows = await trx<GroupBanRow>('group_bans').where({ group_id: groupId, actor_id: actorId }).delete().returning('*')
  return rows[0]
}

function columnsOf(ctx: Ctx, { groupId, byId, iri, reason }: Decision): Record<string, unknown> {
  return { group_id: groupId, by_id: byId, iri, reason, created_at: ctx.clock.now() }
}

/** True when we hold this actor to be a moderator of this group: by membership in ours, by its stored collection elsewhere. */
export async function moderates(trx: Knex, groupId: string, actorIri: string): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `select 1 from memberships m join actors a on a.id = m.actor_id
       where m.group_id = :groupId and a.iri = :actorIri and m.state = 'active' and m.role in ('owner', 'moderator')
     union all select 1 from group_moderators g where g.group_id = :groupId and :actorIri = any(g.iris)`,
    { groupId, actorIri }
  )
  return rows.length > 0
}

/** Replaces what we hold of the moderators of a group elsewhere. */
export async function saveModerators(ctx: Ctx, trx: Knex, groupId: string, iris: string[]): Promise<void> {
  await trx('group_moderators').insert({ group_id: groupId, iris, fetched_at: ctx.clock.now() }).onConflict('group_id').merge()
}

/** Notes that the moderators of a group elsewhere cannot be read: what we hold stands as if it had been read. */
export async function keepModerators(ctx: Ctx, trx: Knex, groupId: string): Promise<void> {
  await trx('group_moderators').insert({ group_id: groupId, fetched_at: ctx.clock.now() }).onConflict('group_id').merge(['fetched_at'])
}

/** When the moderators of a group elsewhere were last read; null: never. */
export async function moderatorsReadAt(trx: Knex, groupId: string): Promise<Date | null> {
  const row = await trx('group_moderators').where({ group_id: groupId }).first<{ fetched_at: Date } | undefined>('fetched_at')
  return row?.fetched_at ?? null
}

/** Held posts of a group, newest first, keyset by object id, with who wrote them. Index: group_holds_group. */
export async function listHolds(
  trx: Knex,
  groupId: string,
  limit: number,
  maxId?: string
): Promise<{ object: ObjectRow; author: ActorRow }[]> {
  const query = trx<GroupHoldRow>('group_holds').where({ group_id: groupId }).orderBy('object_id', 'desc').limit(limit)
  if (maxId !== undefined) query.where('object_id', '<', maxId)
  const ids = (await query.select('object_id')).map((row) => row.object_id)
  const objects = await trx<ObjectRow>('objects').whereIn('id', ids).whereNull('deleted_at').orderBy('id', 'desc')
  const authors = await trx<ActorRow>('actors').whereIn(
    'id',
    objects.map((row) => row.actor_id)
  )
  return objects.flatMap((object) => {
    const author = authors.find((row) => row.id === object.actor_id)
    return author === undefined ? [] : [{ object, author }]
  })
}

export interface BanView extends GroupBanRow {
  actor: ActorRow
}

/** Whom a group has banned, keyset by actor id. Index: primary key. */
export async function listBans(trx: Knex, groupId: string, limit: number, minId?: string): Promise<BanView[]> {
  const query = trx<GroupBanRow>('group_bans').where({ group_id: groupId }).orderBy('actor_id').limit(limit)
  if (minId !== undefined) query.where('actor_id', '>', minId)
  const bans = await query
  const actors = await trx<ActorRow>('actors').whereIn(
    'id',
    bans.map((ban) => ban.actor_id)
  )
  return bans.flatMap((ban) => {
    const actor = actors.find((row) => row.id === ban.actor_id)
    return actor === undefined ? [] : [{ ...ban, actor }]
  })
}

/** Ids of a group's locked threads or removed posts, newest first. Indexes: group_locks_group, group_removals_group. */
export async function listDecided(
  trx: Knex,
  table: 'group_locks' | 'group_removals',
  groupId: string,
  limit: number,
  maxId?: string
): Promise<GroupDecisionRow[]> {
  const query = trx<GroupDecisionRow>(table).where({ group_id: groupId }).orderBy('object_id', 'desc').limit(limit)
  if (maxId !== undefined) query.where('object_id', '<', maxId)
  return query
}
