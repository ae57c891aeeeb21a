// Whose name a post of ours is in, for those who may change it.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'

/** The publisher of a post that this person may edit: its author, or who looks after the group. Throws permission.denied (403). */
export async function ownPublisher(ctx: Ctx, who: Who, row: ObjectRow): Promise<ActorRow> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local || row.reblog_of_id !== null)
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertCan(who, 'object.edit', {
    ownerId: row.actor_id,
    authorId: row.author_id,
    membership: await membershipIn(ctx, publisher, who.actorId)
  })
  return publisher
}
