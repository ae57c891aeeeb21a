// A host that speaks to us with a valid signature is alive: its circuit closes, what waits for it leaves, what it said meanwhile is read (security.md §C2).
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'
import { findHost, markAlive } from '../db/host-health.ts'

/** Looked at this often per host, so that a busy peer costs one query now and then; and a host that speaks but does not listen is not hammered. */
const LOOK_EVERY_MS = 5 * 60_000
const MAX_HOSTS = 5_000

const seen = new WeakMap<Ctx, Lru<string, number>>()

/** Call it after every verified inbound request. Never throws, never waits for the database. */
export function hostIsAlive(ctx: Ctx, host: string): void {
  const nowMs = ctx.clock.now().getTime()
  const lookedAt = seen.get(ctx) ?? createLru<string, number>(MAX_HOSTS)
  seen.set(ctx, lookedAt)
  const last = lookedAt.get(host)
  if (last !== undefined && nowMs - last < LOOK_EVERY_MS) return
  lookedAt.set(host, nowMs)
  wakeHost(ctx, host).catch((error: unknown) => ctx.log.warn({ err: error, host }, 'a living host could not be noted'))
}

/** The same, waiting for the result: true when the host was taken for ill, and its deliveries and outboxes are due now. */
export async function wakeHost(ctx: Ctx, host: string): Promise<boolean> {
  const now = ctx.clock.now()
  const row = await findHost(ctx.db, host)
  const isWell = row === undefined || (row.failures === 0 && row.open_until === null && row.gone_at === null && row.asleep_since === null)
  if (isWell) {
    await ctx.db('hosts').insert({ host, last_inbound_at: now }).onConflict('host').merge({ last_inbound_at: now })
    return false
  }
  await markAlive(ctx.db, [host], now, 'last_inbound_at')
  ctx.queue.wake('deliver')
  ctx.queue.wake('chores')
  return true
}
