// What people say about themselves with a choice of who reads it. What is public also stands in actors.fields; nothing else ever does.
import type { Knex } from 'knex'
import { detailsVisibleTo, type Viewer } from './visibility.ts'

export const DETAIL_FIELDS = ['neighbourhood', 'town', 'phone', 'email', 'birthdate', 'skills'] as const
export type DetailField = (typeof DETAIL_FIELDS)[number]
/** public: everyone, everywhere; local: people of this instance; known: followers and members of a group in common; nobody: oneself. */
export const AUDIENCES = ['public', 'local', 'known', 'nobody'] as const
export type Audience = (typeof AUDIENCES)[number]

export interface Detail {
  field: DetailField
  value: string
  audience: Audience
  /** Row id of the quarter chosen; absent: the words are the person's own. */
  neighbourhood?: string
}

/** Says in the profile that others get what these details are now; subject: row id of the person. */
export const FIELDS_CHORE = 'profile-fields'

/** Those of an actor that this viewer may read, in one order. */
export async function listDetails(db: Knex, actorId: string, viewer: Viewer): Promise<Detail[]> {
  const query = db('profile_details as d').where('d.actor_id', actorId).select('d.field', 'd.value', 'd.audience', 'd.neighbourhood_id')
  const rows = (await detailsVisibleTo(query, viewer, 'd')) as (Detail & { neighbourhood_id: string | null })[]
  return rows
    .sort((one, other) => DETAIL_FIELDS.indexOf(one.field) - DETAIL_FIELDS.indexOf(other.field))
    .map(({ neighbourhood_id: neighbourhood, ...detail }) => (neighbourhood === null ? detail : { ...detail, neighbourhood }))
}

/** Replaces all of them. */
export async function replaceDetails(trx: Knex, actorId: string, details: Detail[]): Promise<void> {
  await trx('profile_details').where({ actor_id: actorId }).delete()
  if (details.length === 0) return
  await trx('profile_details').insert(
    details.map(({ neighbourhood = null, ...detail }) => ({ actor_id: actorId, ...detail, neighbourhood_id: neighbourhood }))
  )
}
