// Looking for people, posts and hashtags that are already here. Each search has a budget: an absent word costs no more than a common one.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { tagsOf, type Theme } from '../core/themes.ts'
import { boxAround, metresTo } from './distance.ts'
import { actorColumns, countColumns, statusColumns, type ActorPart, type StatusRow } from './status-parts.ts'
import { ANYONE, listedFor, visibleTo, type Viewer } from './visibility.ts'

/** Newest objects with the words that are held against the viewer's rights: a word of every post costs no more than this. */
const MAX_CANDIDATES = 400

/** What a search for posts asks for besides words; features/search/operators.ts reads it from "from:ana before:2026-05-01". */
export interface ObjectSearch {
  /** Words, "exact words", -without. May be empty when something else is asked. */
  words: string
  /** By this actor (row id), or by any whom the viewer follows. Null: anybody. */
  actorId: string | null
  followedOnly: boolean
  /** ISO dates (YYYY-MM-DD), both as days in UTC: `after` the end of that day, `before` its beginning. */
  after: string | null
  before: string | null
  has: ('media' | 'poll' | 'link')[]
  isReply: boolean | null
  language: string | null
  /** Only objects older than this row id. */
  maxId: string | null
  /** Absent: any. A post is what is none of the others. */
  kind?: ObjectKind
  theme?: Theme
  near?: { latitude: number; longitude: number; radiusMetres: number }
  /** Events that take place on one of these days (YYYY-MM-DD, both included) on the clock of the commune. */
  dates?: { from: string | null; until: string | null; timezone: string }
}

export type ObjectKind = 'event' | 'idea' | 'vote' | 'post'

/** Accounts whose handle or name contains the text, local first, most followed first. Plan: actors_search (trigrams) from three letters on. */
export async function searchActors(
  ctx: Ctx,
  text: string,
  limit: number,
  offset = 0,
  viewer: Viewer = ANYONE,
  followedOnly = false
): Promise<ActorPart[]> {
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
  if (followedOnly) {
    query.whereRaw("exists (select 1 from follows g where g.follower_id = ?::bigint and g.followed_id = a.id and g.state = 'accepted')", [
      viewer.actorId
    ])
  }
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

/** Row id of the actor with this handle ("ana", "ana@autre.fr"), among those known here; null when there is none. Plan: actors_handle. */
export async function findByHandle(ctx: Ctx, handle: string): Promise<string | null> {
  const [name, domain] = handle.split('@') as [string, string | undefined]
  const query = ctx.db('actors as a').whereRaw('lower(a.username) = lower(?)', [name]).whereNull('a.deleted_at').orderBy('a.id')
  if (domain === undefined) query.whereRaw('a.local')
  else query.whereRaw('lower(a.domain) = lower(?)', [domain])
  return (await query.first<{ id: string } | undefined>('a.id'))?.id ?? null
}

/**
 * Local accounts whose name is nearly the text, nearest first: for who mistypes. Empty below four letters.
 * Plan: actors_alike, the trigrams of the few actors of this server.
 */
export async function searchAlike(ctx: Ctx, text: string, limit: number): Promise<ActorPart[]> {
  const name = text.replace(/^@/, '').slice(0, 60)
  if ([...name].length < 4 || name.includes('@')) return []
  const query = ctx
    .db('actors as a')
    .leftJoin('actor_stats as s', 's.actor_id', 'a.id')
    .whereRaw('a.local and a.deleted_at is null')
    .whereNull('a.suspended_at')
    .whereNull('a.limited_at')
    .whereNot('a.type', 'Application')
    .whereRaw("f_unaccent(?) <% f_unaccent(a.username || ' ' || a.name)", [name])
    .orderByRaw("word_similarity(f_unaccent(?), f_unaccent(a.username || ' ' || a.name)) desc, a.id", [name])
    .limit(limit)
    .select(...actorColumns('a'), ...countColumns(ctx.db))
  return (await query) as ActorPart[]
}

/**
 * Public posts, and for people of this instance what is for them alone, with all the words (French stems, accents and capitals do not count; one word alone also finds longer ones that begin with
 * it), newest first; on given days by their beginning. Plan: objects_words for rare words, objects_public backwards for common ones; statistics decide.
 * The same with objects_words_commune and objects_commune_only for what is for this instance alone.
 */
export async function searchObjects(ctx: Ctx, asked: ObjectSearch, viewer: Viewer, limit: number, offset = 0): Promise<StatusRow[]> {
  const of = (visibility: 'public' | 'local'): Knex.QueryBuilder => {
    const some = ctx
      .db('objects as c')
      // Spelled out, so that the partial indexes are seen to fit.
      .whereRaw(`c.visibility = '${visibility}' and c.deleted_at is null and c.reblog_of_id is null`)
      .orderBy(asked.dates === undefined ? [{ column: 'c.id', order: 'desc' }] : [{ column: 'c.start_time' }, { column: 'c.id' }])
      .limit(MAX_CANDIDATES)
      .select('c.*')
    if (asked.words !== '') matchWords(some, asked.words)
    narrow(some, asked, viewer)
    return some
  }
  const candidates = viewer.actorId === null ? of('public') : ctx.db.unionAll([of('public'), of('local')], true)
  const query = ctx
    .db(candidates.as('o'))
    .orderBy(asked.dates === undefined ? [{ column: 'o.id', order: 'desc' }] : [{ column: 'o.start_time' }, { column: 'o.id' }])
    .limit(limit)
    .offset(offset)
    .select(statusColumns('o'))
  // Who does not want to be found by words (FEP-5feb) is not; software that knows no such wish says nothing.
  query.whereRaw(
    `(o.actor_id = ?::bigint or (select w.indexable or (not w.local and w.doc ->> 'indexable' is distinct from 'false') from actors w where w.id = o.actor_id))`,
    [viewer.actorId]
  )
  return (await listedFor(visibleTo(query, viewer, 'o'), viewer, 'o')) as StatusRow[]
}

function matchWords(query: Knex.QueryBuilder, words: string): void {
  const vector = 'search_words(c.name, c.summary, c.content_html, c.place, c.attachments)'
  if (/^[\p{L}\p{N}]{3,}$/u.test(words)) {
    query.whereRaw(
      `${vector} @@ (websearch_to_tsquery('public.communer'::regconfig, search_fold(?::text)) || to_tsquery('simple'::regconfig, f_unaccent(?::text) || ':*'))`,
      [words, words]
    )
  } else query.whereRaw(`${vector} @@ websearch_to_tsquery('public.communer'::regconfig, search_fold(?::text))`, [words])
}

function narrow(query: Knex.QueryBuilder, asked: ObjectSearch, viewer: Viewer): void {
  if (asked.actorId !== null) query.where('c.actor_id', asked.actorId)
  if (asked.followedOnly) {
    query.whereRaw("c.actor_id in (select f.followed_id from follows f where f.follower_id = ?::bigint and f.state = 'accepted')", [
      viewer.actorId
    ])
  }
  if (asked.after !== null) query.whereRaw("c.published >= ?::date::timestamp at time zone 'UTC' + interval '1 day'", [asked.after])
  if (asked.before !== null) query.whereRaw("c.published < ?::date::timestamp at time zone 'UTC'", [asked.before])
  if (asked.has.includes('media')) query.whereRaw("c.attachments <> '[]'")
  if (asked.has.includes('poll')) query.whereRaw('c.poll is not null')
  if (asked.has.includes('link')) query.whereRaw('exists (select 1 from object_cards k where k.object_id = c.id)')
  if (asked.isReply !== null) query.whereRaw(`c.in_reply_to_iri is ${asked.isReply ? 'not null' : 'null'}`)
  if (asked.language !== null) query.where('c.language', asked.language)
  if (asked.maxId !== null) query.where('c.id', '<', asked.maxId)
  if (asked.kind !== undefined) query.whereRaw(KINDS[asked.kind])
  if (asked.theme !== undefined)
    query.whereRaw(
      `c.id in (select t.object_id from object_tags t where t.tag = any(?)
        union select i.object_id from ideas i where i.themes @> array[?]::text[])`,
      [tagsOf(asked.theme), asked.theme]
    )
  if (asked.near !== undefined) nearTo(query, asked.near)
  if (asked.dates !== undefined) onDays(query, asked.dates)
}

const KINDS: Record<ObjectKind, string> = {
  event: "c.type = 'Event'",
  // Few rows each: looked up from there.
  idea: "c.id in (select i.object_id from ideas i where i.state = 'open')",
  vote: 'c.id in (select v.object_id from votes v)',
  post: `c.type <> 'Event' and (select i.object_id from ideas i where i.object_id = c.id) is null
    and (select v.object_id from votes v where v.object_id = c.id) is null`
}

/** Plan: objects_place for the box. */
function nearTo(query: Knex.QueryBuilder, near: NonNullable<ObjectSearch['near']>): void {
  const { west, south, east, north } = boxAround(near)
  query
    .whereRaw('c.latitude is not null and point(c.longitude, c.latitude) <@ box(point(?, ?), point(?, ?))', [west, south, east, north])
    .whereRaw(`${metresTo('c.latitude', 'c.longitude')} <= :radius`, {
      latitude: near.latitude,
      longitude: near.longitude,
      radius: near.radiusMetres
    })
}

/** Plan: objects_agenda for the beginning; what lasts longer than a month is found by its own days alone. */
function onDays(query: Knex.QueryBuilder, { from, until, timezone }: NonNullable<ObjectSearch['dates']>): void {
  query.whereRaw("c.type = 'Event'")
  if (from !== null)
    query.whereRaw(
      `c.start_time >= (:from::date::timestamp at time zone :timezone) - interval '31 days'
        and coalesce(c.end_time, c.start_time) >= :from::date::timestamp at time zone :timezone`,
      { from, timezone }
    )
  if (until !== null) query.whereRaw("c.start_time < (?::date::timestamp + interval '1 day') at time zone ?", [until, timezone])
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
