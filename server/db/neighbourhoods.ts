// The quarters of the commune (quartiers, hameaux, lieux-dits) in their administrators' order, and who chose which.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isRowId, newId } from '../core/ids.ts'

export interface Neighbourhood {
  id: string
  name: string
}
export type CountedNeighbourhood = Neighbourhood & { people: number; hasContour: boolean }
export type HeldNeighbourhood = Neighbourhood & { hasContour: boolean }

export async function listNeighbourhoods(db: Knex): Promise<Neighbourhood[]> {
  return await db('neighbourhoods').orderBy('position').orderBy('id').select<Neighbourhood[]>('id', 'name')
}

/** With how many people chose each. Plan: profile_details_neighbourhood. */
export async function countedNeighbourhoods(db: Knex): Promise<CountedNeighbourhood[]> {
  return await db('neighbourhoods as n')
    .orderBy('n.position')
    .orderBy('n.id')
    .select<CountedNeighbourhood[]>(
      'n.id',
      'n.name',
      db.raw('n.contour is not null as "hasContour"'),
      db.raw('(select count(*)::int from profile_details d where d.neighbourhood_id = n.id) as people')
    )
}

/** With its contour as GeoJSON, null where it has none. */
export async function findNeighbourhood(trx: Knex, id: string): Promise<(Neighbourhood & { contour: unknown }) | null> {
  if (!isRowId(id)) return null
  return (await trx<Neighbourhood & { contour: unknown }>('neighbourhoods').where({ id }).first('id', 'name', 'contour')) ?? null
}

/** Its contour, or none any more. */
export async function saveNeighbourhoodContour(trx: Knex, id: string, contour: unknown): Promise<void> {
  await trx('neighbourhoods')
    .where({ id })
    .update({ contour: contour === null ? null : JSON.stringify(contour) })
}

/** Its name and its life stay as they are until the transaction ends. */
export async function shareNeighbourhood(trx: Knex, choice: { id: string } | { name: string }): Promise<Neighbourhood | null> {
  if ('id' in choice && !isRowId(choice.id)) return null
  const query = trx<Neighbourhood>('neighbourhoods').forShare().first('id', 'name')
  return (await ('id' in choice ? query.where({ id: choice.id }) : query.whereRaw('lower(name) = lower(?)', [choice.name]))) ?? null
}

/** All of them, kept for this transaction: who administers changes one thing at a time, and who chooses waits. */
export async function lockNeighbourhoods(trx: Knex): Promise<HeldNeighbourhood[]> {
  await trx.raw('lock table neighbourhoods in share row exclusive mode')
  return await trx('neighbourhoods')
    .orderBy('id')
    .forUpdate()
    .select<HeldNeighbourhood[]>('id', 'name', trx.raw('contour is not null as "hasContour"'))
}

/** At the end of the list. Null: the name is taken, whatever the case. */
export async function insertNeighbourhood(ctx: Ctx, trx: Knex, name: string): Promise<Neighbourhood | null> {
  const position = trx.raw('(select coalesce(max(position) + 1, 0) from neighbourhoods)')
  const [made] = await trx('neighbourhoods')
    .insert({ id: newId(ctx.clock.now()), name, position })
    .onConflict(trx.raw('(lower(name))'))
    .ignore()
    .returning<Neighbourhood[]>(['id', 'name'])
  return made ?? null
}

export async function nameIsTaken(trx: Knex, { id, name }: Neighbourhood): Promise<boolean> {
  return (await trx('neighbourhoods').whereRaw('lower(name) = lower(?) and id <> ?', [name, id]).first('id')) !== undefined
}

/** One statement, so that nobody sees half of it. */
export async function orderNeighbourhoods(trx: Knex, ids: string[]): Promise<void> {
  await trx.raw(
    `update neighbourhoods n set position = w.place from unnest(?::bigint[]) with ordinality as w(id, place)
     where n.id = w.id and n.position <> w.place`,
    [ids]
  )
}

/**
 * The choices of one become choices of another, or words of nobody: returns whose profile says it in public. Plan:
 * profile_details_neighbourhood.
 */
export async function moveChoices(trx: Knex, fromId: string, to: Neighbourhood | null): Promise<string[]> {
  const chosen = trx('profile_details').where({ neighbourhood_id: fromId })
  const changed =
    to === null
      ? await chosen.delete().returning<{ actor_id: string; audience: string }[]>(['actor_id', 'audience'])
      : await chosen
          .update({ neighbourhood_id: to.id, value: to.name })
          .returning<{ actor_id: string; audience: string }[]>(['actor_id', 'audience'])
  return publicOnes(changed)
}

/** Who had written this name has chosen it: returns whose profile says it in public. Plan: profile_details_quarter_words. */
export async function adoptWords(trx: Knex, { id, name }: Neighbourhood): Promise<string[]> {
  const changed = await trx('profile_details')
    .whereRaw("field = 'neighbourhood' and neighbourhood_id is null and lower(value) = lower(?)", [name])
    .update({ neighbourhood_id: id, value: name })
    .returning<{ actor_id: string; audience: string }[]>(['actor_id', 'audience'])
  return publicOnes(changed)
}

function publicOnes(rows: { actor_id: string; audience: string }[]): string[] {
  return rows.filter(({ audience }) => audience === 'public').map(({ actor_id }) => actor_id)
}
