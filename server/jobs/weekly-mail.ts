// The week of the commune by mail, for those who asked for it: what it published and what takes place next. On Fridays at eight, commune's
// time; after an outage within a day, never for a week twice.
import { DateTime } from 'luxon'
import type { Ctx } from '../context.ts'
import { plainText } from '../core/plain-text.ts'
import { listEvents } from '../db/agenda.ts'
import { scheduleChores } from '../db/chores.ts'
import type { AccountRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import type { StatusRow } from '../db/status-parts.ts'
import { actorTimeline } from '../db/timelines.ts'
import { ANYONE } from '../db/visibility.ts'
import { writeTo } from '../features/accounts/mailing.ts'
import { unsubscribeToken } from '../features/notifications/channels.ts'
import type { MailItem } from '../locales/mail.ts'
import { isLocale, text, type Locale } from '../locales/texts.ts'

export const WEEKLY_CHORE = 'weekly-mail'
const FRIDAY = 5
const HOUR = 8
const DAY_MS = 86_400_000
const NEWS = 6
const EVENTS = 12
const BATCH = 50

/** Plans this week's mail, once its hour has come and is less than a day ago. Called every hour; the same week is one chore. */
export async function planWeekly(ctx: Ctx): Promise<void> {
  if (ctx.site === null || ctx.config.smtpUrl === null) return
  const due = dueAt(ctx)
  const age = ctx.clock.now().getTime() - due.toMillis()
  if (age >= 0 && age < DAY_MS) await scheduleChores(ctx.db, [{ kind: WEEKLY_CHORE, subject: weekOf(due), dueAt: ctx.clock.now() }])
}

/** Writes to some of those who have not got this week's; comes back at once while some are left. */
export async function mailWeekly(ctx: Ctx, week: string): Promise<Date | null> {
  const now = ctx.clock.now()
  const due = dueAt(ctx)
  if (weekOf(due) !== week || now.getTime() - due.toMillis() >= DAY_MS || ctx.config.smtpUrl === null) return null
  const items = await itemsOf(ctx)
  if (items('fr').length === 0) return null
  const wanted = await ctx
    .db<AccountRow>('accounts')
    .whereRaw("(preferences ->> 'weekly')::boolean")
    .where({ status: 'active' })
    .whereNotNull('confirmed_at')
    .whereRaw('digest_week is distinct from ?', [week])
    .orderBy('id')
    .limit(BATCH)
  for (const account of wanted) await writeWeekly(ctx, account, week, items(isLocale(account.locale) ? account.locale : 'fr'))
  return wanted.length < BATCH ? null : now
}

async function writeWeekly(ctx: Ctx, account: AccountRow, week: string, items: MailItem[]): Promise<void> {
  const { origin } = requireSite(ctx)
  await ctx.db.transaction(async (trx) => {
    const marked = await trx('accounts')
      .where({ id: account.id })
      .whereRaw('digest_week is distinct from ?', [week])
      .update({ digest_week: week })
    if (marked === 0) return
    await writeTo(ctx, trx, account, {
      kind: 'weekly',
      link: `${origin}/agenda`,
      values: {
        items: JSON.stringify(items),
        unsubscribe: `${origin}/api/communer/v1/mail/unsubscribe?jeton=${unsubscribeToken(ctx, account, 'weekly')}`
      },
      expiresAt: new Date(ctx.clock.now().getTime() + DAY_MS)
    })
  })
}

/** The latest Friday at eight that has come, in the commune's time. */
function dueAt(ctx: Ctx): DateTime {
  const now = DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone })
  const friday = now
    .startOf('week')
    .plus({ days: FRIDAY - 1 })
    .set({ hour: HOUR })
  return friday > now ? friday.minus({ weeks: 1 }) : friday
}

function weekOf(due: DateTime): string {
  return due.toFormat("kkkk-'W'WW")
}

/** What the commune published in these seven days and what takes place in the next, as anyone may see it. */
async function itemsOf(ctx: Ctx): Promise<(locale: Locale) => MailItem[]> {
  const site = requireSite(ctx)
  const now = ctx.clock.now()
  const page = { maxId: null, sinceId: null, minId: null, limit: NEWS * 3 }
  const said = await actorTimeline(ctx, ANYONE, site.communeActorId, { excludeReplies: true, excludeReblogs: true }, page)
  const news = said.filter(
    (row) => row.type !== 'Event' && row.visibility === 'public' && now.getTime() - row.published.getTime() < 7 * DAY_MS
  )
  const to = new Date(now.getTime() + 7 * DAY_MS)
  const events = (await listEvents(ctx, ANYONE, { from: now, to, local: true, limit: EVENTS * 2 })).filter(
    (row) => row.visibility === 'public' && row.event_status !== 'CANCELLED'
  )
  const communeName = await ctx.db('actors').where({ id: site.communeActorId }).first<{ username: string }>('username')
  return (locale) => [
    ...news.slice(0, NEWS).map((row) => newsItem(site.origin, communeName.username, locale, row)),
    ...events.slice(0, EVENTS).map((row) => eventItem(site.origin, site.timezone, locale, row))
  ]
}

function newsItem(origin: string, username: string, locale: Locale, row: StatusRow): MailItem {
  const words = plainText(row.content_html).replaceAll(/\s+/g, ' ')
  const title = row.name || row.summary || text(locale, 'weekly.news')
  return { title, excerpt: words.length <= 280 ? words : `${words.slice(0, 279)}…`, link: `${origin}/@${username}/${row.id}` }
}

function eventItem(origin: string, zone: string, locale: Locale, row: StatusRow): MailItem {
  const when = DateTime.fromJSDate(row.start_time!, { zone: row.timezone ?? zone }).setLocale(locale)
  return {
    title: row.name ?? '',
    excerpt: [when.toFormat(locale === 'fr' ? "cccc d LLLL, H'h'mm" : 'cccc d LLLL, HH:mm'), row.place?.name ?? '']
      .filter(Boolean)
      .join(' · '),
    link: `${origin}/evenements/${row.id}`
  }
}
