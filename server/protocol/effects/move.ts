// Move: somebody elsewhere goes on under another address. Both accounts must say so: the old one signs, the new one lists it (alsoKnownAs).
import { scheduleChores } from '../../db/chores.ts'
import type { Ctx } from '../../context.ts'
import type { ActorRow } from '../../db/rows.ts'
import { getActorByIri } from '../actors.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import type { Outcome } from '../outcomes.ts'
import { aliasesOf, hasMoved, MOVE_PAUSE_MS } from '../moves.ts'
import { afterCommit } from '../outbox.ts'
import { factsOf, type OwnArrival } from './arrival.ts'

/**
 * One hop, once in thirty days; the target is read again from its server first (O20, O21). What our citizens' follows become is a
 * chore, since each of them tells two servers.
 */
export async function applyMove(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise({ ...factsOf(ctx, arrival), objectId: activity.objects[0]!.id })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (activity.target === null || activity.target === actor.iri || movedLately(ctx, actor)) return 'ignored-move'
  const target = await getActorByIri(ctx, activity.target, { refresh: true, budget: newBudget() })
  if (target.suspended_at !== null || target.host_action === 'block' || hasMoved(target)) return 'ignored-move'
  if (!aliasesOf(target).includes(actor.iri)) return 'ignored-move'
  return ctx.db.transaction(async (trx) => {
    const now = ctx.clock.now()
    const changed = await trx('actors')
      .where({ id: actor.id })
      .where((query) => query.whereNull('moved_at').orWhere('moved_at', '<=', new Date(now.getTime() - MOVE_PAUSE_MS)))
      .update({ moved_to_id: target.id, moved_at: now })
    if (changed === 0) return 'ignored-move'
    await scheduleChores(trx, [{ kind: 'move-followers', subject: actor.id, dueAt: now }])
    afterCommit(trx, () => ctx.queue.wake('chores'))
    return 'moved'
  })
}

function movedLately(ctx: Ctx, actor: ActorRow): boolean {
  return actor.moved_at !== null && ctx.clock.now().getTime() - actor.moved_at.getTime() < MOVE_PAUSE_MS
}
