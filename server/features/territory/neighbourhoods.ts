// Who administers the site adds, renames, orders and removes the quarters of the commune; what people chose goes along.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { scheduleChores } from '../../db/chores.ts'
import {
  adoptWords,
  insertNeighbourhood,
  lockNeighbourhoods,
  moveChoices,
  nameIsTaken,
  orderNeighbourhoods,
  saveNeighbourhoodContour,
  type HeldNeighbourhood,
  type Neighbourhood
} from '../../db/neighbourhoods.ts'
import { PLACES_CHORE, placeAll } from '../../db/neighbourhood-places.ts'
import { FIELDS_CHORE } from '../../db/profile-details.ts'
import { readContour } from './contour.ts'

const MAX_NAME = 80
const MAX_NEIGHBOURHOODS = 200

/** Throws neighbourhood.name, neighbourhood.too-many (422), neighbourhood.twice (409). */
export async function addNeighbourhood(ctx: Ctx, wanted: string): Promise<Neighbourhood> {
  const name = nameOf(wanted)
  return await change(ctx, async (trx, all) => {
    if (all.length >= MAX_NEIGHBOURHOODS)
      throw new AppError('neighbourhood.too-many', 422, `A commune has at most ${MAX_NEIGHBOURHOODS} quarters here.`, {
        details: { max: MAX_NEIGHBOURHOODS }
      })
    const made = await insertNeighbourhood(ctx, trx, name)
    if (made === null) throw twice()
    return { answer: made, told: await adoptWords(trx, made) }
  })
}

/** Everybody keeps what they chose. Throws neighbourhood.name (422), neighbourhood.unknown (404), neighbourhood.twice (409). */
export async function renameNeighbourhood(ctx: Ctx, id: string, wanted: string): Promise<Neighbourhood> {
  const renamed = { id, name: nameOf(wanted) }
  return await change(ctx, async (trx, all) => {
    oneOf(all, id)
    if (await nameIsTaken(trx, renamed)) throw twice()
    await trx('neighbourhoods').where({ id }).update({ name: renamed.name })
    const moved = await moveChoices(trx, id, renamed)
    return { answer: renamed, told: [...moved, ...(await adoptWords(trx, renamed))] }
  })
}

/** All of them in the wished order. Throws neighbourhood.order (409) when others were added or removed meanwhile. */
export async function sortNeighbourhoods(ctx: Ctx, ids: string[]): Promise<void> {
  await change(ctx, async (trx, all) => {
    const wanted = new Set(ids)
    if (wanted.size !== ids.length || wanted.size !== all.length || all.some(({ id }) => !wanted.has(id)))
      throw new AppError('neighbourhood.order', 409, 'The quarters have changed meanwhile: load the page again.')
    await orderNeighbourhoods(trx, ids)
    // Where contours overlap, the first in the list counts.
    return { answer: undefined, moves: all.some(({ hasContour }) => hasContour) }
  })
}

/** Its people go to another, or have none any more. Throws neighbourhood.unknown (404), neighbourhood.same (422). */
export async function removeNeighbourhood(ctx: Ctx, id: string, toId: string | null): Promise<void> {
  if (toId === id) throw new AppError('neighbourhood.same', 422, 'People go to another quarter.', { details: { field: 'to' } })
  await change(ctx, async (trx, all) => {
    const { hasContour: moves } = oneOf(all, id)
    const told = await moveChoices(trx, id, toId === null ? null : oneOf(all, toId))
    await trx('neighbourhoods').where({ id }).delete()
    return { answer: undefined, told, moves }
  })
}

/**
 * Its contour, from a geometry, a feature, or the feature of a collection that has the quarter's name among its properties; null: none any
 * more. Throws neighbourhood.unknown (404), contour.invalid, contour.not-found, contour.too-large (422).
 */
export async function drawNeighbourhood(ctx: Ctx, id: string, file: unknown): Promise<void> {
  await change(ctx, async (trx, all) => {
    const { name } = oneOf(all, id)
    await saveNeighbourhoodContour(trx, id, file === null ? null : readContour(file, name))
    return { answer: undefined, moves: true }
  })
}

/** The work of PLACES_CHORE. */
export async function placeInNeighbourhoods(ctx: Ctx): Promise<null> {
  await placeAll(ctx.db)
  return null
}

/** With all rows held. Profiles that say it in public are told anew one by one, and what lies where is said anew, afterwards. */
async function change<Answer>(
  ctx: Ctx,
  work: (trx: Knex, all: HeldNeighbourhood[]) => Promise<{ answer: Answer; told?: string[]; moves?: boolean }>
): Promise<Answer> {
  const dueAt = ctx.clock.now()
  const answer = await ctx.db.transaction(async (trx) => {
    const done = await work(trx, await lockNeighbourhoods(trx))
    await scheduleChores(
      trx,
      [...new Set(done.told ?? [])].map((subject) => ({ kind: FIELDS_CHORE, subject, dueAt }))
    )
    if (done.moves) await scheduleChores(trx, [{ kind: PLACES_CHORE, subject: 'all', dueAt }])
    return done.answer
  })
  ctx.queue.wake('chores')
  return answer
}

function nameOf(wanted: string): string {
  const name = wanted.normalize('NFC').replace(/\s+/g, ' ').trim()
  if (name === '' || [...name].length > MAX_NAME)
    throw new AppError('neighbourhood.name', 422, 'A name has between 1 and 80 characters.', { details: { field: 'name' } })
  return name
}

function oneOf(all: HeldNeighbourhood[], id: string): HeldNeighbourhood {
  const found = all.find((one) => one.id === id)
  if (found === undefined) throw new AppError('neighbourhood.unknown', 404, 'There is no such quarter.')
  return found
}

function twice(): AppError {
  return new AppError('neighbourhood.twice', 409, 'Another quarter has this name.', { details: { field: 'name' } })
}
