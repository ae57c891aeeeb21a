// POST /oauth/token and /oauth/revoke, and the metadata document (RFC 6749, 7009, 8414), in the dialect of Mastodon's apps.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { KNOWN_SCOPES } from '../../core/scopes.ts'
import { requireSite } from '../../db/site.ts'
import { grantClient, redeemCode, revokeAppToken, type ClientCredentials } from '../../features/accounts/oauth.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS } from '../plugins/rate-limit.ts'

/** Fastify plugin. Bodies come as JSON, urlencoded or multipart: clients do all three. */
export async function oauthToken(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.post('/oauth/token', { config: { public: true, rateLimit: LIMITS.token } }, async (request, reply) => {
    const params = bodyOf(request)
    const { secret, row } = await grant(ctx, clientOf(request, params), params)
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
    return {
      access_token: secret,
      token_type: 'Bearer',
      scope: row.scopes.join(' '),
      created_at: Math.floor(row.created_at.getTime() / 1000)
    }
  })

  app.post('/oauth/revoke', { config: { public: true, rateLimit: LIMITS.token } }, async (request) => {
    const params = bodyOf(request)
    await revokeAppToken(ctx, clientOf(request, params), params['token'] ?? '')
    return {}
  })

  app.get('/oauth/userinfo', { config: { scope: 'profile' } }, async (request) => {
    const { actor } = requireAuth(request)
    const { acct, avatar, display_name: name, url, username } = toAccount(ctx, actor, null)
    return {
      iss: `${requireSite(ctx).origin}/`,
      sub: actor.iri,
      name: name || acct,
      preferred_username: username,
      profile: url,
      picture: avatar
    }
  })

  app.get('/.well-known/oauth-authorization-server', { config: { public: true } }, async (_request, reply) => {
    const { origin } = requireSite(ctx)
    reply.header('cache-control', 'public, max-age=3600')
    return {
      issuer: `${origin}/`,
      service_documentation: 'https://docs.joinmastodon.org/',
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      app_registration_endpoint: `${origin}/api/v1/apps`,
      userinfo_endpoint: `${origin}/oauth/userinfo`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      scopes_supported: KNOWN_SCOPES,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none']
    }
  })
}

async function grant(ctx: Ctx, client: ClientCredentials, params: Record<string, string>) {
  if (params['grant_type'] === 'authorization_code') {
    return await redeemCode(ctx, client, {
      code: params['code'] ?? '',
      redirectUri: params['redirect_uri'] ?? '',
      codeVerifier: params['code_verifier'] ?? null
    })
  }
  if (params['grant_type'] === 'client_credentials') return await grantClient(ctx, client, params['scope'] ?? '')
  throw new AppError('oauth.unsupported-grant-type', 400, 'This way to get a token is not offered.')
}

/** The app's proof: HTTP Basic wins over the body (RFC 6749 §2.3.1). */
function clientOf(request: FastifyRequest, params: Record<string, string>): ClientCredentials {
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '')
  if (basic !== null) {
    const [id = '', secret = ''] = Buffer.from(basic[1]!, 'base64').toString().split(':')
    return { clientId: decode(id), clientSecret: decode(secret) }
  }
  return { clientId: params['client_id'] ?? '', clientSecret: params['client_secret'] || null }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text parameters of a body, whatever its encoding; a parameter given twice is no text and is left out. */
function bodyOf(request: FastifyRequest): Record<string, string> {
  const entries = Object.entries((request.body ?? {}) as Record<string, unknown>)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= 4000))
}
