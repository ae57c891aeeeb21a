// Apps register themselves (POST /api/v1/apps) and check their token.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { OauthAppRow } from '../../db/rows.ts'
import { createApp, getApp } from '../../features/accounts/oauth.ts'
import { pushPublicKey } from '../../protocol/push.ts'
import { readForm } from '../plugins/bodies.ts'
import { LIMITS } from '../plugins/rate-limit.ts'

/** Fastify plugin. */
export async function mastodonApps(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.post('/api/v1/apps', { config: { public: true, rateLimit: LIMITS.apps } }, async (request) => {
    const { fields } = await readForm(request)
    const website = fields['website']
    const { app: row, secret } = await createApp(ctx, {
      name: String(fields['client_name'] ?? ''),
      redirectUris: redirectUris(fields['redirect_uris']),
      scopes: String(fields['scopes'] ?? ''),
      website: typeof website === 'string' && website !== '' ? website : null
    })
    return {
      ...presentApp(row),
      client_id: row.client_id,
      client_secret: secret,
      // 0: it does not expire (docs.joinmastodon.org/entities/CredentialApplication).
      client_secret_expires_at: 0,
      vapid_key: await pushPublicKey(ctx)
    }
  })

  app.get('/api/v1/apps/verify_credentials', { config: { scope: 'profile', appToken: true } }, async (request) => {
    const appId = request.appToken?.app_id ?? request.auth?.token.app_id ?? null
    const row = appId === null ? null : await getApp(ctx, appId)
    if (row === null) throw new AppError('auth.token-invalid', 401, 'The access token is invalid')
    return { ...presentApp(row), vapid_key: await pushPublicKey(ctx) }
  })
}

function presentApp(row: OauthAppRow) {
  return {
    id: row.id,
    name: row.name,
    website: row.website,
    scopes: row.scopes,
    redirect_uris: row.redirect_uris,
    redirect_uri: row.redirect_uris.join('\n')
  }
}

/** One text with a line each, or a list. */
function redirectUris(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\r\n]+/) : []
  return texts
    .filter((text): text is string => typeof text === 'string')
    .map((text) => text.trim())
    .filter((text) => text !== '')
}
