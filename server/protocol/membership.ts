// What goes out about belonging to groups across servers (federation.md §4.10): Join and Leave of ours, the answers of our groups, removals,
// invitations and the answers to them.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { publish } from './outbox.ts'

/** One of ours asks to join a group elsewhere, or leaves it. Gives the id of the activity. */
export async function sendMembershipWish(ctx: Ctx, trx: Knex, type: 'Join' | 'Leave', actor: ActorRow, group: ActorRow): Promise<string> {
  const { iri } = await publish(ctx, trx, {
    actor,
    type,
    object: group.iri,
    to: [group.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
  return iri
}

/** Our group answers somebody elsewhere who asked, repeating the Join. */
export async function answerMembership(
  ctx: Ctx,
  trx: Knex,
  answer: { type: 'Accept' | 'Reject'; group: ActorRow; member: ActorRow; joinIri: string }
): Promise<void> {
  const { type, group, member, joinIri } = answer
  await publish(ctx, trx, {
    actor: group,
    type,
    object: { id: joinIri, type: 'Join', actor: member.iri, object: group.iri },
    objectIri: joinIri,
    to: [member.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}

/** A moderator of our group sends a member of elsewhere away. The object is the Join by which they came, as Mobilizon knows members. */
export async function sendRemoval(
  ctx: Ctx,
  trx: Knex,
  removal: { moderator: ActorRow; group: ActorRow; member: ActorRow; joinIri: string | null }
): Promise<void> {
  const { moderator, group, member, joinIri } = removal
  await publish(ctx, trx, {
    actor: moderator,
    type: 'Remove',
    object: joinIri ?? member.iri,
    objectIri: joinIri ?? member.iri,
    to: [member.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true,
    extra: { origin: group.iri, target: `${group.iri}/members` }
  })
}

export interface InviteParts {
  inviter: ActorRow
  group: ActorRow
  invitee: ActorRow
}

/** The Invite as Mobilizon writes it. Only the person is told: who is asked is nobody else's business. */
export async function sendGroupInvite(ctx: Ctx, trx: Knex, { inviter, group, invitee }: InviteParts): Promise<string> {
  const { iri } = await publish(ctx, trx, {
    actor: inviter,
    type: 'Invite',
    object: group.iri,
    to: [invitee.iri],
    cc: [group.iri],
    visibility: 'direct',
    personalInbox: true,
    extra: { attributedTo: group.iri, target: invitee.iri }
  })
  return iri
}

/** The inviter takes an Invite back. */
export async function undoGroupInvite(ctx: Ctx, trx: Knex, parts: InviteParts & { inviteIri: string }): Promise<void> {
  const { inviter, group, invitee, inviteIri } = parts
  await publish(ctx, trx, {
    actor: inviter,
    type: 'Undo',
    object: embeddedInvite(parts),
    objectIri: inviteIri,
    to: [invitee.iri],
    cc: [group.iri],
    visibility: 'direct',
    personalInbox: true
  })
}

/** One of ours answers an invitation from elsewhere, to who invited and to the group. */
export async function answerGroupInvite(
  ctx: Ctx,
  trx: Knex,
  answer: InviteParts & { type: 'Accept' | 'Reject'; inviteIri: string }
): Promise<void> {
  const { type, inviter, group, invitee, inviteIri } = answer
  await publish(ctx, trx, {
    actor: invitee,
    type,
    object: embeddedInvite(answer),
    objectIri: inviteIri,
    to: [inviter.iri, group.iri],
    cc: [],
    visibility: 'direct',
    personalInbox: true
  })
}

function embeddedInvite({ inviter, group, invitee, inviteIri }: InviteParts & { inviteIri: string }): Record<string, unknown> {
  return { id: inviteIri, type: 'Invite', actor: inviter.iri, object: group.iri, target: invitee.iri }
}
