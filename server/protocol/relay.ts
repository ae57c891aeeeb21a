// What one Follow of the commune, or of the instance, brings (federation.md §4.12): the commune announces what its groups and projects
// publish officially; a place announces what takes place there, when who publishes it may speak for it; the instance announces public events to other agendas. Edits and deletions follow to whoever got an announcement.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { scheduleChores } from '../db/chores.ts'
import { hasFollowersFor } from '../db/deliveries.ts'
import { findEvent } from '../db/events.ts'
import { readFederationSettings } from '../db/hosts.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { announceAddress } from './group-voice.ts'
import { afterCommit } from './outbox.ts'

export const RELAY_CHORE = 'relay'

/** Plans the announcement of something just published here: the writer's answer does not wait for it. In the caller's transaction. */
export async function planRelay(ctx: Ctx, trx: Knex, object: ObjectRow, publisher: ActorRow): Promise<void> {
  const mayBe = publisher.limited_at === null && (publisher.type === 'Group' || object.type === 'Event')
  if (!mayBe || object.visibility !== 'public' || object.in_reply_to_iri !== null) return
  await scheduleChores(trx, [{ kind: RELAY_CHORE, subject: object.id, dueAt: ctx.clock.now() }])
  afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** The chore: announces the object where the settings of the administrators and of the group let it, once. */
export async function relay(ctx: Ctx, objectId: string): Promise<null> {
  await ctx.db.transaction(async (trx) => {
    // Locked: a deletion waits, and then reaches whoever got the announcement.
    const object = await trx<ObjectRow>('objects').where({ id: objectId, visibility: 'public', deleted_at: null }).forUpdate().first()
    if (object === undefined) return
    const publisher = await trx<ActorRow>('actors').where({ id: object.actor_id, deleted_at: null, suspended_at: null }).first()
    if (publisher === undefined || publisher.limited_at !== null) return
    const { communeActorId, instanceActorId } = requireSite(ctx)
    if (publisher.id !== communeActorId && (await isForCommune(trx, object, publisher)))
      await announceAs(ctx, trx, communeActorId, object, publisher)
    const place = object.type === 'Event' ? await findEvent(trx, object.id) : undefined
    if (place?.place_announces && place.place_actor_id !== null && place.place_actor_id !== publisher.id)
      await announceAs(ctx, trx, place.place_actor_id, object, publisher)
    if (object.type === 'Event' && (await hasFollowersFor(trx, instanceActorId, 'relay')))
      await announceAs(ctx, trx, instanceActorId, object, publisher)
  })
  return null
}

async function announceAs(ctx: Ctx, trx: Knex, actorId: string, object: ObjectRow, author: ActorRow): Promise<void> {
  const by = await trx<ActorRow>('actors').where({ id: actorId, local: true, deleted_at: null, suspended_at: null }).first()
  if (by !== undefined) await announceAddress(ctx, trx, { by, object, author, form: 'relay' })
}

async function isForCommune(trx: Knex, object: ObjectRow, publisher: ActorRow): Promise<boolean> {
  if (publisher.type !== 'Group') return false
  const { relayEvents, relayNews } = await readFederationSettings(trx)
  if (object.type === 'Event' ? !relayEvents : !relayNews) return false
  const group = await trx('groups').where({ actor_id: publisher.id }).first<{ relayed: boolean } | undefined>('relayed')
  return group?.relayed === true
}
