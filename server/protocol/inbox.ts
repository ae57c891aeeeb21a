// The inbox: accepted activities are committed first (acceptActivity), then claimed in batches and applied (processInbox).
// Rules live in authorise.ts and effects/; here only order, retries and counting.
import type { Ctx } from '../context.ts'
import { claimReceived, finishReceived, postponeReceived, releaseReceived } from '../db/inbox-log.ts'
import type { ActorRow, InboxLogRow } from '../db/rows.ts'
import type { Arrival } from './effects/arrival.ts'
import { afterFailure, applyArrival } from './inbox-apply.ts'
import { applyBatch, keysOf, planBatch, type Batch } from './inbox-batch.ts'
import { normaliseActivity } from './normalise.ts'
import type { Outcome } from './outcomes.ts'

export { acceptActivity, dedupKey, isFlooded } from './inbox-accept.ts'

/** Rows of one claim: large enough to share statements, small enough to keep a transaction well under 100 ms. */
export const CLAIM = 200
/** Activities applied one by one at the same moment: they may wait for other servers. */
const CHAINS_AT_ONCE = 4

/**
 * Claims due activities and applies them; those of one actor or about one object in order of arrival. Returns how many were claimed.
 * Safe to run in several processes. One bad row never stops the others.
 */
export async function processInbox(ctx: Ctx, limit: number = CLAIM): Promise<number> {
  await giveBackAbandoned(ctx)
  const rows = await claimReceived(ctx, limit)
  if (rows.length === 0) return 0
  try {
    await applyRows(ctx, rows)
  } catch (error) {
    // The database went away in the middle: the rows are given back as soon as it answers, not when their lease ends.
    abandoned.set(ctx, [...(abandoned.get(ctx) ?? []), ...rows.map((row) => row.id)])
    throw error
  }
  return rows.length
}

const abandoned = new WeakMap<Ctx, string[]>()

async function giveBackAbandoned(ctx: Ctx): Promise<void> {
  const ids = abandoned.get(ctx)
  if (ids === undefined) return
  await releaseReceived(ctx.db, ids)
  abandoned.delete(ctx)
}

async function applyRows(ctx: Ctx, rows: InboxLogRow[]): Promise<void> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const batch = await planBatch(ctx, await readArrivals(ctx, rows))
  const together = [...batch.creations, ...batch.likings, ...batch.boosts].map(({ arrival }) => arrival)
  const left = await runBatch(ctx, batch, together)
  const chains = chainsOf([...left, ...batch.rest])
  await Promise.all(Array.from({ length: Math.min(CHAINS_AT_ONCE, chains.length) }, () => drainChains(ctx, chains, byId)))
}

/** Reads the bodies again, through the same normaliser as at the door, and the actors they name. Unreadable rows end here. */
async function readArrivals(ctx: Ctx, rows: InboxLogRow[]): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  const unreadable: string[] = []
  for (const row of rows) {
    try {
      arrivals.push({ id: row.id, activity: normaliseActivity(JSON.parse(row.body ?? '')), signerIri: row.signer_iri, actor: null })
    } catch {
      unreadable.push(row.id)
    }
  }
  await finish(
    ctx,
    unreadable.map((id) => ({ id, outcome: 'refused-document' }))
  )
  const iris = [...new Set(arrivals.map(({ activity }) => activity.actor))]
  const actors = await ctx.db<ActorRow>('actors').whereRaw('iri = any(?::text[])', [iris])
  const byIri = new Map(actors.map((actor) => [actor.iri, actor]))
  return arrivals.map((arrival) => ({ ...arrival, actor: byIri.get(arrival.activity.actor) ?? null }))
}

/** Applies the batch; gives back what has to go one by one because the batch as a whole failed (one poisoned row is enough). */
async function runBatch(ctx: Ctx, batch: Batch, together: Arrival[]): Promise<Arrival[]> {
  if (together.length === 0) return []
  try {
    for (const outcome of await applyBatch(ctx, batch)) ctx.count(`inbox.${outcome}`)
    return []
  } catch (error) {
    ctx.count('inbox.batch-failed')
    ctx.log.warn({ err: error, activities: together.length }, 'a batch of activities could not be applied together')
    return together
  }
}

/** Groups arrivals that must not overtake or meet each other; each chain keeps the order of arrival. */
function chainsOf(arrivals: Arrival[]): Arrival[][] {
  const chainOf = new Map<string, Set<Arrival>>()
  for (const arrival of arrivals.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))) {
    const chain = new Set<Arrival>()
    for (const key of keysOf(arrival)) for (const other of chainOf.get(key) ?? []) chain.add(other)
    chain.add(arrival)
    for (const member of chain) for (const key of keysOf(member)) chainOf.set(key, chain)
  }
  return [...new Set(chainOf.values())].map((chain) => [...chain].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1)))
}

async function drainChains(ctx: Ctx, chains: Arrival[][], rows: Map<string, InboxLogRow>): Promise<void> {
  for (let chain = chains.shift(); chain !== undefined; chain = chains.shift()) {
    for (const arrival of chain) await applyOne(ctx, arrival, rows.get(arrival.id)!)
  }
}

async function applyOne(ctx: Ctx, arrival: Arrival, row: InboxLogRow): Promise<void> {
  let outcome: Outcome
  try {
    outcome = await applyArrival(ctx, arrival)
  } catch (error) {
    const next = afterFailure(ctx, row, error)
    ctx.log.warn({ err: error, id: row.id, type: row.type }, 'an activity could not be applied')
    if ('at' in next) return postponeReceived(ctx.db, row.id, next.at)
    outcome = next.outcome
  }
  await finish(ctx, [{ id: row.id, outcome }])
}

async function finish(ctx: Ctx, finished: { id: string; outcome: Outcome }[]): Promise<void> {
  await finishReceived(
    ctx,
    ctx.db,
    finished.map(({ id, outcome }) => ({ id, outcome, state: outcome.startsWith('dead-') ? 'dead' : 'done' }))
  )
  for (const { outcome } of finished) ctx.count(`inbox.${outcome}`)
}
