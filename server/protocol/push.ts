// Web Push (RFC 8030, 8291, 8292): encrypts for one device and hands the message to its push service, through fetch.ts like everything else.
import webpush from 'web-push'
import type { Ctx } from '../context.ts'
import { vapidKeys } from '../db/push.ts'
import type { PushSubscriptionRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { postActivity } from './fetch.ts'

/** As Mastodon: older news is in the list anyway. */
const TTL_SECONDS = 48 * 3600

/** The public key apps subscribe with, base64url. */
export async function pushPublicKey(ctx: Ctx): Promise<string> {
  return (await vapidKeys(ctx, webpush.generateVAPIDKeys)).publicKey
}

/** Sends a message; what the service answered. Throws fetch.refused, fetch.unreachable. */
export async function sendPush(
  ctx: Ctx,
  { endpoint, p256dh, auth, standard }: PushSubscriptionRow,
  message: object
): Promise<{ status: number; retryAfterSeconds: number | null }> {
  const keys = await vapidKeys(ctx, webpush.generateVAPIDKeys)
  const { headers, body } = webpush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, JSON.stringify(message), {
    TTL: TTL_SECONDS,
    urgency: 'normal',
    contentEncoding: standard ? 'aes128gcm' : 'aesgcm',
    vapidDetails: { subject: subjectOf(ctx), ...keys }
  })
  const plain = Object.fromEntries(Object.entries(headers as Record<string, unknown>).map(([name, value]) => [name, String(value)]))
  return postActivity(ctx, { inbox: endpoint, body, headers: plain })
}

/** Whom a push service may write to: RFC 8292 wants https or mailto, a machine at a desk has no https. */
function subjectOf(ctx: Ctx): string {
  const { origin, accountDomain } = requireSite(ctx)
  return origin.startsWith('https:') ? origin : `mailto:webmaster@${accountDomain}`
}
