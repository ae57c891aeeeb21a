// Going there together: seats offered, seats looked for. Each is an answer to the event, so that people of elsewhere read it, and answer.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { CarpoolRow } from '../../db/carpools.ts'
import { isOver } from '../../db/events.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'

export interface CarpoolInput {
  kind: 'offer' | 'need'
  seats: number
  departure: string
  leaves?: string
  note?: string
}

export type CarpoolDraft = Pick<CarpoolRow, 'kind' | 'seats' | 'departure' | 'leaves'> & { text: string }

const WORDS = {
  fr: {
    offer: (seats: number) => (seats > 1 ? `Je propose ${seats} places en voiture` : 'Je propose une place en voiture'),
    need: (seats: number) => (seats > 1 ? `Nous cherchons ${seats} places en voiture` : 'Je cherche une place en voiture'),
    from: 'au départ de',
    tag: '#covoiturage'
  },
  en: {
    offer: (seats: number) => (seats > 1 ? `I offer ${seats} seats in my car` : 'I offer a seat in my car'),
    need: (seats: number) => (seats > 1 ? `We look for ${seats} seats in a car` : 'I look for a seat in a car'),
    from: 'from',
    tag: '#covoiturage'
  }
}

/** Checks a ride and says it in a sentence. Throws event.over, event.cancelled, carpool.departure (422). */
export function readCarpool(ctx: Ctx, event: ObjectRow, locale: 'fr' | 'en', input: CarpoolInput): CarpoolDraft {
  if (event.event_status === 'CANCELLED') throw new AppError('event.cancelled', 422, 'This event is cancelled.')
  if (isOver(event, ctx.clock.now())) throw new AppError('event.over', 422, 'This event is over.')
  const departure = line(input.departure, 120)
  if (departure === '')
    throw new AppError('carpool.departure', 422, 'Please say where you start from.', { details: { field: 'departure' } })
  const leaves = line(input.leaves ?? '', 60)
  const words = WORDS[locale]
  const sentence = `${words[input.kind](input.seats)}, ${words.from} ${departure}${leaves === '' ? '' : `, ${leaves}`}.`
  const note = [...(input.note ?? '').replaceAll('\u0000', '').toWellFormed().trim()].slice(0, 500).join('')
  return {
    kind: input.kind,
    seats: input.seats,
    departure,
    leaves,
    text: [sentence, note, words.tag].filter(Boolean).join('\n\n')
  }
}

/** Keeps what the answer says, so that it can be shown as a ride. */
export async function keepCarpool(ctx: Ctx, event: ObjectRow, answer: ObjectRow, { text: _text, ...ride }: CarpoolDraft): Promise<void> {
  await ctx
    .db('carpools')
    .insert({ object_id: answer.id, event_id: event.id, ...ride, created_at: ctx.clock.now() })
    .onConflict('object_id')
    .ignore()
}

/** The car is full, the seat is found; or not after all. Throws permission.denied (403) for others than who said it, carpool.unknown (404). */
export async function settleCarpool(ctx: Ctx, actor: ActorRow, event: ObjectRow, objectId: string, settled: boolean): Promise<void> {
  const answer = await ctx.db<ObjectRow>('objects').where({ id: objectId, in_reply_to_id: event.id }).whereNull('deleted_at').first()
  if (answer === undefined) throw new AppError('carpool.unknown', 404, 'This ride is no longer there.')
  if ((answer.author_id ?? answer.actor_id) !== actor.id) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const changed = await ctx.db('carpools').where({ object_id: objectId }).update({ settled })
  if (changed === 0) throw new AppError('carpool.unknown', 404, 'This ride is no longer there.')
}

function line(text: string, max: number): string {
  return [
    ...text
      .replaceAll(/[\u0000-\u001f\u007f#@]+/g, ' ')
      .toWellFormed()
      .trim()
  ]
    .slice(0, max)
    .join('')
}
