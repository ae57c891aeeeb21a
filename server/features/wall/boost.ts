// Passing a post on to one's followers, and taking that back. Only what is public or unlisted may be passed on.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { notify } from '../../db/notifications.ts'
import { fanIn, insertObject, rememberDeleted } from '../../db/objects.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { publish } from '../../protocol/outbox.ts'
import { embeddedActivity } from '../../vocab/activity.ts'
import { addressing } from '../../vocab/addressing.ts'

/** Boosts an object the caller has checked to be visible; gives the boost. A second boost gives the first again. */
export async function boostObject(
  ctx: Ctx,
  actor: ActorRow,
  object: ObjectRow,
  visibility: 'public' | 'unlisted' | 'followers' = 'public'
): Promise<ObjectRow> {
  if (object.visibility !== 'public' && object.visibility !== 'unlisted')
    throw new AppError('post.not-boostable', 422, 'Only public posts can be passed on.')
  const author = await findActor(ctx, object.actor_id)
  if (author === null) throw new AppError('post.not-found', 404, 'Record not found')
  return ctx.db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`boost ${actor.id} ${object.id}`])
    const known = await trx<ObjectRow>('objects').where({ actor_id: actor.id, reblog_of_id: object.id }).whereNull('deleted_at').first()
    if (known !== undefined) return known
    const { to, cc } = addressing({ visibility, followersIri: actor.followers_iri ?? `${actor.iri}/followers`, mentions: [author.iri] })
    const { iri } = await publish(ctx, trx, { actor, type: 'Announce', object: object.iri, to, cc, visibility })
    const row = {
      iri,
      type: 'Announce',
      local: true,
      actor_id: actor.id,
      visibility,
      reblog_of_id: object.id,
      url: object.url,
      published: ctx.clock.now(),
      doc: { id: iri, type: 'Announce', actor: actor.iri, object: object.iri, to, cc }
    }
    const boost = await insertObject(ctx, trx, { row })
    if (boost === null) throw new Error(`The boost ${iri} is already there`)
    await fanIn(ctx, trx, boost)
    if (author.local)
      await notify(ctx, trx, [{ ownerId: object.author_id ?? object.actor_id, type: 'reblog', fromId: actor.id, objectId: object.id }])
    return boost
  })
}

/** Takes a boost back; nothing happens when there was none. */
export async function unboostObject(ctx: Ctx, actor: ActorRow, object: ObjectRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const boost = await trx<ObjectRow>('objects')
      .where({ actor_id: actor.id, reblog_of_id: object.id })
      .whereNull('deleted_at')
      .forUpdate()
      .first()
    if (boost === undefined) return
    const list = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
    const to = list(boost.doc['to'])
    const cc = list(boost.doc['cc'])
    const undone = embeddedActivity({ iri: boost.iri, type: 'Announce', actorIri: actor.iri, object: object.iri, to, cc })
    await publish(ctx, trx, {
      actor,
      type: 'Undo',
      object: undone,
      objectIri: object.iri,
      to,
      cc,
      visibility: boost.visibility,
      alsoInboxesOf: boost.iri
    })
    await rememberDeleted(trx, { iri: boost.iri, actorIri: actor.iri, formerType: 'Announce', at: ctx.clock.now() })
    await trx('notifications').where({ from_id: actor.id, object_id: object.id, type: 'reblog' }).delete()
    await trx('objects').where({ id: boost.id }).delete()
  })
}
