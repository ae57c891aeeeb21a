// Who belongs to which group. A local member also follows the group, so that its posts reach their home timeline.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId, uuidv7 } from '../core/ids.ts'
import { can } from '../core/permission.ts'
import { notify, type WrittenNotification } from './notifications.ts'
import type { ActorRow, GroupOpenness, GroupPosting, GroupRow, MembershipRole, MembershipRow, MembershipState } from './rows.ts'

interface NewGroup {
  group: ActorRow
  owner: ActorRow
  openness: GroupOpenness
  posting: GroupPosting
  /** Origin of new IRIs: during set-up the context has no site yet. */
  origin: string
}

/** The `groups` row of a new group actor, and its owner's membership. */
export async function insertGroup(ctx: Ctx, trx: Knex, { group, owner, openness, posting, origin }: NewGroup): Promise<void> {
  const now = ctx.clock.now()
  await trx('groups').insert({ actor_id: group.id, openness, posting, created_by: owner.id, created_at: now })
  await insertMembership(ctx, trx, { groupId: group.id, actorId: owner.id, role: 'owner', state: 'active', origin })
}

/** Writes a membership (once: a second call changes nothing) and, when active, the follow that goes with it. */
export async function insertMembership(
  ctx: Ctx,
  trx: Knex,
  input: { groupId: string; actorId: string; role: MembershipRole; state: MembershipState; origin: string }
): Promise<void> {
  await trx('memberships')
    .insert({ group_id: input.groupId, actor_id: input.actorId, role: input.role, state: input.state, created_at: ctx.clock.now() })
    .onConflict(['group_id', 'actor_id'])
    .ignore()
  if (input.state === 'active') await followGroup(ctx, trx, input)
}

/** Makes a local member follow a group of ours, accepted at once: both live here, nothing is sent. Members elsewhere follow by themselves. */
export async function followGroup(
  ctx: Ctx,
  trx: Knex,
  { groupId, actorId, origin }: { groupId: string; actorId: string; origin: string }
): Promise<void> {
  if ((await trx('actors').where({ id: actorId, local: true }).first('id')) === undefined) return
  const now = ctx.clock.now()
  await trx('follows')
    .insert({
      id: newId(now),
      iri: `${origin}/ap/activities/${uuidv7(now)}`,
      follower_id: actorId,
      followed_id: groupId,
      state: 'accepted',
      follower_local: true,
      created_at: now,
      accepted_at: now
    })
    .onConflict(['follower_id', 'followed_id'])
    .ignore()
}

/** The membership of an actor in a group, or null. */
export async function findMembership(trx: Knex, groupId: string, actorId: string): Promise<MembershipRow | null> {
  return (await trx<MembershipRow>('memberships').where({ group_id: groupId, actor_id: actorId }).first()) ?? null
}

/** True when this person may publish in the name of this group (or the commune). */
export async function canPublishAs(ctx: Ctx, actorId: string, groupId: string): Promise<boolean> {
  const group = await ctx.db<GroupRow>('groups').where({ actor_id: groupId }).first()
  if (group === undefined) return false
  const membership = await findMembership(ctx.db, groupId, actorId)
  return can({ role: 'member', actorId }, 'group.publish', { membership, posting: group.posting })
}

/** The groups in whose name this person may publish, by name. */
export async function publishableGroups(ctx: Ctx, actorId: string): Promise<{ actor: ActorRow; role: MembershipRole }[]> {
  const rows = await ctx
    .db('memberships')
    .join('groups', 'groups.actor_id', 'memberships.group_id')
    .join('actors', 'actors.id', 'memberships.group_id')
    .where({ 'memberships.actor_id': actorId, 'memberships.state': 'active' })
    .whereNull('actors.deleted_at')
    .whereNull('actors.suspended_at')
    .where((q) => q.where('groups.posting', 'members').orWhereIn('memberships.role', ['owner', 'moderator']))
    .orderByRaw('lower(actors.name), actors.id')
    .limit(200)
    .select<(ActorRow & { membership_role: MembershipRole })[]>('actors.*', 'memberships.role as membership_role')
  return rows.map(({ membership_role: role, ...actor }) => ({ actor, role }))
}

/** `iri`, unless it stands for another membership already: peers choose these ids. */
export async function freeMembershipIri(
  trx: Knex,
  iri: string,
  group: Pick<ActorRow, 'id'>,
  actor: Pick<ActorRow, 'id' | 'iri'>
): Promise<string> {
  const used = await trx<MembershipRow>('memberships').where({ iri }).first()
  return used === undefined || (used.group_id === group.id && used.actor_id === actor.id) ? iri : `${actor.iri}#join/${group.id}`
}

/** Makes an invited person a member, whatever they were in the group before. `iri`: by which the other server knows it. */
export async function admitInvited(ctx: Ctx, trx: Knex, groupId: string, inviteeId: string, iri: string | null): Promise<void> {
  const invitee = await trx<ActorRow>('actors').where({ id: inviteeId }).first('id', 'iri')
  if (invitee === undefined) return
  await trx('memberships')
    .insert({
      group_id: groupId,
      actor_id: inviteeId,
      role: 'member',
      state: 'active',
      iri: iri === null ? null : await freeMembershipIri(trx, iri, { id: groupId }, invitee),
      created_at: ctx.clock.now()
    })
    .onConflict(['group_id', 'actor_id'])
    .merge(['state', 'iri'])
}

/** Who looks after a group: its owners and moderators. Plan: memberships_pkey. */
export async function keepersOf(trx: Knex, groupId: string): Promise<string[]> {
  return await trx('memberships')
    .where({ group_id: groupId, state: 'active' })
    .whereIn('role', ['owner', 'moderator'])
    .pluck<string[]>('actor_id')
}

/** Those who look after the group learn that somebody asks to join it. The notice goes when the request is answered, by a trigger. */
export async function tellOfRequest(ctx: Ctx, trx: Knex, groupId: string, actorId: string): Promise<WrittenNotification[]> {
  const reviewers = await keepersOf(trx, groupId)
  return notify(
    ctx,
    trx,
    reviewers.map((ownerId) => ({ ownerId, type: 'group_request', fromId: actorId, objectId: null, groupId }))
  )
}
