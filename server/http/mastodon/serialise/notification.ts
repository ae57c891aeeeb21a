// Notification rows → Notification entities. Pure.
import type { Ctx } from '../../../context.ts'
import type { NotificationRow } from '../../../db/rows.ts'
import type { StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { toAccount } from './account.ts'
import type { Notification } from './entities.ts'
import { toStatus } from './status.ts'

/** One notification, or null when who or what it speaks of is gone. A follow speaks of nobody's status. */
export function toNotification(ctx: Ctx, row: NotificationRow, objects: Map<string, StatusRow>, parts: StatusParts): Notification | null {
  const from = parts.actors.get(row.from_id)
  if (from === undefined) return null
  const object = row.object_id === null ? undefined : objects.get(row.object_id)
  const status = object === undefined ? null : toStatus(ctx, object, parts)
  if (row.object_id !== null && status === null) return null
  return {
    id: row.id,
    type: row.type === 'reply' ? 'mention' : row.type,
    created_at: row.created_at.toISOString(),
    group_key: `ungrouped-${row.id}`,
    account: toAccount(ctx, from, from),
    status
  }
}
