// Our own activities: the rows behind /ap/activities/… and behind every delivery. The bytes are written once and never change.
import type { Knex } from 'knex'
import type { ActivityRow, Visibility } from './rows.ts'

export interface NewActivity {
  id: string
  iri: string
  type: string
  actorId: string
  objectIri: string | null
  visibility: Visibility
  body: string
  published: Date
}

/** Inserts one activity. Its IRI is unique: a second insert of the same throws. */
export async function insertActivity(trx: Knex, activity: NewActivity): Promise<void> {
  await trx('activities').insert({
    id: activity.id,
    iri: activity.iri,
    type: activity.type,
    actor_id: activity.actorId,
    object_iri: activity.objectIri,
    visibility: activity.visibility,
    body: activity.body,
    published: activity.published
  })
}

/** The activity with this IRI, or undefined. */
export async function findActivity(trx: Knex, iri: string): Promise<ActivityRow | undefined> {
  return trx<ActivityRow>('activities').where({ iri }).first()
}

/** The newest activity of a type that an actor made about an object, such as the Announce that an Undo names. */
export async function findActivityAbout(
  trx: Knex,
  about: { actorId: string; type: string; objectIri: string }
): Promise<ActivityRow | undefined> {
  return trx<ActivityRow>('activities')
    .where({ actor_id: about.actorId, type: about.type, object_iri: about.objectIri })
    .orderBy('id', 'desc')
    .first()
}

/** What an actor published for everybody, newest first, older than a row id. Index: activities_outbox. */
export async function outboxPage(trx: Knex, actorId: string, limit: number, beforeId: string | null): Promise<ActivityRow[]> {
  const query = trx<ActivityRow>('activities')
    .where({ actor_id: actorId })
    .whereIn('visibility', ['public', 'unlisted'])
    .whereIn('type', ['Create', 'Announce'])
    .orderBy('id', 'desc')
    .limit(limit)
  return beforeId === null ? query : query.where('id', '<', beforeId)
}

/** How many activities outboxPage would show in all. */
export async function countOutbox(trx: Knex, actorId: string): Promise<number> {
  const row = await trx('activities')
    .where({ actor_id: actorId })
    .whereIn('visibility', ['public', 'unlisted'])
    .whereIn('type', ['Create', 'Announce'])
    .count<{ count: string }[]>({ count: '*' })
  return Number(row[0]?.count ?? 0)
}
