// The outbox of mails: rows that jobs/mail.ts sends. Their values are sealed, because links that log in are among them.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { Locale } from '../locales/texts.ts'
import type { MailKind } from '../locales/mail.ts'
import { scheduleChores } from './chores.ts'
import type { MailRow, MailState } from './rows.ts'

const MINUTE_MS = 60_000
/** What anybody can make us send; notices of what happened to an account are never held back by it. */
const ASKED_BY_ANYBODY: MailKind[] = ['confirm', 'reset', 'change-email', 'known-address', 'guest-confirm', 'test']
/** Of these to one address, whoever asks and from wherever (security.md W13). */
const MAX_PER_ADDRESS = 5
const PER_ADDRESS_MS = 30 * MINUTE_MS

export interface NewMail {
  /** Null for an address without account. */
  accountId: string | null
  recipient: string
  kind: MailKind
  locale: Locale
  /** What the words of this kind need; `link` becomes the button. */
  values: Record<string, string>
  /** After this it is not worth sending any more. */
  expiresAt: Date
}

/**
 * Writes a mail in the caller's transaction; it leaves after the commit, or waits for whoever hands it out when there is no mail server.
 * Returns its id, or null when this address got too many lately: the mail is then dropped, and nobody is told.
 */
export async function insertMail(ctx: Ctx, trx: Knex, mail: NewMail): Promise<string | null> {
  const now = ctx.clock.now()
  const isAsked = ASKED_BY_ANYBODY.includes(mail.kind)
  const recent = await trx('mails')
    .where({ recipient: mail.recipient })
    .whereIn('kind', ASKED_BY_ANYBODY)
    .where('created_at', '>', new Date(now.getTime() - PER_ADDRESS_MS))
    .limit(MAX_PER_ADDRESS)
    .select('id')
  if (isAsked && recent.length >= MAX_PER_ADDRESS) {
    ctx.count('mail.throttled')
    return null
  }
  const id = newId(now)
  await trx('mails').insert({
    id,
    account_id: mail.accountId,
    recipient: mail.recipient,
    kind: mail.kind,
    locale: mail.locale,
    sealed: ctx.secrets.seal(JSON.stringify(mail.values)),
    created_at: now,
    expires_at: mail.expiresAt
  })
  await scheduleChores(trx, [{ kind: 'mail', subject: id, dueAt: now }])
  return id
}

/** Mails of a state, newest first, at most `limit`, older than `maxId`. */
export async function listMails(
  db: Knex,
  { state, maxId, limit }: { state: MailState; maxId?: string; limit: number }
): Promise<MailRow[]> {
  const query = db<MailRow>('mails').where({ state }).orderBy('id', 'desc').limit(limit)
  if (maxId !== undefined) query.where('id', '<', maxId)
  return await query
}

/** The mail, or undefined. */
export async function findMail(db: Knex, id: string): Promise<MailRow | undefined> {
  return await db<MailRow>('mails').where({ id }).first()
}

/** The values of a mail's words. */
export function openMail(ctx: Ctx, sealed: Buffer): Record<string, string> {
  return JSON.parse(ctx.secrets.open(sealed)) as Record<string, string>
}

/** It left, or never will: the values are forgotten. */
export async function finishMail(ctx: Ctx, id: string, state: 'sent' | 'failed', error: string | null = null): Promise<void> {
  await ctx
    .db('mails')
    .where({ id })
    .update({ state, sealed: null, finished_at: ctx.clock.now(), last_error: error?.slice(0, 500) ?? null })
}

/** It did not leave this time. */
export async function noteMailFailure(ctx: Ctx, id: string, error: string): Promise<void> {
  await ctx
    .db('mails')
    .where({ id })
    .update({ attempts: ctx.db.raw('attempts + 1'), last_error: error.slice(0, 500) })
}
