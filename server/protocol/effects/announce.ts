// Announce: a boost by someone followed from here or of something local; or a group passing an activity on (FEP-1b12).
// Nothing embedded is believed: unknown objects are fetched from their origin (O13).
import { randomUUID } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { idAt } from '../../core/ids.ts'
import { noteRelaying } from '../../db/hosts.ts'
import { notify } from '../../db/notifications.ts'
import { fanIn, insertObjects } from '../../db/objects.ts'
import { visibilityOf } from '../../db/remote-surroundings.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { canSee } from '../../db/visibility.ts'
import { authorise } from '../authorise.ts'
import { newBudget, type Budget } from '../fetch.ts'
import type { NormActivity, NormRef } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'
import { emit } from '../reactions.ts'
import { followedFromHere } from '../relation.ts'
import { fetchObject } from '../remote-objects.ts'
import { askForAncestors } from '../threads.ts'
import { applyAnnounced } from './announced.ts'
import { factsOf, findOwned, wasUndoneBefore, type OwnArrival } from './arrival.ts'

export interface Boost {
  iri: string
  actor: ActorRow
  object: ObjectRow
  activity: NormActivity
}

/** Items of one Announce that are followed up: batches are rare and small (R8). */
const MAX_ITEMS = 16
const ACTIVITIES = new Set(['Create', 'Update', 'Delete', 'Like', 'Dislike', 'Undo', 'Add', 'Remove', 'Block', 'Flag', 'Lock'])

/** Writes boosts that were judged, with homes and notifications, in a fixed number of statements. Repeated ones are 'unchanged'. */
export async function storeBoosts(ctx: Ctx, trx: Knex, boosts: Boost[]): Promise<Outcome[]> {
  const now = ctx.clock.now()
  const rows = boosts.map(({ iri, actor, object, activity }) => {
    const published = activity.published === null || activity.published > now ? now : activity.published
    return {
      id: idAt(published),
      iri,
      type: 'Announce',
      local: false,
      actor_id: actor.id,
      visibility: boostVisibility(activity, actor),
      reblog_of_id: object.id,
      published,
      doc: {}
    }
  })
  const fresh = await insertObjects(
    ctx,
    trx,
    rows.map((row) => ({ row }))
  )
  const written = new Set(fresh.map((row) => row.iri))
  await fanIn(ctx, trx, fresh)
  const news = boosts.filter(({ iri }) => written.has(iri))
  const told = await notify(
    ctx,
    trx,
    news.map(({ actor, object }) => ({
      ownerId: object.author_id ?? object.actor_id,
      type: 'reblog',
      fromId: actor.id,
      objectId: object.id
    }))
  )
  await emit(ctx, trx, [
    { kind: 'boosted', ids: fresh.map((row) => row.id) },
    { kind: 'notified', ids: told.map((row) => row.id) }
  ])
  return boosts.map(({ iri }) => (written.has(iri) ? 'boosted' : 'unchanged'))
}

/** snac and Mobilizon's relay leave Public out: a boost shows only what is public anyway, so it goes to followers at least. */
function boostVisibility(activity: NormActivity, actor: ActorRow): ObjectRow['visibility'] {
  const visibility = visibilityOf(activity, actor)
  return visibility === 'direct' || visibility === 'members' ? 'followers' : visibility
}

/** One Announce. The outcome is that of its last item. */
export async function applyAnnounce(ctx: Ctx, arrival: OwnArrival, budget: Budget = newBudget()): Promise<Outcome> {
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  const followed = (await followedFromHere(ctx.db, [arrival.actor.id])).size > 0
  let outcome: Outcome = 'refused-document'
  const items = arrival.activity.objects.slice(0, MAX_ITEMS)
  for (const [index, ref] of items.entries()) outcome = await announceOne(ctx, arrival, ref, { index, budget, followed })
  return outcome
}

interface Round {
  index: number
  budget: Budget
  followed: boolean
}

async function announceOne(ctx: Ctx, arrival: OwnArrival, ref: NormRef, round: Round): Promise<Outcome> {
  const passedOn = ref.type !== null && ACTIVITIES.has(ref.type) && ref.objectId !== null
  const iri = passedOn ? ref.objectId! : ref.id
  if (iri === null) return 'refused-document'
  const local = sameOrigin(iri, requireSite(ctx).origin)
  if (!round.followed && !local) return 'not-related'
  if (passedOn) await noteRelaying(ctx.db, arrival.actor.host)
  if (passedOn && ref.type !== 'Create') return applyAnnounced(ctx, arrival, ref, round.budget)
  const object = await findBoosted(ctx, iri, arrival.activity, round.budget)
  if (object === null) return local ? 'unknown-object' : 'refused-fetch'
  if (!(await mayBoost(ctx, arrival.actor, object))) return 'not-visible'
  if (passedOn) await placeInGroup(ctx, arrival.actor, object)
  // Comments passed on by a group belong to their thread, not into every member's home.
  if (passedOn && object.in_reply_to_iri !== null) return 'created'
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    return (
      await storeBoosts(ctx, trx, [{ iri: boostIri(arrival, round.index), actor: arrival.actor, object, activity: arrival.activity }])
    )[0]!
  })
}

/** Stored or fetched; the boost of a boost is a boost of the original. */
async function findBoosted(ctx: Ctx, iri: string, announced: NormActivity, budget: Budget): Promise<ObjectRow | null> {
  const stored = (await findOwned(ctx.db, iri))?.object
  const object = stored ?? (await fetchObject(ctx, iri, { budget, announced }))
  if (object === null || object.deleted_at !== null) return null
  if (stored === undefined) await askForAncestors(ctx, ctx.db, [object])
  if (object.reblog_of_id === null) return object
  return (await ctx.db<ObjectRow>('objects').where({ id: object.reblog_of_id, deleted_at: null }).first()) ?? null
}

/** A group that passes on a post says that it was said in it: without that, votes and decisions about it would not be the group's. */
async function placeInGroup(ctx: Ctx, group: ActorRow, object: ObjectRow): Promise<void> {
  if (group.type !== 'Group' || object.local || object.group_id !== null) return
  const removed = ctx.db('group_removals').where({ object_id: object.id }).select('object_id')
  await ctx.db('objects').where({ id: object.id, group_id: null }).whereNotIn('id', removed).update({ group_id: group.id })
}

/** Public and unlisted objects; and one's own to one's followers. Suspended authors and blocks stop it (O39). */
async function mayBoost(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<boolean> {
  const open =
    object.visibility === 'public' ||
    object.visibility === 'unlisted' ||
    (object.visibility === 'followers' && object.actor_id === actor.id)
  return open && (await canSee(ctx, ctx.db, object, { actorId: actor.id }))
}

/** The activity's id; more items of one Announce get a fragment each. */
export function boostIri({ activity }: OwnArrival, index: number): string {
  if (activity.id === null) return `${activity.actor}#announce/${randomUUID()}`
  return index === 0 ? activity.id : `${activity.id}#${index}`
}
