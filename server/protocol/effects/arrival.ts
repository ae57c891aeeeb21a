// An activity on its way to its effect, and what an effect gives back. Types and the facts every effect begins with; no effect itself.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { bareFacts, type Facts } from '../authorise.ts'
import type { NormActivity } from '../normalise.ts'
import { lockObjects } from '../object-lock.ts'
import type { Outcome } from '../outcomes.ts'

export interface Arrival {
  /** Row id in inbox_log. */
  id: string
  activity: NormActivity
  signerIri: string
  /** Stored row of the activity's actor; null only for forwarded activities of strangers. */
  actor: ActorRow | null
}

/** An arrival whose actor signed it and is stored: what most effects take. */
export interface OwnArrival extends Arrival {
  actor: ActorRow
}

/** True when the activity's own actor signed it. */
export function isOwn(arrival: Arrival): arrival is OwnArrival {
  return arrival.actor !== null && arrival.signerIri === arrival.activity.actor
}

export type Effect = (ctx: Ctx, arrival: OwnArrival) => Promise<Outcome>

/** What authorise() is asked, before an effect adds what it looked up. */
export function factsOf(ctx: Ctx, { activity, signerIri }: Arrival): Facts {
  return bareFacts({ type: activity.type, signer: signerIri, actor: activity.actor, id: activity.id, own: requireSite(ctx).origin })
}

export interface Owned {
  object: ObjectRow
  ownerIri: string
  ownerType: string
  writerIri: string | null
}

/** A stored object with who it belongs to, by IRI; deleted ones included. */
export async function findOwned(trx: Knex, iri: string): Promise<Owned | undefined> {
  const row = await trx('objects as o')
    .join('actors as a', 'a.id', 'o.actor_id')
    .leftJoin('actors as w', 'w.id', 'o.author_id')
    .where('o.iri', iri)
    .first<(ObjectRow & { owner_iri: string; owner_type: string; writer_iri: string | null }) | undefined>(
      'o.*',
      'a.iri as owner_iri',
      'a.type as owner_type',
      'w.iri as writer_iri'
    )
  if (row === undefined) return undefined
  const { owner_iri, owner_type, writer_iri, ...object } = row
  return { object, ownerIri: owner_iri, ownerType: owner_type, writerIri: writer_iri }
}

/** Facts about the stored object, ready to be spread into Facts. */
export function ownership(owned: Owned | undefined): Pick<Facts, 'owner' | 'writer' | 'ownerIsGroup'> {
  if (owned === undefined) return { owner: null, writer: null, ownerIsGroup: false }
  return { owner: owned.ownerIri, writer: owned.writerIri, ownerIsGroup: owned.ownerType === 'Group' }
}

/** True once for an activity that was undone before it came (within six hours, federation.md §5.4). An Undo in another worker waits meanwhile. */
export async function wasUndoneBefore(ctx: Ctx, trx: Knex, { activity }: Arrival): Promise<boolean> {
  if (activity.id === null) return false
  await lockObjects(trx, [activity.id])
  const since = new Date(ctx.clock.now().getTime() - EARLY_UNDO_MS)
  const removed = await trx('early_undos')
    .where({ actor_iri: activity.actor, object_iri: activity.id })
    .where('created_at', '>', since)
    .delete()
  return removed > 0
}

/** Mastodon's own memory for what arrives in the wrong order. */
export const EARLY_UNDO_MS = 6 * 60 * 60 * 1000
