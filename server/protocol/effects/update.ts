// Update: newer words for what is stored, a fresh reading of actors, and posts whose Create never came.
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { tellOfChange } from '../../db/events.ts'
import { notify } from '../../db/notifications.ts'
import { updateRemoteObject } from '../../db/objects.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import type { Knex } from 'knex'
import { getActorByIri } from '../actors.ts'
import { authorise } from '../authorise.ts'
import { newBudget } from '../fetch.ts'
import { passOn } from '../group-voice.ts'
import { isActorType, type NormObject, type NormRef } from '../normalise.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'
import { askForTwins } from '../event-twins.ts'
import { askForCards } from '../preview-cards.ts'
import { emit } from '../reactions.ts'
import { refreshObject, retrieveObject } from '../remote-objects.ts'
import { factsOf, findOwned, ownership, type Arrival, type Owned } from './arrival.ts'
import { storeCreation } from './create.ts'
import { seemsRelated } from './seems-related.ts'

/** An Update of something we never saw counts as its Create only while it is news (Mastodon's rule). */
const NEWS_MS = 24 * 60 * 60 * 1000

/** One Update. Actors are read again from their server, objects replaced when newer, unknown objects fetched. */
export async function applyUpdate(ctx: Ctx, arrival: Arrival): Promise<Outcome> {
  const ref = arrival.activity.objects[0]!
  if (ref.id === null) return 'refused-document'
  const aboutActor = isActorType(ref.type) || ref.id === arrival.activity.actor || (await isStoredActor(ctx, ref.id))
  const owned = aboutActor ? undefined : await findOwned(ctx.db, ref.id)
  const claimed = ref.object?.attributedTo ?? null
  const verdict = authorise({
    ...factsOf(ctx, arrival),
    ...ownership(owned),
    objectId: ref.id,
    aboutActor,
    claimedAuthor: claimed,
    claimedGroup: ref.object !== null && ref.object.authorIri === arrival.activity.actor && sameOrigin(claimed, arrival.activity.actor)
  })
  if (verdict.decision === 'refuse') return verdict.outcome
  if (aboutActor) return updateActor(ctx, ref.id)
  if (owned === undefined) return createLate(ctx, arrival, ref)
  if (owned.object.deleted_at !== null) return 'tombstoned'
  if (verdict.decision === 'refetch' || ref.object === null) return updateFromOrigin(ctx, owned)
  return updateInline(ctx, owned, ref.object, arrival.id)
}

async function isStoredActor(ctx: Ctx, iri: string): Promise<boolean> {
  return (await ctx.db('actors').where({ iri }).first('id')) !== undefined
}

/** The embedded copy is ignored: only the actor's own document counts (J19). */
async function updateActor(ctx: Ctx, iri: string): Promise<Outcome> {
  const known = await ctx.db<ActorRow>('actors').where({ iri, local: false }).first('id')
  if (known === undefined) return 'unknown-actor'
  await getActorByIri(ctx, iri, { refresh: true, budget: newBudget() })
  return 'actor-updated'
}

/** `logId`: the author signed it, so its group may pass it on. */
async function updateInline(ctx: Ctx, owned: Owned, norm: NormObject, logId: string | null): Promise<Outcome> {
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [norm.id])
    const current = await trx<ObjectRow>('objects').where({ id: owned.object.id, deleted_at: null }).first()
    if (current === undefined) return 'tombstoned'
    const updated = await updateRemoteObject(ctx, trx, current, norm)
    if (updated === null) return 'unchanged'
    await tellReaders(ctx, trx, updated, current)
    if (logId !== null) await passOn(ctx, trx, updated, logId)
    return 'updated'
  })
}

async function updateFromOrigin(ctx: Ctx, owned: Owned): Promise<Outcome> {
  const updated = await refreshObject(ctx, owned.object, newBudget())
  if (updated === null) return 'unchanged'
  await ctx.db.transaction((trx) => tellReaders(ctx, trx, updated, owned.object))
  return 'updated'
}

/** Who boosted it learns that it says something else now, as on Mastodon; who takes part, that an event was moved or cancelled. */
async function tellReaders(ctx: Ctx, trx: Knex, updated: ObjectRow, before: ObjectRow): Promise<void> {
  const edited = updated.updated?.getTime() !== before.updated?.getTime()
  const boosters = edited
    ? await trx<ObjectRow>('objects').where({ reblog_of_id: updated.id, local: true, deleted_at: null }).select('actor_id')
    : []
  const news = await notify(
    ctx,
    trx,
    boosters.map((row) => ({ ownerId: row.actor_id, type: 'update', fromId: updated.actor_id, objectId: updated.id }))
  )
  if (edited) await askForCards(ctx, trx, [updated])
  if (edited) await askForTwins(ctx, trx, [updated])
  const participants = updated.type === 'Event' ? await tellOfChange(ctx, trx, before, updated) : []
  await emit(ctx, trx, [
    { kind: 'object-updated', ids: [updated.id] },
    { kind: 'notified', ids: [...news, ...participants].map((row) => row.id) }
  ])
}

async function createLate(ctx: Ctx, arrival: Arrival, ref: NormRef): Promise<Outcome> {
  const published = ref.object?.published ?? null
  if (published === null || ctx.clock.now().getTime() - published.getTime() > NEWS_MS) return 'unknown-object'
  if (!(await seemsRelated(ctx, arrival, ref))) return 'not-related'
  const retrieved = await retrieveObject(ctx, ref.id!, newBudget())
  if (retrieved === null) return 'refused-fetch'
  const outcome = await storeCreation(ctx, retrieved)
  if (outcome !== 'unchanged') return outcome
  // Its Create came in another worker meanwhile, with older words perhaps.
  const owned = await findOwned(ctx.db, retrieved.norm.id)
  return owned?.object.actor_id === retrieved.author.id ? updateInline(ctx, owned, retrieved.norm, null) : outcome
}
