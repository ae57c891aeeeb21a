// The parts of a profile with a choice of who reads each. Public ones go into the profile that other servers get; the others stay here.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { withLinks } from '../../core/plain-text.ts'
import { listDetails, replaceDetails, type Detail } from '../../db/profile-details.ts'
import type { ActorField, ActorRow } from '../../db/rows.ts'
import { text } from '../../locales/texts.ts'
import { publishActorUpdate } from '../../protocol/local-actors.ts'

const MAX_VALUE = 255

/** Replaces all of them; an empty value takes one away. Throws account.detail (422), account.birthdate (422). */
export async function saveDetails(ctx: Ctx, actorId: string, wanted: Detail[]): Promise<Detail[]> {
  const details = [...new Map(wanted.map((detail) => [detail.field, normal(detail)])).values()].filter(({ value }) => value !== '')
  await ctx.db.transaction(async (trx) => {
    const actor = (await trx<ActorRow>('actors').where({ id: actorId }).forUpdate().first())!
    await replaceDetails(trx, actorId, details)
    const typed = actor.fields.filter((field) => field.detail === undefined)
    const fields = [...typed, ...details.filter(({ audience }) => audience === 'public').map(fieldOf)]
    if (JSON.stringify(fields) === JSON.stringify(actor.fields)) return
    await trx('actors')
      .where({ id: actorId })
      .update({ fields: JSON.stringify(fields) })
    await publishActorUpdate(ctx, trx, actorId)
  })
  return await listDetails(ctx.db, actorId, { actorId })
}

function normal({ field, value, audience }: Detail): Detail {
  const words = value.normalize('NFC').replace(/\s+/g, ' ').trim()
  if ([...words].length > MAX_VALUE) throw new AppError('account.detail', 422, 'This has at most 255 characters.', { details: { field } })
  if (field === 'birthdate' && words !== '' && !/^(\d{4}-\d{2}-\d{2})$/.test(words))
    throw new AppError('account.birthdate', 422, 'This is not a date.', { details: { field } })
  return { field, value: words, audience }
}

/** As other servers and apps show it: they know no other language than the commune's. */
function fieldOf({ field, value }: Detail): ActorField {
  return { name: text('fr', `detail.${field}`), value: withLinks(value), detail: field }
}
