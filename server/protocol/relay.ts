// What one Follow of the commune, or of the instance, brings (federation.md §4.12): the commune announces what its groups and projects
// publish officially; the instance announces public events to other agendas. Edits and deletions follow to whoever got an announcement.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { hasFollowersFor } from '../db/deliveries.ts'
import { readFederationSettings } from '../db/hosts.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { announceAddress } from './group-voice.ts'

/** Announces something just published here, where the settings of the administrators and of the group let it. */
export async function relay(ctx: Ctx, trx: Knex, object: ObjectRow, publisher: ActorRow): Promise<void> {
  if (object.visibility !== 'public' || object.in_reply_to_iri !== null) return
  const { communeActorId, instanceActorId } = requireSite(ctx)
  if (publisher.id !== communeActorId && (await isForCommune(trx, object, publisher)))
    await announceAs(ctx, trx, communeActorId, object, publisher)
  if (object.type === 'Event' && (await hasFollowersFor(trx, instanceActorId, 'relay')))
    await announceAs(ctx, trx, instanceActorId, object, publisher)
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
