// A forgotten password: a link by mail, or from an administrator. The answer is the same whether the account exists (W06).
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { hashPassword } from '../../core/password.ts'
import { scheduleChores } from '../../db/chores.ts'
import type { AccountRow } from '../../db/rows.ts'
import { markConfirmed } from './confirm.ts'
import { findByLogin, replacePassword } from './login.ts'
import { writeTo } from './mailing.ts'
import { consumeLink, createLink, type OneTimeLink } from './one-time-links.ts'

/** Somebody forgot the password of this address or name. One row for a chore, whoever it is: the same work, the same time. */
export async function askReset(ctx: Ctx, login: string): Promise<void> {
  await scheduleChores(ctx.db, [{ kind: 'mail-reset', subject: login.trim().toLowerCase().slice(0, 320), dueAt: ctx.clock.now() }])
  ctx.queue.wake('chores')
}

/** The chore behind askReset: writes to the account's own address, if there is an account. */
export async function doReset(ctx: Ctx, login: string): Promise<null> {
  const account = await findByLogin(ctx, login)
  if (account === undefined || account.status === 'disabled') return null
  await ctx.db.transaction(async (trx) => {
    const { url, expiresAt } = await createLink(ctx, trx, { purpose: 'reset', accountId: account.id, email: account.email })
    await writeTo(ctx, trx, account, { kind: 'reset', link: url, expiresAt })
  })
  return null
}

/** A link for an administrator to hand to the person (no mail is sent). Throws account.unknown (404). */
export async function resetLink(ctx: Ctx, accountId: string): Promise<OneTimeLink> {
  const account = await ctx.db<AccountRow>('accounts').where({ id: accountId }).first()
  if (account === undefined) throw new AppError('account.unknown', 404, 'This account does not exist.')
  // Without the address: a link that was handed over proves no mailbox.
  return await createLink(ctx, ctx.db, { purpose: 'reset', accountId, email: '' })
}

/**
 * Sets a new password with a link: every session and token ends, every other link is void, a notice is sent. A second factor stays asked for.
 * Throws password.invalid, link.invalid (422).
 */
export async function resetByLink(ctx: Ctx, token: string, password: string): Promise<void> {
  const passwordHash = await hashPassword(password)
  await ctx.db.transaction(async (trx) => {
    const link = await consumeLink(ctx, trx, token, ['reset'])
    const account = await trx<AccountRow>('accounts').where({ id: link.account_id }).forUpdate().first()
    if (account === undefined || account.status === 'disabled' || (link.email !== '' && account.email !== link.email))
      throw new AppError('link.invalid', 422, 'This link is void.')
    await replacePassword(ctx, trx, account, passwordHash)
    if (account.confirmed_at === null && link.email !== '') await markConfirmed(ctx, trx, account)
  })
}
