// Who follows an idea or a proposal without backing it. Nobody else sees who does.
import type { Knex } from 'knex'

export async function followObject(trx: Knex, objectId: string, actorId: string, at: Date): Promise<void> {
  await trx('object_followers')
    .insert({ object_id: objectId, actor_id: actorId, created_at: at })
    .onConflict(['object_id', 'actor_id'])
    .ignore()
}

export async function unfollowObject(trx: Knex, objectId: string, actorId: string): Promise<void> {
  await trx('object_followers').where({ object_id: objectId, actor_id: actorId }).delete()
}

/** Plan: object_followers_pkey. */
export async function followsObject(trx: Knex, objectId: string, actorId: string): Promise<boolean> {
  return (await trx('object_followers').where({ object_id: objectId, actor_id: actorId }).first('object_id')) !== undefined
}
