// Numbers about this instance for NodeInfo. Counts only, nothing about anyone.
import type { Knex } from 'knex'
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
