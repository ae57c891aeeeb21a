// Create: remote posts, events, articles, questions become rows, homes and notifications. Votes are never objects (federation.md §3.8).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { notifyMentions } from '../../db/notifications.ts'
import { fanIn, storeRemoteObjects } from '../../db/objects.ts'
import { answersIn, findSurroundings, mayAnswer, placeIn, processesIn } from '../../db/remote-surroundings.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { getActorByIri } from '../actors.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import { isVote, type NormObject, type NormRef } from '../normalise.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { closedProcesses } from '../processes.ts'
import { askForTwins } from '../event-twins.ts'
import { askForCards } from '../preview-cards.ts'
import { emit } from '../reactions.ts'
import { relatedToUs } from '../relation.ts'
import { findWriter, retrieveObject } from '../remote-objects.ts'
import { askForAncestors } from '../threads.ts'
import { factsOf, findOwned, ownership, type Arrival } from './arrival.ts'
import { applyVote } from './vote.ts'
import { hearing, tellGroups, type Heard, type Said } from './group-hearing.ts'
import { seemsRelated } from './seems-related.ts'

export interface Creation {
  norm: NormObject
  author: ActorRow
  writerId?: string | null
  /** Row in inbox_log of the activity that its author signed: what a group announces. */
  logId?: string
  /** History: stored, but no news for anybody. */
  quiet?: boolean
}

/**
 * Stores authorised objects with everything that follows, in a fixed number of statements: rows, tags, recipients, threads, homes,
 * notifications. One outcome each, in order. The caller holds the lock on their ids (object-lock.ts).
 */
export async function storeCreations(ctx: Ctx, trx: Knex, creations: Creation[]): Promise<Outcome[]> {
  const around = await findSurroundings(trx, creations)
  const related = await relatedToUs(
    trx,
    creations.map(({ norm, author }) => ({ norm, authorId: author.id })),
    around
  )
  const quiet = await closedProcesses(ctx, trx, processesIn(around), 'comment')
  const verdicts = creations.map(({ norm, author }, index): Heard => {
    if (!mayAnswer(norm, author, around)) return { stop: 'refused-locked' }
    if (answersIn(norm, author, around, quiet)) return { stop: 'refused-phase' }
    return hearing(placeIn(norm, author, around), related[index]!)
  })
  const wanted = creations.flatMap((creation, index) => {
    const verdict = verdicts[index]!
    if (verdict.stop !== undefined) return []
    return [{ ...creation, ...(verdict.place === undefined ? {} : { place: verdict.place }), index, held: verdict.held }]
  })
  const stored = await storeRemoteObjects(ctx, trx, wanted, around)
  const fresh: ObjectRow[] = []
  const said: Said[] = []
  const ids = new Set<string>()
  stored.forEach(({ row, fresh: isFresh }, index) => {
    if (!isFresh || row === null || ids.has(row.id)) return
    ids.add(row.id)
    if (wanted[index]!.quiet === true) return
    fresh.push(row)
    said.push({ ...wanted[index]!, row })
  })
  await spread(ctx, trx, fresh)
  await tellGroups(ctx, trx, said)
  return creations.map(({ norm }, index) => {
    if (around.tombstones.has(norm.id)) return 'tombstoned'
    // An actor is no post: whoever comes later with this id would speak about somebody.
    if (around.actors.has(norm.id)) return 'refused-owner'
    if (around.known.has(norm.id)) return 'unchanged'
    const { stop, held } = verdicts[index]!
    if (stop !== undefined) return stop
    const at = wanted.findIndex((one) => one.index === index)
    return (stored[at]?.row ?? null) === null ? 'refused-suspended' : held === undefined ? 'created' : 'held'
  })
}

/** Homes, notifications and reactions of rows just written. */
async function spread(ctx: Ctx, trx: Knex, fresh: ObjectRow[]): Promise<void> {
  if (fresh.length === 0) return
  await fanIn(ctx, trx, fresh)
  const news = await notifyMentions(ctx, trx, fresh)
  await emit(ctx, trx, [
    { kind: 'object-created', ids: fresh.map((row) => row.id) },
    { kind: 'notified', ids: news.map((row) => row.id) }
  ])
  await askForAncestors(ctx, trx, fresh)
  await askForCards(ctx, trx, fresh)
  await askForTwins(ctx, trx, fresh)
}

/** One Create, whatever its shape; several objects (R4) are votes of one poll. The outcome is that of the last object, or 'voted' if any was. */
export async function applyCreate(ctx: Ctx, arrival: Arrival): Promise<Outcome> {
  let outcome: Outcome = 'refused-document'
  for (const ref of arrival.activity.objects) {
    const next = await createOne(ctx, arrival, ref)
    if (outcome !== 'voted') outcome = next
  }
  return outcome
}

async function createOne(ctx: Ctx, arrival: Arrival, ref: NormRef): Promise<Outcome> {
  if (ref.object !== null && isVote(ref.object)) return applyVote(ctx, arrival, ref.object)
  if (ref.object !== null && speaksForGroup(arrival, ref.object) && !(await seemsRelated(ctx, arrival, ref))) return 'not-related'
  const { author, viaGroup } = await claimedAuthor(ctx, arrival, ref.object)
  const verdict = authorise({
    ...factsOf(ctx, arrival),
    ...ownership(undefined),
    objectId: ref.id,
    aboutActor: false,
    claimedAuthor: ref.object?.attributedTo ?? null,
    claimedGroup: viaGroup
  })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (verdict.decision === 'refetch' || ref.object === null) return createFromOrigin(ctx, arrival, ref)
  if (author === null) return 'unknown-actor'
  const norm = withAddresses(ref.object, arrival)
  const writerId = viaGroup ? (arrival.actor?.id ?? null) : await findWriter(ctx, norm, author.iri)
  return storeCreation(ctx, { norm, author, writerId, logId: arrival.id })
}

/** One authorised object in a transaction of its own. */
export async function storeCreation(ctx: Ctx, creation: Creation): Promise<Outcome> {
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [creation.norm.id])
    return (await storeCreations(ctx, trx, [creation]))[0]!
  })
}

/** An object without addresses has those of its activity. */
export function withAddresses(norm: NormObject, { activity }: Arrival): NormObject {
  return norm.to.length > 0 || norm.cc.length > 0 ? norm : { ...norm, to: activity.to, cc: activity.cc }
}

/** The row that publishes: the actor, or its group on the same server when the object names both (Mobilizon, federation.md §3.10). */
async function claimedAuthor(ctx: Ctx, arrival: Arrival, norm: NormObject | null): Promise<{ author: ActorRow | null; viaGroup: boolean }> {
  const claimed = norm?.attributedTo ?? null
  if (norm === null || claimed === null || claimed === arrival.activity.actor) return { author: arrival.actor, viaGroup: false }
  if (!speaksForGroup(arrival, norm)) return { author: null, viaGroup: false }
  const author = await getActorByIri(ctx, claimed, { budget: newBudget(3) })
  return { author, viaGroup: author.type === 'Group' && !author.local }
}

/** True when it is published by another actor of its writer's server: who that is may have to be fetched. */
function speaksForGroup({ activity }: Arrival, { attributedTo, authorIri }: NormObject): boolean {
  return (
    attributedTo !== null && attributedTo !== activity.actor && authorIri === activity.actor && sameOrigin(attributedTo, activity.actor)
  )
}

/** What the object's own server says, if it concerns us: asked only when what came already seems to. */
async function createFromOrigin(ctx: Ctx, arrival: Arrival, ref: NormRef): Promise<Outcome> {
  if (ref.id === null) return 'refused-document'
  if ((await findOwned(ctx.db, ref.id)) !== undefined) return 'unchanged'
  if (!(await seemsRelated(ctx, arrival, ref))) return 'not-related'
  const retrieved = await retrieveObject(ctx, ref.id, newBudget())
  if (retrieved === null) return 'refused-fetch'
  return storeCreation(ctx, retrieved)
}
