// Looking for people, posts and hashtags that are already here. Each search has a budget: an absent word costs no more than a common one.
import type { Ctx } from '../context.ts'
import { actorColumns, countColumns, statusColumns, type ActorPart, type StatusRow } from './status-parts.ts'
import { ANYONE, listedFor, visibleTo, type Viewer } from './visibility.ts'

/** Newest public objects that a search for posts looks at. */
const RECENT_OBJECTS = 2000

/** Accounts whose handle or name contains the text, local first, most followed first. Plan: actors_search (trigrams) from three letters on. */
export async function searchActors(ctx: Ctx, text: string, limit: number, offset = 0, viewer: Viewer = ANYONE): Promise<ActorPart[]> {
  const [name, domain] = text.replace(/^@/, '').split('@') as [string, string | undefined]
  if (name === '') return []
  const query = ctx
    .db('actors as a')
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .whereNull('a.deleted_at')
    .whereNull('a.suspended_at')
    .whereNot('a.type', 'Application')
    .whereRaw("a.host_action is distinct from 'block'")
    .orderByRaw('lower(a.username) = lower(?) desc, a.local desc, coalesce(s.followers, 0) desc, a.id', [name])
    .limit(limit)
    .offset(offset)
    .select(...actorColumns('a'), ...countColumns(ctx.db))
  // Whom moderators limited is found by the whole handle alone, or by those who follow.
  if (domain === undefined || domain === '') {
    query.whereRaw(
      `(a.limited_at is null and a.host_action is distinct from 'limit' or exists (select 1 from follows f
        where f.follower_id = ?::bigint and f.followed_id = a.id and f.state = 'accepted'))`,
      [viewer.actorId]
    )
  }
  if (domain !== undefined && domain !== '') query.whereRaw('lower(a.username) = lower(?) and lower(a.domain) = lower(?)', [name, domain])
  // Trigrams need three letters; shorter texts begin usernames: of people here and of those the viewer follows, or are whole ones.
  else if ([...name].length < 3)
    query.whereRaw(
      `(lower(a.username) = lower(:name) or starts_with(lower(a.username), lower(:name)) and (a.local or exists (select 1 from follows f
        where f.follower_id = :me::bigint and f.followed_id = a.id and f.state = 'accepted')))`,
      { name, me: viewer.actorId }
    )
  else query.whereRaw("f_unaccent(a.username || ' ' || a.name) like '%' || f_unaccent(?) || '%'", [escapeLike(name)])
  return (await query) as ActorPart[]
}

/** Public posts that contain all the words, newest first, among the most recent ones. */
export async function searchObjects(ctx: Ctx, text: string, viewer: Viewer, limit: number): Promise<StatusRow[]> {
  const words = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 8)
  if (words.length === 0) return []
  const recent = ctx
    .db('objects')
    .where({ visibility: 'public' })
    .whereNull('deleted_at')
    .whereNull('reblog_of_id')
    .orderBy('id', 'desc')
    .limit(RECENT_OBJECTS)
  const query = ctx.db(recent.select('*').as('o')).orderBy('o.id', 'desc').limit(limit).select(statusColumns('o'))
  for (const word of words) {
    query.whereRaw("f_unaccent(coalesce(o.name, '') || ' ' || o.content_html) like '%' || f_unaccent(?) || '%'", [escapeLike(word)])
  }
  // Who does not want to be found by words (FEP-5feb) is not; software that knows no such wish says nothing.
  query.whereRaw(
    `(o.actor_id = ?::bigint or (select w.indexable or (not w.local and w.doc ->> 'indexable' is distinct from 'false') from actors w where w.id = o.actor_id))`,
    [viewer.actorId]
  )
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as StatusRow[]
}

/** Hashtags that begin with the text (without #), in alphabetical order. Plan: jumps along object_tags_pkey, one probe a tag. */
export async function searchTags(ctx: Ctx, text: string, limit: number): Promise<string[]> {
  const prefix = text.replace(/^#/, '').toLowerCase()
  if (prefix === '') return []
  const found = await ctx.db.raw<{ rows: { tag: string }[] }>(
    `with recursive jump as (
       (select tag, 1 as n from object_tags where tag >= :prefix order by tag limit 1)
       union all
       select (select t.tag from object_tags t where t.tag > jump.tag order by t.tag limit 1), jump.n + 1
       from jump where jump.tag is not null and starts_with(jump.tag, :prefix) and jump.n <= :limit
     )
     select tag from jump where tag is not null and starts_with(tag, :prefix) limit :limit`,
    { prefix, limit }
  )
  return found.rows.map((row) => row.tag)
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
}
