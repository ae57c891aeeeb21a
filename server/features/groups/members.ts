// Joining and leaving groups, and what owners and moderators do with members. Everybody here is local.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import type { MembershipRole } from '../../core/roles.ts'
import { findMembership, followGroup, insertMembership } from '../../db/memberships.ts'
import type { ActorRow, GroupRow, MembershipRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'

/** Joins: a member at once in an open group, a request in a moderated one. Asking again changes nothing. Throws group.invite-only (403). */
export async function joinGroup(ctx: Ctx, actor: ActorRow, settings: GroupRow): Promise<MembershipRow> {
  const groupId = settings.actor_id
  const known = await findMembership(ctx.db, groupId, actor.id)
  if (known !== null) return known
  if (settings.openness === 'invite_only') throw new AppError('group.invite-only', 403, 'This group is by invitation.')
  const state = settings.openness === 'open' ? 'active' : 'pending'
  const { origin } = requireSite(ctx)
  return await ctx.db.transaction(async (trx) => {
    await insertMembership(ctx, trx, { groupId, actorId: actor.id, role: 'member', state, origin })
    return (await findMembership(trx, groupId, actor.id))!
  })
}

/** Leaves the group, and stops following it. Leaving what one is not in changes nothing. Throws group.last-owner (422). */
export async function leaveGroup(ctx: Ctx, actor: ActorRow, settings: GroupRow): Promise<void> {
  await dropMember(ctx, settings.actor_id, actor.id)
}

/** Lets somebody in who asked. Throws permission.denied (403), group.not-member (404). */
export async function approveMember(ctx: Ctx, who: Who, groupId: string, actorId: string): Promise<MembershipRow> {
  await assertReviewer(ctx, who, groupId)
  const { origin } = requireSite(ctx)
  return await ctx.db.transaction(async (trx) => {
    const [row] = await trx<MembershipRow>('memberships')
      .where({ group_id: groupId, actor_id: actorId })
      .update({ state: 'active' })
      .returning('*')
    if (row === undefined) throw notMember()
    await followGroup(ctx, trx, { groupId, actorId, origin })
    return row
  })
}

/** Refuses a request, or sends a member away; only owners send owners and moderators away. Throws permission.denied (403), group.* */
export async function removeMember(ctx: Ctx, who: Who, groupId: string, actorId: string): Promise<void> {
  await assertReviewer(ctx, who, groupId)
  const target = await findMembership(ctx.db, groupId, actorId)
  if (target === null) throw notMember()
  if (target.role !== 'member') await assertOwner(ctx, who, groupId)
  await dropMember(ctx, groupId, actorId)
}

/** Adds somebody, or changes their role: the owner's word makes a member at once. Throws permission.denied (403), group.last-owner (422). */
export async function setMember(ctx: Ctx, who: Who, groupId: string, actorId: string, role: MembershipRole): Promise<MembershipRow> {
  await assertOwner(ctx, who, groupId)
  const { origin } = requireSite(ctx)
  return await ctx.db.transaction(async (trx) => {
    const owners = await trx<MembershipRow>('memberships').where({ group_id: groupId, role: 'owner' }).forUpdate().select('actor_id')
    if (role !== 'owner' && owners.length === 1 && owners[0]!.actor_id === actorId) throw lastOwner()
    await insertMembership(ctx, trx, { groupId, actorId, role, state: 'active', origin })
    const [row] = await trx<MembershipRow>('memberships')
      .where({ group_id: groupId, actor_id: actorId })
      .update({ role, state: 'active' })
      .returning('*')
    return row!
  })
}

async function dropMember(ctx: Ctx, groupId: string, actorId: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const owners = await trx<MembershipRow>('memberships').where({ group_id: groupId, role: 'owner' }).forUpdate().select('actor_id')
    if (owners.length === 1 && owners[0]!.actor_id === actorId) throw lastOwner()
    const removed = await trx('memberships').where({ group_id: groupId, actor_id: actorId }).delete()
    if (removed > 0) await trx('follows').where({ follower_id: actorId, followed_id: groupId, follower_local: true }).delete()
  })
}

async function assertReviewer(ctx: Ctx, who: Who, groupId: string): Promise<void> {
  assertCan(who, 'group.review', { membership: await findMembership(ctx.db, groupId, who.actorId) })
}

async function assertOwner(ctx: Ctx, who: Who, groupId: string): Promise<void> {
  assertCan(who, 'group.edit', { membership: await findMembership(ctx.db, groupId, who.actorId) })
}

function lastOwner(): AppError {
  return new AppError('group.last-owner', 422, 'A group keeps at least one owner: name another one before you leave.')
}

function notMember(): AppError {
  return new AppError('group.not-member', 404, 'This person is not a member of the group.')
}
