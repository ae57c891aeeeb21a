// Mails to people with an account: in their language, to their address.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { insertMail } from '../../db/mails.ts'
import type { AccountRow } from '../../db/rows.ts'
import type { MailKind } from '../../locales/mail.ts'
import { isLocale } from '../../locales/texts.ts'
import { afterCommit } from '../../protocol/outbox.ts'

/** A notice that waited a week is no news. */
const NOTICE_LIVES_MS = 7 * 86_400_000

export interface Letter {
  kind: MailKind
  /** Becomes the button of the mail. */
  link?: string
  /** Another address than the account's. */
  recipient?: string
  /** After this it is not sent any more; a week unless said otherwise. */
  expiresAt?: Date
  /** Other values of the words. */
  values?: Record<string, string>
}

/** Queues a mail to a person, in the caller's transaction; it leaves after the commit. */
export async function writeTo(ctx: Ctx, trx: Knex, account: AccountRow, letter: Letter): Promise<void> {
  const actor = await trx('actors')
    .where({ id: account.actor_id })
    .first<{ name: string; username: string } | undefined>('name', 'username')
  await insertMail(ctx, trx, {
    accountId: account.id,
    recipient: letter.recipient ?? account.email,
    kind: letter.kind,
    locale: isLocale(account.locale) ? account.locale : 'fr',
    values: {
      name: actor?.name || (actor?.username ?? ''),
      ...letter.values,
      ...(letter.link === undefined ? {} : { link: letter.link })
    },
    expiresAt: letter.expiresAt ?? new Date(ctx.clock.now().getTime() + NOTICE_LIVES_MS)
  })
  afterCommit(trx, () => ctx.queue.wake('chores'))
}
