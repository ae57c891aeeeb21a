// Add and Remove on the actor's own featured collection, or by moderators on those of their group. Others are not touched (O19).
import type { Ctx } from '../../context.ts'
import { removeFeatured, saveFeatured } from '../../db/links.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import type { Outcome } from '../outcomes.ts'
import { followedFromHere } from '../relation.ts'
import { fetchObject } from '../remote-objects.ts'
import { applyGroupDecision } from './group-decision.ts'
import { applyMembershipRemoval } from './membership.ts'
import { factsOf, findOwned, ownership, type OwnArrival } from './arrival.ts'

/** Pins or unpins one of the actor's own objects; an unknown one is fetched only when someone here follows the actor. */
export async function applyFeatured(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const decided = (await applyMembershipRemoval(ctx, arrival)) ?? (await applyGroupDecision(ctx, arrival))
  if (decided !== null) return decided
  const iri = activity.objects[0]!.id
  const owned = iri === null ? undefined : await findOwned(ctx.db, iri)
  const ownTarget = actor.featured_iri !== null && activity.target === actor.featured_iri
  const verdict = authorise({ ...factsOf(ctx, arrival), ...ownership(owned), objectId: iri, ownTarget })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (activity.type === 'Remove') {
    if (owned === undefined) return 'unchanged'
    await removeFeatured(ctx.db, actor.id, owned.object.id)
    return 'unfeatured'
  }
  if (owned === undefined && (await followedFromHere(ctx.db, [actor.id])).size === 0) return 'not-related'
  const object = owned?.object ?? (await fetchObject(ctx, iri!, { budget: newBudget(3) }))
  if (object === null || object.deleted_at !== null) return 'unknown-object'
  if (object.actor_id !== actor.id) return 'refused-owner'
  await saveFeatured(ctx, ctx.db, actor.id, object.id)
  return 'featured'
}
