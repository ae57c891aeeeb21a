// Reminders the day before: to people of this instance and guests who take part in an event, or keep it in mind. Sent once for each date.
import type { Ctx } from '../context.ts'
import { mailGuest } from './guests.ts'
import { notify } from './notifications.ts'
import type { ObjectRow, ParticipationRow } from './rows.ts'

/** So long before it starts. */
const AHEAD = '24 hours'
/** People reminded at a time; who is left is next. */
const AT_ONCE = 200

/**
 * Reminds who is to be reminded now; how many. Who answered later than a day before needs no reminder. What is cancelled, postponed, deleted or
 * over reminds nobody. Plan: objects_agenda within a day, participations_list for each event.
 */
export async function sendReminders(ctx: Ctx): Promise<number> {
  return ctx.db.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: (ParticipationRow & { from_id: string })[] }>(
      `with due as (
         select p.id, o.start_time, coalesce(o.author_id, o.actor_id) as from_id from objects o
         join participations p on p.object_id = o.id and p.state in ('accepted', 'interested')
         left join actors a on a.id = p.actor_id
         where o.type = 'Event' and o.start_time > :now::timestamptz and o.start_time <= :now::timestamptz + interval '${AHEAD}'
           and o.deleted_at is null and o.event_status not in ('CANCELLED', 'POSTPONED')
           and (p.guest_email is not null or a.local and a.deleted_at is null)
           and p.reminded_of is distinct from o.start_time and p.created_at < o.start_time - interval '${AHEAD}'
         limit ${AT_ONCE} for update of p skip locked)
       update participations p set reminded_of = due.start_time from due where p.id = due.id returning p.*, due.from_id`,
      { now: ctx.clock.now() }
    )
    const guests = rows.filter(({ actor_id: id }) => id === null)
    const events = await trx<ObjectRow>('objects').whereIn('id', [...new Set(guests.map((row) => row.object_id))])
    for (const row of guests)
      await mailGuest(
        ctx,
        trx,
        events.find(({ id }) => id === row.object_id)!,
        row,
        'guest-reminder'
      )
    const people = rows.flatMap((row) => (row.actor_id === null ? [] : [{ ...row, actor_id: row.actor_id }]))
    // Of a date that has changed one hears anew.
    for (const row of people)
      await trx('notifications').where({ owner_id: row.actor_id, type: 'event_reminder', object_id: row.object_id }).delete()
    await notify(
      ctx,
      trx,
      people.map((row) => ({ ownerId: row.actor_id, type: 'event_reminder' as const, fromId: row.from_id, objectId: row.object_id }))
    )
    return rows.length
  })
}
