// Invitations to groups across servers (federation.md §4.10): moderators elsewhere invite one of ours, people elsewhere answer ours.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { answerGroupInvitation, findGroupInvitationByIri, findOpenInvitation, saveGroupInvitation } from '../../db/group-invitations.ts'
import { standingOf } from '../../db/group-standing.ts'
import { isLinkBlocked } from '../../db/links.ts'
import { admitInvited, findMembership } from '../../db/memberships.ts'
import type { ActorRow, GroupInvitationRow } from '../../db/rows.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import { decidesIn } from '../group-moderators.ts'
import type { NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { tellNotified } from '../reactions.ts'
import { factsOf, wasUndoneBefore, type OwnArrival } from './arrival.ts'

/** Whoever moderates the group, by what its own server says, invites one of ours; into a group of ours also people elsewhere. */
export async function applyGroupInvite(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const group = await findGroup(ctx.db, activity.objects[0]!.id)
  const invitee = await findInvitee(ctx.db, arrival)
  // Only what concerns somebody here is worth a question to the group's server.
  const concernsUs = group !== undefined && invitee !== undefined && (group.local || invitee.local)
  const verdict = authorise({
    ...factsOf(ctx, arrival),
    ...(concernsUs ? { moderates: await decidesIn(ctx, group, actor.iri, newBudget(1)) } : {})
  })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (group === undefined) return 'unknown-object'
  if (invitee === undefined) return 'unknown-actor'
  if (!concernsUs) return 'not-related'
  // Without a word (D03).
  if (await isLinkBlocked(ctx.db, invitee.id, [actor.id, group.id])) return 'refused-blocked'
  const iri = activity.id ?? `${actor.iri}#invite/${group.id}/${invitee.id}`
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    if ((await findGroupInvitationByIri(trx, iri)) !== undefined) return 'unchanged'
    if ((await findMembership(trx, group.id, invitee.id))?.state === 'active') return 'unchanged'
    const saved = await saveGroupInvitation(ctx, trx, { groupId: group.id, inviterId: actor.id, inviteeId: invitee.id, iri })
    await tellNotified(ctx, trx, saved?.told ?? [])
    return saved === null ? 'unchanged' : 'invited'
  })
}

/** `target`, or the only person it is addressed to. */
async function findInvitee(trx: Knex, { activity }: OwnArrival): Promise<ActorRow | undefined> {
  const named = activity.target === null ? activity.to : [activity.target]
  const people = await trx<ActorRow>('actors')
    .whereIn('iri', named)
    .where({ type: 'Person', deleted_at: null, suspended_at: null })
    .limit(2)
  return people.length === 1 ? people[0] : undefined
}

function findGroup(trx: Knex, iri: string | null): Promise<ActorRow | undefined> {
  return trx<ActorRow>('actors')
    .where({ iri: iri ?? '', type: 'Group', deleted_at: null, suspended_at: null })
    .first()
}

/** Accept or Reject, by the person elsewhere who was invited to a group of ours: nobody else's word counts. Null: none of ours. */
export async function applyGroupInviteAnswer(ctx: Ctx, arrival: OwnArrival): Promise<Outcome | null> {
  const { activity, actor } = arrival
  const invitation = await findInvited(ctx.db, activity.objects[0]!, actor)
  if (invitation === undefined) return null
  const invitee = await ctx.db<ActorRow>('actors').where({ id: invitation.invitee_id, local: false }).first()
  const verdict = authorise({ ...factsOf(ctx, arrival), owner: invitee?.iri ?? null })
  if (verdict.decision === 'refuse') return verdict.outcome
  const group = await ctx
    .db<ActorRow>('actors')
    .where({ id: invitation.group_id, local: true, deleted_at: null, suspended_at: null })
    .first()
  if (group === undefined) return 'unknown-object'
  if (activity.type !== 'Accept' && activity.type !== 'Reject') return 'unchanged'
  return ctx.db.transaction(async (trx) => {
    const open = await findOpenInvitation(trx, group.id, invitation.invitee_id)
    if (open === null) return 'unchanged'
    if (activity.type === 'Reject') {
      await answerGroupInvitation(ctx, trx, open, 'declined')
      return 'invite-declined'
    }
    if ((await standingOf(trx, group.id, open.invitee_id))?.banned === true) return 'refused-banned'
    return enterInvited(ctx, trx, group, open, open.iri)
  })
}

/** By the id of the Invite, else by the signer and the group that the embedded Invite names. */
async function findInvited(trx: Knex, ref: NormRef, actor: ActorRow): Promise<GroupInvitationRow | undefined> {
  const byId = ref.id === null ? undefined : await findGroupInvitationByIri(trx, ref.id)
  if (byId !== undefined || ref.type !== 'Invite' || ref.objectId === null) return byId
  const group = await findGroup(trx, ref.objectId)
  return group === undefined ? undefined : ((await findOpenInvitation(trx, group.id, actor.id)) ?? undefined)
}

/** The invited person is a member of our group at once, whatever its openness. `iri`: by which their server knows the membership. */
export async function enterInvited(
  ctx: Ctx,
  trx: Knex,
  group: ActorRow,
  invitation: GroupInvitationRow,
  iri: string | null
): Promise<Outcome> {
  await tellNotified(ctx, trx, await answerGroupInvitation(ctx, trx, invitation, 'accepted'))
  const known = await findMembership(trx, group.id, invitation.invitee_id)
  await admitInvited(ctx, trx, group.id, invitation.invitee_id, iri)
  return known?.state === 'active' ? 'unchanged' : 'joined'
}
