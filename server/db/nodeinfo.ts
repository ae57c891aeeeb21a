// Numbers about this instance for NodeInfo. Counts only, nothing about anyone.
import type { Knex } from 'knex'
import { idAt } from '../core/ids.ts'
import type { ServedActor } from './documents.ts'

export interface Usage {
  users: number
  activeMonth: number
  activeHalfyear: number
  posts: number
  comments: number
}

/** Counts of people, posts and comments of ours; active: seen within 30 and 180 days of `now`. */
export async function readUsage(db: Knex, now: Date): Promise<Usage> {
  const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000)
  const { rows } = await db.raw<{ rows: Record<keyof Usage, string>[] }>(
    `select (select count(*) from accounts where status = 'active') as users,
      (select count(*) from accounts where status = 'active' and last_seen_at > :month) as "activeMonth",
      (select count(*) from accounts where status = 'active' and last_seen_at > :half) as "activeHalfyear",
      (select count(*) from objects where local and deleted_at is null and reblog_of_id is null and in_reply_to_iri is null and visibility in ('public', 'unlisted')) as posts,
      (select count(*) from objects where local and deleted_at is null and in_reply_to_iri is not null and visibility in ('public', 'unlisted')) as comments`,
    { month: daysAgo(30), half: daysAgo(180) }
  )
  const row = rows[0]!
  return {
    users: Number(row.users),
    activeMonth: Number(row.activeMonth),
    activeHalfyear: Number(row.activeHalfyear),
    posts: Number(row.posts),
    comments: Number(row.comments)
  }
}

export interface ActivityWeek {
  /** Monday, midnight UTC. */
  week: Date
  statuses: string
  logins: string
  registrations: string
}

/** Twelve weeks, this one first: open posts written here, people who opened a session, people who joined. Plan: objects_public_local. */
export async function readWeeks(db: Knex, now: Date): Promise<ActivityWeek[]> {
  const { rows } = await db.raw<{ rows: ActivityWeek[] }>(
    `with weeks as (select date_trunc('week', ?::timestamptz, 'UTC') - n * interval '7 days' as week from generate_series(0, 11) n),
      said as (select date_trunc('week', published, 'UTC') as week, count(*) as n from objects where local and visibility = 'public'
        and deleted_at is null and reblog_of_id is null and id > ?::bigint group by 1),
      came as (select date_trunc('week', created_at, 'UTC') as week, count(distinct account_id) as n from tokens where kind = 'session' group by 1),
      joined as (select date_trunc('week', created_at, 'UTC') as week, count(*) as n from accounts where status = 'active' group by 1)
     select weeks.week, coalesce(said.n, 0)::text as statuses, coalesce(came.n, 0)::text as logins, coalesce(joined.n, 0)::text as registrations
     from weeks left join said using (week) left join came using (week) left join joined using (week) order by weeks.week desc`,
    [now, idAt(new Date(now.getTime() - 13 * 7 * 86_400_000))]
  )
  return rows
}

/** IRIs of the people who answer for this instance. */
export async function staffIris(db: Knex): Promise<string[]> {
  const rows = await db('accounts')
    .join('actors', 'actors.id', 'accounts.actor_id')
    .where({ 'accounts.role': 'admin', 'accounts.status': 'active' })
    .orderBy('accounts.created_at')
    .limit(10)
    .select<{ iri: string }[]>('actors.iri')
  return rows.map((row) => row.iri)
}

/** What WebFinger tells of an actor. */
export type Findable = Pick<ServedActor, 'iri' | 'type' | 'url' | 'suspended_at' | 'deleted_at'> & {
  username: string
  icon: { url: string; mediaType: string | null } | null
}

/** A local actor by IRI or by username, whatever the case. Who only asked to join was never there: nothing tells a sign-up (W06). */
export async function findFindable(db: Knex, by: { iri: string } | { username: string }): Promise<Findable | undefined> {
  const query = db('actors')
    .where({ local: true })
    .whereRaw("(suspended_at is null or not exists (select from accounts p where p.actor_id = actors.id and p.status = 'pending'))")
  if ('iri' in by) query.where({ iri: by.iri })
  else query.whereRaw('lower(username) = lower(?)', [by.username])
  return query.first<Findable | undefined>('iri', 'type', 'url', 'suspended_at', 'deleted_at', 'username', 'icon')
}
