// What moderators of groups decided or have to decide: held posts, removals, locks, bans. Rules are elsewhere.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { GroupHoldRow, Visibility } from './rows.ts'

/** Puts a post aside for the moderators of a group. Once. */
export async function saveHold(
  ctx: Ctx,
  trx: Knex,
  hold: { groupId: string; objectId: string; visibility: Visibility; activity: string | null }
): Promise<void> {
  await trx('group_holds')
    .insert({
      group_id: hold.groupId,
      object_id: hold.objectId,
      visibility: hold.visibility,
      activity: hold.activity,
      created_at: ctx.clock.now()
    })
    .onConflict(['group_id', 'object_id'])
    .ignore()
}

/** Takes a held post out of the list; undefined when it is not there (any more). */
export async function takeHold(trx: Knex, groupId: string, objectId: string): Promise<GroupHoldRow | undefined> {
  const rows = await trx<GroupHoldRow>('group_holds').where({ group_id: groupId, object_id: objectId }).delete().returning('*')
  return rows[0]
}
