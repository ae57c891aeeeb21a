// Sends the mails of the outbox, each by a chore of its own. Without SMTP_URL they wait for a server or for an administrator.
import type { Ctx } from '../context.ts'
import { findMail, finishMail, noteMailFailure, openMail } from '../db/mails.ts'
import { requireSite } from '../db/site.ts'
import { renderMail } from '../locales/mail.ts'
import { isFinal, sendBySmtp } from './smtp.ts'

/** Mail may be configured at any time: what waits is looked at this often. */
const LOOK_AGAIN_MS = 3_600_000

/** Sends the mail of this id; gives a date while there is no mail server. Throws while the server fails, so that the chore tries later. */
export async function sendMail(ctx: Ctx, id: string): Promise<Date | null> {
  const mail = await findMail(ctx.db, id)
  if (mail === undefined || mail.state !== 'waiting' || mail.sealed === null) return null
  const now = ctx.clock.now()
  if (mail.expires_at <= now) {
    await finishMail(ctx, id, 'failed', mail.last_error ?? 'expired before it could be sent')
    return null
  }
  if (ctx.config.smtpUrl === null) return new Date(Math.min(now.getTime() + LOOK_AGAIN_MS, mail.expires_at.getTime()))
  const site = requireSite(ctx)
  const words = renderMail(mail.locale, mail.kind, openMail(ctx, mail.sealed), { site: site.name, origin: site.origin })
  try {
    await sendBySmtp(ctx.config, mail.recipient, words, { name: site.name, domain: site.accountDomain.replace(/:\d+$/, '') })
  } catch (error) {
    ctx.count('mail.failed')
    if (isFinal(error)) {
      await finishMail(ctx, id, 'failed', (error as Error).message)
      return null
    }
    await noteMailFailure(ctx, id, (error as Error).message)
    throw error
  }
  ctx.count('mail.sent')
  await finishMail(ctx, id, 'sent')
  return null
}
