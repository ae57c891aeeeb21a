// The fast way for what arrives most: posts, likes and boosts of known actors, applied together in one transaction with a fixed number of
// statements (performance.md §2). Whatever is out of the ordinary is left to inbox-apply.ts, one by one; both ways share the same effects.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAnyBlocked } from '../db/hosts.ts'
import { finishReceived } from '../db/inbox-log.ts'
import type { ObjectRow } from '../db/rows.ts'
import { authorise } from './authorise.ts'
import { boostIri, storeBoosts, type Boost } from './effects/announce.ts'
import { EARLY_UNDO_MS, factsOf, type Arrival, type OwnArrival } from './effects/arrival.ts'
import { storeCreations, withAddresses, type Creation } from './effects/create.ts'
import { likeIri, storeLikes, type Liking } from './effects/like.ts'
import { involvedHosts } from './involved.ts'
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
  if (!['Create', 'Like', 'Announce'].includes(activity.type) || activity.objects.length !== 1 || activity.reaction !== null) return false
  if (actor === null || actor.local || actor.suspended_at !== null || actor.deleted_at !== null || arrival.signerIri !== actor.iri)
    return false
  if (actor.host_action === 'block' || (await isAnyBlocked(ctx, involvedHosts(activity, arrival.signerIri)))) return false
  const own: OwnArrival = { ...arrival, actor }
  if (activity.type === 'Create') return placeCreation(ctx, own, batch)
  const target = activity.objects[0]!.id === null ? undefined : known.objects.get(activity.objects[0]!.id)
  if (target === undefined || activity.id === null) return false
  if (known.blocks.has(`${actor.id}:${target.actor_id}`)) return false
  if (authorise(factsOf(ctx, own)).decision !== 'apply') return false
  // What is liked in a group of ours is announced one by one.
  if (activity.type === 'Like' && target.in_local_group) return false
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
  batch.creations.push({ arrival, creation: { norm: withAddresses(norm, arrival), author: arrival.actor, logId: arrival.id } })
  return true
}

interface Targets {
  /** Live public or unlisted originals whose author stands, by IRI. */
  objects: Map<string, ObjectRow & { in_local_group: boolean }>
  /** `${a}:${b}` for a block in either direction. */
  blocks: Set<string>
  /** Announcers followed from here. */
  followed: Set<string>
}

/** What likes and boosts of this batch need to know, in at most three statements. */
async function findTargets(ctx: Ctx, arrivals: Arrival[]): Promise<Targets> {
  const wanted = arrivals.filter(({ activity, actor }) => actor !== null && (activity.type === 'Like' || activity.type === 'Announce'))
  const targets: Targets = { objects: new Map(), blocks: new Set(), followed: new Set() }
  const iris = wanted.map(({ activity }) => activity.objects[0]!.id).filter((iri) => iri !== null)
  if (iris.length === 0) return targets
  const objects = await ctx.db.raw<{ rows: (ObjectRow & { in_local_group: boolean })[] }>(
    `select o.*, exists (select 1 from groups g where g.actor_id = o.group_id) as in_local_group
       from objects o join actors a on a.id = o.actor_id and a.suspended_at is null and a.deleted_at is null
       and a.host_action is distinct from 'block'
     where o.iri = any(?::text[]) and o.deleted_at is null and o.reblog_of_id is null and o.visibility in ('public', 'unlisted')`,
    [iris]
  )
  for (const object of objects.rows) targets.objects.set(object.iri, object)
  const actors = [...new Set(wanted.map(({ actor }) => actor!.id))]
  const owners = [...new Set(objects.rows.map((object) => object.actor_id))]
  const blocks = await ctx
    .db('blocks')
    .select<{ blocker_id: string; blocked_id: string }[]>('blocker_id', 'blocked_id')
    .whereIn('blocker_id', [...actors, ...owners])
    .whereIn('blocked_id', [...actors, ...owners])
  for (const { blocker_id: one, blocked_id: other } of blocks) targets.blocks.add(`${one}:${other}`).add(`${other}:${one}`)
  targets.followed = await followedFromHere(
    ctx.db,
    wanted.filter(({ activity }) => activity.type === 'Announce').map(({ actor }) => actor!.id)
  )
  return targets
}

/** Applies the batch and marks its rows finished, all in one transaction. Gives the outcomes for counting. */
export async function applyBatch(ctx: Ctx, batch: Batch): Promise<Outcome[]> {
  return ctx.db.transaction(async (trx) => {
    const { creations, likings, boosts } = batch
    const acts = [...likings, ...boosts].map(({ arrival }) => arrival)
    await lockObjects(trx, [
      ...creations.map(({ creation }) => creation.norm.id),
      ...acts.flatMap(({ activity }) => [activity.id!, activity.objects[0]!.id!])
    ])
    const created =
      creations.length === 0
        ? []
        : await storeCreations(
            ctx,
            trx,
            creations.map(({ creation }) => creation)
          )
    const state = await stateNow(ctx, trx, acts)
    const liked = await applyLive(likings, state, (kept) =>
      storeLikes(
        ctx,
        trx,
        kept.map(({ liking }) => liking)
      )
    )
    const boosted = await applyLive(boosts, state, (kept) =>
      storeBoosts(
        ctx,
        trx,
        kept.map(({ boost }) => boost)
      )
    )
    const outcomes = [...created, ...liked, ...boosted]
    const arrivals = [...creations, ...likings, ...boosts].map(({ arrival }) => arrival)
    await finishReceived(
      ctx,
      trx,
      arrivals.map(({ id }, index) => ({ id, outcome: outcomes[index]!, state: 'done' }))
    )
    return outcomes
  })
}

/** Read again under the lock: what was deleted since planning, and what was undone before it came. */
interface StateNow {
  live: Set<string>
  undone: Set<string>
}

async function stateNow(ctx: Ctx, trx: Knex, acts: OwnArrival[]): Promise<StateNow> {
  if (acts.length === 0) return { live: new Set(), undone: new Set() }
  const rows = await trx.raw<{ rows: { iri: string; kind: 'live' | 'undone' }[] }>(
    `select 'live' as kind, iri from objects where iri = any(?::text[]) and deleted_at is null
     union all select 'undone', object_iri from early_undos where actor_iri = any(?::text[]) and object_iri = any(?::text[]) and created_at > ?`,
    [
      acts.map(({ activity }) => activity.objects[0]!.id!),
      acts.map(({ activity }) => activity.actor),
      acts.map(({ activity }) => activity.id!),
      new Date(ctx.clock.now().getTime() - EARLY_UNDO_MS)
    ]
  )
  const state: StateNow = { live: new Set(), undone: new Set() }
  for (const { kind, iri } of rows.rows) state[kind].add(iri)
  return state
}

async function applyLive<T extends { arrival: OwnArrival }>(
  items: T[],
  state: StateNow,
  store: (kept: T[]) => Promise<Outcome[]>
): Promise<Outcome[]> {
  const stop = ({ arrival: { activity } }: T): Outcome | null =>
    state.undone.has(activity.id!) ? 'undone-early' : state.live.has(activity.objects[0]!.id!) ? null : 'unknown-object'
  const kept = items.filter((item) => stop(item) === null)
  const outcomes = kept.length === 0 ? [] : await store(kept)
  let at = 0
  return items.map((item) => stop(item) ?? outcomes[at++]!)
}
