// The outbox of mails as administrators see it: what waits and why, what failed, and the link for whoever has no mail.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { moveChore } from '../../db/chores.ts'
import { findMail, finishMail, insertMail, openMail } from '../../db/mails.ts'
import type { AccountRow, MailRow } from '../../db/rows.ts'

const HOUR_MS = 3_600_000

/** Tries a waiting mail now. Throws mail.unknown (404), mail.finished (409). */
export async function retryMail(ctx: Ctx, id: string): Promise<void> {
  await getWaiting(ctx, id)
  await moveChore(ctx.db, { kind: 'mail', subject: id, dueAt: ctx.clock.now() })
  ctx.queue.wake('chores')
}

/**
 * The link of a waiting mail, to hand to its recipient another way; the mail itself is not sent any more.
 * Throws mail.unknown (404), mail.finished (409), mail.no-link (422).
 */
export async function takeLink(ctx: Ctx, id: string): Promise<{ url: string; expiresAt: Date }> {
  const mail = await getWaiting(ctx, id)
  const { link } = openMail(ctx, mail.sealed!)
  if (link === undefined) throw new AppError('mail.no-link', 422, 'This mail has no link.')
  await finishMail(ctx, id, 'failed', 'handed out by an administrator')
  return { url: link, expiresAt: mail.expires_at }
}

/** Gives a mail up. Throws mail.unknown (404), mail.finished (409). */
export async function dropMail(ctx: Ctx, id: string): Promise<void> {
  await getWaiting(ctx, id)
  await finishMail(ctx, id, 'failed', 'given up by an administrator')
}

/** Sends the administrator a mail, to see whether mail works. Throws mail.off (422) without a mail server, rate.limited (429). */
export async function sendTestMail(ctx: Ctx, account: AccountRow): Promise<void> {
  if (ctx.config.smtpUrl === null) throw new AppError('mail.off', 422, 'No mail server is set: see SMTP_URL.')
  const id = await insertMail(ctx, ctx.db, {
    accountId: account.id,
    recipient: account.email,
    kind: 'test',
    locale: account.locale === 'en' ? 'en' : 'fr',
    values: { name: '' },
    expiresAt: new Date(ctx.clock.now().getTime() + HOUR_MS)
  })
  if (id === null) throw new AppError('rate.limited', 429, 'Too many mails to this address lately.')
  ctx.queue.wake('chores')
}

async function getWaiting(ctx: Ctx, id: string): Promise<MailRow> {
  const mail = await findMail(ctx.db, id)
  if (mail === undefined) throw new AppError('mail.unknown', 404, 'There is no such mail.')
  if (mail.state !== 'waiting' || mail.sealed === null) throw new AppError('mail.finished', 409, 'This mail left already, or was given up.')
  return mail
}
