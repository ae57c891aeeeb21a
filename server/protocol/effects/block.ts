// Block by someone elsewhere: nothing passes between the two any more. The blocked one is not told.
import type { Ctx } from '../../context.ts'
import { saveBlock } from '../../db/links.ts'
import type { ActorRow } from '../../db/rows.ts'
import { authorise } from '../authorise.ts'
import type { Outcome } from '../outcomes.ts'
import { applyGroupDecision } from './group-decision.ts'
import { factsOf, wasUndoneBefore, type OwnArrival } from './arrival.ts'

/** A Block of one of ours: follows end both ways. With a `target` it is a ban from a group (Lemmy). */
export async function applyBlock(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  if (activity.target !== null) return (await applyGroupDecision(ctx, arrival)) ?? 'ignored-type'
  const blocked = await ctx
    .db<ActorRow>('actors')
    .where({ iri: activity.objects[0]!.id ?? '', local: true })
    .first('id')
  if (blocked === undefined) return 'unknown-actor'
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    const iri = activity.id ?? `${actor.iri}#block/${blocked.id}`
    return (await saveBlock(ctx, trx, { iri, blockerId: actor.id, blockedId: blocked.id })) ? 'blocked' : 'unchanged'
  })
}
