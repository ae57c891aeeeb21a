// What becomes of what one publishes: which servers have it, which are waited for, which refused; and trying again.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import { countReach, listReach, retryReach, type HostReach, type ReachCounts, type ReachCursor } from '../../db/reach.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { findVisibleObject } from '../../db/timelines.ts'

export interface Reach extends ReachCounts {
  list: HostReach[]
}

/** Counts, and one line per server after `after`. For the author and those who run the group. Throws request.not-found, permission.denied. */
export async function readReach(ctx: Ctx, who: Who, id: string, limit: number, after: ReachCursor | null): Promise<Reach> {
  const object = await findOwn(ctx, who, id)
  return { ...(await countReach(ctx.db, object)), list: await listReach(ctx.db, object, limit, after) }
}

/** Tries again at once what waits or was refused; how many deliveries. */
export async function retryNow(ctx: Ctx, who: Who, id: string): Promise<number> {
  const object = await findOwn(ctx, who, id)
  const retried = await retryReach(ctx.db, object, ctx.clock.now())
  if (retried > 0) ctx.queue.wake('deliver')
  return retried
}

async function findOwn(ctx: Ctx, who: Who, id: string): Promise<ObjectRow> {
  const object = await findVisibleObject(ctx, id, { actorId: who.actorId })
  if (object === null || object.id !== id || !object.local) throw new AppError('request.not-found', 404, 'Record not found')
  const publisher = await findActor(ctx, object.actor_id)
  assertCan(who, 'object.reach', {
    ownerId: object.actor_id,
    authorId: object.author_id,
    membership: publisher === null ? null : await membershipIn(ctx, publisher, who.actorId)
  })
  return object
}
