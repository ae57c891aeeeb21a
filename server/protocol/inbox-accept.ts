// Takes verified activities in: many requests share one durable INSERT, and each is answered only after its commit. Applies nothing.
import { hash } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { insertReceived, type Received } from '../db/inbox-log.ts'
import type { NormActivity } from './normalise.ts'
import type { Verified } from './verify.ts'

export interface Delivered {
  verified: Verified
  activity: NormActivity
  /** Exact bytes received. */
  raw: Buffer
  /** Owner of the personal inbox it came through; null for the shared one. */
  recipientId: string | null
}

interface Waiting {
  received: Received
  key: string
  resolve(result: 'accepted' | 'duplicate'): void
  reject(error: unknown): void
}

interface Batcher {
  waiting: Waiting[]
  inFlight: number
  scheduled: boolean
  /** When the last statement left, and with how many activities. */
  leftMs: number
  leftWith: number
}

/** One statement stays small enough to commit in milliseconds; more requests than this wait for the next. */
const MAX_BATCH = 250
/** Two commits overlap: while one waits for the disk, the next is parsed. More gain nothing on one WAL. */
const MAX_IN_FLIGHT = 2
/**
 * In a flow, a statement leaves this long after the one before it: a statement and its commit cost as much as verifying twenty signatures,
 * so what arrives close together shares one. After a lull it leaves at once.
 */
const APART_MS = 8
/** Activities of one statement that make a flood, and how long after it the flood is over. */
const FLOOD = 8
const FLOOD_OVER_MS = 50
/** What waits here is memory the peers make us hold; beyond it they are asked to come back (P14). */
const MAX_WAITING = 5000

const batchers = new WeakMap<Ctx, Batcher>()

/**
 * Commits one activity to inbox_log, together with others that arrive at the same moment, then wakes the workers.
 * 'duplicate': we have it already (federation.md R2). Throws inbox.unavailable (503) when it could not be written; the peer keeps it.
 */
export function acceptActivity(ctx: Ctx, delivered: Delivered): Promise<'accepted' | 'duplicate'> {
  const batcher = batchers.get(ctx) ?? { waiting: [], inFlight: 0, scheduled: false, leftMs: Number.NEGATIVE_INFINITY, leftWith: 0 }
  batchers.set(ctx, batcher)
  if (batcher.waiting.length >= MAX_WAITING) return Promise.reject(unavailable())
  const received = receivedFrom(delivered)
  return new Promise((resolve, reject) => {
    batcher.waiting.push({ received, key: received.dedupKey.toString('hex'), resolve, reject })
    schedule(ctx, batcher)
  })
}

/** Whether this process is accepting a flood right now (about a thousand a second). */
export function isFlooded(ctx: Ctx): boolean {
  const batcher = batchers.get(ctx)
  return batcher !== undefined && batcher.leftWith >= FLOOD && performance.now() - batcher.leftMs < FLOOD_OVER_MS
}

// After a lull: commit with whatever arrives in this turn of the event loop. Busy: what arrives meanwhile shares the next statement.
function schedule(ctx: Ctx, batcher: Batcher): void {
  if (batcher.scheduled || batcher.inFlight >= MAX_IN_FLIGHT || batcher.waiting.length === 0) return
  batcher.scheduled = true
  const restMs = batcher.waiting.length >= MAX_BATCH ? 0 : batcher.leftMs + APART_MS - performance.now()
  if (restMs > 0) setTimeout(leave, restMs, ctx, batcher)
  else setImmediate(leave, ctx, batcher)
}

function leave(ctx: Ctx, batcher: Batcher): void {
  batcher.scheduled = false
  batcher.leftMs = performance.now()
  const batch = batcher.waiting.splice(0, MAX_BATCH)
  batcher.leftWith = batch.length
  batcher.inFlight += 1
  void commit(ctx, batch).finally(() => {
    batcher.inFlight -= 1
    schedule(ctx, batcher)
  })
  schedule(ctx, batcher)
}

async function commit(ctx: Ctx, batch: Waiting[]): Promise<void> {
  const byKey = new Map<string, Waiting[]>()
  for (const item of batch) {
    const same = byKey.get(item.key)
    if (same === undefined) byKey.set(item.key, [item])
    else same.push(item)
  }
  let fresh: Set<string>
  try {
    fresh = await insertReceived(
      ctx,
      ctx.db,
      [...byKey.values()].map((items) => items[0]!.received)
    )
  } catch (cause) {
    ctx.log.error({ err: cause, activities: batch.length }, 'received activities could not be written')
    for (const item of batch) item.reject(unavailable(cause))
    return
  }
  if (fresh.size > 0) ctx.queue.wake('inbox')
  for (const [key, items] of byKey) {
    items.forEach((item, index) => {
      const result = index === 0 && fresh.has(key) ? 'accepted' : 'duplicate'
      item.resolve(result)
    })
  }
}

function unavailable(cause?: unknown): AppError {
  return new AppError('inbox.unavailable', 503, 'The inbox cannot take this now. Please try again later.', { cause, retryAfterSeconds: 60 })
}

function receivedFrom({ verified, activity, raw, recipientId }: Delivered): Received {
  return {
    dedupKey: dedupKey(activity, verified.actorIri),
    iri: activity.id,
    type: activity.type,
    actorIri: activity.actor,
    signerIri: verified.actorIri,
    host: verified.host,
    recipientId,
    body: raw
  }
}

/**
 * federation.md R2, a little finer: sha256(signer if another | actor | type | id | published | objects as they came). The whole object, because
 * Mobilizon's Update bears the id of its Create and counts participants without an edit; `published`, because snac gives every boost of a
 * post the same id; the signer, because what somebody else passed on must not stand in the way of the actor's own word.
 */
export function dedupKey(activity: NormActivity, signerIri: string): Buffer {
  let text = signerIri === activity.actor ? '' : `${signerIri}\n`
  text += `${activity.actor}\n${activity.type}\n${activity.id ?? ''}\n${activity.published?.getTime() ?? ''}\n`
  for (const ref of activity.objects) text += `${ref.id ?? ''}\n${ref.json === null ? '' : JSON.stringify(ref.json)}\n`
  return hash('sha256', text + (activity.target ?? ''), 'buffer')
}
