// Notifications in groups: likes and boosts of one post, and new followers, of the same half day are one (docs.joinmastodon.org/methods/grouped_notifications).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { dateOfId, isRowId } from '../../core/ids.ts'
import type { Page } from '../../db/paging.ts'
import type { NotificationRow } from '../../db/rows.ts'
import { shown } from '../../db/notifications.ts'
import { listNotifications, type NotificationFilter, type NotificationPage } from './list.ts'

/** What may be grouped. */
export const GROUPABLE = ['favourite', 'reblog', 'follow'] as const

const HALF_DAY_MS = 12 * 3_600_000
/** Notifications read for one page of groups: a flood of likes makes a short page, not a long wait. */
const MAX_ROWS = 400

export interface NotificationGroup {
  key: string
  /** Those of the page, newest first; at least one. */
  rows: NotificationRow[]
  /** Of the whole group, on this page or not. */
  count: number
  newestId: string
}

export interface GroupPage extends NotificationPage {
  groups: NotificationGroup[]
  /** There may be older ones (with minId: newer ones). */
  hasMore: boolean
}

/** The key of a notification's group; the same for all that belong together. `ungrouped-ID` stands alone. */
export function groupKeyOf(row: Pick<NotificationRow, 'id' | 'type' | 'object_id'>, types: readonly string[] = GROUPABLE): string {
  if (!GROUPABLE.some((type) => type === row.type) || !types.includes(row.type)) return `ungrouped-${row.id}`
  const halfDay = Math.floor(dateOfId(row.id).getTime() / HALF_DAY_MS)
  return row.object_id === null ? `${row.type}-${halfDay}` : `${row.type}-${row.object_id}-${halfDay}`
}

/** A page of groups; `page.limit` counts groups. Plan: notifications_owner, a range of at most 400 rows, and their half days for the counts. */
export async function listGroups(
  ctx: Ctx,
  ownerId: string,
  filter: NotificationFilter & { groupedTypes?: string[] },
  page: Page
): Promise<GroupPage> {
  const most = Math.min(page.limit * 20, MAX_ROWS)
  const found = await listNotifications(ctx, ownerId, filter, { ...page, limit: most })
  const types = filter.groupedTypes ?? GROUPABLE
  const inReadingOrder = page.minId === null ? found.rows : found.rows.toReversed()
  const byKey = new Map<string, NotificationRow[]>()
  // A flood of likes fills the rows long before the groups.
  let hasMore = found.rows.length === most
  for (const row of inReadingOrder) {
    const key = groupKeyOf(row, types)
    if (!byKey.has(key) && byKey.size === page.limit) {
      hasMore = true
      break
    }
    byKey.set(key, [...(byKey.get(key) ?? []), row])
  }
  const groups = [...byKey].map(([key, rows]) => ({ key, rows: page.minId === null ? rows : rows.toReversed() }))
  const counted = await withCounts(ctx, ownerId, groups)
  return { ...found, rows: groups.flatMap(({ rows }) => rows), groups: page.minId === null ? counted : counted.toReversed(), hasMore }
}

/**
 * One group with its newest notifications, at most `limit`; empty when there is none. Plan: notifications_owner, the range of its half day;
 * only what is given back is loaded whole.
 */
export async function findGroup(ctx: Ctx, ownerId: string, key: string, limit: number): Promise<GroupPage> {
  const members = membersOf(key)
  const newest = { maxId: members.before, sinceId: members.after, minId: null, limit }
  const found = await listNotifications(
    ctx,
    ownerId,
    { types: members.type === null ? [] : [members.type], objectId: members.objectId },
    newest
  )
  const { rows } = found
  if (rows.length === 0) return { ...found, groups: [], hasMore: false }
  const count = rows.length < limit ? rows.length : await countMembers(ctx, ownerId, members)
  return { ...found, groups: [{ key, rows, count, newestId: rows[0]!.id }], hasMore: count > rows.length }
}

/** Puts a whole group away. */
export async function dismissGroup(ctx: Ctx, ownerId: string, key: string): Promise<void> {
  await within(ctx.db('notifications as n').where('n.owner_id', ownerId), membersOf(key)).delete()
}

async function countMembers(ctx: Ctx, ownerId: string, members: Members): Promise<number> {
  const row = await within(shown(ctx, ownerId), members).count<{ count: string }[]>({ count: '*' })
  return Number(row[0]?.count ?? 0)
}

function within(query: Knex.QueryBuilder, { after, before, type, objectId }: Members): Knex.QueryBuilder {
  query.where('n.id', '>', after).where('n.id', '<', before)
  if (type !== null) query.where('n.type', type)
  if (objectId !== undefined) query.where('n.object_id', objectId)
  return query
}

/** How many groups came after the last notification read, at most `limit`. */
export async function countUnreadGroups(ctx: Ctx, ownerId: string, readId: string, limit: number): Promise<number> {
  const rows = (await shown(ctx, ownerId)
    .where('n.id', '>', readId)
    .orderBy('n.id', 'desc')
    .limit(limit)
    .select('n.id', 'n.type', 'n.object_id')) as NotificationRow[]
  return new Set(rows.map((row) => groupKeyOf(row))).size
}

async function withCounts(ctx: Ctx, ownerId: string, groups: { key: string; rows: NotificationRow[] }[]): Promise<NotificationGroup[]> {
  const alone = ({ key, rows }: { key: string; rows: NotificationRow[] }): NotificationGroup => ({
    key,
    rows,
    count: rows.length,
    newestId: rows[0]!.id
  })
  const many = groups.filter(({ key }) => !key.startsWith('ungrouped-'))
  if (many.length === 0) return groups.map(alone)
  const ranges = many.map(({ key }) => membersOf(key))
  const found = (await shown(ctx, ownerId)
    .where('n.id', '>', ranges.map(({ after }) => after).reduce(smaller))
    .where('n.id', '<', ranges.map(({ before }) => before).reduce(larger))
    .whereIn('n.type', [...GROUPABLE])
    .orderBy('n.id', 'desc')
    .limit(MAX_ROWS * 5)
    .select('n.id', 'n.type', 'n.object_id')) as NotificationRow[]
  const members = groupBy(found)
  return groups.map((group) => {
    const all = members.get(group.key)
    return all === undefined ? alone(group) : { ...group, count: Math.max(all.length, group.rows.length), newestId: all[0]!.id }
  })
}

function groupBy(rows: NotificationRow[]): Map<string, NotificationRow[]> {
  const groups = new Map<string, NotificationRow[]>()
  for (const row of rows) {
    const key = groupKeyOf(row)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [row])
    else known.push(row)
  }
  return groups
}

/** What belongs to a group: ids between two bounds (both excluded), and for what is no `ungrouped-ID` the type and the post, null for none. */
interface Members {
  after: string
  before: string
  type: string | null
  objectId?: string | null
}

/** Who may be in a group, by its key; nobody for what is no key. */
function membersOf(key: string): Members {
  const alone = /^ungrouped-([0-9]{1,19})$/.exec(key)
  if (alone !== null) return { ...around(BigInt(alone[1]!), BigInt(alone[1]!)), type: null }
  const [, type, objectId, halfDay] = /^([a-z]+)-(?:([0-9]{1,19})-)?([0-9]{1,6})$/.exec(key) ?? []
  const isReal = GROUPABLE.some((one) => one === type) && (objectId === undefined || isRowId(objectId))
  if (type === undefined || !isReal) return { after: '0', before: '0', type: null }
  const start = BigInt(halfDay!) * BigInt(HALF_DAY_MS)
  return { ...around(start << 16n, ((start + BigInt(HALF_DAY_MS)) << 16n) - 1n), type, objectId: objectId ?? null }
}

function around(first: bigint, last: bigint): { after: string; before: string } {
  const max = 0x7fff_ffff_ffff_ffffn
  return { after: String(first > 0n ? (first > max ? max : first) - 1n : 0n), before: String(last >= max ? max : last + 1n) }
}

const smaller = (one: string, other: string): string => (BigInt(one) < BigInt(other) ? one : other)
const larger = (one: string, other: string): string => (BigInt(one) > BigInt(other) ? one : other)
