// Puts grouped notifications together again: the API sends each account and message once.
import type { GroupedNotifications, NotificationGroup } from '../entities.ts'

/** The groups of an answer with who came last and what they are about; groups of unknown people are left out. */
export function notificationGroups(body: unknown): NotificationGroup[] {
  const { accounts = [], statuses = [], notification_groups: groups = [] } = (body ?? {}) as Partial<GroupedNotifications>
  const people = new Map(accounts.map((account) => [account.id, account]))
  const posts = new Map(statuses.map((status) => [status.id, status]))
  return groups.flatMap((group) => {
    const account = people.get(group.sample_account_ids[0] ?? '')
    if (account === undefined) return []
    return [
      {
        id: group.group_key,
        newest_id: group.most_recent_notification_id,
        type: group.type,
        created_at: group.latest_page_notification_at,
        account,
        people: Math.max(group.notifications_count, 1),
        status: posts.get(group.status_id ?? '') ?? null,
        ...(group.communer ? { communer: group.communer } : {}),
        ...(group.moderation_warning ? { moderation_warning: group.moderation_warning } : {})
      }
    ]
  })
}
