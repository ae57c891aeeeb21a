// Notification rows → Notification entities. Pure.
import type { Ctx } from '../../../context.ts'
import type { NotificationRow } from '../../../db/rows.ts'
import type { NotificationPage } from '../../../features/notifications/list.ts'
import { groupKeyOf, type GroupPage } from '../../../features/notifications/groups.ts'
import { toAccount } from './account.ts'
import type { Account, Notification, NotificationGroupEntity, GroupedNotifications, Status } from './entities.ts'
import { toStatus } from './status.ts'

/** One notification, or null when who or what it speaks of is gone. A follow speaks of nobody's status. */
export function toNotification(ctx: Ctx, row: NotificationRow, page: NotificationPage): Notification | null {
  const { objects, parts } = page
  const from = parts.actors.get(row.from_id)
  if (from === undefined) return null
  const object = row.object_id === null ? undefined : objects.get(row.object_id)
  const status = object === undefined ? null : toStatus(ctx, object, parts)
  if (row.object_id !== null && status === null) return null
  return {
    id: row.id,
    type: row.type === 'reply' ? 'mention' : row.type,
    created_at: row.created_at.toISOString(),
    group_key: groupKeyOf(row),
    account: toAccount(ctx, from, from),
    status,
    ...about(ctx, row, page),
    ...warning(ctx, row, page)
  }
}

/** What Mastodon has no word for: why a group took something out or an answer is no, and which group or card it is about. */
function about(ctx: Ctx, row: NotificationRow, { parts, removals }: NotificationPage): Pick<Notification, 'communer'> {
  if (row.type === 'group_removed') return { communer: { reason: removals.get(row.object_id ?? '') ?? '' } }
  const group = row.group_id === null ? undefined : parts.actors.get(row.group_id)
  if (group === undefined) return {}
  return { communer: { group: toAccount(ctx, group, group), ...(row.reason === '' ? {} : { reason: row.reason }) } }
}

/** Accounts named by one group; more is a number. */
const SAMPLE = 8

/** Groups with the accounts and statuses they speak of, each once. A group whose status is gone is left out. */
export function toGroupedNotifications(ctx: Ctx, page: GroupPage, sample = SAMPLE): GroupedNotifications {
  const accounts = new Map<string, Account>()
  const statuses = new Map<string, Status>()
  const entities = page.groups.flatMap(({ key, rows, count, newestId }): NotificationGroupEntity[] => {
    const members = rows.flatMap((row) => toNotification(ctx, row, page) ?? [])
    const [newest] = members
    if (newest === undefined) return []
    const senders = [...new Set(members.map(({ account }) => account.id))].slice(0, sample)
    for (const { account, status } of members) {
      if (senders.includes(account.id)) accounts.set(account.id, account)
      if (status !== null) statuses.set(status.id, status)
    }
    return [
      {
        group_key: key,
        notifications_count: count,
        type: newest.type,
        most_recent_notification_id: newestId,
        page_min_id: members.at(-1)!.id,
        page_max_id: newest.id,
        latest_page_notification_at: newest.created_at,
        sample_account_ids: senders,
        status_id: newest.status?.id ?? null,
        ...(newest.communer === undefined ? {} : { communer: newest.communer }),
        ...(newest.moderation_warning === undefined ? {} : { moderation_warning: newest.moderation_warning })
      }
    ]
  })
  return { accounts: [...accounts.values()], statuses: [...statuses.values()], notification_groups: entities }
}

/** Mastodon's words for what moderators do. */
const WARNINGS: Record<string, string> = { warn: 'none', delete: 'delete_statuses', limit: 'silence', suspend: 'suspend' }

/** AccountWarning: what was decided, and why, in the moderators' words. */
function warning(ctx: Ctx, row: NotificationRow, { decisions, parts }: NotificationPage): Partial<Notification> {
  const decision = row.decision_id === null ? undefined : decisions.get(row.decision_id)
  const owner = parts.actors.get(row.owner_id)
  if (decision === undefined) return {}
  return {
    moderation_warning: {
      id: decision.id,
      action: WARNINGS[decision.action] ?? 'none',
      text: decision.reason,
      status_ids: null,
      target_account: owner === undefined ? null : toAccount(ctx, owner, owner),
      appeal: null,
      created_at: decision.created_at.toISOString(),
      communer: { action: decision.action, ground: decision.ground }
    }
  }
}
