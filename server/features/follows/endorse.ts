// Whom somebody recommends on their profile: people they follow.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { findFollow } from '../../db/links.ts'
import type { ActorRow } from '../../db/rows.ts'

const MAX_ENDORSED = 100

/** Recommends somebody. Throws endorse.not-following, endorse.too-many (422). */
export async function endorseActor(ctx: Ctx, me: ActorRow, other: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    if ((await findFollow(trx, me.id, other.id))?.state !== 'accepted')
      throw new AppError('endorse.not-following', 422, 'Follow this account first.')
    const row = { id: newId(ctx.clock.now()), actor_id: me.id, target_id: other.id }
    await trx('endorsements').insert(row).onConflict(['actor_id', 'target_id']).ignore()
    const [count] = await trx('endorsements').where({ actor_id: me.id }).count<{ count: string }[]>({ count: '*' })
    if (Number(count?.count) > MAX_ENDORSED) throw new AppError('endorse.too-many', 422, 'You already recommend many accounts.')
  })
}

/** No more. */
export async function unendorseActor(ctx: Ctx, me: ActorRow, other: ActorRow): Promise<void> {
  await ctx.db('endorsements').where({ actor_id: me.id, target_id: other.id }).delete()
}
