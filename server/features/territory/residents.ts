// Living in the commune: said by oneself, confirmed by the town hall. What depends on it says which of the two it needs.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { declareResident, findResident, forgetResident, verifyResident, type Residence } from '../../db/residents.ts'
import type { ActorRow } from '../../db/rows.ts'

export type { Residence }

/** What is known of where this person lives. */
export async function residenceOf(ctx: Ctx, actorId: string): Promise<Residence> {
  return findResident(ctx.db, actorId)
}

/** Says that one lives here, or no more: a confirmation goes with it. */
export async function declare(ctx: Ctx, actor: ActorRow, livesHere: boolean): Promise<Residence> {
  if (livesHere) await declareResident(ctx.db, actor.id, ctx.clock.now())
  else await forgetResident(ctx.db, actor.id)
  return findResident(ctx.db, actor.id)
}

/** The town hall confirms, or takes a confirmation back. Throws permission.denied (403), resident.unknown (404). */
export async function verify(ctx: Ctx, who: Who, actorId: string, verified: boolean): Promise<Residence> {
  assertCan(who, 'resident.verify')
  const person = await ctx.db<ActorRow>('actors').where({ id: actorId, local: true, type: 'Person', deleted_at: null }).first()
  if (person === undefined) throw new AppError('resident.unknown', 404, 'There is nobody of this name here.')
  await verifyResident(ctx.db, actorId, verified ? { by: who.actorId, at: ctx.clock.now() } : null, ctx.clock.now())
  return findResident(ctx.db, actorId)
}
