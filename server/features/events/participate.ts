// A person of this instance and an event: coming, asking to come, keeping it in mind, going back on it, answering an invitation.
// For events of elsewhere the organiser's server is asked; what it answers comes through protocol/effects/participation.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { findEvent, isOver } from '../../db/events.ts'
import { isLinkBlocked } from '../../db/links.ts'
import {
  answerInvitation,
  findInvitation,
  findParticipation,
  giveBack,
  takeSeat,
  writeParticipation,
  type Refusal
} from '../../db/participations.ts'
import type { ActorRow, EventInvitationRow, ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { answerInvite, countLater, passSeatOn, sendWish } from '../../protocol/participation.ts'
import { tellNotified } from '../../protocol/reactions.ts'
import { organises } from './organise.ts'
import { readMessage, readRegistration } from './registration.ts'

export interface Joining {
  /** A word to the organiser. */
  message?: string
  /** The person lets their name be shown among the participants. */
  named?: boolean
  /** The person and who comes along. Default: one. */
  seats?: number
  /** To the organiser's questions, by their ids. */
  answers?: Record<string, string>
}

/** The words in which a refusal is told: event.full, event.over… (422). */
const REFUSALS: Record<Refusal, string> = {
  full: 'There is no seat left.',
  closed: 'Nobody registers for this event here.',
  external: 'One registers for this event on another page.',
  over: 'This event is over.',
  cancelled: 'This event is cancelled.',
  refused: 'The organiser did not accept your request.'
}

/** Takes a seat or asks for one. Asking again changes nothing. Throws event.* (422), permission.denied (403). */
export async function joinEvent(ctx: Ctx, actor: ActorRow, event: ObjectRow, wish: Joining): Promise<void> {
  const { message = '', named = false } = wish
  await assertNotBlocked(ctx, actor, event)
  const words = readMessage(message)
  const asked = event.local ? readRegistration(await findEvent(ctx.db, event.id), wish) : {}
  const isOrganiser = await organises(ctx, { role: 'member', actorId: actor.id }, event)
  await ctx.db.transaction(async (trx) => {
    if (!event.local) return askElsewhere(ctx, trx, actor, event, words, named)
    const seat = await takeSeat(ctx, trx, { event, actorId: actor.id, iri: null, message: words, named, organises: isOrganiser, ...asked })
    if ('refused' in seat) throw refusal(seat.refused)
    await tellNotified(ctx, trx, seat.told)
    if (seat.fresh && seat.row.state === 'accepted') await countLater(ctx, trx, event)
    if (seat.row.named !== named) await trx('participations').where({ id: seat.row.id }).update({ named })
  })
}

async function askElsewhere(ctx: Ctx, trx: Knex, actor: ActorRow, event: ObjectRow, message: string, named: boolean): Promise<void> {
  const settings = await findEvent(trx, event.id)
  if (event.event_status === 'CANCELLED') throw refusal('cancelled')
  if (isOver(event, ctx.clock.now())) throw refusal('over')
  const invitation = await findInvitation(trx, event.id, actor.id)
  if (settings?.join_mode === 'external') throw refusal('external')
  const takesJoin = settings?.join_mode === 'free' || settings?.join_mode === 'restricted' || settings?.join_mode === 'invite'
  if (!takesJoin && invitation === undefined)
    throw new AppError('event.no-registrations', 422, 'The organiser’s software takes no registrations from elsewhere.')
  const known = await findParticipation(trx, event.id, actor.id)
  if (known?.state === 'accepted' || known?.state === 'pending') return
  if (invitation?.state === 'pending') await accept(ctx, trx, actor, event, invitation)
  // Servers that send invitations without taking a Join (Friendica) are told by the answer to the invitation alone.
  const sent = takesJoin ? await sendWish(ctx, trx, { type: 'Join', actor, event, message }) : null
  const iri = sent?.iri ?? null
  await writeParticipation(ctx, trx, { event, actorId: actor.id, iri, message, named }, takesJoin ? 'pending' : 'accepted')
}

async function accept(ctx: Ctx, trx: Knex, invitee: ActorRow, event: ObjectRow, invitation: EventInvitationRow): Promise<void> {
  await answerInvitation(ctx, trx, invitation.id, 'accepted')
  await sayToInviter(ctx, trx, 'Accept', invitee, event, invitation)
}

async function sayToInviter(
  ctx: Ctx,
  trx: Knex,
  type: 'Accept' | 'Reject',
  invitee: ActorRow,
  event: ObjectRow,
  invitation: EventInvitationRow
): Promise<void> {
  const inviter = await trx<ActorRow>('actors').where({ id: invitation.inviter_id }).first()
  if (inviter === undefined || inviter.local || invitation.iri === null) return
  await answerInvite(ctx, trx, { type, invitee, inviter, event, inviteIri: invitation.iri })
}

/** Gives the seat, the request or the interest back. Leaving what one is not in changes nothing. */
export async function leaveEvent(ctx: Ctx, actor: ActorRow, event: ObjectRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const known = await findParticipation(trx, event.id, actor.id)
    if (!(await giveBack(ctx, trx, event.id, { actor_id: actor.id }))) return
    if (event.local) await passSeatOn(ctx, trx, event)
    else if (known?.iri) await sendWish(ctx, trx, { type: 'Leave', actor, event })
  })
}

/** Keeps an event in one's own agenda, without a seat and without a word to anyone. A seat or a request stays what it is. */
export async function keepInMind(ctx: Ctx, actor: ActorRow, event: ObjectRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const known = await findParticipation(trx, event.id, actor.id)
    if (isActive(known)) return
    await writeParticipation(ctx, trx, { event, actorId: actor.id, iri: null, message: '', named: false }, 'interested')
  })
}

function isActive(row: ParticipationRow | undefined): boolean {
  return row?.state === 'accepted' || row?.state === 'pending' || row?.state === 'refused'
}

/** Says no to an invitation. Throws event.not-invited (404). */
export async function declineInvitation(ctx: Ctx, actor: ActorRow, event: ObjectRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const invitation = await findInvitation(trx, event.id, actor.id)
    if (invitation === undefined) throw new AppError('event.not-invited', 404, 'There is no invitation to this event.')
    if (invitation.state !== 'pending') return
    await answerInvitation(ctx, trx, invitation.id, 'declined')
    await sayToInviter(ctx, trx, 'Reject', actor, event, invitation)
  })
}

async function assertNotBlocked(ctx: Ctx, actor: ActorRow, event: ObjectRow): Promise<void> {
  const organisers = [event.actor_id, event.author_id].filter((id): id is string => id !== null && id !== actor.id)
  if (await isLinkBlocked(ctx.db, actor.id, organisers)) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
}

export function refusal(reason: Refusal): AppError {
  return new AppError(`event.${reason === 'refused' ? 'not-accepted' : reason}`, 422, REFUSALS[reason])
}
