// After a 404, a redirect or a 410: ask the actor itself where it lives now, or whether it is gone. Runs beside the sender, never inside it.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { markGone } from '../db/host-health.ts'
import type { ActorRow } from '../db/rows.ts'
import { getActorByIri } from './actors.ts'

/** Actors asked for one refused inbox: the answer of one tells the inbox's fate. */
const ASKED = 3

/** 410: a shared inbox that is gone is a host that is gone; a personal one is confirmed by its actor, then its follows end (Q06). */
export async function confirmGone(ctx: Ctx, inbox: string, host: string): Promise<void> {
  const shared = await ctx.db('actors').where({ shared_inbox: inbox, local: false }).first('id')
  if (shared !== undefined) return markGone(ctx.db, host, ctx.clock.now())
  for (const actor of await actorsAt(ctx, inbox)) {
    if (await isGone(ctx, actor)) await ctx.db('follows').where({ follower_id: actor.id }).orWhere({ followed_id: actor.id }).delete()
  }
}

/** 404 or a redirect: takes the inbox from a fresh actor document, and moves what waits for the old one (Q08). */
export async function findNewInbox(ctx: Ctx, inbox: string): Promise<void> {
  for (const actor of await actorsAt(ctx, inbox)) {
    const fresh = await getActorByIri(ctx, actor.iri, { refresh: true }).catch(() => null)
    if (fresh === null) continue
    const replacement = actor.shared_inbox === inbox ? (fresh.shared_inbox ?? fresh.inbox) : fresh.inbox
    if (replacement === inbox) continue
    await ctx.db('follows').where({ delivery_inbox: inbox, follower_id: actor.id }).update({ delivery_inbox: replacement })
    await ctx
      .db('deliveries')
      .where({ inbox, state: 'waiting' })
      .whereNotExists(
        ctx
          .db('deliveries as twin')
          .select(ctx.db.raw('1'))
          .whereRaw('twin.activity_id = deliveries.activity_id')
          .where('twin.inbox', replacement)
      )
      .update({ inbox: replacement, next_at: ctx.clock.now() })
    return ctx.queue.wake('deliver')
  }
}

async function actorsAt(ctx: Ctx, inbox: string): Promise<ActorRow[]> {
  return ctx
    .db<ActorRow>('actors')
    .where({ local: false })
    .where((query) => query.where({ inbox }).orWhere({ shared_inbox: inbox }))
    .whereNull('deleted_at')
    .limit(ASKED)
}

async function isGone(ctx: Ctx, actor: ActorRow): Promise<boolean> {
  try {
    await getActorByIri(ctx, actor.iri, { refresh: true })
    return false
  } catch (error) {
    return isAppError(error, 'fetch.gone') && error.details['status'] === 410
  }
}
