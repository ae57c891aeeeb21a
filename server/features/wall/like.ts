// Liking a post, and taking it back. A remote author's server is told; a local author gets a notification.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { removeLike, saveLike } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, LikeRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { passOnLocal } from '../../protocol/group-voice.ts'
import { publish } from '../../protocol/outbox.ts'
import { assertPhase, isBacked } from '../../protocol/processes.ts'
import { embeddedActivity } from '../../vocab/activity.ts'
import { mintActivityIri } from '../../vocab/iris.ts'

/** Likes an object the caller has checked to be visible. A second like changes nothing. Throws process.back-* (409). */
export async function likeObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  const author = await authorOf(ctx, object)
  await ctx.db.transaction(async (trx) => {
    // One at a time per post: two clicks at once are one like, and one activity.
    await trx('objects').where({ id: object.id }).forShare().first('id')
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`like ${actor.id} ${object.id}`])
    if ((await trx('likes').where({ actor_id: actor.id, object_id: object.id }).first('id')) !== undefined) return
    if (isBacked(object.kind)) await assertPhase(ctx, trx, object.id, 'back')
    const iri = await tellAuthor(ctx, trx, actor, author, object)
    await saveLike(ctx, trx, { iri, actorId: actor.id, objectId: object.id })
    if (author.local)
      await notify(ctx, trx, [{ ownerId: object.author_id ?? object.actor_id, type: 'favourite', fromId: actor.id, objectId: object.id }])
  })
}

/** Sends the Like where it has to go: to an author elsewhere and the group it was said in there, or on by a group of ours. Gives its IRI. */
async function tellAuthor(ctx: Ctx, trx: Knex, actor: ActorRow, author: ActorRow, object: ObjectRow): Promise<string> {
  if (!author.local) {
    const { to, extra } = await listeners(ctx, author, object)
    const { iri, body } = await publish(ctx, trx, { actor, type: 'Like', object: object.iri, to, cc: [], visibility: 'direct', extra })
    await passOnLocal(ctx, trx, object, body)
    return iri
  }
  const iri = mintActivityIri(requireSite(ctx).origin)
  await passOnLocal(ctx, trx, object, JSON.stringify(embeddedActivity({ iri, type: 'Like', actorIri: actor.iri, object: object.iri })))
  return iri
}

/** The author, and the group elsewhere it was said in, which counts and announces. */
async function listeners(ctx: Ctx, author: ActorRow, object: ObjectRow): Promise<{ to: string[]; extra: Record<string, unknown> }> {
  const group = object.group_id === null ? null : await findActor(ctx, object.group_id)
  if (group === null || group.local) return { to: [author.iri], extra: group === null ? {} : { audience: group.iri } }
  return { to: [...new Set([author.iri, group.iri])], extra: { audience: group.iri } }
}

/** Takes a like back; nothing happens when there was none. */
export async function unlikeObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  const author = await authorOf(ctx, object)
  await ctx.db.transaction(async (trx) => {
    const like = await trx<LikeRow>('likes').where({ actor_id: actor.id, object_id: object.id }).forUpdate().first()
    if (like === undefined) return
    await removeLike(trx, actor.id, object.id)
    const undone = embeddedActivity({ iri: like.iri, type: 'Like', actorIri: actor.iri, object: object.iri })
    if (author.local) {
      const iri = mintActivityIri(requireSite(ctx).origin)
      await passOnLocal(ctx, trx, object, JSON.stringify({ id: iri, type: 'Undo', actor: actor.iri, object: undone }))
      return
    }
    const { to, extra } = await listeners(ctx, author, object)
    const { body } = await publish(ctx, trx, {
      actor,
      type: 'Undo',
      object: undone,
      objectIri: object.iri,
      to,
      cc: [],
      visibility: 'direct',
      extra
    })
    await passOnLocal(ctx, trx, object, body)
  })
}

async function authorOf(ctx: Ctx, object: ObjectRow): Promise<ActorRow> {
  const author = await findActor(ctx, object.actor_id)
  if (author === null) throw new AppError('post.not-found', 404, 'Record not found')
  return author
}
