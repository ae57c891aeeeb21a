// What a person lets through to their notifications, and the requests of those whose news were put aside. Applied in db/notifications.ts.
import type { Ctx } from '../../context.ts'
import { pageOf, inOrder, type Page } from '../../db/paging.ts'
import type { AccountRow, NotificationPolicy } from '../../db/rows.ts'

export const POLICY_RULES = [
  'for_not_following',
  'for_not_followers',
  'for_new_accounts',
  'for_private_mentions',
  'for_limited_accounts'
] as const

/** What holds until the person says otherwise. */
const DEFAULT_POLICY: NotificationPolicy = {
  for_not_following: 'accept',
  for_not_followers: 'accept',
  for_new_accounts: 'accept',
  for_private_mentions: 'accept',
  for_limited_accounts: 'drop'
}

/** A sender whose notifications wait, under the sender's id. */
export interface NotificationRequest {
  from_id: string
  count: number
  first_at: Date
  last_at: Date
  last_object_id: string | null
}

export interface PolicySummary {
  requests: number
  notifications: number
}

/** The policy of a person. */
export function policyOf(account: Pick<AccountRow, 'preferences'>): NotificationPolicy {
  return { ...DEFAULT_POLICY, ...account.preferences.notificationPolicy }
}

/** Changes what is named; words that are no verdict are left out. */
export async function updatePolicy(ctx: Ctx, account: AccountRow, wanted: Record<string, unknown>): Promise<NotificationPolicy> {
  const policy = policyOf(account)
  for (const rule of POLICY_RULES) {
    const verdict = (['accept', 'filter', 'drop'] as const).find((one) => one === wanted[rule])
    if (verdict !== undefined) policy[rule] = verdict
  }
  await ctx
    .db('accounts')
    .where({ id: account.id })
    .update({ preferences: ctx.db.raw('preferences || ?::jsonb', [JSON.stringify({ notificationPolicy: policy })]) } as never)
  return policy
}

/** How much waits. Plan: notifications_filtered. */
export async function policySummary(ctx: Ctx, ownerId: string): Promise<PolicySummary> {
  const row = await ctx
    .db('notifications')
    .where({ owner_id: ownerId, filtered: true })
    .first<{ requests: string; notifications: string }>(ctx.db.raw('count(distinct from_id) as requests, count(*) as notifications'))
  return { requests: Number(row.requests), notifications: Number(row.notifications) }
}

/** Senders whose notifications wait, by account id. Plan: notifications_filtered. */
export async function listRequests(ctx: Ctx, ownerId: string, page: Page): Promise<NotificationRequest[]> {
  return inOrder((await pageOf(requests(ctx, ownerId), 'n.from_id', page)) as NotificationRequest[], page)
}

/** One sender's, or null. */
export async function findRequest(ctx: Ctx, ownerId: string, fromId: string): Promise<NotificationRequest | null> {
  return ((await requests(ctx, ownerId).where('n.from_id', fromId).first()) as NotificationRequest | undefined) ?? null
}

/** Lets these senders through from now on, and shows what waited. */
export async function acceptRequests(ctx: Ctx, ownerId: string, fromIds: string[]): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const shown = await trx('notifications')
      .where({ owner_id: ownerId, filtered: true })
      .whereIn('from_id', fromIds)
      .update({ filtered: false })
      .returning<{ from_id: string }[]>('from_id')
    const senders = [...new Set(shown.map(({ from_id: id }) => id))]
    if (senders.length === 0) return
    await trx('notification_permissions')
      .insert(senders.map((id) => ({ owner_id: ownerId, from_id: id })))
      .onConflict()
      .ignore()
  })
}

/** Forgets what waited of these senders. */
export async function dismissRequests(ctx: Ctx, ownerId: string, fromIds: string[]): Promise<void> {
  await ctx.db('notifications').where({ owner_id: ownerId, filtered: true }).whereIn('from_id', fromIds).delete()
}

function requests(ctx: Ctx, ownerId: string) {
  return ctx
    .db('notifications as n')
    .where({ 'n.owner_id': ownerId, 'n.filtered': true })
    .groupBy('n.from_id')
    .select(
      'n.from_id',
      ctx.db.raw('count(*)::integer as count, min(n.created_at) as first_at, max(n.created_at) as last_at'),
      ctx.db.raw('(array_agg(n.object_id order by n.id desc) filter (where n.object_id is not null))[1] as last_object_id')
    )
}
