// The parts of a profile with a choice of who reads each. Public ones go into the profile that other servers get; the others stay here.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { withLinks } from '../../core/plain-text.ts'
import { shareNeighbourhood } from '../../db/neighbourhoods.ts'
import { listDetails, replaceDetails, type Detail } from '../../db/profile-details.ts'
import type { ActorField, ActorRow } from '../../db/rows.ts'
import { text } from '../../locales/texts.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'

const MAX_VALUE = 255

/**
 * Replaces all of them; an empty value takes one away. A quarter is chosen by its id, else by its name. Throws account.detail,
 * account.birthdate, neighbourhood.gone (422).
 */
export async function saveDetails(ctx: Ctx, actorId: string, wanted: Detail[]): Promise<Detail[]> {
  const said = [...new Map(wanted.map((detail) => [detail.field, normal(detail)])).values()].filter(({ value }) => value !== '')
  await ctx.db.transaction(async (trx) => {
    const actor = (await trx<ActorRow>('actors').where({ id: actorId }).forUpdate().first())!
    const details: Detail[] = []
    for (const detail of said) details.push(detail.field === 'neighbourhood' ? await chosen(trx, detail) : detail)
    await replaceDetails(trx, actorId, details)
    await renewFields(ctx, trx, actor, details)
  })
  return await listDetails(ctx.db, actorId, { actorId })
}

/** The work of FIELDS_CHORE: a quarter that was said in public has another name. */
export async function tellDetails(ctx: Ctx, actorId: string): Promise<null> {
  await ctx.db.transaction(async (trx) => {
    const actor = await trx<ActorRow>('actors').where({ id: actorId, local: true, deleted_at: null }).forUpdate().first()
    if (actor !== undefined) await renewFields(ctx, trx, actor, await listDetails(trx, actorId, { actorId }))
  })
  return null
}

async function renewFields(ctx: Ctx, trx: Knex, actor: ActorRow, details: Detail[]): Promise<void> {
  const typed = actor.fields.filter((field) => field.detail === undefined)
  const fields = [...typed, ...details.filter(({ audience }) => audience === 'public').map(fieldOf)]
  if (JSON.stringify(fields) === JSON.stringify(actor.fields)) return
  await trx('actors')
    .where({ id: actor.id })
    .update({ fields: JSON.stringify(fields) })
  await publishActorUpdate(ctx, trx, actor.id)
}

/** The quarter as it is called now; whoever names none of the commune's says it in their own words. */
async function chosen(trx: Knex, detail: Detail): Promise<Detail> {
  const { neighbourhood: id, ...words } = detail
  const found = await shareNeighbourhood(trx, id === undefined ? { name: detail.value } : { id })
  if (found !== null) return { ...words, value: found.name, neighbourhood: found.id }
  if (id === undefined) return words
  throw new AppError('neighbourhood.gone', 422, 'This quarter is no longer there.', { details: { field: 'neighbourhood' } })
}

function normal({ field, value, audience, neighbourhood }: Detail): Detail {
  const words = value.normalize('NFC').replace(/\s+/g, ' ').trim()
  if ([...words].length > MAX_VALUE) throw new AppError('account.detail', 422, 'This has at most 255 characters.', { details: { field } })
  if (field === 'birthdate' && words !== '' && !/^(\d{4}-\d{2}-\d{2})$/.test(words))
    throw new AppError('account.birthdate', 422, 'This is not a date.', { details: { field } })
  return { field, value: words, audience, ...(neighbourhood === undefined ? {} : { neighbourhood }) }
}

/** As other servers and apps show it: they know no other language than the commune's. */
function fieldOf({ field, value }: Detail): ActorField {
  return { name: text('fr', `detail.${field}`), value: withLinks(value), detail: field }
}
