// Asks for the outbox of whoever people here begin to follow. The work is catch-up.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { scheduleChores } from '../db/chores.ts'
import { isSoftwareStale } from '../db/hosts.ts'
import type { ActorRow } from '../db/rows.ts'
import { afterCommit } from './outbox.ts'

/** Someone here begins to follow: the profile is filled soon, and looked at from now on. In the caller's transaction. */
export async function askForOutbox(ctx: Ctx, trx: Knex, actorId: string): Promise<void> {
  const actor = await trx<ActorRow>('actors').where({ id: actorId, local: false }).first('id', 'host')
  if (actor === undefined) return
  const dueAt = ctx.clock.now()
  await scheduleChores(trx, [{ kind: 'catch-up', subject: actor.id, dueAt }])
  if (await isSoftwareStale(ctx, trx, actor.host)) await scheduleChores(trx, [{ kind: 'software', subject: actor.host, dueAt }])
  afterCommit(trx, () => ctx.queue.wake('chores'))
}
