// How long our collections are. Counters kept by triggers where there are some; never who is in them.
import type { Knex } from 'knex'
import { countOutbox } from './activities.ts'

export type StreamName = 'outbox' | 'followers' | 'following' | 'likes' | 'shares'

/** Number of items of a collection hanging on an actor's or object's IRI. 0 when the owner is unknown. */
export async function countStream(trx: Knex, name: StreamName, ownerIri: string): Promise<number> {
  if (name === 'likes' || name === 'shares') {
    const row = await trx('object_stats')
      .join('objects', 'objects.id', 'object_stats.object_id')
      .where('objects.iri', ownerIri)
      .first<Record<string, number> | undefined>(`object_stats.${name}`)
    return row?.[name] ?? 0
  }
  const actor = await trx('actors').where({ iri: ownerIri }).first<{ id: string } | undefined>('id')
  if (actor === undefined) return 0
  if (name === 'outbox') return countOutbox(trx, actor.id)
  const row = await trx('actor_stats').where({ actor_id: actor.id }).first<Record<string, number> | undefined>(name)
  return row?.[name] ?? 0
}
