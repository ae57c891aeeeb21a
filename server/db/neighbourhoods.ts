// The neighbourhoods of the commune as its administrators name them, in their order.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'

/** Their names. */
export async function listNeighbourhoods(db: Knex): Promise<string[]> {
  return await db('neighbourhoods').orderBy('position').pluck<string[]>('name')
}

/** Replaces the list; a name that stays keeps its row. Each name once, whatever the case. */
export async function saveNeighbourhoods(ctx: Ctx, trx: Knex, names: string[]): Promise<void> {
  const known = await trx('neighbourhoods').select<{ id: string; name: string }[]>('id', 'name')
  const byName = new Map(known.map((row) => [row.name.toLowerCase(), row.id]))
  const kept = names.flatMap((name) => byName.get(name.toLowerCase()) ?? [])
  await trx('neighbourhoods').whereNotIn('id', kept).delete()
  for (const [position, name] of names.entries()) {
    const id = byName.get(name.toLowerCase())
    if (id === undefined) await trx('neighbourhoods').insert({ id: newId(ctx.clock.now()), name, position })
    else await trx('neighbourhoods').where({ id }).update({ name, position })
  }
}
