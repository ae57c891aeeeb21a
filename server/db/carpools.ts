// Rides to events: ours with seats and a departure, and what anybody answers to the event with the hashtag, from wherever.
import type { Ctx } from '../context.ts'
import { statusColumns, type StatusRow } from './status-parts.ts'
import { listedFor, visibleTo, type Viewer } from './visibility.ts'

export interface CarpoolRow {
  object_id: string
  event_id: string
  kind: 'offer' | 'need'
  seats: number
  departure: string
  leaves: string
  settled: boolean
  created_at: Date
}

/** An answer to an event that carries one of these is about a ride. */
export const CARPOOL_TAGS = ['covoiturage', 'carpool', 'carpooling']
const MOST = 100

/** Answers to an event that are about rides, oldest first. Plan: objects_replies of the event, keys of the others. */
export async function listCarpools(
  ctx: Ctx,
  event: { id: string },
  viewer: Viewer
): Promise<{ row: StatusRow; ride: CarpoolRow | null }[]> {
  const query = ctx
    .db('objects as o')
    .where('o.in_reply_to_id', event.id)
    .whereNull('o.deleted_at')
    .whereRaw(
      `(exists (select 1 from carpools c where c.object_id = o.id)
        or exists (select 1 from object_tags t where t.object_id = o.id and t.tag = any(?::text[])))`,
      [CARPOOL_TAGS]
    )
    .orderBy('o.id')
    .limit(MOST)
    .select(statusColumns('o'))
  const rows = (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as StatusRow[]
  const rides = await ctx.db<CarpoolRow>('carpools').whereIn(
    'object_id',
    rows.map(({ id }) => id)
  )
  const byId = new Map(rides.map((ride) => [ride.object_id, ride]))
  return rows.map((row) => ({ row, ride: byId.get(row.id) ?? null }))
}
