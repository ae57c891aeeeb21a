// The names of the commune's neighbourhoods, among which people choose theirs.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { listNeighbourhoods, saveNeighbourhoods } from '../../db/neighbourhoods.ts'

const MAX_NAME = 80

/** In the administrators' order. */
export async function namesOfNeighbourhoods(ctx: Ctx): Promise<string[]> {
  return await listNeighbourhoods(ctx.db)
}

/** Replaces the list: each name once. Throws neighbourhood.name (422). */
export async function setNeighbourhoods(ctx: Ctx, wanted: string[]): Promise<string[]> {
  const names = wanted.map((name) => name.normalize('NFC').replace(/\s+/g, ' ').trim()).filter((name) => name !== '')
  if (names.some((name) => name.length > MAX_NAME))
    throw new AppError('neighbourhood.name', 422, 'A name has at most 80 characters.', { details: { field: 'names' } })
  const once = [...new Map(names.map((name) => [name.toLowerCase(), name])).values()]
  await ctx.db.transaction((trx) => saveNeighbourhoods(ctx, trx, once))
  return await listNeighbourhoods(ctx.db)
}
