// Removes a stored object for good. Shared by Delete and by groups that pass a Delete on; whether it may be done was judged before.
import type { Ctx } from '../../context.ts'
import { tellOfDeletion } from '../../db/events.ts'
import { findObject, wipeObject } from '../../db/objects.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { findLocalGroup, passOn, withdrawAddress } from '../group-voice.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { emit } from '../reactions.ts'

/** 'deleted', or 'unchanged' when it was already. `logId`: the Delete its author signed, which a group of ours passes on. */
export async function removeObject(ctx: Ctx, object: ObjectRow, logId: string | null = null): Promise<Outcome> {
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [object.iri])
    const current = await findObject(trx, object.id)
    if (current === undefined || current.deleted_at !== null) return 'unchanged'
    if (logId !== null) await passOn(ctx, trx, current, logId)
    const group = await findLocalGroup(trx, current.group_id)
    if (group !== null) await withdrawAddress(ctx, trx, group, current)
    const told = await tellOfDeletion(ctx, trx, current)
    await wipeObject(ctx, trx, current)
    await emit(ctx, trx, [
      { kind: 'object-deleted', ids: [current.id] },
      { kind: 'notified', ids: told.map((row) => row.id) }
    ])
    return 'deleted'
  })
}
