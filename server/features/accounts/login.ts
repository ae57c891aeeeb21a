// Logging in and out, and changing the password. Unknown and known names take the same time and get the same words.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { SESSION_SCOPE } from '../../core/scopes.ts'
import { findSuspension } from '../../db/decisions.ts'
import type { AccountRow, ActorRow } from '../../db/rows.ts'
import { assertPassword, hashPassword, verifyPassword } from '../../core/password.ts'
import { writeTo } from './mailing.ts'
import { voidLinks } from './one-time-links.ts'
import { checkPasskey } from './passkeys.ts'
import { checkCode, factorsOf } from './second-factor.ts'
import { createTicket, readTicket, takeTicket } from './tickets.ts'
import { insertToken, revokeTokens } from './tokens.ts'

export interface LoginInput {
  /** Username (with or without @ and domain) or e-mail address. */
  login: string
  password: string
  userAgent: string | null
}

export interface LoggedIn {
  account: AccountRow
  actor: ActorRow
  /** For the cookie: a new one each time, whatever the browser held before (security.md W05). */
  secret: string
}

/** The password was right, and something more is asked for. */
export interface NextStep {
  /** Lives five minutes. */
  ticket: string
  methods: ('code' | 'passkey')[]
}

/**
 * Checks the password and opens a new session, or asks for the second factor of those who have one.
 * Throws login.refused (401), login.pending, login.suspended (with the reason) or login.disabled (403). Why an account is closed is said
 * to whoever knows its password only.
 */
export async function logIn(ctx: Ctx, input: LoginInput): Promise<LoggedIn | NextStep> {
  const account = await findByLogin(ctx, input.login)
  const right = await verifyPassword(account?.password_hash ?? null, input.password)
  // Whatever keeps somebody out takes two checks: an account and a sign-up that is none cannot be told apart (W06).
  if (!right || account?.status !== 'active') {
    const isDecoy = await verifyPassword(await decoyOf(ctx, input.login), input.password)
    if (isDecoy && !right) throw unconfirmed()
  }
  if (account === undefined || !right) throw new AppError('login.refused', 401, 'Wrong username or password.')
  const actor = await assertOpen(ctx, account)
  const { totp, passkeys } = await factorsOf(ctx.db, account.id)
  if (!totp && passkeys === 0) return { account, actor, secret: await openSession(ctx, account, input.userAgent) }
  const ticket = await createTicket(ctx, { purpose: 'second-step', accountId: account.id })
  return { ticket, methods: passkeys === 0 ? ['code'] : ['passkey', 'code'] }
}

/** The second step with a code of the app or a recovery code. Throws ticket.expired, code.wrong (401), code.locked (429), and as logIn. */
export async function logInWithCode(
  ctx: Ctx,
  { ticket, code, userAgent }: { ticket: string; code: string; userAgent: string | null }
): Promise<LoggedIn> {
  const { account_id: accountId } = await readTicket(ctx, ctx.db, ticket, 'second-step')
  await checkCode(ctx, accountId!, code)
  await takeTicket(ctx, ctx.db, ticket, 'second-step')
  const account = await ctx.db<AccountRow>('accounts').where({ id: accountId! }).first()
  if (account === undefined) throw new AppError('login.refused', 401, 'Wrong username or password.')
  const actor = await assertOpen(ctx, account)
  return { account, actor, secret: await openSession(ctx, account, userAgent) }
}

/** Logging in with a passkey alone: it is something one has and something one is or knows. Throws passkey.refused, ticket.expired (401). */
export async function logInWithPasskey(
  ctx: Ctx,
  { userAgent, ...answer }: { ticket: string; response: unknown; userAgent: string | null }
): Promise<LoggedIn> {
  const account = await checkPasskey(ctx, answer)
  const actor = await assertOpen(ctx, account)
  return { account, actor, secret: await openSession(ctx, account, userAgent) }
}

/** The actor of an account that may be used. Throws login.pending, login.unconfirmed, login.suspended, login.disabled (403). */
async function assertOpen(ctx: Ctx, account: AccountRow): Promise<ActorRow> {
  if (account.status === 'pending') throw notYet(ctx, account)
  const actor = await ctx.db<ActorRow>('actors').where({ id: account.actor_id }).whereNull('deleted_at').first()
  if (actor === undefined || actor.suspended_at !== null || account.status === 'disabled') throw await closed(ctx, actor)
  return actor
}

function notYet(ctx: Ctx, account: AccountRow): AppError {
  return ctx.config.smtpUrl !== null && account.confirmed_at === null
    ? unconfirmed()
    : new AppError('login.pending', 403, 'Your sign-up is still waiting for approval.')
}

function unconfirmed(): AppError {
  return new AppError('login.unconfirmed', 403, 'Please confirm your e-mail address first: open the link we sent you.')
}

/** The password of a sign-up with somebody's address, by name or address; null when there is none. */
async function decoyOf(ctx: Ctx, login: string): Promise<string | null> {
  const { value, username } = namesIn(ctx, login)
  const row = await ctx
    .db('sign_up_decoys')
    .where({ username })
    .orWhereRaw('lower(email) = ?', value)
    .orderBy('created_at', 'desc')
    .first<{ password_hash: string } | undefined>('password_hash')
  return row?.password_hash ?? null
}

/** Opens a session for a person whose identity was just proved. Returns the secret for the cookie. */
export async function openSession(ctx: Ctx, account: AccountRow, userAgent: string | null): Promise<string> {
  const { secret } = await insertToken(ctx, ctx.db, { kind: 'session', accountId: account.id, scopes: [SESSION_SCOPE], userAgent })
  await ctx.db('accounts').where({ id: account.id }).update({ last_seen_at: ctx.clock.now() })
  return secret
}

/** Ends the session of this secret. Unknown secrets are none of our business. */
export async function logOut(ctx: Ctx, secret: string): Promise<void> {
  await ctx
    .db('tokens')
    .where({ token_hash: ctx.secrets.hash(secret), kind: 'session' })
    .whereNull('revoked_at')
    .update({ revoked_at: ctx.clock.now() })
}

/** Replaces the password and ends every other session and token. Throws password.wrong (422), password.invalid (422). */
export async function changePassword(
  ctx: Ctx,
  account: AccountRow,
  input: { current: string; new: string; keepTokenId: string | null }
): Promise<void> {
  await assertPassword(account, input.current, 'current')
  await setPassword(ctx, account.id, input.new, input.keepTokenId)
}

/** Sets a password without asking for the old one; see `replacePassword`. Throws account.unknown (404), password.invalid (422). */
export async function setPassword(ctx: Ctx, accountId: string, password: string, keepTokenId: string | null = null): Promise<void> {
  const passwordHash = await hashPassword(password)
  await ctx.db.transaction(async (trx) => {
    const account = await trx<AccountRow>('accounts').where({ id: accountId }).forUpdate().first()
    if (account === undefined) throw new AppError('account.unknown', 404, 'This account does not exist.')
    await replacePassword(ctx, trx, account, passwordHash, keepTokenId)
  })
}

/** A new password ends whatever the old one opened: sessions, tokens, links by mail, half a log-in. The person is told. */
export async function replacePassword(
  ctx: Ctx,
  trx: Knex,
  account: AccountRow,
  passwordHash: string,
  keepTokenId: string | null = null
): Promise<void> {
  await trx('accounts').where({ id: account.id }).update({ password_hash: passwordHash })
  await revokeTokens(ctx, trx, account.id, keepTokenId)
  await voidLinks(trx, account.id)
  await trx('login_tickets').where({ account_id: account.id }).delete()
  await writeTo(ctx, trx, account, { kind: 'password-changed' })
}

/** The account of a name (with or without @ and domain) or e-mail address, or undefined. */
export async function findByLogin(ctx: Ctx, login: string): Promise<AccountRow | undefined> {
  const { value, username } = namesIn(ctx, login)
  const byEmail = await ctx.db<AccountRow>('accounts').whereRaw('lower(email) = ?', value).first()
  if (byEmail !== undefined) return byEmail
  return await ctx
    .db('accounts')
    .join('actors', 'actors.id', 'accounts.actor_id')
    .where('actors.local', true)
    .whereRaw('lower(actors.username) = ?', username)
    .first<AccountRow | undefined>('accounts.*')
}

/** What was typed, as an address and as the name of somebody here. */
function namesIn(ctx: Ctx, login: string): { value: string; username: string } {
  const value = login.normalize('NFKC').trim().toLowerCase().slice(0, 320)
  return { value, username: value.replace(/^@/, '').replace(new RegExp(`@${escapeRegExp(ctx.site?.accountDomain ?? '')}$`), '') }
}

/** Suspended with a statement of reasons (DSA art. 17): the person cannot read their notifications any more, so it is said here. */
async function closed(ctx: Ctx, actor: ActorRow | undefined): Promise<AppError> {
  const decision = actor === undefined ? undefined : await findSuspension(ctx, actor)
  if (decision === undefined) return new AppError('login.disabled', 403, 'This account is disabled.')
  return new AppError('login.suspended', 403, 'This account is suspended.', { details: { reason: decision.reason } })
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
