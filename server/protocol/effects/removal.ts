// Removes a stored object for good. Shared by Delete and by groups that pass a Delete on; whether it may be done was judged before.
import type { Ctx } from '../../context.ts'
import { findObject, wipeObject } from '../../db/objects.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { emit } from '../reactions.ts'

/** 'deleted', or 'unchanged' when it was already. */
export async function removeObject(ctx: Ctx, object: ObjectRow): Promise<Outcome> {
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [object.iri])
    const current = await findObject(trx, object.id)
    if (current === undefined || current.deleted_at !== null) return 'unchanged'
    await wipeObject(ctx, trx, current)
    await emit(ctx, trx, [{ kind: 'object-deleted', ids: [current.id] }])
    return 'deleted'
  })
}
