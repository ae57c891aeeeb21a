// Whether a block stands between two actors. Reading only.
import type { Knex } from 'knex'

/** True when one of the two has blocked the other. */
export async function isBlockedBetween(trx: Knex, one: string, other: string): Promise<boolean> {
  const found = await trx('blocks')
    .where((q) => q.where({ blocker_id: one, blocked_id: other }).orWhere({ blocker_id: other, blocked_id: one }))
    .first('id')
  return found !== undefined
}
