// The notifications a person reads, and putting them away. Writing them is db/notifications.ts.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { shown } from '../../db/notifications.ts'
import { inOrder, pageOf, type Page } from '../../db/paging.ts'
import type { AccountRow, DecisionRow, NotificationRow } from '../../db/rows.ts'
import { loadStatusParts, type StatusParts, type StatusRow } from '../../db/status-parts.ts'
import { findStatuses } from '../../db/timelines.ts'

export interface NotificationFilter {
  types?: string[]
  excludeTypes?: string[]
  fromId?: string
  /** About this post; null: about none. */
  objectId?: string | null
  /** Also what the reader's policy put aside. */
  includeFiltered?: boolean
}

export interface NotificationPage {
  rows: NotificationRow[]
  objects: Map<string, StatusRow>
  parts: StatusParts
  /** Moderators' decisions some of them speak of. */
  decisions: Map<string, DecisionRow>
  /** Why groups took posts out, by row id of the post. */
  removals: Map<string, string>
}

/** A page of notifications with what they speak of. Plan: notifications_owner; six queries at most, whatever the length. */
export async function listNotifications(ctx: Ctx, ownerId: string, filter: NotificationFilter, page: Page): Promise<NotificationPage> {
  const query = shown(ctx, ownerId, filter.includeFiltered).select('n.*')
  if (filter.types !== undefined && filter.types.length > 0) query.whereIn('n.type', filter.types)
  if (filter.excludeTypes !== undefined && filter.excludeTypes.length > 0) query.whereNotIn('n.type', filter.excludeTypes)
  if (filter.fromId !== undefined) query.where('n.from_id', filter.fromId)
  if (filter.objectId !== undefined) query.where('n.object_id', filter.objectId)
  return withObjects(ctx, ownerId, inOrder((await pageOf(query, 'n.id', page)) as NotificationRow[], page))
}

/** One notification of one's own, or an empty page. */
export async function findNotification(ctx: Ctx, ownerId: string, id: string): Promise<NotificationPage> {
  const rows = (await shown(ctx, ownerId).where('n.id', id).select('n.*')) as NotificationRow[]
  return withObjects(ctx, ownerId, rows)
}

/** The last notification a person has read, by their marker. */
export function lastReadOf(account: Pick<AccountRow, 'preferences' | 'notifications_read_id'>): string {
  return account.preferences.markers?.['notifications']?.last_read_id ?? account.notifications_read_id
}

/** How many came after the last one read, at most `limit`. */
export async function countUnread(ctx: Ctx, ownerId: string, readId: string, limit: number): Promise<number> {
  const unread = shown(ctx, ownerId).where('n.id', '>', readId).limit(limit).select('n.id').as('unread')
  const row = await ctx.db(unread).count<{ count: string }[]>({ count: '*' })
  return Number(row[0]?.count ?? 0)
}

/** Puts one away, or all of them. */
export async function dismissNotifications(ctx: Ctx, ownerId: string, id: string | null): Promise<void> {
  const query = ctx.db('notifications').where({ owner_id: ownerId })
  await (id === null ? query : query.where({ id })).delete()
}

async function withObjects(ctx: Ctx, ownerId: string, rows: NotificationRow[]): Promise<NotificationPage> {
  const viewer = { actorId: ownerId }
  const objects = await findStatuses(ctx, [...new Set(rows.flatMap((row) => row.object_id ?? []))], viewer)
  const parts = await loadStatusParts(
    ctx,
    objects,
    viewer,
    rows.flatMap((row) => [row.from_id, ...(row.group_id === null ? [] : [row.group_id])])
  )
  const decisionIds = rows.flatMap((row) => row.decision_id ?? [])
  const decisions = decisionIds.length === 0 ? [] : await ctx.db<DecisionRow>('decisions').whereIn('id', decisionIds)
  return {
    rows,
    objects: new Map(objects.map((object) => [object.id, object])),
    parts,
    decisions: new Map(decisions.map((decision) => [decision.id, decision])),
    removals: await removalsOf(ctx.db, rows)
  }
}

async function removalsOf(db: Knex, rows: NotificationRow[]): Promise<Map<string, string>> {
  const ids = rows.flatMap((row) => (row.type === 'group_removed' ? (row.object_id ?? []) : []))
  if (ids.length === 0) return new Map()
  const found = await db('group_removals').whereIn('object_id', ids).select<{ object_id: string; reason: string }[]>('object_id', 'reason')
  return new Map(found.map((row) => [row.object_id, row.reason]))
}
