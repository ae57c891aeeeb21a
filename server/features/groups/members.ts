// Joining and leaving groups, here and elsewhere, and what owners and moderators of ours do with members.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import type { MembershipRole } from '../../core/roles.ts'
import { standingOf } from '../../db/group-standing.ts'
import { findMembership, followGroup, insertMembership, tellOfRequest } from '../../db/memberships.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow, GroupRow, MembershipRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { answerMembership, sendMembershipWish, sendRemoval } from '../../protocol/membership.ts'
import { tellNotified } from '../../protocol/reactions.ts'
import { acceptInvitation } from './invite.ts'

/** Joins: a member at once in an open group or when invited, a request in a moderated one. Asking again changes nothing. Throws
 * group.invite-only, group.banned (403). */
export async function joinGroup(ctx: Ctx, actor: ActorRow, group: ActorRow, settings: GroupRow): Promise<MembershipRow> {
  const groupId = settings.actor_id
  const known = await findMembership(ctx.db, groupId, actor.id)
  if (known?.state === 'active') return known
  if ((await standingOf(ctx.db, groupId, actor.id))?.banned === true)
    throw new AppError('group.banned', 403, 'The moderators of this group have excluded you from it.')
  const invited = await ctx.db.transaction((trx) => acceptInvitation(ctx, trx, actor, group))
  if (invited !== null) return invited
  if (known !== null) return known
  if (settings.openness === 'invite_only') throw new AppError('group.invite-only', 403, 'This group is by invitation.')
  const state = settings.openness === 'open' ? 'active' : 'pending'
  const { origin } = requireSite(ctx)
  return await ctx.db.transaction(async (trx) => {
    await insertMembership(ctx, trx, { groupId, actorId: actor.id, role: 'member', state, origin })
    if (state === 'pending') await tellNotified(ctx, trx, await tellOfRequest(ctx, trx, groupId, actor.id))
    return (await findMembership(trx, groupId, actor.id))!
  })
}

/** Leaves the group, and stops following it. Leaving what one is not in changes nothing. Throws group.last-owner (422). */
export async function leaveGroup(ctx: Ctx, actor: ActorRow, settings: GroupRow): Promise<void> {
  await dropMember(ctx, settings.actor_id, actor.id)
}

/** Asks to join a group elsewhere, whose server answers; or accepts its invitation. Asking again changes nothing, but after a refusal. Throws
 * group.not-found (404), group.no-members (422). */
export async function joinElsewhere(ctx: Ctx, actor: ActorRow, group: ActorRow): Promise<MembershipRow> {
  if (group.host_action === 'block') throw new AppError('group.not-found', 404, 'There is no group of this name here.')
  return await ctx.db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`member ${actor.id} ${group.id}`])
    const known = await findMembership(trx, group.id, actor.id)
    if (known?.state === 'active') return known
    const invited = await acceptInvitation(ctx, trx, actor, group)
    if (invited !== null) return invited
    if (known?.state === 'pending') return known
    if (!takesMembers(group)) throw new AppError('group.no-members', 422, 'This group has no members: following it is enough.')
    const iri = await sendMembershipWish(ctx, trx, 'Join', actor, group)
    const row = { group_id: group.id, actor_id: actor.id, role: 'member', state: 'pending', iri, created_at: ctx.clock.now() }
    await trx('memberships').insert(row).onConflict(['group_id', 'actor_id']).merge()
    return (await findMembership(trx, group.id, actor.id))!
  })
}

/** True for groups whose software has members, and not only followers: Mobilizon's, ours. */
export function takesMembers(group: Pick<ActorRow, 'doc'>): boolean {
  return typeof group.doc['members'] === 'string'
}

/** Leaves a group elsewhere, or takes the request back. */
export async function leaveElsewhere(ctx: Ctx, actor: ActorRow, group: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const [left] = await trx<MembershipRow>('memberships').where({ group_id: group.id, actor_id: actor.id }).delete().returning('*')
    if (left !== undefined && left.state !== 'refused') await sendMembershipWish(ctx, trx, 'Leave', actor, group)
  })
}

/** Lets somebody in who asked. Throws permission.denied (403), group.not-member (404). */
export async function approveMember(ctx: Ctx, who: Who, groupId: string, actorId: string): Promise<MembershipRow> {
  await assertReviewer(ctx, who, groupId)
  const { origin } = requireSite(ctx)
  return await ctx.db.transaction(async (trx) => {
    const known = await findMembership(trx, groupId, actorId)
    if (known === null) throw notMember()
    if (known.state === 'active') return known
    const [changed] = await trx<MembershipRow>('memberships')
      .where({ group_id: groupId, actor_id: actorId })
      .update({ state: 'active' })
      .returning('*')
    const row = changed!
    await followGroup(ctx, trx, { groupId, actorId, origin })
    await tellNotified(ctx, trx, await notify(ctx, trx, [{ ownerId: actorId, type: 'group_accepted', fromId: groupId, objectId: null }]))
    await tellElsewhere(ctx, trx, row, 'Accept')
    return row
  })
}

/** Refuses a request, or sends a member away; only owners send owners and moderators away. Throws permission.denied (403), group.* */
export async function removeMember(ctx: Ctx, who: Who, groupId: string, actorId: string): Promise<void> {
  await assertReviewer(ctx, who, groupId)
  const target = await findMembership(ctx.db, groupId, actorId)
  if (target === null) throw notMember()
  if (target.role !== 'member') await assertOwner(ctx, who, groupId)
  await dropMember(ctx, groupId, actorId, (trx) => tellElsewhere(ctx, trx, target, target.state === 'pending' ? 'Reject' : who))
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

async function dropMember(ctx: Ctx, groupId: string, actorId: string, tell?: (trx: Knex) => Promise<void>): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const owners = await trx<MembershipRow>('memberships').where({ group_id: groupId, role: 'owner' }).forUpdate().select('actor_id')
    if (owners.length === 1 && owners[0]!.actor_id === actorId) throw lastOwner()
    const removed = await trx('memberships').where({ group_id: groupId, actor_id: actorId }).delete()
    if (removed > 0) await trx('follows').where({ follower_id: actorId, followed_id: groupId, follower_local: true }).delete()
    if (removed > 0) await tell?.(trx)
  })
}

/** Members of other servers hear what was decided about them. */
async function tellElsewhere(ctx: Ctx, trx: Knex, row: MembershipRow, what: 'Accept' | 'Reject' | Who): Promise<void> {
  const member = await trx<ActorRow>('actors').where({ id: row.actor_id, local: false }).first()
  const group = await trx<ActorRow>('actors').where({ id: row.group_id }).first()
  if (member === undefined || group === undefined) return
  if (typeof what === 'string') {
    if (row.iri !== null) await answerMembership(ctx, trx, { type: what, group, member, joinIri: row.iri })
    return
  }
  const moderator = (await trx<ActorRow>('actors').where({ id: what.actorId }).first())!
  await sendRemoval(ctx, trx, { moderator, group, member, joinIri: row.iri })
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
