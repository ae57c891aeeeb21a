// Bearer secrets of people and apps: browser sessions and OAuth tokens. Kept as keyed hashes, listed and revoked alike.
import { randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { parseScopes, SESSION_SCOPE } from '../../core/scopes.ts'
import { isDiskFull } from '../../db/disk.ts'
import type { AccountRow, ActorRow, TokenKind, TokenRow } from '../../db/rows.ts'

/** A session ends after this long without use. */
export const SESSION_IDLE_DAYS = 30
const DAY_MS = 86_400_000
// Writing the time of use on every request would cost a row version per request; ten minutes are enough to know who is here.
const TOUCH_AFTER_MS = 600_000

/** What a valid secret stands for. `account` and `actor` are null for a token of an app alone (client_credentials). */
export interface Bearer {
  token: TokenRow
  account: AccountRow | null
  actor: ActorRow | null
  /** True when the time of use was renewed just now: a cookie should be too. */
  touched: boolean
}

interface NewToken {
  kind: TokenKind
  accountId: string | null
  appId?: string | null
  scopes: string[]
  userAgent?: string | null
  /** Opens nothing: where an answer must not tell that there is no account behind it. */
  isVoid?: boolean
}

/** Makes a secret of 32 random bytes, stores its hash, and returns the secret: it is never seen again. */
export async function insertToken(ctx: Ctx, trx: Knex, input: NewToken): Promise<{ secret: string; row: TokenRow }> {
  const now = ctx.clock.now()
  const secret = randomBytes(32).toString('base64url')
  const row: TokenRow = {
    id: newId(now),
    token_hash: ctx.secrets.hash(secret),
    kind: input.kind,
    account_id: input.accountId,
    app_id: input.appId ?? null,
    scopes: input.scopes,
    user_agent: input.userAgent?.slice(0, 300) ?? null,
    created_at: now,
    used_at: now,
    expires_at: input.kind === 'session' ? sessionEnd(now) : null,
    revoked_at: input.isVoid === true ? now : null
  }
  await trx('tokens').insert(row)
  return { secret, row }
}

/** Makes an access token for a person, for scripts. Throws scope.unknown (422). */
export async function createToken(ctx: Ctx, accountId: string, scopes: string): Promise<string> {
  const parsed = parseScopes(scopes)
  if (parsed === null || parsed.length === 0) throw new AppError('scope.unknown', 422, 'One of these scopes does not exist.')
  return (await insertToken(ctx, ctx.db, { kind: 'oauth', accountId, scopes: parsed })).secret
}

/** Who a secret stands for, or null when it is unknown, revoked, expired, or its account may not act. Renews sessions in use. */
export async function findBearer(ctx: Ctx, secret: string): Promise<Bearer | null> {
  if (secret.length < 20 || secret.length > 200) return null
  const now = ctx.clock.now()
  const token = await ctx
    .db<TokenRow>('tokens')
    .where({ token_hash: ctx.secrets.hash(secret) })
    .whereNull('revoked_at')
    .first()
  if (token === undefined || (token.expires_at !== null && token.expires_at <= now)) return null
  const touched = now.getTime() - token.used_at.getTime() > TOUCH_AFTER_MS
  if (token.account_id === null) return { token, account: null, actor: null, touched: await touch(ctx, token, touched) }
  const account = await ctx.db<AccountRow>('accounts').where({ id: token.account_id, status: 'active' }).first()
  if (account === undefined) return null
  const actor = await ctx.db<ActorRow>('actors').where({ id: account.actor_id }).whereNull('suspended_at').whereNull('deleted_at').first()
  if (actor === undefined) return null
  return { token, account, actor, touched: await touch(ctx, token, touched) }
}

/** The living sessions and app tokens of a person, newest use first, with the name of the app. */
export async function listTokens(ctx: Ctx, accountId: string): Promise<(TokenRow & { app_name: string | null })[]> {
  return await ctx
    .db('tokens')
    .leftJoin('oauth_apps', 'oauth_apps.id', 'tokens.app_id')
    .where('tokens.account_id', accountId)
    .whereNull('tokens.revoked_at')
    .where((q) => q.whereNull('tokens.expires_at').orWhere('tokens.expires_at', '>', ctx.clock.now()))
    .orderBy('tokens.used_at', 'desc')
    .limit(200)
    .select('tokens.*', 'oauth_apps.name as app_name')
}

/** Ends one token of this person. Throws token.unknown (404). */
export async function revokeOwnToken(ctx: Ctx, accountId: string, tokenId: string): Promise<void> {
  const changed = await ctx
    .db('tokens')
    .where({ id: tokenId, account_id: accountId })
    .whereNull('revoked_at')
    .update({ revoked_at: ctx.clock.now() })
  if (changed === 0) throw new AppError('token.unknown', 404, 'This session does not exist any more.')
}

/** Ends every token of a person, except one, and the secret address of their calendar (security.md W05). */
export async function revokeTokens(ctx: Ctx, trx: Knex, accountId: string, exceptTokenId: string | null = null): Promise<void> {
  const query = trx('tokens').where({ account_id: accountId }).whereNull('revoked_at')
  if (exceptTokenId !== null) query.whereNot({ id: exceptTokenId })
  await query.update({ revoked_at: ctx.clock.now() })
  await trx('personal_calendars').where({ account_id: accountId }).delete()
}

/** True for the scopes of a browser session, which may do what no app may. */
export function isSession(token: TokenRow): boolean {
  return token.kind === 'session' && token.scopes.includes(SESSION_SCOPE)
}

/** Whoever only reads is not turned away because this cannot be written. */
async function touch(ctx: Ctx, token: TokenRow, due: boolean): Promise<boolean> {
  if (!due) return false
  const now = ctx.clock.now()
  try {
    await ctx
      .db('tokens')
      .where({ id: token.id })
      .update({ used_at: now, expires_at: token.kind === 'session' ? sessionEnd(now) : token.expires_at })
    if (token.account_id !== null) await ctx.db('accounts').where({ id: token.account_id }).update({ last_seen_at: now })
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return false
  }
  return true
}

function sessionEnd(now: Date): Date {
  return new Date(now.getTime() + SESSION_IDLE_DAYS * DAY_MS)
}
