// People without an account register for an event: they ask, open the link in their mail, and give the seat back by the same link.
import type { Ctx } from '../../context.ts'
import { normaliseEmail } from '../../core/email.ts'
import { AppError } from '../../core/errors.ts'
import { readGuestName } from '../../core/registration.ts'
import { findEvent, isOver } from '../../db/events.ts'
import { findByGuestToken, insertGuest, mailGuest } from '../../db/guests.ts'
import { giveBack, takeSeat } from '../../db/participations.ts'
import type { ObjectRow, ParticipationRow } from '../../db/rows.ts'
import type { Locale } from '../../locales/texts.ts'
import { afterCommit } from '../../protocol/outbox.ts'
import { countLater, passSeatOn } from '../../protocol/participation.ts'
import { tellNotified } from '../../protocol/reactions.ts'
import { refusal } from './participate.ts'
import { readMessage, readRegistration } from './registration.ts'

export interface GuestInput {
  name: string
  email: string
  locale: Locale
  seats?: number | undefined
  answers?: Record<string, string> | undefined
  message?: string | undefined
}

/**
 * Sends the link that proves the address. Whether the address is known already is told to its mailbox alone. Throws event.guests (422) where
 * guests do not register, event.over, event.cancelled, event.guest-name, email.invalid, event.seats, event.answer-missing (422).
 */
export async function askAsGuest(ctx: Ctx, event: ObjectRow, input: GuestInput): Promise<void> {
  const settings = await findEvent(ctx.db, event.id)
  if (!event.local || settings?.guests !== true)
    throw new AppError('event.guests', 422, 'Registering for this event needs an account.', { details: { field: 'email' } })
  if (event.event_status === 'CANCELLED') throw refusal('cancelled')
  if (isOver(event, ctx.clock.now())) throw refusal('over')
  const wish = {
    name: readGuestName(input.name),
    email: normaliseEmail(input.email),
    locale: input.locale,
    message: readMessage(input.message ?? ''),
    ...readRegistration(settings, input)
  }
  await ctx.db.transaction(async (trx) => {
    const row = await insertGuest(ctx, trx, event, wish)
    if (row.state === 'refused') return
    await mailGuest(ctx, trx, event, row, mailFor(row))
    afterCommit(trx, () => ctx.queue.wake('chores'))
  })
}

function mailFor(row: ParticipationRow): 'guest-confirm' | 'guest-seat' | 'guest-waits' {
  return row.state === 'accepted' ? 'guest-seat' : row.state === 'pending' ? 'guest-waits' : 'guest-confirm'
}

export interface Guest {
  row: ParticipationRow
  event: ObjectRow
}

/** The registration behind a link. Throws link.invalid (404). */
export async function guestOf(ctx: Ctx, token: string): Promise<Guest> {
  const row = await findByGuestToken(ctx, ctx.db, token)
  const event =
    row === undefined
      ? undefined
      : await ctx.db<ObjectRow>('objects').where({ id: row.object_id, type: 'Event', local: true }).whereNull('deleted_at').first()
  if (row === undefined || event === undefined) throw new AppError('link.invalid', 404, 'This link is void.')
  return { row, event }
}

/** Whoever has the link reads the mailbox: the seat is taken, or asked for. Again changes nothing. Throws event.full and other refusals (422). */
export async function confirmGuest(ctx: Ctx, token: string): Promise<Guest> {
  const { row, event } = await guestOf(ctx, token)
  if (row.state !== 'unconfirmed' && row.state !== 'left') return { row, event }
  return ctx.db.transaction(async (trx) => {
    const seat = await takeSeat(ctx, trx, {
      event,
      actorId: null,
      guest: row,
      iri: null,
      message: row.message,
      named: false,
      seats: row.seats,
      answers: row.answers ?? {}
    })
    if ('refused' in seat) throw refusal(seat.refused)
    // The other of two clicks at once has told already.
    if (!seat.fresh) return { row: seat.row, event }
    await tellNotified(ctx, trx, seat.told)
    await mailGuest(ctx, trx, event, seat.row, mailFor(seat.row))
    afterCommit(trx, () => ctx.queue.wake('chores'))
    if (seat.row.state === 'accepted') await countLater(ctx, trx, event)
    return { row: seat.row, event }
  })
}

/** Gives the seat or the request back. Again changes nothing. */
export async function leaveAsGuest(ctx: Ctx, token: string): Promise<Guest> {
  const { row, event } = await guestOf(ctx, token)
  await ctx.db.transaction(async (trx) => {
    if (await giveBack(ctx, trx, event.id, { id: row.id })) await passSeatOn(ctx, trx, event)
  })
  return guestOf(ctx, token)
}
