// Belonging to groups across servers: Join and Leave of people elsewhere in groups of ours, the answers to what ours asked, and removals by
// the moderators of a group elsewhere (federation.md §4.10). Invitations are group-invitation.ts's.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { deleteOpenInvitation, findGroupInvitationByIri, findOpenInvitation } from '../../db/group-invitations.ts'
import { standingOf } from '../../db/group-standing.ts'
import { isLinkBlocked } from '../../db/links.ts'
import { findMembership, freeMembershipIri, tellOfRequest } from '../../db/memberships.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow, GroupRow, MembershipRow } from '../../db/rows.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import { decidesIn } from '../group-moderators.ts'
import { answerMembership } from '../membership.ts'
import type { NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { tellNotified } from '../reactions.ts'
import { factsOf, wasUndoneBefore, type OwnArrival } from './arrival.ts'
import { applyGroupInvite, enterInvited } from './group-invitation.ts'

/** Join and Leave of a group of ours, invitations to any group. */
export async function applyMembership(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  if (activity.type === 'Invite') return applyGroupInvite(ctx, arrival)
  const group = await ctx
    .db<ActorRow>('actors')
    .where({ iri: activity.objects[0]!.id ?? '', type: 'Group', local: true, deleted_at: null, suspended_at: null })
    .first()
  const settings = group && (await ctx.db<GroupRow>('groups').where({ actor_id: group.id }).first())
  if (activity.type !== 'Join' && activity.type !== 'Leave') return 'ignored-type'
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  if (group === undefined || settings === undefined) return 'not-related'
  if (activity.type === 'Leave') return (await leaveGroup(ctx.db, group.id, actor.id)) ? 'left' : 'unchanged'
  if (actor.type !== 'Person') return 'ignored-type'
  // Without a word (D03): an answer would tell.
  if (await isLinkBlocked(ctx.db, actor.id, [group.id])) return 'refused-blocked'
  if ((await standingOf(ctx.db, group.id, actor.id))?.banned === true) return 'refused-banned'
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    return join(ctx, trx, arrival, group, settings)
  })
}

async function join(ctx: Ctx, trx: Knex, { activity, actor }: OwnArrival, group: ActorRow, settings: GroupRow): Promise<Outcome> {
  const joinIri = await freeMembershipIri(trx, activity.id ?? `${actor.iri}#join/${group.id}`, group, actor)
  const known = await findMembership(trx, group.id, actor.id)
  const invitation = await findOpenInvitation(trx, group.id, actor.id)
  if (invitation !== null) {
    const outcome = await enterInvited(ctx, trx, group, invitation, joinIri)
    await answerMembership(ctx, trx, { type: 'Accept', group, member: actor, joinIri })
    return outcome
  }
  if (known === null && settings.openness === 'invite_only') {
    await answerMembership(ctx, trx, { type: 'Reject', group, member: actor, joinIri })
    return 'join-refused'
  }
  const state = known?.state ?? (settings.openness === 'open' ? 'active' : 'pending')
  await trx('memberships')
    .insert({ group_id: group.id, actor_id: actor.id, role: 'member', state, iri: joinIri, created_at: ctx.clock.now() })
    .onConflict(['group_id', 'actor_id'])
    .merge(['iri'])
  if (state === 'active') await answerMembership(ctx, trx, { type: 'Accept', group, member: actor, joinIri })
  if (known !== null) return 'unchanged'
  if (state === 'pending') await tellNotified(ctx, trx, await tellOfRequest(ctx, trx, group.id, actor.id))
  return state === 'active' ? 'joined' : 'join-requested'
}

/** Leave, or Undo of the Join. Owners do not leave from elsewhere: a group keeps somebody who answers for it. False: nothing to leave. */
export async function leaveGroup(trx: Knex, groupId: string, actorId: string): Promise<boolean> {
  return (await trx('memberships').where({ group_id: groupId, actor_id: actorId }).whereNot({ role: 'owner' }).delete()) > 0
}

/** Accept or Reject of a Join by which one of ours asked: only by the group, or somebody of its server (O15–O17). Null: none of ours. */
export async function applyMembershipAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity } = arrival
  const row = await findAsked(ctx.db, activity.objects[0]!)
  if (row === undefined) return null
  const group = await ctx.db<ActorRow>('actors').where({ id: row.group_id, local: false }).first()
  if (group === undefined) return null
  const verdict = authorise({ ...factsOf(ctx, arrival), owner: group.iri, ownerIsGroup: true })
  if (verdict.decision === 'refuse') return verdict.outcome
  const where = { group_id: row.group_id, actor_id: row.actor_id }
  if (activity.type !== 'Accept' && activity.type !== 'Reject') return 'unchanged'
  const isYes = activity.type === 'Accept'
  return ctx.db.transaction(async (trx) => {
    const changed = await trx('memberships')
      .where(where)
      .whereIn('state', isYes ? ['pending'] : ['pending', 'active'])
      .update({ state: isYes ? 'active' : 'refused' })
    if (changed === 0) return 'unchanged'
    await tellDecision(ctx, trx, row, isYes)
    return isYes ? 'join-accepted' : 'join-rejected'
  })
}

/** The person learns what the group said; what it said before is past. */
async function tellDecision(ctx: Ctx, trx: Knex, { group_id, actor_id }: MembershipRow, isYes: boolean): Promise<void> {
  await trx('notifications').where({ owner_id: actor_id, from_id: group_id }).whereIn('type', ['group_accepted', 'group_refused']).delete()
  const type = isYes ? 'group_accepted' : 'group_refused'
  await tellNotified(ctx, trx, await notify(ctx, trx, [{ ownerId: actor_id, type, fromId: group_id, objectId: null }]))
}

/** By the id of our Join, else by the person and the group that the embedded Join names. */
async function findAsked(trx: Knex, ref: NormRef): Promise<MembershipRow | undefined> {
  const byId = ref.id === null ? undefined : await trx<MembershipRow>('memberships').where({ iri: ref.id }).first()
  if (byId !== undefined || ref.type !== 'Join' || ref.actor === null || ref.objectId === null) return byId
  return trx<MembershipRow>('memberships as m')
    .join('actors as a', 'a.id', 'm.actor_id')
    .join('actors as g', 'g.id', 'm.group_id')
    .where({ 'a.iri': ref.actor, 'a.local': true, 'g.iri': ref.objectId })
    .first<MembershipRow | undefined>('m.*')
}

/** Remove from the members of a group elsewhere, by its moderators: one of ours is no member any more. Null: it is about something else. */
export async function applyMembershipRemoval(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  if (activity.type !== 'Remove' || activity.target === null) return null
  const groups = ctx.db<ActorRow>('actors').where({ type: 'Group', local: false, deleted_at: null })
  const named = activity.target.replace(/\/members$/, '')
  const group = named === activity.target ? undefined : await groups.where({ iri: named }).first()
  if (group === undefined) return null
  const verdict = authorise({ ...factsOf(ctx, arrival), moderates: await decidesIn(ctx, group, actor.iri, newBudget(1)) })
  if (verdict.decision === 'refuse') return verdict.outcome
  const iri = activity.objects[0]!.id ?? ''
  return ctx.db.transaction(async (trx) => {
    const removed = await trx('memberships')
      .where({ group_id: group.id })
      .where((either) => either.where({ iri }).orWhereIn('actor_id', trx('actors').where({ iri, local: true }).select('id')))
      .delete()
    const invitation = await findGroupInvitationByIri(trx, iri)
    const withdrawn = invitation?.group_id === group.id && (await deleteOpenInvitation(trx, group.id, invitation.invitee_id)) !== undefined
    return removed > 0 || withdrawn ? 'moderated' : 'unchanged'
  })
}
