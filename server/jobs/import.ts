// Follows, blocks or mutes everybody on a list somebody brought along: some at a time, so that other work goes on.
import type { Ctx } from '../context.ts'
import type { ActorRow, ImportRow } from '../db/rows.ts'
import { blockActor, muteActor } from '../features/follows/block.ts'
import { followActor } from '../features/follows/follow.ts'
import { findActorByHandle } from '../protocol/actors.ts'

const AT_ONCE = 10
/** Ten look-ups a minute, as everybody has by hand (F24). */
const PAUSE_MS = 60_000

const ACTIONS: Record<ImportRow['kind'], (ctx: Ctx, actor: ActorRow, target: ActorRow) => Promise<void>> = {
  follows: followActor,
  blocks: blockActor,
  mutes: muteActor
}

/** Does the next few of an import; gives the time of the next while some are left: a minute later when other servers were asked. One that cannot be found or done is counted, not tried again. */
export async function runImport(ctx: Ctx, id: string): Promise<Date | null> {
  const row = await ctx.db<ImportRow>('imports').where({ id }).whereNull('finished_at').first()
  if (row === undefined) return null
  const actor = await ctx
    .db<ActorRow>('actors')
    .whereIn('id', ctx.db('accounts').where({ id: row.account_id, status: 'active' }).select('actor_id'))
    .whereNull('suspended_at')
    .first()
  const batch = actor === undefined ? [] : row.handles.slice(row.done, row.done + AT_ONCE)
  let hasAsked = false
  const mayAsk = async (): Promise<void> => void (hasAsked = true)
  const results = await Promise.allSettled(batch.map((handle) => actOn(ctx, row.kind, actor!, handle, mayAsk)))
  const failed = results.filter(({ status }) => status === 'rejected').length
  const done = row.done + batch.length
  const isEnd = batch.length === 0 || done >= row.total
  await ctx
    .db('imports')
    .where({ id })
    .update({ done, failed: row.failed + failed, ...(isEnd ? { finished_at: ctx.clock.now(), handles: [] } : {}) })
  return isEnd ? null : new Date(ctx.clock.now().getTime() + (hasAsked ? PAUSE_MS : 0))
}

async function actOn(ctx: Ctx, kind: ImportRow['kind'], actor: ActorRow, handle: string, mayAsk: () => Promise<void>): Promise<void> {
  const target = await findActorByHandle(ctx, handle, { mayAsk })
  if (target === null || target.deleted_at !== null) throw new Error('nobody there')
  await ACTIONS[kind](ctx, actor, target)
}
