// Tells a person by mail what they have not seen on the site: everything new in one mail, what the site itself would show them now, and
// nothing they have read meanwhile.
import type { Ctx } from '../context.ts'
import { cardNoticePage } from '../core/card-notices.ts'
import { plainText } from '../core/plain-text.ts'
import { FIRST_LOOK_MS, MAILED_BY_DEFAULT, PACES, wantsByMail } from '../db/notice-mails.ts'
import { shown } from '../db/notifications.ts'
import type { AccountRow, ActorRow, NotificationRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import type { StatusRow } from '../db/status-parts.ts'
import { findStatuses } from '../db/timelines.ts'
import { writeTo } from '../features/accounts/mailing.ts'
import { unsubscribeToken } from '../features/notifications/channels.ts'
import { lastReadOf } from '../features/notifications/list.ts'
import type { MailItem } from '../locales/mail.ts'
import { isLocale, text, type Locale } from '../locales/texts.ts'

const MAX_ITEMS = 20
const MAX_EXCERPT = 280
/** A mailbox that refused so many mails in a row gets no more notices, until the address changes. */
const REFUSALS = 3
const LIVES_MS = 86_400_000

/** The chore of one account; gives a date while the person is here or was written to a moment ago. */
export async function mailNotices(ctx: Ctx, accountId: string): Promise<Date | null> {
  const now = ctx.clock.now()
  const account = await ctx.db<AccountRow>('accounts').where({ id: accountId, status: 'active' }).whereNotNull('confirmed_at').first()
  const pace = account?.preferences.mailPace ?? 'soon'
  if (account === undefined || pace === 'never' || ctx.config.smtpUrl === null || (await isRefused(ctx, account))) return null
  const later = Math.max(
    (account.notices_mailed_at?.getTime() ?? 0) + PACES[pace],
    account.last_seen_at === null ? 0 : account.last_seen_at.getTime() + FIRST_LOOK_MS
  )
  if (later > now.getTime()) return new Date(later)
  const rows = await unreadOf(ctx, account)
  const items = rows.length === 0 ? [] : await itemsOf(ctx, account, rows)
  if (items.length === 0) return null
  await ctx.db.transaction(async (trx) => {
    // Two workers after a crash: the second finds the mark moved.
    const marked = await trx('accounts')
      .where({ id: account.id, mailed_notice_id: account.mailed_notice_id })
      .update({ mailed_notice_id: rows[0]!.id, notices_mailed_at: now })
    if (marked === 0) return
    const { origin } = requireSite(ctx)
    await writeTo(ctx, trx, account, {
      kind: 'notices',
      link: `${origin}/notifications`,
      values: {
        count: String(rows.length),
        items: JSON.stringify(items),
        unsubscribe: `${origin}/api/communer/v1/mail/unsubscribe?jeton=${unsubscribeToken(ctx, account, 'notices')}`
      },
      expiresAt: new Date(now.getTime() + LIVES_MS)
    })
  })
  return null
}

/** Newest first: what the site would show, is not read, was not mailed, and is wanted by mail. Plan: notifications_owner from the mark on. */
async function unreadOf(ctx: Ctx, account: AccountRow): Promise<NotificationRow[]> {
  const mark = [account.mailed_notice_id, lastReadOf(account)].reduce((one, other) => (BigInt(one) > BigInt(other) ? one : other))
  return (await shown(ctx, account.actor_id)
    .where('n.id', '>', mark)
    .whereExists(
      ctx
        .db('accounts as ac')
        .where('ac.id', account.id)
        .whereRaw(wantsByMail('ac', 'n.type'), { mailed: MAILED_BY_DEFAULT })
        .select(ctx.db.raw('1'))
    )
    .orderBy('n.id', 'desc')
    .limit(MAX_ITEMS)
    .select('n.*')) as NotificationRow[]
}

async function itemsOf(ctx: Ctx, account: AccountRow, rows: NotificationRow[]): Promise<MailItem[]> {
  const locale = isLocale(account.locale) ? account.locale : 'fr'
  const ids = rows.flatMap((row) => row.object_id ?? [])
  const found = await findStatuses(ctx, ids, { actorId: account.actor_id })
  const statuses = new Map(found.map((row) => [row.id, row]))
  const people = await ctx
    .db<ActorRow>('actors')
    .whereIn('id', [...rows.flatMap((row) => [row.from_id, row.group_id ?? []].flat()), ...found.map((row) => row.actor_id)])
  const actors = new Map(people.map((actor) => [actor.id, actor]))
  return rows.flatMap((row) => {
    const status = row.object_id === null ? null : statuses.get(row.object_id)
    // Deleted, or no longer for this reader's eyes.
    if (status === undefined && !row.type.endsWith('_deleted')) return []
    return [itemOf(ctx, locale, row, actors, status ?? null)]
  })
}

function itemOf(ctx: Ctx, locale: Locale, row: NotificationRow, actors: Map<string, ActorRow>, status: StatusRow | null): MailItem {
  const { origin } = requireSite(ctx)
  const from = actors.get(row.from_id)
  const group = actors.get(row.group_id ?? '')
  const nameOf = (actor: ActorRow | undefined): string => actor?.name || (actor?.username ?? '')
  const title = text(locale, `notice.${row.type}`, { name: nameOf(from), group: nameOf(group) })
  if (status === null) {
    const page = group === undefined ? null : cardNoticePage(row.type, group.username)
    return { title, excerpt: row.reason, link: `${origin}${page ?? '/notifications'}` }
  }
  const author = actors.get(status.actor_id)!
  const acct = author.local ? author.username : `${author.username}@${author.domain}`
  return {
    title,
    excerpt: excerptOf(status),
    link: status.type === 'Event' ? `${origin}/evenements/${status.id}` : `${origin}/@${acct}/${status.id}`
  }
}

/** Words for few stay here: a mailbox is read by its provider too. Of a text behind a warning, the warning. */
function excerptOf(status: StatusRow): string {
  if (!['public', 'unlisted'].includes(status.visibility)) return ''
  const words = [...(status.name ?? (status.summary || plainText(status.content_html))).replaceAll(/\s+/g, ' ')]
  return words.length <= MAX_EXCERPT ? words.join('') : `${words.slice(0, MAX_EXCERPT - 1).join('')}…`
}

/** The last mails to this address were all given up. Plan: mails_account. */
async function isRefused(ctx: Ctx, account: AccountRow): Promise<boolean> {
  const last = await ctx
    .db('mails')
    .where({ account_id: account.id, recipient: account.email })
    .whereNot({ state: 'waiting' })
    .orderBy('id', 'desc')
    .limit(REFUSALS)
    .pluck<string[]>('state')
  return last.length === REFUSALS && last.every((state) => state === 'failed')
}
