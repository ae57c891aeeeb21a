// Dislike (Lemmy, PieFed, Mbin): a vote against, counted by itself and told only to the followers of its group (checklist 51).
import type { Ctx } from '../../context.ts'
import { saveDislike } from '../../db/reactions.ts'
import { authorise } from '../authorise.ts'
import { passOn } from '../group-voice.ts'
import type { Outcome } from '../outcomes.ts'
import { emit } from '../reactions.ts'
import { factsOf, wasUndoneBefore, type OwnArrival } from './arrival.ts'
import { findLiked } from './like.ts'

/** One Dislike, of something the actor may see. It takes the place of their like, as a vote down does on Lemmy. */
export async function applyDislike(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  const object = await findLiked(ctx, arrival)
  if (typeof object === 'string') return object
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    const iri = activity.id ?? `${activity.actor}#dislike/${object.id}`
    if (!(await saveDislike(ctx, trx, { iri, actorId: actor.id, objectId: object.id }))) return 'unchanged'
    await emit(ctx, trx, [{ kind: 'object-updated', ids: [object.id] }])
    await passOn(ctx, trx, object, arrival.id)
    return 'disliked'
  })
}
