// A post's thread: what it answers, up to the first post, and what answers it. Bounded both ways; through visibleTo().
import type { Ctx } from '../context.ts'
import { findStatuses } from './timelines.ts'
import type { StatusRow } from './status-parts.ts'
import type { Viewer } from './visibility.ts'

export interface Thread {
  /** First post of the thread first. */
  ancestors: StatusRow[]
  /** Depth first: each reply is followed by its own replies. */
  descendants: StatusRow[]
}

/** Mastodon shows as many to someone logged in (context limits of its statuses controller are 4096; a page that long helps nobody). */
const MAX_ANCESTORS = 40
const MAX_DESCENDANTS = 400
const MAX_DEPTH = 40

/** The thread around an object, as the viewer may see it. Two recursive queries over primary key and objects_replies, two for the rows. */
export async function loadThread(ctx: Ctx, object: Pick<StatusRow, 'id'>, viewer: Viewer): Promise<Thread> {
  const up = await ancestorIds(ctx, object.id)
  const down = await descendantIds(ctx, object.id)
  const found = await Promise.all([findStatuses(ctx, up, viewer), findStatuses(ctx, down, viewer, { listed: true })])
  const rows = new Map(found.flat().map((row) => [row.id, row]))
  return {
    ancestors: up.flatMap((id) => rows.get(id) ?? []),
    descendants: depthFirst(
      object.id,
      down.flatMap((id) => rows.get(id) ?? [])
    )
  }
}

async function ancestorIds(ctx: Ctx, id: string): Promise<string[]> {
  const found = await ctx.db.raw<{ rows: { id: string }[] }>(
    `with recursive up as (
       select in_reply_to_id as id, 1 as depth from objects where id = :id
       union all
       select o.in_reply_to_id, up.depth + 1 from up join objects o on o.id = up.id where up.depth < :depth
     )
     select id from up where id is not null order by depth desc`,
    { id, depth: MAX_ANCESTORS }
  )
  return found.rows.map((row) => row.id)
}

async function descendantIds(ctx: Ctx, id: string): Promise<string[]> {
  // The limit stands without an order, so that the recursion stops with it: breadth first, nearest replies first.
  const found = await ctx.db.raw<{ rows: { id: string }[] }>(
    `with recursive down as (
       select id, 1 as depth from objects where in_reply_to_id = :id and deleted_at is null
       union all
       select o.id, down.depth + 1 from down join objects o on o.in_reply_to_id = down.id and o.deleted_at is null where down.depth < :depth
     )
     select id from down limit :limit`,
    { id, depth: MAX_DEPTH, limit: MAX_DESCENDANTS }
  )
  return found.rows.map((row) => row.id)
}

/** Replies oldest first, each followed by its own. A reply whose parent is hidden from the viewer comes under the root. */
function depthFirst(rootId: string, rows: StatusRow[]): StatusRow[] {
  const shown = new Set(rows.map((row) => row.id))
  const children = new Map<string, StatusRow[]>()
  for (const row of [...rows].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))) {
    const parent = row.in_reply_to_id !== null && shown.has(row.in_reply_to_id) ? row.in_reply_to_id : rootId
    children.set(parent, [...(children.get(parent) ?? []), row])
  }
  const ordered: StatusRow[] = []
  const waiting = (children.get(rootId) ?? []).toReversed()
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    ordered.push(row)
    waiting.push(...(children.get(row.id) ?? []).toReversed())
  }
  return ordered
}
