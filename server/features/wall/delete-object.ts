// Taking back what was published: posts, events, whatever is ours.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import type { AccountRole } from '../../core/roles.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { deleteLocalObject } from '../../protocol/local-objects.ts'

/** Deletes an object here and sends Delete to everyone who got it. Deleting twice is fine. Throws permission.denied (403). */
export async function deleteObject(ctx: Ctx, who: Who, row: ObjectRow): Promise<void> {
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null || !row.local || row.reblog_of_id !== null)
    throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  assertCan(who, 'object.delete', {
    ownerId: row.actor_id,
    authorId: row.author_id,
    ownerRole: await roleOf(ctx, row.author_id ?? row.actor_id),
    membership: await membershipIn(ctx, publisher, who.actorId)
  })
  await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).forUpdate().first()
    if (fresh === undefined || fresh.deleted_at !== null) return
    await deleteLocalObject(ctx, trx, fresh, publisher)
  })
}

async function roleOf(ctx: Ctx, actorId: string): Promise<AccountRole | null> {
  const account = await ctx.db('accounts').where({ actor_id: actorId }).first<{ role: AccountRole } | undefined>('role')
  return account?.role ?? null
}
