// Counting hashtags: how often, by how many, since when. Plain counts of public posts, bounded; nothing is weighed.
import type { Ctx } from '../context.ts'
import { idAt } from '../core/ids.ts'
import type { Viewer } from './visibility.ts'

const DAY_MS = 86_400_000
/** Days a hashtag's history goes back, as in Mastodon. */
export const HISTORY_DAYS = 7
/** Newest uses of one hashtag, or newest posts of one actor, that counts look at. */
const MAX_USES = 2000

export interface TagDayRow {
  tag: string
  /** Midnight (UTC). */
  day: Date
  uses: number
  accounts: number
}

const COUNTED = `o.visibility = 'public' and o.deleted_at is null and (select a.limited_at is null and a.suspended_at is null
  and (a.host_action is null or a.host_action in ('allow', 'reject_media')) from actors a where a.id = o.actor_id)`

/** How the hashtags (folded) were used on each of the last days; days without use have no row. Plan: object_tags_pkey backwards, objects by primary key. */
export async function tagHistory(ctx: Ctx, tags: string[]): Promise<TagDayRow[]> {
  if (tags.length === 0) return []
  const since = idAt(new Date(ctx.clock.now().getTime() - HISTORY_DAYS * DAY_MS))
  const found = await ctx.db.raw<{ rows: TagDayRow[] }>(
    `select wanted.tag, date_trunc('day', used.published, 'UTC') as day, count(*)::integer as uses, count(distinct used.actor_id)::integer as accounts
     from unnest(?::text[]) as wanted (tag) cross join lateral (
       select o.published, o.actor_id from object_tags t join objects o on o.id = t.object_id
       where t.tag = wanted.tag and t.object_id > ? and ${COUNTED} order by t.object_id desc limit ${MAX_USES}) as used
     group by 1, 2`,
    [tags, since]
  )
  return found.rows
}

export interface TagUse {
  tag: string
  statuses: number
  last: Date | null
}

/** How often one actor used each of these hashtags in their newest public posts, and when last. Plan: objects_actor backwards, at most 2,000 rows, object_tags_object. */
export async function tagUseOf(ctx: Ctx, actorId: string, tags: string[]): Promise<Map<string, TagUse>> {
  if (tags.length === 0) return new Map()
  const found = await ctx.db.raw<{ rows: TagUse[] }>(
    `select t.tag, count(*)::integer as statuses, max(o.published) as last
     from (select id, published from objects where actor_id = ? and deleted_at is null and visibility in ('public', 'unlisted')
       order by id desc limit ${MAX_USES}) o
     join object_tags t on t.object_id = o.id where t.tag = any(?::text[]) group by t.tag`,
    [actorId, tags]
  )
  return new Map(found.rows.map((row) => [row.tag, row]))
}

/** The hashtags an actor used most in their latest posts, most used first. Plan: objects_actor, object_tags_object. */
export async function tagsUsedBy(ctx: Ctx, actorId: string, limit: number): Promise<string[]> {
  const found = await ctx.db.raw<{ rows: { tag: string }[] }>(
    `select t.tag from (select id from objects where actor_id = ? and deleted_at is null and visibility in ('public', 'unlisted')
       order by id desc limit 200) recent join object_tags t on t.object_id = recent.id
     group by t.tag order by count(*) desc, max(recent.id) desc limit ?`,
    [actorId, limit]
  )
  return found.rows.map(({ tag }) => tag)
}

/** Which of these hashtags (folded) the viewer follows, or shows on their profile. Plan: the unique keys. */
export async function keptOf(ctx: Ctx, table: 'tag_follows' | 'featured_tags', viewer: Viewer, tags: string[]): Promise<Set<string>> {
  if (viewer.actorId === null) return new Set()
  return new Set(await ctx.db(table).where({ actor_id: viewer.actorId }).whereIn('tag', tags).pluck<string[]>('tag'))
}
