// Liking a post, and taking it back. A remote author's server is told; a local author gets a notification.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { removeLike, saveLike } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, LikeRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { publish } from '../../protocol/outbox.ts'
import { embeddedActivity } from '../../vocab/activity.ts'
import { mintActivityIri } from '../../vocab/iris.ts'

/** Likes an object the caller has checked to be visible. A second like changes nothing. */
export async function likeObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  const author = await authorOf(ctx, object)
  await ctx.db.transaction(async (trx) => {
    // One at a time per post: two clicks at once are one like, and one activity.
    await trx('objects').where({ id: object.id }).forShare().first('id')
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`like ${actor.id} ${object.id}`])
    if ((await trx('likes').where({ actor_id: actor.id, object_id: object.id }).first('id')) !== undefined) return
    const iri = author.local
      ? mintActivityIri(requireSite(ctx).origin)
      : (await publish(ctx, trx, { actor, type: 'Like', object: object.iri, to: [author.iri], cc: [], visibility: 'direct' })).iri
    await saveLike(ctx, trx, { iri, actorId: actor.id, objectId: object.id })
    if (author.local)
      await notify(ctx, trx, [{ ownerId: object.author_id ?? object.actor_id, type: 'favourite', fromId: actor.id, objectId: object.id }])
  })
}

/** Takes a like back; nothing happens when there was none. */
export async function unlikeObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  const author = await authorOf(ctx, object)
  await ctx.db.transaction(async (trx) => {
    const like = await trx<LikeRow>('likes').where({ actor_id: actor.id, object_id: object.id }).forUpdate().first()
    if (like === undefined) return
    await removeLike(trx, actor.id, object.id)
    if (author.local) return
    const undone = embeddedActivity({ iri: like.iri, type: 'Like', actorIri: actor.iri, object: object.iri })
    await publish(ctx, trx, { actor, type: 'Undo', object: undone, objectIri: object.iri, to: [author.iri], cc: [], visibility: 'direct' })
  })
}

async function authorOf(ctx: Ctx, object: ObjectRow): Promise<ActorRow> {
  const author = await findActor(ctx, object.actor_id)
  if (author === null) throw new AppError('post.not-found', 404, 'Record not found')
  return author
}
