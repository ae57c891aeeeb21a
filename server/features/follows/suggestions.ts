// Whom the server suggests to follow, and whom not any more.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { ActorRow } from '../../db/rows.ts'

/** Never suggests this account again. Throws 404 for one that does not exist. */
export async function dismissSuggestion(ctx: Ctx, me: ActorRow, targetId: string): Promise<void> {
  if ((await ctx.db('actors').where({ id: targetId }).first('id')) === undefined)
    throw new AppError('request.not-found', 404, 'Record not found')
  await ctx.db('dismissed_suggestions').insert({ actor_id: me.id, target_id: targetId }).onConflict().ignore()
}
