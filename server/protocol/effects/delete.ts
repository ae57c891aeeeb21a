// Delete: objects leave a tombstone, actors take everything of theirs along. What was deleted never comes back.
import type { Ctx } from '../../context.ts'
import { findObjectByIri, rememberDeleted } from '../../db/objects.ts'
import { wipeRemoteActor } from '../../db/actor-erasure.ts'
import type { ActorRow } from '../../db/rows.ts'
import { authorise } from '../authorise.ts'
import { isActorType } from '../normalise.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { isGoneAtOrigin } from '../remote-objects.ts'
import { factsOf, findOwned, isOwn, ownership, type Arrival } from './arrival.ts'
import { applyGroupDecision } from './group-decision.ts'
import { applyStampDelete } from './quote.ts'
import { removeObject } from './removal.ts'

/** One Delete, judged on the stored owner; by others of the same server only once the object is gone there (O07). */
export async function applyDelete(ctx: Ctx, arrival: Arrival): Promise<Outcome> {
  const ref = arrival.activity.objects[0]!
  if (ref.id === null) return 'refused-document'
  const stamp = await applyStampDelete(ctx, arrival, ref.id)
  if (stamp !== null) return stamp
  const decided = isOwn(arrival) ? await applyGroupDecision(ctx, arrival) : null
  if (decided !== null) return decided
  const actor = await ctx.db<ActorRow>('actors').where({ iri: ref.id }).first()
  const owned = actor === undefined ? await findOwned(ctx.db, ref.id) : undefined
  const verdict = authorise({
    ...factsOf(ctx, arrival),
    ...ownership(owned),
    objectId: ref.id,
    aboutActor: actor !== undefined || isActorType(ref.type)
  })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (ref.id === arrival.activity.actor) return deleteActor(ctx, actor)
  if (verdict.decision === 'check-gone' && !(await isGoneAtOrigin(ctx, ref.id))) return 'refused-owner'
  return deleteObject(ctx, arrival, ref.id, verdict.decision === 'apply' ? arrival.id : null)
}

async function deleteActor(ctx: Ctx, actor: ActorRow | undefined): Promise<Outcome> {
  if (actor === undefined || actor.local || actor.deleted_at !== null) return 'unchanged'
  await ctx.db.transaction((trx) => wipeRemoteActor(ctx, trx, actor))
  return 'actor-deleted'
}

/** Also for the id of a boost: peers may delete it instead of undoing it. */
async function deleteObject(ctx: Ctx, { activity }: Arrival, iri: string, logId: string | null): Promise<Outcome> {
  const stored = await ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [iri])
    const object = await findObjectByIri(trx, iri)
    if (object === undefined) await rememberDeleted(trx, { iri, actorIri: activity.actor, formerType: null, at: ctx.clock.now() })
    return object
  })
  return stored === undefined ? 'remembered' : removeObject(ctx, stored, logId)
}
