// Notifications in groups: likes and boosts of one post, and new followers, of the same half day are one (docs.joinmastodon.org/methods/grouped_notifications).
import type { Ctx } from '../../context.ts'
import { dateOfId } from '../../core/ids.ts'
import type { Page } from '../../db/paging.ts'
import type { NotificationRow } from '../../db/rows.ts'
import { shown } from '../../db/notifications.ts'
import { dismissNotifications, listNotifications, type NotificationFilter, type NotificationPage } from './list.ts'

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
  const found = await listNotifications(ctx, ownerId, filter, { ...page, limit: Math.min(page.limit * 20, MAX_ROWS) })
  const types = filter.groupedTypes ?? GROUPABLE
  const inReadingOrder = page.minId === null ? found.rows : found.rows.toReversed()
  const byKey = new Map<string, NotificationRow[]>()
  for (const row of inReadingOrder) {
    const key = groupKeyOf(row, types)
    if (!byKey.has(key) && byKey.size === page.limit) break
    byKey.set(key, [...(byKey.get(key) ?? []), row])
  }
  const groups = [...byKey].map(([key, rows]) => ({ key, rows: page.minId === null ? rows : rows.toReversed() }))
  const counted = await withCounts(ctx, ownerId, groups)
  return { ...found, rows: groups.flatMap(({ rows }) => rows), groups: page.minId === null ? counted : counted.toReversed() }
}

/** One group with all its notifications; empty when there is none. */
export async function findGroup(ctx: Ctx, ownerId: string, key: string): Promise<GroupPage> {
  const range = rangeOf(key)
  const all = { maxId: range.before, sinceId: range.after, minId: null, limit: MAX_ROWS }
  const found = await listNotifications(ctx, ownerId, {}, all)
  const rows = found.rows.filter((row) => groupKeyOf(row) === key || key === `ungrouped-${row.id}`)
  const groups = rows.length === 0 ? [] : [{ key, rows, count: rows.length, newestId: rows[0]!.id }]
  return { ...found, rows, groups }
}

/** Puts a whole group away. */
export async function dismissGroup(ctx: Ctx, ownerId: string, key: string): Promise<void> {
  const { rows } = await findGroup(ctx, ownerId, key)
  for (const { id } of rows) await dismissNotifications(ctx, ownerId, id)
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
  const ranges = many.map(({ key }) => rangeOf(key))
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

/** The ids between which a group lies, both excluded; an impossible range for what is no key. */
function rangeOf(key: string): { after: string; before: string } {
  const alone = /^ungrouped-([0-9]{1,19})$/.exec(key)
  if (alone !== null) return around(BigInt(alone[1]!), BigInt(alone[1]!))
  const halfDay = /^[a-z]+-(?:[0-9]{1,19}-)?([0-9]{1,6})$/.exec(key)
  if (halfDay === null) return { after: '0', before: '0' }
  const start = BigInt(halfDay[1]!) * BigInt(HALF_DAY_MS)
  return around(start << 16n, ((start + BigInt(HALF_DAY_MS)) << 16n) - 1n)
}

function around(first: bigint, last: bigint): { after: string; before: string } {
  const max = 0x7fff_ffff_ffff_ffffn
  return { after: String(first > 0n ? (first > max ? max : first) - 1n : 0n), before: String(last >= max ? max : last + 1n) }
}

const smaller = (one: string, other: string): string => (BigInt(one) < BigInt(other) ? one : other)
const larger = (one: string, other: string): string => (BigInt(one) > BigInt(other) ? one : other)
