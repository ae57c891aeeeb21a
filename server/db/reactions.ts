// Reactions with an emoji, and votes against: one row each, told apart from likes and counted beside them.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { removeLike } from './links.ts'

export interface Link {
  iri: string
  actorId: string
  objectId: string
}

/** Keeps a reaction, each emoji once per actor and object. True when new; the like that goes with it is the caller's. */
export async function saveReaction(ctx: Ctx, trx: Knex, reaction: Link & { emoji: string; icon: string | null }): Promise<boolean> {
  const now = ctx.clock.now()
  const written = await trx('reactions')
    .insert({
      id: newId(now),
      iri: reaction.iri,
      actor_id: reaction.actorId,
      object_id: reaction.objectId,
      emoji: reaction.emoji,
      icon: reaction.icon,
      created_at: now
    })
    .onConflict()
    .ignore()
    .returning('id')
  return written.length > 0
}

/** Takes a reaction back. The like it counted as goes with the last one of that actor, unless they liked it for itself. */
export async function removeReaction(trx: Knex, id: string): Promise<boolean> {
  const [gone] = await trx('reactions').where({ id }).delete().returning<{ iri: string; actor_id: string; object_id: string }[]>('*')
  if (gone === undefined) return false
  const other = await trx('reactions')
    .where({ actor_id: gone.actor_id, object_id: gone.object_id })
    .orderBy('id')
    .first<{ iri: string } | undefined>('iri')
  const like = trx('likes').where({ actor_id: gone.actor_id, object_id: gone.object_id, iri: gone.iri })
  if (other !== undefined) await like.update({ iri: other.iri })
  else if ((await like.first('id')) !== undefined) await removeLike(trx, gone.actor_id, gone.object_id)
  return true
}

/** Keeps a vote against, once per actor and object; who is against does not like it any more. True when new. */
export async function saveDislike(ctx: Ctx, trx: Knex, dislike: Link): Promise<boolean> {
  const now = ctx.clock.now()
  const written = await trx('dislikes')
    .insert({ id: newId(now), iri: dislike.iri, actor_id: dislike.actorId, object_id: dislike.objectId, created_at: now })
    .onConflict()
    .ignore()
    .returning('id')
  if (written.length > 0) await removeLike(trx, dislike.actorId, dislike.objectId)
  return written.length > 0
}

/** Takes a vote against back. True when there was one. */
export async function removeDislike(trx: Knex, actorId: string, objectId: string): Promise<boolean> {
  return (await trx('dislikes').where({ actor_id: actorId, object_id: objectId }).delete()) > 0
}
