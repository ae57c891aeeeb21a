// What only events have: how one joins, how many may, how many come, and what becomes of those who take part when it changes.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { scheduleChores } from './chores.ts'
import { mailGuests } from './guests.ts'
import type { NormJoining } from './incoming.ts'
import { notify, type NotificationType, type WrittenNotification } from './notifications.ts'
import type { EventRow, ObjectRow } from './rows.ts'

/** What an organiser decides. */
export type Joining = Pick<EventRow, 'join_mode' | 'external_url' | 'capacity'> &
  Partial<
    Pick<
      EventRow,
      | 'waiting_list'
      | 'guests'
      | 'seats_each'
      | 'questions'
      | 'check_in'
      | 'price'
      | 'price_note'
      | 'accessibility'
      | 'for_children'
      | 'contact'
      | 'place_actor_id'
      | 'place_announces'
    >
  >

/** The chore that gives free seats to those who wait; its subject is the event's row id. */
export const WAITING_CHORE = 'event-waiting'

/** The row of an event, or undefined for other objects. */
export async function findEvent(trx: Knex, objectId: string): Promise<EventRow | undefined> {
  return trx<EventRow>('events').where({ object_id: objectId }).first()
}

/** The same, locked until the end of the transaction: nobody else takes a seat meanwhile. */
export async function lockEvent(trx: Knex, objectId: string): Promise<EventRow | undefined> {
  return trx<EventRow>('events').where({ object_id: objectId }).forUpdate().first()
}

/** Writes what the organiser of a local event decided. Counters stay. */
export async function saveJoining(trx: Knex, objectId: string, joining: Joining): Promise<void> {
  const { questions, ...rest } = joining
  const values = { ...rest, ...(questions === undefined ? {} : { questions: JSON.stringify(questions) }) }
  await trx('events')
    .insert({ object_id: objectId, local: true, ...values })
    .onConflict('object_id')
    .merge(values)
  // There may be more seats than before.
  if (joining.waiting_list) await scheduleChores(trx, [{ kind: WAITING_CHORE, subject: objectId, dueAt: new Date(0) }])
}

/** Writes what other servers say of their events. */
export async function saveRemoteJoining(trx: Knex, events: { objectId: string; joining: NormJoining }[]): Promise<void> {
  if (events.length === 0) return
  await trx('events')
    .insert(
      events.map(({ objectId, joining }) => ({
        object_id: objectId,
        local: false,
        join_mode: joining.joinMode,
        external_url: joining.externalUrl,
        capacity: joining.capacity,
        participants: joining.participants
      }))
    )
    .onConflict('object_id')
    .merge(['join_mode', 'external_url', 'capacity', 'participants'])
}

/** When an event without an end is over all the same. */
const USUAL_DURATION_MS = 2 * 3_600_000

/** True when nobody can come any more. What is postponed is not over on its former date. */
export function isOver(event: Pick<ObjectRow, 'start_time' | 'end_time' | 'event_status'>, now: Date): boolean {
  if (event.start_time === null || event.event_status === 'POSTPONED') return false
  return (event.end_time ?? new Date(event.start_time.getTime() + USUAL_DURATION_MS)) < now
}

/**
 * Tells local people who take part, ask to, or are interested that an event was cancelled, postponed, moved online or moved, and keeps the former date.
 * Returns the notifications written. Index: participations_list.
 */
export async function tellOfChange(ctx: Ctx, trx: Knex, before: ObjectRow, after: ObjectRow): Promise<WrittenNotification[]> {
  const moved = before.start_time !== null && after.start_time !== null && before.start_time.getTime() !== after.start_time.getTime()
  if (moved) await trx('events').where({ object_id: after.id }).update({ moved_from: before.start_time })
  if (after.event_status === 'CANCELLED' && before.event_status !== 'CANCELLED')
    return tellAll(ctx, trx, after, 'event_cancelled', after.id)
  if (after.event_status === 'POSTPONED' && before.event_status !== 'POSTPONED')
    return tellAll(ctx, trx, after, 'event_postponed', after.id)
  if (after.event_status === 'MOVED_ONLINE' && before.event_status !== 'MOVED_ONLINE')
    return tellAll(ctx, trx, after, 'event_online', after.id)
  return moved ? tellAll(ctx, trx, after, 'event_moved', after.id) : []
}

/** Before an event is wiped: those who wanted to come learn that it is gone. */
export async function tellOfDeletion(ctx: Ctx, trx: Knex, event: ObjectRow): Promise<WrittenNotification[]> {
  return event.type === 'Event' ? tellAll(ctx, trx, event, 'event_deleted', null) : []
}

/** What guests are told by mail of the same. */
const GUEST_MAILS: Partial<
  Record<NotificationType, 'guest-cancelled' | 'guest-postponed' | 'guest-online' | 'guest-moved' | 'guest-deleted'>
> = {
  event_cancelled: 'guest-cancelled',
  event_postponed: 'guest-postponed',
  event_online: 'guest-online',
  event_moved: 'guest-moved',
  event_deleted: 'guest-deleted'
}

async function tellAll(
  ctx: Ctx,
  trx: Knex,
  event: ObjectRow,
  type: NotificationType,
  objectId: string | null
): Promise<WrittenNotification[]> {
  const fromId = event.author_id ?? event.actor_id
  const kind = GUEST_MAILS[type]
  if (kind !== undefined) await mailGuests(ctx, trx, event, kind)
  const people = await trx('participations as p')
    .join('actors as a', 'a.id', 'p.actor_id')
    .where({ 'p.object_id': event.id, 'a.local': true })
    .whereIn('p.state', ['accepted', 'pending', 'interested'])
    .select<{ id: string }[]>('a.id')
  // The same news again, moved twice for instance, is news again.
  const owners = people.map(({ id }) => id)
  await trx('notifications').whereIn('owner_id', owners).where({ type, from_id: fromId, object_id: objectId }).delete()
  return notify(
    ctx,
    trx,
    owners.map((ownerId) => ({ ownerId, type, fromId, objectId }))
  )
}
