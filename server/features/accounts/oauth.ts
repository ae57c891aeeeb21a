// OAuth 2 as Mastodon's apps speak it: apps, authorization codes with PKCE, tokens. No password grant, no refresh token.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { parseScopes, scopesWithin } from '../../core/scopes.ts'
import type { OauthAppRow, OauthCodeRow, TokenRow } from '../../db/rows.ts'
import { isRedirectUri } from './redirect-uri.ts'
import { insertToken } from './tokens.ts'

/** RFC 6749 §4.1.2 recommends ten minutes at most. */
const CODE_MS = 10 * 60_000

export interface AppInput {
  name: string
  redirectUris: string[]
  scopes: string
  website: string | null
}

/** Registers an app. Returns the row and the secret, which is seen this once. Throws oauth.app-invalid, oauth.invalid-scope (422). */
export async function createApp(ctx: Ctx, input: AppInput): Promise<{ app: OauthAppRow; secret: string }> {
  const name = input.name.trim().slice(0, 60)
  const redirectUris = [...new Set(input.redirectUris)]
  if (name === '' || redirectUris.length === 0 || redirectUris.length > 20 || !redirectUris.every(isRedirectUri)) {
    throw new AppError('oauth.app-invalid', 422, 'An application has a name and at least one valid return address.')
  }
  const scopes = parseScopes(input.scopes || 'read')
  if (scopes === null || scopes.length === 0) throw invalid('scope', 422)
  const secret = randomBytes(32).toString('base64url')
  const now = ctx.clock.now()
  const app: OauthAppRow = {
    id: newId(now),
    client_id: randomBytes(32).toString('base64url'),
    client_secret: ctx.secrets.hash(secret).toString('base64url'),
    name,
    website: isWebsite(input.website) ? input.website : null,
    redirect_uris: redirectUris,
    scopes,
    created_at: now
  }
  await ctx.db('oauth_apps').insert(app)
  return { app, secret }
}

export interface AuthorizeRequest {
  responseType: string
  clientId: string
  redirectUri: string
  scope: string
  codeChallenge: string | null
  codeChallengeMethod: string | null
}

/**
 * The app and scopes of an authorization request. Throws oauth.* (400); none of these may redirect, since the return
 * address is not proven yet or the app is at fault.
 */
export async function checkAuthorize(ctx: Ctx, request: AuthorizeRequest): Promise<{ app: OauthAppRow; scopes: string[] }> {
  const app = await ctx.db<OauthAppRow>('oauth_apps').where({ client_id: request.clientId }).first()
  if (app === undefined) throw invalid('client', 400)
  if (!app.redirect_uris.includes(request.redirectUri))
    throw new AppError('oauth.redirect-uri', 400, 'The return address is not one the application declared.')
  if (request.responseType !== 'code')
    throw new AppError('oauth.unsupported-response-type', 400, 'This way to authorize an application is not offered.')
  const scopes = parseScopes(request.scope || 'read')
  if (scopes === null || scopes.length === 0 || !scopesWithin(scopes, app.scopes)) throw invalid('scope', 400)
  // RFC 9700 §2.1.1: `plain` protects nothing.
  const challenged = request.codeChallenge !== null
  if (challenged && (request.codeChallengeMethod !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(request.codeChallenge!)))
    throw invalid('request', 400)
  return { app, scopes }
}

/** A code for what the person allowed: used once, within ten minutes. */
export async function createCode(
  ctx: Ctx,
  grant: { app: OauthAppRow; accountId: string; redirectUri: string; scopes: string[]; codeChallenge: string | null }
): Promise<string> {
  const code = randomBytes(32).toString('base64url')
  await ctx.db('oauth_codes').insert({
    code_hash: ctx.secrets.hash(code),
    app_id: grant.app.id,
    account_id: grant.accountId,
    redirect_uri: grant.redirectUri,
    scopes: grant.scopes,
    code_challenge: grant.codeChallenge,
    expires_at: new Date(ctx.clock.now().getTime() + CODE_MS)
  })
  return code
}

export interface ClientCredentials {
  clientId: string
  /** Null for a public client, which must prove itself by PKCE. */
  clientSecret: string | null
}

/** Changes a code for a token. A code that comes twice ends the tokens of the first time (RFC 6749 §4.1.2). Throws oauth.* (400, 401). */
export async function redeemCode(
  ctx: Ctx,
  client: ClientCredentials,
  grant: { code: string; redirectUri: string; codeVerifier: string | null }
): Promise<{ secret: string; row: TokenRow }> {
  const app = await checkClient(ctx, client)
  const result = await ctx.db.transaction(async (trx) => {
    const code = await trx<OauthCodeRow>('oauth_codes')
      .where({ code_hash: ctx.secrets.hash(grant.code), app_id: app.id })
      .forUpdate()
      .first()
    if (code === undefined) return null
    if (code.used_at !== null) {
      await trx('tokens')
        .where({ app_id: app.id, account_id: code.account_id })
        .where('created_at', '>=', code.used_at)
        .whereNull('revoked_at')
        .update({ revoked_at: ctx.clock.now() })
      return null
    }
    if (code.expires_at <= ctx.clock.now() || code.redirect_uri !== grant.redirectUri) return null
    if (!isProven(client, code, grant.codeVerifier)) return null
    await trx('oauth_codes').where({ code_hash: code.code_hash }).update({ used_at: ctx.clock.now() })
    return await insertToken(ctx, trx, { kind: 'oauth', accountId: code.account_id, appId: app.id, scopes: code.scopes })
  })
  if (result === null) throw invalid('grant', 400)
  return result
}

/** A token for an app alone, which can sign people up. Throws oauth.* (400, 401). */
export async function grantClient(ctx: Ctx, client: ClientCredentials, scope: string): Promise<{ secret: string; row: TokenRow }> {
  const app = await checkClient(ctx, client)
  if (client.clientSecret === null) throw invalid('client', 401)
  const scopes = parseScopes(scope || 'read')
  if (scopes === null || !scopesWithin(scopes, app.scopes)) throw invalid('scope', 400)
  return await insertToken(ctx, ctx.db, { kind: 'app', accountId: null, appId: app.id, scopes })
}

/** Ends a token of this app; a token of another app is refused, an unknown one is fine (RFC 7009 §2.2). */
export async function revokeAppToken(ctx: Ctx, client: ClientCredentials, token: string): Promise<void> {
  const app = await checkClient(ctx, client)
  const row = await ctx
    .db<TokenRow>('tokens')
    .where({ token_hash: ctx.secrets.hash(token) })
    .whereNot({ kind: 'session' })
    .first()
  if (row === undefined) return
  if (row.app_id !== app.id) throw new AppError('oauth.unauthorized-client', 403, 'You are not authorized to revoke this token')
  await ctx.db('tokens').where({ id: row.id }).update({ revoked_at: ctx.clock.now() })
}

/** The app behind a token. */
export async function getApp(ctx: Ctx, appId: string): Promise<OauthAppRow | null> {
  return (await ctx.db<OauthAppRow>('oauth_apps').where({ id: appId }).first()) ?? null
}

async function checkClient(ctx: Ctx, client: ClientCredentials): Promise<OauthAppRow> {
  const app = await ctx.db<OauthAppRow>('oauth_apps').where({ client_id: client.clientId }).first()
  if (app === undefined) throw invalid('client', 401)
  if (client.clientSecret !== null && !isSame(app.client_secret, ctx.secrets.hash(client.clientSecret).toString('base64url')))
    throw invalid('client', 401)
  return app
}

/** A code that was asked for with a challenge needs its verifier (RFC 7636); one without needs the app's secret. */
function isProven(client: ClientCredentials, code: OauthCodeRow, verifier: string | null): boolean {
  if (code.code_challenge === null) return client.clientSecret !== null && verifier === null
  if (verifier === null || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false
  return isSame(code.code_challenge, createHash('sha256').update(verifier).digest('base64url'))
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function isWebsite(text: string | null): text is string {
  return text !== null && text.length <= 2000 && /^https?:\/\//i.test(text) && URL.canParse(text)
}

function invalid(what: 'client' | 'grant' | 'scope' | 'request', status: number): AppError {
  return new AppError(`oauth.invalid-${what}`, status, `invalid_${what}`)
}
