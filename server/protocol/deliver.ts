// The sender: claims due deliveries, sends many at once but few per host, writes results back in batches. Rows are the truth;
// a crash at any point only makes a lease run out. No network inside a transaction.
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'
import { activityToSend, claimDeliveries, releaseLeases, saveResults, type ClaimedDelivery } from '../db/delivery-queue.ts'
import { isProbing, OPENS_AT } from './circuit.ts'
import { attempt, type Attempt } from './deliver-attempt.ts'
import { judgeHosts, resultOf, type Outcome } from './deliver-results.ts'
import { primeScheme } from './scheme.ts'

/** Requests under way at once. */
const MAX_IN_FLIGHT = 64
/** A claim costs a round trip: below this many free places it waits. */
const MIN_CLAIM = 32
/** At most four connections to a host (the pool has as many): two are claimed while at most two are under way. */
const PER_HOST = 2
/** Longer than a request may take (30 s), short enough that a crash delays little. */
const LEASE_MS = 45_000
/** Results wait this long for company before they are written. */
const SAVE_AFTER_MS = 20
const SAVE_BATCH = 48
/** Bodies kept in memory: one activity goes to many hosts. */
const BODIES = 64

interface Sendable {
  body: Buffer
  followersOnly: boolean
}

interface Sender {
  inFlight: Map<string, number>
  total: number
  leased: Set<string>
  results: Outcome[]
  /** Hosts on probation with their one request under way. */
  probing: Set<string>
  /** Look-ups that a refusal started. */
  background: number
  bodies: Lru<string, Promise<Sendable | null>>
  running: Promise<number> | null
  mayClaim: boolean
  stopping: boolean
  /** Stopped with requests under way: what they still bring is somebody else's, by the lease they lost. */
  abandoned: boolean
  notify: () => void
}

const senders = new WeakMap<Ctx, Sender>()

/**
 * Sends everything that is due and returns how many attempts were made. Called while it runs, it looks again and both callers
 * get the same answer. Throws when the database does; leases then run out by themselves.
 */
export function deliverDue(ctx: Ctx): Promise<number> {
  const sender = senderOf(ctx)
  if (sender.stopping) return Promise.resolve(0)
  sender.mayClaim = true
  sender.notify()
  sender.running ??= run(ctx, sender)
  return sender.running
}

/** Claims nothing more, waits for what is under way up to `timeoutMs`, then gives the rest back. */
export async function stopDelivering(ctx: Ctx, timeoutMs: number): Promise<void> {
  const sender = senders.get(ctx)
  if (sender === undefined) return
  sender.stopping = true
  sender.notify()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([sender.running?.catch(() => 0), deadline])
  clearTimeout(timer)
  await save(ctx, sender)
  sender.abandoned = true
  await releaseLeases(ctx.db, [...sender.leased])
  senders.delete(ctx)
}

function senderOf(ctx: Ctx): Sender {
  const known = senders.get(ctx)
  if (known !== undefined) return known
  const sender: Sender = {
    inFlight: new Map(),
    total: 0,
    leased: new Set(),
    results: [],
    probing: new Set(),
    background: 0,
    bodies: createLru(BODIES),
    running: null,
    mayClaim: true,
    stopping: false,
    abandoned: false,
    notify: () => {}
  }
  senders.set(ctx, sender)
  return sender
}

/** `running` is cleared in the same turn as the last look, so that no wake falls between the two. */
async function run(ctx: Ctx, sender: Sender): Promise<number> {
  try {
    return await pump(ctx, sender)
  } catch (error) {
    sender.running = null
    throw error
  }
}

async function pump(ctx: Ctx, sender: Sender): Promise<number> {
  let attempts = 0
  for (;;) {
    const changed = nextChange(sender)
    if (canClaim(sender)) attempts += await claim(ctx, sender)
    if (sender.results.length >= SAVE_BATCH || (sender.results.length > 0 && sender.total === 0)) await save(ctx, sender)
    const idle = sender.total === 0 && sender.results.length === 0 && sender.background === 0
    if (idle && (sender.stopping || !sender.mayClaim)) {
      sender.running = null
      return attempts
    }
    if (!idle && !canClaim(sender)) {
      const timedOut = await withTimeout(changed, sender.results.length > 0 ? SAVE_AFTER_MS : null)
      if (timedOut) await save(ctx, sender)
    }
  }
}

function canClaim(sender: Sender): boolean {
  return sender.mayClaim && !sender.stopping && MAX_IN_FLIGHT - sender.total >= MIN_CLAIM
}

async function claim(ctx: Ctx, sender: Sender): Promise<number> {
  sender.mayClaim = false
  const now = ctx.clock.now()
  const rows = await claimDeliveries(ctx.db, {
    now,
    leaseUntil: new Date(now.getTime() + LEASE_MS),
    limit: MAX_IN_FLIGHT - sender.total,
    busyHosts: [...sender.inFlight].filter(([host, count]) => count > PER_HOST || sender.probing.has(host)).map(([host]) => host),
    perHost: PER_HOST,
    probingAt: OPENS_AT
  })
  if (rows.length > 0) sender.mayClaim = true
  for (const row of rows) begin(ctx, sender, row)
  return rows.length
}

function begin(ctx: Ctx, sender: Sender, row: ClaimedDelivery): void {
  sender.total += 1
  sender.leased.add(row.id)
  sender.inFlight.set(row.host, (sender.inFlight.get(row.host) ?? 0) + 1)
  if (isProbing(row.failures)) sender.probing.add(row.host)
  primeScheme(ctx, row.host, row.signature_scheme, row.signature_scheme_at)
  void send(ctx, sender, row).then((done) => {
    sender.total -= 1
    sender.probing.delete(row.host)
    const left = (sender.inFlight.get(row.host) ?? 1) - 1
    if (left === 0) sender.inFlight.delete(row.host)
    else sender.inFlight.set(row.host, left)
    sender.results.push({ row, attempt: done, result: resultOf(ctx, row, done) })
    sender.notify()
  })
}

async function send(ctx: Ctx, sender: Sender, row: ClaimedDelivery): Promise<Attempt> {
  const letter = await bodyOf(ctx, sender, row.activity_id).catch(() => undefined)
  if (letter === undefined) return { answer: 'temporary', status: null, error: 'the database did not answer', retryAfterSeconds: null }
  if (letter === null) return { answer: 'refused', status: null, error: 'the activity is gone', retryAfterSeconds: null }
  return attempt(ctx, { actorId: row.actor_id, inbox: row.inbox, host: row.host, ...letter })
}

function bodyOf(ctx: Ctx, sender: Sender, activityId: string): Promise<Sendable | null> {
  const known = sender.bodies.get(activityId)
  if (known !== undefined) return known
  const read = activityToSend(ctx.db, activityId).then((row) =>
    row === null ? null : { body: Buffer.from(row.body), followersOnly: row.visibility === 'followers' }
  )
  sender.bodies.set(activityId, read)
  read.catch(() => sender.bodies.delete(activityId))
  return read
}

/** Writes what came back, then what it says about the hosts. Kept for the next time when the database fails. */
async function save(ctx: Ctx, sender: Sender): Promise<void> {
  if (sender.abandoned) sender.results = []
  if (sender.results.length === 0) return
  const batch = sender.results
  sender.results = []
  try {
    await saveResults(
      ctx.db,
      batch.map((entry) => entry.result)
    )
  } catch (error) {
    sender.results = [...batch, ...sender.results]
    throw error
  }
  for (const entry of batch) {
    sender.leased.delete(entry.row.id)
    ctx.count(`delivery.${entry.result.state === 'waiting' ? 'retry' : entry.result.state}`)
  }
  for (const lookup of await judgeHosts(ctx, batch)) background(ctx, sender, lookup())
  // What waited behind these rows, or for a place at these hosts, may go now.
  sender.mayClaim = true
}

/** Does not hold up other deliveries; deliverDue() returns after it. */
function background(ctx: Ctx, sender: Sender, work: Promise<void>): void {
  sender.background += 1
  work
    .catch((error: unknown) => ctx.log.warn({ err: error }, 'a refused inbox could not be looked into'))
    .then(() => {
      sender.background -= 1
      sender.notify()
    })
}

function nextChange(sender: Sender): Promise<void> {
  return new Promise((resolve) => {
    sender.notify = resolve
  })
}

/** True when the time ran out first. Null waits without end. */
async function withTimeout(change: Promise<void>, ms: number | null): Promise<boolean> {
  if (ms === null) return change.then(() => false)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), ms)
  })
  const result = await Promise.race([change.then(() => false), late])
  clearTimeout(timer)
  return result
}
