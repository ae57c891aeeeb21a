// After an event was written: the search for others that announce the same one.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { planTwins } from '../db/event-twins.ts'
import type { ObjectRow } from '../db/rows.ts'
import { afterCommit } from './outbox.ts'

/** Plans it for the open events among these. */
export async function askForTwins(ctx: Ctx, trx: Knex, objects: ObjectRow[]): Promise<void> {
  if (await planTwins(trx, objects, ctx.clock.now())) afterCommit(trx, () => ctx.queue.wake('chores'))
}
