// A private note about somebody, for oneself alone.
import type { Ctx } from '../../context.ts'
import type { ActorRow } from '../../db/rows.ts'

const MAX_NOTE = 2000

/** Keeps a note about an actor; an empty one takes it away. */
export async function noteActor(ctx: Ctx, me: ActorRow, other: ActorRow, comment: string): Promise<void> {
  const about = { actor_id: me.id, target_id: other.id }
  const text = comment.trim().slice(0, MAX_NOTE)
  if (text === '') await ctx.db('actor_notes').where(about).delete()
  else
    await ctx
      .db('actor_notes')
      .insert({ ...about, comment: text })
      .onConflict(['actor_id', 'target_id'])
      .merge(['comment'])
}
