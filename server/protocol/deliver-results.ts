// What an attempt means: for its row, by the schedule; for its host, by the circuit. Writes hosts, never rows.
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'
import type { ClaimedDelivery, DeliveryResult } from '../db/delivery-queue.ts'
import { changeHealth, markAlive, noteSuccess } from '../db/host-health.ts'
import { afterFailures, afterThrottle } from './circuit.ts'
import type { Attempt } from './deliver-attempt.ts'
import { confirmGone, findNewInbox } from './deliver-moved.ts'
import { verdictOf } from './schedule.ts'

export interface Outcome {
  row: ClaimedDelivery
  attempt: Attempt
  result: DeliveryResult
}

/** Pause for a host that says 429 without saying how long. */
const DEFAULT_THROTTLE_SECONDS = 60

/** The columns of a row after an attempt. */
export function resultOf(ctx: Ctx, row: ClaimedDelivery, done: Attempt): DeliveryResult {
  const now = ctx.clock.now()
  const attempts = row.attempts + 1
  const firstFailedAt = done.answer === 'accepted' ? row.first_failed_at : (row.first_failed_at ?? now)
  const verdict = verdictOf(done.answer, { attempts, firstFailedAt: firstFailedAt ?? now }, now, done.retryAfterSeconds, Math.random())
  return {
    id: row.id,
    state: verdict.state,
    attempts,
    nextAt: verdict.state === 'waiting' ? verdict.nextAt : now,
    firstFailedAt,
    finishedAt: verdict.state === 'waiting' ? null : now,
    status: done.status,
    error: done.error
  }
}

/** Writes down what the attempts say about their hosts. Returns look-ups to begin, which nobody needs to wait for. */
export async function judgeHosts(ctx: Ctx, batch: readonly Outcome[]): Promise<(() => Promise<void>)[]> {
  const lookups: (() => Promise<void>)[] = []
  const now = ctx.clock.now()
  const recovered = new Set<string>()
  const failed = new Map<string, { count: number; error: string | null }>()
  for (const { row, attempt: done } of batch) {
    if (done.answer === 'temporary') failed.set(row.host, { count: (failed.get(row.host)?.count ?? 0) + 1, error: done.error })
    else if (done.answer === 'throttled') await pause(ctx, row.host, done, now)
    else if (done.status !== null && row.failures > 0) recovered.add(row.host)
    if (done.answer === 'gone') lookups.push(() => confirmGone(ctx, row.inbox, row.host))
    if (done.answer === 'moved' && row.attempts === 0) lookups.push(() => findNewInbox(ctx, row.inbox))
  }
  for (const [host, { count, error }] of failed) {
    if (!recovered.has(host))
      await changeHealth(ctx.db, host, now, error, (health) => ({ ...health, ...afterFailures(health, count, now) }))
  }
  if (recovered.size > 0) {
    await markAlive(ctx.db, [...recovered], now, 'last_success_at')
    ctx.queue.wake('chores')
  }
  const taken = batch.filter(({ row, attempt: done }) => done.answer === 'accepted' && !recovered.has(row.host)).map(({ row }) => row.host)
  const news = unnoted(ctx, new Set(taken), now)
  if (news.length > 0) await noteSuccess(ctx.db, news, now)
  return lookups
}

/** A healthy host's success is written down this often: enough for an administrator, nothing for the sender. */
const NOTE_EVERY_MS = 5 * 60_000
const MAX_NOTED = 5_000
const noted = new WeakMap<Ctx, Lru<string, number>>()

function unnoted(ctx: Ctx, hosts: Set<string>, now: Date): string[] {
  const memory = noted.get(ctx) ?? createLru<string, number>(MAX_NOTED)
  noted.set(ctx, memory)
  const news = [...hosts].filter((host) => now.getTime() - (memory.get(host) ?? Number.NEGATIVE_INFINITY) >= NOTE_EVERY_MS)
  for (const host of news) memory.set(host, now.getTime())
  return news
}

async function pause(ctx: Ctx, host: string, done: Attempt, now: Date): Promise<void> {
  const seconds = done.retryAfterSeconds ?? DEFAULT_THROTTLE_SECONDS
  await changeHealth(ctx.db, host, now, done.error, (health) => ({ ...health, ...afterThrottle(health, seconds, now) }))
}
