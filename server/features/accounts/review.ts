// What operators do with accounts: list, approve, reject, disable, enable, reset a password.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { cancelOfActor } from '../../db/deliveries.ts'
import type { AccountRow, AccountStatus, ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { sendConfirmation } from './confirm.ts'
import { setPassword } from './login.ts'
import { writeTo } from './mailing.ts'
import { revokeTokens } from './tokens.ts'

export interface AccountWithActor {
  account: AccountRow
  actor: ActorRow
}

/** Accounts, newest first, at most `limit`, older than `maxId`. */
export async function listAccounts(
  ctx: Ctx,
  { status, maxId, limit = 40 }: { status?: AccountStatus; maxId?: string; limit?: number } = {}
): Promise<AccountWithActor[]> {
  const query = ctx.db<AccountRow>('accounts').orderBy('id', 'desc').limit(limit)
  if (status !== undefined) query.where({ status })
  if (maxId !== undefined) query.where('id', '<', maxId)
  const accounts = await query
  const actors = await ctx.db<ActorRow>('actors').whereIn(
    'id',
    accounts.map((account) => account.actor_id)
  )
  const byId = new Map(actors.map((actor) => [actor.id, actor]))
  return accounts.map((account) => ({ account, actor: byId.get(account.actor_id)! }))
}

/** The account of a local username, or account.unknown (404). */
export async function getAccountByUsername(ctx: Ctx, username: string): Promise<AccountWithActor> {
  const actor = await ctx
    .db<ActorRow>('actors')
    .where('local', true)
    .whereRaw('lower(username) = ?', username.replace(/^@/, '').toLowerCase())
    .first()
  const account = actor && (await ctx.db<AccountRow>('accounts').where({ actor_id: actor.id }).first())
  if (actor === undefined || account === undefined) throw unknownAccount()
  return { account, actor }
}

/**
 * Lets a pending person in: the account becomes active and the actor visible. Where mail is sent, an address nobody confirmed yet opens
 * nothing: the approval is kept, the person gets the link again, and confirming opens the account. Throws account.not-pending (409).
 */
export async function approveAccount(ctx: Ctx, accountId: string): Promise<AccountWithActor> {
  return await ctx.db.transaction(async (trx) => {
    const waiting = await trx<AccountRow>('accounts').where({ id: accountId, status: 'pending' }).forUpdate().first()
    if (waiting === undefined) throw notPending()
    if (ctx.config.smtpUrl !== null && waiting.confirmed_at === null) return await approveUnconfirmed(ctx, trx, waiting)
    const [account] = await trx<AccountRow>('accounts').where({ id: accountId }).update({ status: 'active' }).returning('*')
    const [actor] = await trx<ActorRow>('actors').where({ id: account!.actor_id }).update({ suspended_at: null }).returning('*')
    await writeTo(ctx, trx, account!, { kind: 'approved', link: `${requireSite(ctx).origin}/connexion` })
    return { account: account!, actor: actor! }
  })
}

async function approveUnconfirmed(ctx: Ctx, trx: Knex, waiting: AccountRow): Promise<AccountWithActor> {
  if (waiting.approved_at !== null) throw notPending()
  const [account] = await trx<AccountRow>('accounts').where({ id: waiting.id }).update({ approved_at: ctx.clock.now() }).returning('*')
  await sendConfirmation(ctx, trx, account!)
  return { account: account!, actor: (await trx<ActorRow>('actors').where({ id: waiting.actor_id }).first())! }
}

/** Refuses a pending person: nothing of them remains, and the username is free again. Throws account.not-pending (409). */
export async function rejectAccount(ctx: Ctx, accountId: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const account = await trx<AccountRow>('accounts').where({ id: accountId, status: 'pending' }).forUpdate().first()
    if (account === undefined) throw notPending()
    await writeTo(ctx, trx, account, { kind: 'refused' })
    await trx('accounts').where({ id: accountId }).delete()
    await trx('actors').where({ id: account.actor_id }).delete()
  })
}

/** Stops an account: no session, no token, no public profile. The last administrator cannot be (account.last-admin, 422). */
export async function disableAccount(ctx: Ctx, accountId: string): Promise<AccountRow> {
  return await ctx.db.transaction(async (trx) => {
    // Locks every administrator, so that two of them cannot disable each other at the same instant.
    const admins = await trx<AccountRow>('accounts').where({ role: 'admin', status: 'active' }).forUpdate().select('id')
    if (admins.length === 1 && admins[0]!.id === accountId) {
      throw new AppError('account.last-admin', 422, 'At least one administrator must remain.')
    }
    const [account] = await trx<AccountRow>('accounts').where({ id: accountId }).update({ status: 'disabled' }).returning('*')
    if (account === undefined) throw unknownAccount()
    await trx('actors').where({ id: account.actor_id }).update({ suspended_at: ctx.clock.now() })
    await cancelOfActor(trx, account.actor_id, ctx.clock.now())
    await revokeTokens(ctx, trx, account.id)
    return account
  })
}

/** Opens a disabled account again. Throws account.unknown (404). */
export async function enableAccount(ctx: Ctx, accountId: string): Promise<AccountRow> {
  return await ctx.db.transaction(async (trx) => {
    const [account] = await trx<AccountRow>('accounts')
      .where({ id: accountId, status: 'disabled' })
      .update({ status: 'active' })
      .returning('*')
    if (account === undefined) throw unknownAccount()
    await trx('actors').where({ id: account.actor_id }).update({ suspended_at: null })
    return account
  })
}

/** Sets a new password for somebody who lost theirs, and ends all their sessions. Throws account.unknown (404), password.invalid (422). */
export async function resetPassword(ctx: Ctx, accountId: string, password: string): Promise<void> {
  await setPassword(ctx, accountId, password)
}

function notPending(): AppError {
  return new AppError('account.not-pending', 409, 'This sign-up has been dealt with already.')
}

function unknownAccount(): AppError {
  return new AppError('account.unknown', 404, 'This account does not exist.')
}
