// Tells one device of one notification: the chore behind Web Push. The text is short and in the person's language; the app asks for the rest.
import type { Ctx } from '../../context.ts'
import { cardNoticePage } from '../../core/card-notices.ts'
import { AppError } from '../../core/errors.ts'
import { plainText } from '../../core/plain-text.ts'
import { livingTokens } from '../../db/live.ts'
import { shown } from '../../db/notifications.ts'
import type { AccountRow, ActorRow, NotificationRow, PushSubscriptionRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import { findStatus } from '../../db/timelines.ts'
import { isLocale, text } from '../../locales/texts.ts'
import { sendPush } from '../../protocol/push.ts'

const MAX_BODY = 140
/** Push services that fail this long have lost the device. */
const GIVE_UP_MS = 2 * 86_400_000

/** Does the chore `subscription:notification`. A device that is gone (404, 410) is forgotten; a service that is busy is asked again. */
export async function pushNotification(ctx: Ctx, subject: string): Promise<Date | null> {
  const [subscriptionId, notificationId] = subject.split(':') as [string, string]
  const subscription = await ctx.db<PushSubscriptionRow>('push_subscriptions').where({ id: subscriptionId }).first()
  if (subscription === undefined) return null
  // Logged out, or the password was changed: the device hears nothing more.
  if (!(await livingTokens(ctx, [subscription.token_id])).has(subscription.token_id)) {
    await ctx.db('push_subscriptions').where({ id: subscription.id }).delete()
    return null
  }
  // What its owner would be shown now: nothing of whom they muted or blocked meanwhile.
  const notification = (await shown(ctx, subscription.actor_id).where('n.id', notificationId).first('n.*')) as NotificationRow | undefined
  if (notification === undefined) return null
  if (ctx.clock.now().getTime() - notification.created_at.getTime() > GIVE_UP_MS) return null
  const message = await messageOf(ctx, notification)
  if (message === null) return null
  const { status } = await sendPush(ctx, subscription, message)
  if (status === 404 || status === 410) await ctx.db('push_subscriptions').where({ id: subscription.id }).delete()
  // A refusal of this very message would be refused again.
  else if (status === 429 || status >= 500) throw new AppError('push.later', 503, `The push service answered ${status}.`)
  else if (status >= 300) ctx.count('push.refused')
  return null
}

/** The message as Mastodon's (web/notification_serializer.rb); null when who or what it speaks of is gone. The token itself is known to the app alone. */
async function messageOf(ctx: Ctx, notification: NotificationRow): Promise<object | null> {
  const from = await ctx
    .db<ActorRow>('actors')
    .where({ id: notification.from_id })
    .whereNull('suspended_at')
    .whereNull('deleted_at')
    .first()
  const account = await ctx.db<AccountRow>('accounts').where({ actor_id: notification.owner_id, status: 'active' }).first()
  if (from === undefined || account === undefined) return null
  const status = notification.object_id === null ? null : await findStatus(ctx, notification.object_id, { actorId: notification.owner_id })
  if (notification.object_id !== null && status === null) return null
  const locale = isLocale(account.locale) ? account.locale : 'fr'
  const group = notification.group_id === null ? undefined : await ctx.db<ActorRow>('actors').where({ id: notification.group_id }).first()
  const words = status === null ? notification.reason || from.summary : (status.summary ?? '') || status.content_html
  return {
    access_token: '',
    preferred_locale: locale,
    notification_id: notification.id,
    notification_type: notification.type,
    icon: iconOf(ctx, from),
    title: text(locale, sentenceOf(notification.type), {
      name: from.name || from.username,
      group: group === undefined ? '' : group.name || group.username
    }),
    body: shorten(plainText(words)),
    url: (group === undefined ? null : cardNoticePage(notification.type, group.username)) ?? pageOf(status)
  }
}

/** Path of the page it speaks of: our own posts' and events' pages, else the news. */
function pageOf(status: StatusRow | null): string {
  if (status?.type === 'Event') return `/evenements/${status.id}`
  return status !== null && status.local && status.url !== null ? new URL(status.url).pathname : '/notifications'
}

/** Mastodon's are said in a few words, ours as in mails. */
const SHORT = ['mention', 'quote', 'status', 'reblog', 'follow', 'follow_request', 'favourite', 'poll', 'update']
function sentenceOf(type: string): string {
  return SHORT.includes(type) ? `push.${type}` : `notice.${type}`
}

/** A device never asks another server for a picture: it would learn who reads what. */
function iconOf(ctx: Ctx, { local, icon }: ActorRow): string {
  const { origin } = requireSite(ctx)
  return local && icon !== null ? new URL(icon.url, origin).href : `${origin}/avatars/original/missing.png`
}

function shorten(words: string): string {
  const characters = [...words.replaceAll(/\s+/g, ' ')]
  return characters.length <= MAX_BODY ? characters.join('') : `${characters.slice(0, MAX_BODY - 1).join('')}…`
}
