// The door: who is there, by the code they show or by their name in the list.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Who } from '../../core/permission.ts'
import { asDoorCode } from '../../core/registration.ts'
import { findByDoorCode, findParticipationById, markArrival } from '../../db/participations.ts'
import type { ObjectRow, ParticipationRow } from '../../db/rows.ts'
import { assertOrganises } from './organise.ts'

/** Ticks somebody off by the code at the door. Throws event.code (404), event.checked-in (409) for a code that came in before. */
export async function checkInByCode(ctx: Ctx, who: Who, event: ObjectRow, typed: string): Promise<ParticipationRow> {
  await assertOrganises(ctx, who, event)
  const row = await findByDoorCode(ctx.db, event.id, asDoorCode(typed))
  if (row === undefined) throw new AppError('event.code', 404, 'No registration has this code.', { details: { field: 'code' } })
  const came = await markArrival(ctx.db, row.id, ctx.clock.now())
  if (came === undefined) throw new AppError('event.checked-in', 409, 'This code has come in already.', { details: { field: 'code' } })
  return came
}

/** Ticks somebody of the list off, or takes that back. Throws event.not-asked (404) for who has no seat. */
export async function setArrival(
  ctx: Ctx,
  who: Who,
  event: ObjectRow,
  participationId: string,
  isThere: boolean
): Promise<ParticipationRow> {
  await assertOrganises(ctx, who, event)
  const row = await findParticipationById(ctx.db, event.id, participationId)
  if (row === undefined || row.state !== 'accepted') throw new AppError('event.not-asked', 404, 'This person has no seat.')
  return (await markArrival(ctx.db, row.id, isThere ? ctx.clock.now() : null)) ?? row
}
