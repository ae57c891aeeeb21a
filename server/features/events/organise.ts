// What organisers do with those who come: reading the list, accepting and refusing, inviting.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, can, type Who } from '../../core/permission.ts'
import {
  decide,
  findParticipationById,
  joinActors,
  listParticipants,
  saveInvitation,
  type AskedState,
  type Participant
} from '../../db/participations.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import { isLinkBlocked } from '../../db/links.ts'
import type { ActorRow, ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { answerJoin, passSeatOn, sendInvite } from '../../protocol/participation.ts'
import { tellNotified } from '../../protocol/reactions.ts'

/** Who comes: everybody and every request for organisers, for others only those who let their name be shown. */
export async function participantsFor(
  ctx: Ctx,
  who: Who | null,
  event: ObjectRow,
  page: { after: string | null; state: AskedState | null; limit: number }
): Promise<{ participants: Participant[]; isOrganiser: boolean }> {
  const isOrganiser = await organises(ctx, who, event)
  return { participants: await listParticipants(ctx.db, event.id, { ...page, all: isOrganiser }), isOrganiser }
}

/** These rows with who they are of. */
export async function withActors(ctx: Ctx, rows: ParticipationRow[]): Promise<Participant[]> {
  return joinActors(ctx.db, rows)
}

/** True for the author, and for owners and moderators of the group that announces. */
export async function organises(ctx: Ctx, who: Who | null, event: ObjectRow): Promise<boolean> {
  return event.local && can(who, 'event.organise', await subjectOf(ctx, who, event))
}

async function subjectOf(ctx: Ctx, who: Who | null, event: ObjectRow): Promise<Parameters<typeof can>[2]> {
  const publisher = who === null ? null : await findActor(ctx, event.actor_id)
  const membership = who === null || publisher === null ? null : await membershipIn(ctx, publisher, who.actorId)
  return { ownerId: event.actor_id, authorId: event.author_id, membership }
}

/** Throws permission.denied (403). */
export async function assertOrganises(ctx: Ctx, who: Who, event: ObjectRow): Promise<void> {
  if (!event.local) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertCan(who, 'event.organise', await subjectOf(ctx, who, event))
}

/** Accepts a request or refuses a request or a seat; elsewhere the person's server is told. Throws permission.denied (403), event.full (422), event.not-asked (404). */
export async function decideRequest(
  ctx: Ctx,
  who: Who,
  event: ObjectRow,
  participationId: string,
  state: 'accepted' | 'refused'
): Promise<void> {
  await assertOrganises(ctx, who, event)
  await ctx.db.transaction(async (trx) => {
    const before = await findParticipationById(trx, event.id, participationId)
    if (before === undefined) throw new AppError('event.not-asked', 404, 'This person has not asked to come.')
    const decided = await decide(ctx, trx, { event, participationId, state, fromId: event.actor_id })
    if (decided === 'full') throw new AppError('event.full', 422, 'There is no seat left.')
    if (decided === null) return
    await tellNotified(ctx, trx, decided.told)
    await sayTo(ctx, trx, event, decided.row, state)
    await passSeatOn(ctx, trx, event)
  })
}

async function sayTo(
  ctx: Ctx,
  trx: Knex,
  event: ObjectRow,
  { actor_id: actorId, iri, message }: Participant['row'],
  state: 'accepted' | 'refused'
): Promise<void> {
  if (actorId === null) return
  const participant = await trx<ActorRow>('actors').where({ id: actorId }).first()
  if (participant === undefined || participant.local || iri === null) return
  await answerJoin(ctx, trx, { type: state === 'accepted' ? 'Accept' : 'Reject', event, participant, joinIri: iri, message })
}

/** Invites somebody, here or elsewhere. Twice is once. Throws permission.denied (403), event.over and event.cancelled (422). */
export async function inviteTo(ctx: Ctx, who: Who, inviter: ActorRow, event: ObjectRow, invitee: ActorRow): Promise<void> {
  await assertOrganises(ctx, who, event)
  if (event.event_status === 'CANCELLED') throw new AppError('event.cancelled', 422, 'This event is cancelled.')
  if (invitee.type !== 'Person' || invitee.id === inviter.id || invitee.suspended_at !== null || invitee.deleted_at !== null)
    throw new AppError('event.invitee', 422, 'This person cannot be invited.')
  if (await isLinkBlocked(ctx.db, invitee.id, [inviter.id, event.actor_id]))
    throw new AppError('event.invitee', 422, 'This person cannot be invited.')
  await ctx.db.transaction(async (trx) => {
    const saved = await saveInvitation(ctx, trx, { objectId: event.id, inviterId: inviter.id, inviteeId: invitee.id, iri: null })
    if (saved === null) return
    await tellNotified(ctx, trx, saved.told)
    if (invitee.local) return
    const iri = await sendInvite(ctx, trx, { inviter, event, invitee })
    await trx('event_invitations').where({ id: saved.row.id }).update({ iri })
  })
}
