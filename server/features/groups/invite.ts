// Inviting people to a group of ours, here or elsewhere, and what our people answer to invitations, whoever's group it is.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import {
  answerGroupInvitation,
  deleteOpenInvitation,
  findOpenInvitation,
  listOpenInvitations,
  saveGroupInvitation
} from '../../db/group-invitations.ts'
import { standingOf } from '../../db/group-standing.ts'
import { isLinkBlocked } from '../../db/links.ts'
import { admitInvited, findMembership, followGroup } from '../../db/memberships.ts'
import type { ActorRow, GroupInvitationRow, MembershipRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { answerGroupInvite, sendGroupInvite, sendRemoval, undoGroupInvite } from '../../protocol/membership.ts'
import { tellNotified } from '../../protocol/reactions.ts'

/** Throws permission.denied (403) for who does not look after this group. */
export async function assertInvites(ctx: Ctx, who: Who, groupId: string): Promise<void> {
  assertCan(who, 'group.review', { membership: await findMembership(ctx.db, groupId, who.actorId) })
}

/** Invites somebody; twice is once. Throws permission.denied (403), group.invitee, group.already-member, group.invitee-banned (422). */
export async function inviteToGroup(ctx: Ctx, who: Who, inviter: ActorRow, group: ActorRow, invitee: ActorRow): Promise<void> {
  await assertInvites(ctx, who, group.id)
  const isLiving =
    invitee.type === 'Person' && invitee.suspended_at === null && invitee.deleted_at === null && invitee.host_action !== 'block'
  if (!isLiving || (await isLinkBlocked(ctx.db, invitee.id, [inviter.id, group.id])))
    throw new AppError('group.invitee', 422, 'This person cannot be invited.')
  if ((await findMembership(ctx.db, group.id, invitee.id))?.state === 'active')
    throw new AppError('group.already-member', 422, 'This person is a member of the group already.')
  if ((await standingOf(ctx.db, group.id, invitee.id))?.banned === true)
    throw new AppError('group.invitee-banned', 422, 'The group has excluded this person: end that first.')
  await ctx.db.transaction(async (trx) => {
    const saved = await saveGroupInvitation(ctx, trx, { groupId: group.id, inviterId: inviter.id, inviteeId: invitee.id, iri: null })
    if (saved === null) return
    await tellNotified(ctx, trx, saved.told)
    if (invitee.local) return
    const iri = await sendGroupInvite(ctx, trx, { inviter, group, invitee })
    await trx('group_invitations').where({ id: saved.row.id }).update({ iri })
  })
}

/** Who was invited and has not answered. Throws permission.denied (403). */
export async function invitationsOf(
  ctx: Ctx,
  who: Who,
  groupId: string,
  page: { after?: string | undefined; limit: number }
): Promise<{ row: GroupInvitationRow; invitee: ActorRow }[]> {
  await assertInvites(ctx, who, groupId)
  return listOpenInvitations(ctx.db, groupId, page)
}

/** Takes an invitation back; nothing happens when it was answered. Throws permission.denied (403). */
export async function withdrawInvitation(ctx: Ctx, who: Who, group: ActorRow, inviteeId: string): Promise<void> {
  await assertInvites(ctx, who, group.id)
  await ctx.db.transaction(async (trx) => {
    const row = await deleteOpenInvitation(trx, group.id, inviteeId)
    if (row === undefined || row.iri === null) return
    const actors = await trx<ActorRow>('actors').whereIn('id', [row.invitee_id, row.inviter_id, who.actorId])
    const [invitee, inviter, moderator] = [row.invitee_id, row.inviter_id, who.actorId].map((id) =>
      actors.find((actor) => actor.id === id)!
    )
    if (invitee!.local) return
    // An Undo is its own author's; other moderators say Remove, which names the invitation too.
    if (inviter!.id === moderator!.id) await undoGroupInvite(ctx, trx, { inviter: inviter!, group, invitee: invitee!, inviteIri: row.iri })
    else await sendRemoval(ctx, trx, { moderator: moderator!, group, member: invitee!, joinIri: row.iri })
  })
}

/** Says yes: a member at once, told to the inviter's server. Null when nobody invited this person. */
export async function acceptInvitation(ctx: Ctx, trx: Knex, invitee: ActorRow, group: ActorRow): Promise<MembershipRow | null> {
  const invitation = await findOpenInvitation(trx, group.id, invitee.id)
  if (invitation === null) return null
  await tellNotified(ctx, trx, await answerGroupInvitation(ctx, trx, invitation, 'accepted'))
  await admitInvited(ctx, trx, group.id, invitee.id, invitation.iri)
  if (group.local) await followGroup(ctx, trx, { groupId: group.id, actorId: invitee.id, origin: requireSite(ctx).origin })
  await sayToInviter(ctx, trx, 'Accept', invitee, group, invitation)
  return findMembership(trx, group.id, invitee.id)
}

/** Says no. Throws group.not-invited (404). */
export async function declineGroupInvitation(ctx: Ctx, invitee: ActorRow, group: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const invitation = await findOpenInvitation(trx, group.id, invitee.id)
    if (invitation === null) throw new AppError('group.not-invited', 404, 'There is no invitation to this group.')
    await answerGroupInvitation(ctx, trx, invitation, 'declined')
    await sayToInviter(ctx, trx, 'Reject', invitee, group, invitation)
  })
}

async function sayToInviter(
  ctx: Ctx,
  trx: Knex,
  type: 'Accept' | 'Reject',
  invitee: ActorRow,
  group: ActorRow,
  { inviter_id, iri }: GroupInvitationRow
): Promise<void> {
  const inviter = await trx<ActorRow>('actors').where({ id: inviter_id }).first()
  if (inviter === undefined || iri === null || (inviter.local && group.local)) return
  await answerGroupInvite(ctx, trx, { type, inviter, group, invitee, inviteIri: iri })
}
