// After a Move: our citizens who followed the old account follow the new one instead. A chore, so that a crash loses nobody.
import type { Ctx } from '../../context.ts'
import { isAppError } from '../../core/errors.ts'
import type { ActorRow } from '../../db/rows.ts'
import { followActor, unfollowActor } from './follow.ts'

/** Done in one go of the chore; the rest comes with the next. */
const AT_ONCE = 200

/** `subject`: row id of the old account. Each citizen follows anew (who asks to be asked, is asked), then leaves the old one. */
export async function moveFollowers(ctx: Ctx, subject: string): Promise<Date | null> {
  const old = await ctx.db<ActorRow>('actors').where({ id: subject, deleted_at: null }).whereNotNull('moved_to_id').first()
  const target = old && (await ctx.db<ActorRow>('actors').where({ id: old.moved_to_id!, deleted_at: null }).first())
  if (old === undefined || target === undefined) return null
  const followers = await ctx
    .db<ActorRow>('actors')
    .whereIn(
      'id',
      ctx.db('follows').where({ followed_id: old.id, follower_local: true }).orderBy('id').limit(AT_ONCE).select('follower_id')
    )
  for (const follower of followers) {
    try {
      if (follower.id !== target.id) await followActor(ctx, follower, target)
    } catch (error) {
      // Blocked between the two, or the new account went meanwhile: they only lose the old one, as on Mastodon.
      if (!isAppError(error)) throw error
    }
    await unfollowActor(ctx, follower, old)
  }
  return followers.length === AT_ONCE ? ctx.clock.now() : null
}
