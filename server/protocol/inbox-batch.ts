// The fast way for what arrives most: posts, likes and boosts of known actors, applied together in one transaction with a fixed number of
// statements (performance.md §2). Whatever is out of the ordinary is left to inbox-apply.ts, one by one; both ways share the same effects.
import type { Ctx } from '../context.ts'
import { hostOf } from '../core/iri.ts'
import { policyOf } from '../db/hosts.ts'
import { finishReceived } from '../db/inbox-log.ts'
import type { ObjectRow } from '../db/rows.ts'
import { authorise } from './authorise.ts'
import { boostIri, storeBoosts, type Boost } from './effects/announce.ts'
import { factsOf, type Arrival, type OwnArrival } from './effects/arrival.ts'
import { storeCreations, withAddresses, type Creation } from './effects/create.ts'
import { likeIri, storeLikes, type Liking } from './effects/like.ts'
import { isVote } from './normalise.ts'
import { lockObjects } from './object-lock.ts'
import type { Outcome } from './outcomes.ts'
import { followedFromHere } from './relation.ts'

export interface Batch {
  creations: { arrival: OwnArrival; creation: Creation }[]
  likings: { arrival: OwnArrival; liking: Liking }[]
  boosts: { arrival: OwnArrival; boost: Boost }[]
  /** Everything else, in order of arrival. */
  rest: Arrival[]
}

/** What activities may not overtake each other by: the actor, the activity, what it is about. */
export function keysOf({ activity }: Arrival): string[] {
  const keys = [activity.actor]
  if (activity.id !== null) keys.push(activity.id)
  for (const ref of activity.objects) {
    if (ref.id !== null) keys.push(ref.id)
    if (ref.objectId !== null) keys.push(ref.objectId)
  }
  return keys
}

/** Sorts arrivals (in order) into the batch and the rest. Nothing that follows something of the rest with a common key is batched. */
export async function planBatch(ctx: Ctx, arrivals: Arrival[]): Promise<Batch> {
  const batch: Batch = { creations: [], likings: [], boosts: [], rest: [] }
  const known = await findTargets(ctx, arrivals)
  const overtaken = new Set<string>()
  for (const arrival of arrivals) {
    const keys = keysOf(arrival)
    const free = !keys.some((key) => overtaken.has(key))
    if (free && (await place(ctx, arrival, known, batch))) continue
    batch.rest.push(arrival)
    for (const key of keys) overtaken.add(key)
  }
  return batch
}

async function place(ctx: Ctx, arrival: Arrival, known: Targets, batch: Batch): Promise<boolean> {
  const { activity, actor } = arrival
  if (!['Create', 'Like', 'Announce'].includes(activity.type) || activity.objects.length !== 1) return false
  if (actor === null || actor.local || actor.suspended_at !== null || actor.deleted_at !== null || arrival.signerIri !== actor.iri) return false
  if ((await policyOf(ctx, actor.host)) === 'block') return false
  const own: OwnArrival = { ...arrival, actor }
  if (activity.type === 'Create') return placeCreation(ctx, own, batch)
  const target = activity.objects[0]!.id === null ? undefined : known.objects.get(activity.objects[0]!.id)
  if (target === undefined || activity.id === null || known.undone.has(activity.id)) return false
  if (known.blocks.has(`${actor.id}:${target.actor_id}`) || (await policyOf(ctx, hostOf(target.iri) ?? '')) === 'block') return false
  if (authorise(factsOf(ctx, own)).decision !== 'apply') return false
  if (activity.type === 'Like') batch.likings.push({ arrival: own, liking: { iri: likeIri(own, target.id), actor, object: target } })
  else if (activity.objects[0]!.objectId === null && (target.local || known.followed.has(actor.id))) {
    batch.boosts.push({ arrival: own, boost: { iri: boostIri(own, 0), actor, object: target, activity } })
  } else return false
  return true
}

function placeCreation(ctx: Ctx, arrival: OwnArrival, batch: Batch): boolean {
  const norm = arrival.activity.objects[0]!.object
  if (norm === null || isVote(norm) || (norm.authorIri !== null && norm.authorIri !== arrival.actor.iri)) return false
  if (norm.attributedTo !== null && norm.attributedTo !== arrival.actor.iri) return false
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: norm.id, claimedAuthor: norm.attributedTo })
  if (verdict.decision !== 'apply') return false
  batch.creations.push({ arrival, creation: { norm: withAddresses(norm, arrival), author: arrival.actor } })
  return true
}

interface Targets {
  /** Live public or unlisted originals whose author stands, by IRI. */
  objects: Map<string, ObjectRow>
  /** `${a}:${b}` for a block in either direction. */
  blocks: Set<string>
  /** Announcers followed from here. */
  followed: Set<string>
  /** Ids of activities that were undone before they came. */
  undone: Set<string>
}

/** What likes and boosts of this batch need to know, in at most four statements. */
async function findTargets(ctx: Ctx, arrivals: Arrival[]): Promise<Targets> {
  const wanted = arrivals.filter(({ activity, actor }) => actor !== null && (activity.type === 'Like' || activity.type === 'Announce'))
  const targets: Targets = { objects: new Map(), blocks: new Set(), followed: new Set(), undone: new Set() }
  const iris = wanted.map(({ activity }) => activity.objects[0]!.id).filter((iri) => iri !== null)
  if (iris.length === 0) return targets
  const objects = await ctx.db.raw<{ rows: ObjectRow[] }>(
    `select o.* from objects o join actors a on a.id = o.actor_id and a.suspended_at is null and a.deleted_at is null
     where o.iri = any(?::text[]) and o.deleted_at is null and o.reblog_of_id is null and o.visibility in ('public', 'unlisted')`,
    [iris]
  )
  for (const object of objects.rows) targets.objects.set(object.iri, object)
  const actors = [...new Set(wanted.map(({ actor }) => actor!.id))]
  const owners = [...new Set(objects.rows.map((object) => object.actor_id))]
  const blocks = await ctx.db('blocks').select<{ blocker_id: string; blocked_id: string }[]>('blocker_id', 'blocked_id').whereIn('blocker_id', [...actors, ...owners]).whereIn('blocked_id', [...actors, ...owners])
  for (const { blocker_id: one, blocked_id: other } of blocks) targets.blocks.add(`${one}:${other}`).add(`${other}:${one}`)
  targets.followed = await followedFromHere(ctx.db, wanted.filter(({ activity }) => activity.type === 'Announce').map(({ actor }) => actor!.id))
  const ids = wanted.map(({ activity }) => activity.id).filter((id) => id !== null)
  const undone = await ctx.db('early_undos').select<{ object_iri: string }[]>('object_iri').whereRaw('object_iri = any(?::text[])', [ids])
  targets.undone = new Set(undone.map((row) => row.object_iri))
  return targets
}

/** Applies the batch and marks its rows finished, all in one transaction. Gives the outcomes for counting. */
export async function applyBatch(ctx: Ctx, batch: Batch): Promise<Outcome[]> {
  return ctx.db.transaction(async (trx) => {
    const { creations, likings, boosts } = batch
    await lockObjects(trx, [...creations.map(({ creation }) => creation.norm.id), ...likings.map(({ arrival }) => arrival.activity.objects[0]!.id!), ...boosts.map(({ boost }) => boost.object.iri)])
    const created = creations.length === 0 ? [] : await storeCreations(ctx, trx, creations.map(({ creation }) => creation))
    // Re-read under the lock: what was deleted since planning is neither liked nor boosted.
    const live = await stillThere(trx, [...likings.map(({ liking }) => liking.object.id), ...boosts.map(({ boost }) => boost.object.id)])
    const liked = await keepLive(likings, ({ liking }) => live.has(liking.object.id), (kept) => storeLikes(ctx, trx, kept.map(({ liking }) => liking)))
    const boosted = await keepLive(boosts, ({ boost }) => live.has(boost.object.id), (kept) => storeBoosts(ctx, trx, kept.map(({ boost }) => boost)))
    const outcomes = [...created, ...liked, ...boosted]
    const arrivals = [...creations, ...likings, ...boosts].map(({ arrival }) => arrival)
    await finishReceived(ctx, trx, arrivals.map(({ id }, index) => ({ id, outcome: outcomes[index]!, state: 'done' })))
    return outcomes
  })
}

async function stillThere(trx: Ctx['db'], ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await trx('objects').select<{ id: string }[]>('id').whereRaw('id = any(?::bigint[])', [ids]).whereNull('deleted_at')
  return new Set(rows.map((row) => row.id))
}

async function keepLive<T>(items: T[], isLive: (item: T) => boolean, store: (kept: T[]) => Promise<Outcome[]>): Promise<Outcome[]> {
  const kept = items.filter(isLive)
  const outcomes = kept.length === 0 ? [] : await store(kept)
  let at = 0
  return items.map((item) => (isLive(item) ? outcomes[at++]! : 'unknown-object'))
}
