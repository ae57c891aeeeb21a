// Keyset pages as the Mastodon API asks for them: max_id (older than), since_id (newer than, newest first), min_id (just newer
// than). Never OFFSET: each page is a range of an index.
import type { Knex } from 'knex'

export interface Page {
  maxId: string | null
  sinceId: string | null
  minId: string | null
  limit: number
  /** Only these, for what just happened (streaming). */
  ids?: string[]
}

/** Adds bounds, order and limit on `column` to a query. With minId rows come oldest first: put them back with inOrder(). */
export function pageOf(query: Knex.QueryBuilder, column: string, page: Page): Knex.QueryBuilder {
  if (page.maxId !== null) query.where(column, '<', page.maxId)
  if (page.sinceId !== null) query.where(column, '>', page.sinceId)
  if (page.minId !== null) query.where(column, '>', page.minId)
  if (page.ids !== undefined) query.whereRaw('?? = any(array(select unnest(?::bigint[])))', [column, page.ids])
  return query.orderBy(column, page.minId === null ? 'desc' : 'asc').limit(page.limit)
}

/** The rows of a page, newest first whichever way they were read. */
export function inOrder<Row>(rows: Row[], page: Page): Row[] {
  return page.minId === null ? rows : rows.toReversed()
}
