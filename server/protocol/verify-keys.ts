// Whose key is this? Cached, stored, else fetched with the two-way claim (federation.md §2.3). Never verifies, never judges an activity.
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { findVerifyKey, type VerifyKey } from '../db/keys.ts'
import { withSlot } from './fetch-slots.ts'
import { fetchKey } from './key-document.ts'
import { memoryOf, type KeyMemory } from './keys-memory.ts'

/** A key changed or retired through another process counts after this. */
const MEMORY_FRESH_MS = 600_000
/** A stored key is asked for again after a day; when that fails the stored one still verifies Deletes. */
const KEY_FRESH_MS = 24 * 3_600_000
/** One refresh per key and one attempt per dead key or host in this time (security.md S18). */
const PAUSE_MS = 300_000
/** Fetches that failed, per host and minute, before we stop asking it. */
const MAX_FAILURES_PER_MINUTE = 5

/**
 * The key with this IRI. Throws signature.key-invalid and signature.key-gone (401), signature.key-unreachable (503, Retry-After),
 * signature.own-key (401) for a key of ours: nobody outside holds it.
 */
export async function getVerifyKey(ctx: Ctx, keyIri: string): Promise<VerifyKey> {
  const memory = memoryOf(ctx)
  const known = memory.keys.get(keyIri)
  if (known !== undefined && performance.now() - known.readAtMs < MEMORY_FRESH_MS) return known.key
  const stored = await findVerifyKey(ctx, keyIri)
  if (stored?.local || hostOf(keyIri) === ctx.site?.host) throw new AppError('signature.own-key', 401, 'The key belongs to this server.')
  if (stored === null) return await fetchOnce(ctx, memory, keyIri)
  const stale = ctx.clock.now().getTime() - stored.fetchedAt.getTime() > KEY_FRESH_MS
  const key = stale
    ? await fetchOnce(ctx, memory, keyIri).catch((error: unknown) => {
        if (isAppError(error)) return stored
        throw error
      })
    : stored
  memory.keys.set(keyIri, { key, readAtMs: performance.now() })
  return key
}

/**
 * Another key under the same IRI after a verification failed: what another process stored meanwhile, else fetched anew,
 * once in five minutes. Null when there is no other. Throws signature.key-unreachable.
 */
export async function findRotatedKey(ctx: Ctx, failed: VerifyKey): Promise<VerifyKey | null> {
  const memory = memoryOf(ctx)
  const stored = await findVerifyKey(ctx, failed.keyIri)
  if (stored !== null && stored.publicPem !== failed.publicPem) return remember(memory, stored)
  const nowMs = ctx.clock.now().getTime()
  const last = memory.refreshed.get(failed.keyIri)
  if (last !== undefined && nowMs - last < PAUSE_MS) return null
  memory.refreshed.set(failed.keyIri, nowMs)
  const fetched = await fetchOnce(ctx, memory, failed.keyIri).catch((error: unknown) => {
    if (isAppError(error, 'signature.key-unreachable') || !isAppError(error)) throw error
    return null
  })
  return fetched === null || fetched.publicPem === failed.publicPem ? null : fetched
}

/** Many requests may wait for one key: it is fetched once, and at most two keys of a host at a time. */
async function fetchOnce(ctx: Ctx, memory: KeyMemory, keyIri: string): Promise<VerifyKey> {
  const host = hostOf(keyIri)
  if (host === null) throw new AppError('signature.malformed', 400, 'The key has no address.')
  throwIfPaused(ctx, memory, keyIri, host)
  const waiting = memory.underWay.get(keyIri)
  if (waiting !== undefined) return await waiting
  const work = withSlot(memory.slots, host, async () => {
    throwIfPaused(ctx, memory, keyIri, host)
    try {
      return remember(memory, await fetchKey(ctx, keyIri))
    } catch (error) {
      throw noteFailure(ctx, memory, keyIri, host, error)
    }
  }).finally(() => memory.underWay.delete(keyIri))
  memory.underWay.set(keyIri, work)
  return await work
}

function throwIfPaused(ctx: Ctx, memory: KeyMemory, keyIri: string, host: string): void {
  const nowMs = ctx.clock.now().getTime()
  const dead = memory.dead.get(keyIri)
  if (dead !== undefined && dead.untilMs > nowMs) throw keyError(dead.code)
  const downUntilMs = memory.down.get(host)
  if (downUntilMs !== undefined && downUntilMs > nowMs) throw unreachable(downUntilMs - nowMs)
  const failures = memory.failures.get(host)
  // A fetch under way may fail too.
  const others = Math.max(0, (memory.slots.get(host)?.active ?? 0) - 1)
  if (failures !== undefined && failures.count + others >= MAX_FAILURES_PER_MINUTE && nowMs - failures.sinceMs < 60_000)
    throw unreachable(60_000)
}

function noteFailure(ctx: Ctx, memory: KeyMemory, keyIri: string, host: string, cause: unknown): unknown {
  if (!isAppError(cause)) return cause
  const nowMs = ctx.clock.now().getTime()
  const failures = memory.failures.get(host)
  memory.failures.set(
    host,
    failures !== undefined && nowMs - failures.sinceMs < 60_000 ? { ...failures, count: failures.count + 1 } : { count: 1, sinceMs: nowMs }
  )
  if (cause.code === 'fetch.unreachable') {
    // An answer with a status comes from a living host: only this key is in trouble.
    if (cause.details.status === undefined) memory.down.set(host, nowMs + PAUSE_MS)
    return unreachable(PAUSE_MS, cause)
  }
  const code = cause.code === 'fetch.gone' ? 'signature.key-gone' : 'signature.key-invalid'
  memory.dead.set(keyIri, { untilMs: nowMs + PAUSE_MS, code })
  return keyError(code, cause)
}

function remember(memory: KeyMemory, key: VerifyKey): VerifyKey {
  memory.keys.set(key.keyIri, { key, readAtMs: performance.now() })
  return key
}

function keyError(code: string, cause?: unknown): AppError {
  const text =
    code === 'signature.key-gone' ? 'The key that signed this no longer exists.' : 'The key that signed this is not what its address says.'
  return new AppError(code, 401, text, { cause })
}

function unreachable(leftMs: number, cause?: unknown): AppError {
  return new AppError('signature.key-unreachable', 503, 'The server of the key does not answer.', {
    cause,
    retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000))
  })
}
