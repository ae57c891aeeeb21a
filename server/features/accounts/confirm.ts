// Proving an e-mail address: at sign-up, and when somebody changes it. Nobody learns here which addresses have an account.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { normaliseEmail } from '../../core/email.ts'
import { AppError } from '../../core/errors.ts'
import { assertPassword } from '../../core/password.ts'
import { scheduleChores } from '../../db/chores.ts'
import type { AccountRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { findByLogin } from './login.ts'
import { writeTo } from './mailing.ts'
import { consumeLink, createLink, voidLinks } from './one-time-links.ts'

const WEEK_MS = 7 * 86_400_000
const BATCH = 50

/** Queues the mail that asks a new person to confirm the address. */
export async function sendConfirmation(ctx: Ctx, trx: Knex, account: AccountRow): Promise<void> {
  const { url, expiresAt } = await createLink(ctx, trx, { purpose: 'confirm', accountId: account.id, email: account.email })
  await writeTo(ctx, trx, account, { kind: 'confirm', link: url, expiresAt })
}

/** Somebody asks for the confirmation again, by address or name. The work is a chore's, so that the answer tells nothing (W06). */
export async function askConfirmation(ctx: Ctx, login: string): Promise<void> {
  await scheduleChores(ctx.db, [{ kind: 'mail-confirm', subject: login.trim().toLowerCase().slice(0, 320), dueAt: ctx.clock.now() }])
  ctx.queue.wake('chores')
}

/** The chore behind askConfirmation. */
export async function doConfirmation(ctx: Ctx, login: string): Promise<null> {
  const account = await findByLogin(ctx, login)
  if (account === undefined || account.confirmed_at !== null || account.status === 'disabled') return null
  await ctx.db.transaction((trx) => sendConfirmation(ctx, trx, account))
  return null
}

/**
 * Uses a link from a mail: confirms the address of an account, or replaces it by the new one. Returns the account as it is then.
 * Throws link.invalid, email.taken (422).
 */
export async function confirmEmail(ctx: Ctx, token: string): Promise<AccountRow> {
  return await ctx.db.transaction(async (trx) => {
    const link = await consumeLink(ctx, trx, token, ['confirm', 'change-email'])
    const account = await trx<AccountRow>('accounts').where({ id: link.account_id }).forUpdate().first()
    if (account === undefined || account.status === 'disabled') throw new AppError('link.invalid', 422, 'This link is void.')
    if (link.purpose === 'change-email') return await replaceAddress(ctx, trx, account, link.email)
    // A link to an address that was replaced meanwhile proves nothing about the new one.
    if (link.email !== account.email) throw new AppError('link.invalid', 422, 'This link is void.')
    return await markConfirmed(ctx, trx, account)
  })
}

/** The person reads mail at the account's address. Where sign-up is open or the commune has approved, that was all that was missing. */
export async function markConfirmed(ctx: Ctx, trx: Knex, account: AccountRow): Promise<AccountRow> {
  const opens = account.status === 'pending' && (requireSite(ctx).registrations === 'open' || account.approved_at !== null)
  const [row] = await trx<AccountRow>('accounts')
    .where({ id: account.id })
    .update({ confirmed_at: ctx.clock.now(), ...(opens ? { status: 'active' as const } : {}) })
    .returning('*')
  if (opens) await trx('actors').where({ id: account.actor_id }).update({ suspended_at: null })
  return row!
}

/** Asks for another address: the link goes to the new one and nothing changes before it is used. Throws password.wrong, email.invalid (422). */
export async function askEmailChange(ctx: Ctx, account: AccountRow, { email: text, password }: { email: string; password: string }) {
  const email = normaliseEmail(text)
  await assertPassword(account, password)
  await ctx.db.transaction(async (trx) => {
    const taken = await trx('accounts').whereRaw('lower(email) = ?', email).first('id')
    // Whose address it is stays between us and its owner, who gets no mail they did not ask for.
    if (taken !== undefined) return
    const { url, expiresAt } = await createLink(ctx, trx, { purpose: 'change-email', accountId: account.id, email })
    await writeTo(ctx, trx, account, { kind: 'change-email', recipient: email, link: url, expiresAt })
  })
}

async function replaceAddress(ctx: Ctx, trx: Knex, account: AccountRow, email: string): Promise<AccountRow> {
  const taken = await trx('accounts').whereRaw('lower(email) = ?', email).whereNot({ id: account.id }).first('id')
  if (taken !== undefined) throw new AppError('email.taken', 422, 'An account already exists with this e-mail address.')
  await trx('accounts').where({ id: account.id }).update({ email })
  await voidLinks(trx, account.id)
  await writeTo(ctx, trx, account, { kind: 'email-changed' })
  return await markConfirmed(ctx, trx, { ...account, email })
}

/** Sign-ups nobody confirmed within a week go, where confirming is all it takes: their names are free again. How many went. */
export async function forgetUnconfirmed(ctx: Ctx): Promise<number> {
  if (ctx.config.smtpUrl === null || ctx.site?.registrations !== 'open') return 0
  const before = new Date(ctx.clock.now().getTime() - WEEK_MS)
  return await ctx.db.transaction(async (trx) => {
    await trx('sign_up_decoys').where('created_at', '<', before).delete()
    const old = trx('accounts')
      .where({ status: 'pending' })
      .whereNull('confirmed_at')
      .where('created_at', '<', before)
      .limit(BATCH)
      .select('id')
    const accounts = await trx<AccountRow>('accounts').whereIn('id', old).delete().returning('*')
    await trx('actors')
      .whereIn(
        'id',
        accounts.map((account) => account.actor_id)
      )
      .delete()
    return accounts.length
  })
}
