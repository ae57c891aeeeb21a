// Requests to follow someone who wants to be asked first, and followers one no longer wants.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { acceptFollow, findFollow, removeFollow } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import type { ActorRow, FollowRow } from '../../db/rows.ts'
import { backfillHome } from '../../db/timelines.ts'
import { publish } from '../../protocol/outbox.ts'
import { embeddedActivity } from '../../vocab/activity.ts'

/** Lets the requester follow. Nothing happens without a request. */
export async function acceptRequest(ctx: Ctx, owner: ActorRow, requester: ActorRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const follow = await findFollow(trx, requester.id, owner.id)
    if (follow === undefined || !(await acceptFollow(ctx, trx, follow.id))) return
    await trx('notifications').where({ owner_id: owner.id, from_id: requester.id, type: 'follow_request' }).delete()
    await notify(ctx, trx, [{ ownerId: owner.id, type: 'follow', fromId: requester.id, objectId: null }])
    if (requester.local) await backfillHome(trx, requester.id, owner.id)
    else await answer(ctx, trx, 'Accept', owner, requester, follow)
  })
}

/** Refuses a request, or removes a follower: a Reject after an Accept ends the follow (federation.md §3.1). */
export async function rejectFollower(ctx: Ctx, owner: ActorRow, follower: ActorRow): Promise<void> {
  await ctx.db.transaction((trx) => dropFollower(ctx, trx, owner, follower))
}

/** The same inside a transaction. */
export async function dropFollower(ctx: Ctx, trx: Knex, owner: ActorRow, follower: ActorRow): Promise<void> {
  const follow = await findFollow(trx, follower.id, owner.id)
  if (follow === undefined) return
  await removeFollow(trx, follower.id, owner.id)
  if (!follower.local) await answer(ctx, trx, 'Reject', owner, follower, follow)
}

/** Accept and Reject repeat the follower's own Follow word for word (federation.md §3.2). */
async function answer(
  ctx: Ctx,
  trx: Knex,
  type: 'Accept' | 'Reject',
  owner: ActorRow,
  follower: ActorRow,
  follow: FollowRow
): Promise<void> {
  const object = embeddedActivity({ iri: follow.iri, type: 'Follow', actorIri: follower.iri, object: owner.iri })
  await publish(ctx, trx, { actor: owner, type, object, objectIri: follower.iri, to: [follower.iri], cc: [], visibility: 'direct' })
}
