// Former versions of a post. Reading only; who may read the post is checked by the caller.
import type { Ctx } from '../../context.ts'
import type { ObjectEditRow } from '../../db/rows.ts'

/** Versions before the present one, oldest first. Plan: object_edits_pkey. */
export async function listEdits(ctx: Ctx, objectId: string): Promise<ObjectEditRow[]> {
  return ctx.db<ObjectEditRow>('object_edits').where({ object_id: objectId }).orderBy('at').limit(100)
}
