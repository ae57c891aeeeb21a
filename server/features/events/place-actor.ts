// The place of the directory where an event is: it has an agenda of its own, and followers.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { Joining } from '../../db/events.ts'
import { canPublishAs } from '../../db/memberships.ts'
import type { ActorRow } from '../../db/rows.ts'

type AtPlace = Required<Pick<Joining, 'place_actor_id' | 'place_announces'>>

const NOWHERE: AtPlace = { place_actor_id: null, place_announces: false }

/**
 * The columns of an event for this place. Its followers hear of it when the author may speak for the place; else it stands in its agenda
 * alone. The agenda of a group that is no place is its own: there only who may speak for it puts something, others just name the address.
 * Throws event.place-actor (422) when there is none of this name here.
 */
export async function findPlaceActor(ctx: Ctx, author: ActorRow, username: string | null): Promise<AtPlace> {
  if (username === null || username.trim() === '') return NOWHERE
  const place = await ctx
    .db<ActorRow>('actors')
    .where({ local: true, type: 'Group' })
    .whereRaw('lower(username) = lower(?)', [username.trim().replace(/^@/, '')])
    .whereNull('deleted_at')
    .whereNull('suspended_at')
    .first('id', 'kind')
  if (place === undefined)
    throw new AppError('event.place-actor', 422, 'There is no such place in the directory.', { details: { field: 'location' } })
  const speaks = await canPublishAs(ctx, author.id, place.id)
  return speaks || place.kind === 'place' ? { place_actor_id: place.id, place_announces: speaks } : NOWHERE
}
