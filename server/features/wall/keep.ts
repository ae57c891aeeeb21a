// What one does with a post for oneself alone: keeping it for later, and hearing no more of its thread. Nobody else learns of it.
import type { Ctx } from '../../context.ts'
import { newId } from '../../core/ids.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'

/** Keeps a post for later. A second time changes nothing. */
export async function bookmarkObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  const now = ctx.clock.now()
  await ctx
    .db('bookmarks')
    .insert({ id: newId(now), actor_id: actor.id, object_id: object.id, created_at: now })
    .onConflict(['object_id', 'actor_id'])
    .ignore()
}

/** Keeps it no more. */
export async function unbookmarkObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  await ctx.db('bookmarks').where({ actor_id: actor.id, object_id: object.id }).delete()
}

/** No news of this post's thread any more. */
export async function muteThread(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  await ctx
    .db('thread_mutes')
    .insert({ actor_id: actor.id, root_id: object.root_id ?? object.id, created_at: ctx.clock.now() })
    .onConflict(['actor_id', 'root_id'])
    .ignore()
}

/** News of the thread again. */
export async function unmuteThread(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  await ctx
    .db('thread_mutes')
    .where({ actor_id: actor.id, root_id: object.root_id ?? object.id })
    .delete()
}
