// Where people's devices want to hear of notifications (Web Push): one subscription for each token. Sending is protocol/push.ts.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { PushSubscriptionRow } from '../../db/rows.ts'
import { checkTarget } from '../../protocol/fetch.ts'

/** Types a device may ask for: Mastodon's, then ours. */
export const ALERTS = [
  'mention',
  'quote',
  'status',
  'reblog',
  'follow',
  'follow_request',
  'favourite',
  'poll',
  'update',
  'moderation_warning',
  'event_join',
  'event_request',
  'event_guest',
  'event_accepted',
  'event_refused',
  'event_cancelled',
  'event_postponed',
  'event_online',
  'event_moved',
  'event_reminder',
  'event_deleted',
  'event_invite',
  'group_invite',
  'group_accepted',
  'group_refused',
  'group_removed',
  'group_request',
  'group_joined',
  'idea_due',
  'idea_answered',
  'idea_project',
  'proposal_amended',
  'amendment_decided',
  'proposal_decided',
  'task_given',
  'task_done',
  'task_soon',
  'task_late',
  'vote_soon',
  'vote_closed',
  'vote_request',
  'vote_review',
  'card_claim',
  'card_correction',
  'card_accepted',
  'card_refused',
  'card_given',
  'correction_accepted',
  'correction_refused',
  'card_merged'
] as const

export interface SubscriptionInput {
  endpoint: string
  p256dh: string
  auth: string
  standard: boolean
  alerts: Record<string, boolean | undefined>
  policy?: string
}

/** The subscription of a token. Throws 404. */
export async function getSubscription(ctx: Ctx, tokenId: string): Promise<PushSubscriptionRow> {
  const row = await ctx.db<PushSubscriptionRow>('push_subscriptions').where({ token_id: tokenId }).first()
  if (row === undefined) throw new AppError('request.not-found', 404, 'Record not found')
  return row
}

/** Replaces the subscription of a token. Throws push.invalid (422), and fetch.refused for an endpoint inside our own network. */
export async function subscribe(
  ctx: Ctx,
  owner: { actorId: string; tokenId: string },
  input: SubscriptionInput
): Promise<PushSubscriptionRow> {
  if (Buffer.from(input.p256dh, 'base64url').length !== 65 || Buffer.from(input.auth, 'base64url').length !== 16) throw invalid()
  if (input.endpoint.length > 2000) throw invalid()
  await checkTarget(ctx, input.endpoint)
  const now = ctx.clock.now()
  const row = {
    id: newId(now),
    actor_id: owner.actorId,
    token_id: owner.tokenId,
    endpoint: input.endpoint,
    p256dh: input.p256dh,
    auth: input.auth,
    standard: input.standard,
    alerts: alertsOf(input.alerts),
    policy: policyOf(input.policy) ?? 'all',
    created_at: now
  }
  await ctx.db('push_subscriptions').insert(row).onConflict('token_id').merge()
  return getSubscription(ctx, owner.tokenId)
}

/** Changes what the device wants to hear of. Throws 404. */
export async function changeAlerts(
  ctx: Ctx,
  tokenId: string,
  { alerts, policy }: { alerts: Record<string, boolean | undefined>; policy?: string }
): Promise<PushSubscriptionRow> {
  const known = await getSubscription(ctx, tokenId)
  await ctx
    .db('push_subscriptions')
    .where({ id: known.id })
    .update({ alerts: alertsOf(alerts), policy: policyOf(policy) ?? known.policy })
  return getSubscription(ctx, tokenId)
}

/** Ends it; nothing happens when there was none. */
export async function unsubscribe(ctx: Ctx, tokenId: string): Promise<void> {
  await ctx.db('push_subscriptions').where({ token_id: tokenId }).delete()
}

function alertsOf(alerts: Record<string, boolean | undefined>): string[] {
  return ALERTS.filter((type) => alerts[type] === true)
}

function policyOf(policy: string | undefined): PushSubscriptionRow['policy'] | undefined {
  return (['all', 'followed', 'follower', 'none'] as const).find((one) => one === policy)
}

function invalid(): AppError {
  return new AppError('push.invalid', 422, 'This push subscription cannot be used.')
}
