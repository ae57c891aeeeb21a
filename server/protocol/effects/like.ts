// Like and EmojiReact (a like with an emoji): one like per actor and object, only on what the actor may see.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { saveLikes } from '../../db/links.ts'
import { notify } from '../../db/notifications.ts'
import { saveReaction } from '../../db/reactions.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { canSee } from '../../db/visibility.ts'
import { authorise } from '../authorise.ts'
import { passOn } from '../group-voice.ts'
import type { Outcome } from '../outcomes.ts'
import { closedToBackers } from '../processes.ts'
import { emit } from '../reactions.ts'
import { factsOf, findOwned, wasUndoneBefore, type OwnArrival } from './arrival.ts'

export interface Liking {
  iri: string
  actor: Pick<ActorRow, 'id'>
  object: Pick<ObjectRow, 'id' | 'actor_id' | 'author_id' | 'kind'>
}

/** Writes likes that were judged, with their notifications, in three statements, one more where something decided about is among them.
 * Repeated ones are 'unchanged'. */
export async function storeLikes(ctx: Ctx, trx: Knex, likings: Liking[]): Promise<Outcome[]> {
  const closed = await closedToBackers(
    ctx,
    trx,
    likings.map(({ object }) => object)
  )
  const fresh = await saveLikes(
    ctx,
    trx,
    likings
      .filter(({ object }) => !closed.has(object.id))
      .map(({ iri, actor, object }) => ({ iri, actorId: actor.id, objectId: object.id }))
  )
  const done = new Set<string>()
  const outcomes = likings.map(({ actor, object }): Outcome => {
    if (closed.has(object.id)) return 'refused-phase'
    const key = `${actor.id}:${object.id}`
    if (!fresh.has(key) || done.has(key)) return 'unchanged'
    done.add(key)
    return 'liked'
  })
  const news = likings.filter((_liking, index) => outcomes[index] === 'liked')
  const told = await notify(
    ctx,
    trx,
    news.map(({ actor, object }) => ({
      ownerId: object.author_id ?? object.actor_id,
      type: 'favourite',
      fromId: actor.id,
      objectId: object.id
    }))
  )
  await emit(ctx, trx, [
    { kind: 'liked', ids: [...new Set(news.map(({ object }) => object.id))] },
    { kind: 'notified', ids: told.map((row) => row.id) }
  ])
  return outcomes
}

/** One Like or EmojiReact. Nothing is fetched for it: a like of what we do not know concerns nobody here. */
export async function applyLike(ctx: Ctx, arrival: OwnArrival): Promise<Outcome> {
  const { activity, actor } = arrival
  const verdict = authorise(factsOf(ctx, arrival))
  if (verdict.decision === 'refuse') return verdict.outcome
  const object = await findLiked(ctx, arrival)
  if (typeof object === 'string') return object
  return ctx.db.transaction(async (trx) => {
    if (await wasUndoneBefore(ctx, trx, arrival)) return 'undone-early'
    const iri = likeIri(arrival, object.id)
    const { reaction } = activity
    if ((await closedToBackers(ctx, trx, [object])).has(object.id)) return 'refused-phase'
    const isNew = reaction !== null && (await saveReaction(ctx, trx, { iri, actorId: actor.id, objectId: object.id, ...reaction }))
    const [liked] = await storeLikes(ctx, trx, [{ iri, actor, object }])
    if (isNew) await emit(ctx, trx, [{ kind: 'object-updated', ids: [object.id] }])
    if (isNew || liked === 'liked') await passOn(ctx, trx, object, arrival.id)
    return isNew ? 'reacted' : liked!
  })
}

/** What is liked, of a boost the original; or why it is not to be had. */
export async function findLiked(ctx: Ctx, { activity, actor }: OwnArrival): Promise<ObjectRow | Outcome> {
  const named = await findOwned(ctx.db, activity.objects[0]!.id ?? '')
  if (named === undefined || named.object.deleted_at !== null) return 'unknown-object'
  const object =
    named.object.reblog_of_id === null ? named.object : await ctx.db<ObjectRow>('objects').where({ id: named.object.reblog_of_id }).first()
  if (object === undefined) return 'unknown-object'
  return (await canSee(ctx, ctx.db, object, { actorId: actor.id })) ? object : 'not-visible'
}

/** The activity's id, or one of our own making where there is none. */
export function likeIri({ activity }: OwnArrival, objectId: string): string {
  return activity.id ?? `${activity.actor}#like/${objectId}`
}
