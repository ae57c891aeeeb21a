// Forgets what has served: bodies, finished rows, expired secrets. In slices, so that no statement holds many locks.
import type { Knex } from 'knex'

const DAY_MS = 86_400_000
const SLICE = 1_000
/** What a home timeline keeps: months of reading. */
const KEPT_AT_HOME = 5_000

/** What is forgotten, after how long (null: whatever its age), and the statement that forgets one slice. */
const RULES: { name: string; afterMs: number | null; sql: string }[] = [
  // The exact bytes received help to look into a problem of the last days; the row itself keeps its dedup key.
  {
    name: 'inbox bodies',
    afterMs: 7 * DAY_MS,
    sql: `update inbox_log set body = null where id in (select id from inbox_log where body is not null and state <> 'waiting' and received_at < ? limit ${SLICE})`
  },
  // Activity ids are remembered 90 days (security.md §C2): nobody repeats older ones.
  {
    name: 'inbox rows',
    afterMs: 90 * DAY_MS,
    sql: `delete from inbox_log where id in (select id from inbox_log where state <> 'waiting' and received_at < ? limit ${SLICE})`
  },
  {
    name: 'deliveries',
    afterMs: 90 * DAY_MS,
    sql: `delete from deliveries where id in (select id from deliveries where state <> 'waiting' and finished_at < ? limit ${SLICE})`
  },
  // Erasure reaches the words we sent, once nobody is still owed them (deliveries wait 14 days at most). Index: objects_erased.
  {
    name: 'words of deleted posts',
    afterMs: 16 * DAY_MS,
    sql: `update activities set body = '' where id in (
      select a.id from objects o join activities a on a.object_iri = o.iri and a.type in ('Create', 'Update', 'Announce') and a.body <> ''
      where o.local and o.deleted_at > ? and not exists (select 1 from deliveries d where d.activity_id = a.id and d.state = 'waiting')
      limit ${SLICE})`
  },
  // The same for what a group passed on of others' words. Index: objects_erased_elsewhere.
  {
    name: 'announced words of deleted posts',
    afterMs: 16 * DAY_MS,
    sql: `update activities set body = '' where id in (
      select a.id from objects o join activities a on a.object_iri = o.iri and a.type = 'Announce' and a.body <> ''
      where not o.local and o.group_id is not null and o.deleted_at > ?
        and not exists (select 1 from deliveries d where d.activity_id = a.id and d.state = 'waiting')
      limit ${SLICE})`
  },
  { name: 'tokens', afterMs: 0, sql: `delete from tokens where id in (select id from tokens where expires_at < ? limit ${SLICE})` },
  { name: 'authorisation codes', afterMs: 0, sql: 'delete from oauth_codes where expires_at < ?' },
  { name: 'one-time links', afterMs: 0, sql: 'delete from one_time_links where expires_at < ?' },
  // Where sign-up is open they go with the sign-ups they look like (features/accounts/confirm.ts).
  { name: 'sign-up decoys', afterMs: 90 * DAY_MS, sql: 'delete from sign_up_decoys where created_at < ?' },
  // Guests of events: an address nobody proved, and what a guest told, a month after the event. The seat stays counted. Index: participations_guest.
  {
    name: 'guests who did not confirm',
    afterMs: 2 * DAY_MS,
    sql: `delete from participations where id in (select id from participations where state = 'unconfirmed' and created_at < ? limit ${SLICE})`
  },
  {
    name: 'guests of past events',
    afterMs: 30 * DAY_MS,
    sql: `update participations set guest_email = null, guest_name = null, guest_locale = null, message = '', answers = null where id in (
      select p.id from objects o join participations p on p.object_id = o.id and p.guest_email is not null
      where o.type = 'Event' and coalesce(o.end_time, o.start_time) < ? limit ${SLICE})`
  },
  { name: 'log-in tickets', afterMs: 0, sql: 'delete from login_tickets where expires_at < ?' },
  {
    name: 'mails',
    afterMs: 30 * DAY_MS,
    sql: `delete from mails where id in (select id from mails where finished_at < ? limit ${SLICE})`
  },
  // An outbox that is still followed is visited daily, and its visit renewed.
  {
    name: 'visits',
    afterMs: 30 * DAY_MS,
    sql: `delete from visits where (kind, subject) in (select kind, subject from visits where at < ? limit ${SLICE})`
  },
  {
    name: 'home timelines',
    afterMs: null,
    sql: `delete from home_items h using (
        select p.id, (select object_id from home_items where owner_id = p.id order by object_id desc offset ${KEPT_AT_HOME} limit 1) as oldest
        from actors p where p.local and p.type = 'Person') reader
      where h.owner_id = reader.id and h.object_id <= reader.oldest`
  },
  { name: 'mutes that ended', afterMs: 0, sql: 'delete from mutes where expires_at < ?' },
  { name: 'early undos', afterMs: 7 * DAY_MS, sql: 'delete from early_undos where created_at < ?' }
]

/** Runs every rule once; how many rows changed. More than zero means: call again. */
export async function prune(db: Knex, now: Date): Promise<number> {
  let changed = 0
  for (const rule of RULES) {
    const result = await db.raw<{ rowCount: number }>(rule.sql, rule.afterMs === null ? [] : [new Date(now.getTime() - rule.afterMs)])
    changed += result.rowCount
  }
  return changed
}
