// One's own account in the Mastodon API: verify, update, and sign-up by an app.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import type { AccountPreferences } from '../../db/rows.ts'
import { signUp } from '../../features/accounts/create.ts'
import { updatePreferences, updateProfile, type ProfileInput } from '../../features/accounts/profile.ts'
import { insertToken } from '../../features/accounts/tokens.ts'
import { storePortrait } from '../../features/media/portrait.ts'
import { requireAuth } from '../plugins/auth.ts'
import { readForm, type Form } from '../plugins/bodies.ts'
import { localeOf } from '../plugins/locale.ts'
import type { Nested } from '../plugins/nested-params.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { credentialAccount } from './credential-account.ts'

const QUOTE_POLICIES = ['public', 'followers', 'nobody'] as const
const PRIVACIES = ['public', 'unlisted', 'private', 'direct'] as const

/** Fastify plugin. */
export async function mastodonCredentials(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/api/v1/accounts/verify_credentials', { config: { scope: 'profile' } }, async (request) => {
    const { account, actor } = requireAuth(request)
    return await credentialAccount(ctx, account, actor)
  })

  app.patch('/api/v1/accounts/update_credentials', { config: { scope: 'write:accounts', takesFiles: true } }, async (request) => {
    const { account, actor } = requireAuth(request)
    const form = await readForm(request)
    const fresh = await updateProfile(ctx, actor, await profileOf(ctx, form))
    const preferences = preferencesOf(form.fields)
    const saved =
      Object.keys(preferences).length > 0 || form.fields['note'] !== undefined
        ? await updatePreferences(ctx, account.id, preferences)
        : account
    return await credentialAccount(ctx, saved, fresh)
  })

  for (const [path, column] of [
    ['avatar', 'icon'],
    ['header', 'image']
  ] as const)
    app.delete(`/api/v1/profile/${path}`, { config: { scope: 'write:accounts' } }, async (request) => {
      const { account, actor } = requireAuth(request)
      return await credentialAccount(ctx, account, await updateProfile(ctx, actor, { [column]: null }))
    })

  app.post('/api/v1/accounts', { config: { scope: 'write:accounts', appToken: true, rateLimit: LIMITS.signup } }, async (request) => {
    const app_ = request.appToken
    if (app_ === null || !app_.scopes.some((scope) => scope === 'write' || scope === 'write:accounts')) {
      throw new AppError('auth.scope', 403, 'This action is outside the authorized scopes', { details: { scope: 'write:accounts' } })
    }
    const { fields } = await readForm(request)
    if (!isTrue(fields['agreement']))
      throw new AppError('signup.agreement', 422, 'You have to accept the rules to sign up.', { details: { field: 'agreement' } })
    const { account } = await signUp(ctx, {
      username: String(fields['username'] ?? ''),
      email: String(fields['email'] ?? ''),
      password: String(fields['password'] ?? ''),
      reason: String(fields['reason'] ?? ''),
      locale: typeof fields['locale'] === 'string' ? fields['locale'].slice(0, 2) : localeOf(request)
    })
    // While the sign-up waits for approval the token exists but opens nothing: findBearer asks for an active account.
    const { secret, row } = await insertToken(ctx, ctx.db, {
      kind: 'oauth',
      accountId: account?.id ?? null,
      isVoid: account === null,
      appId: app_.app_id,
      scopes: app_.scopes
    })
    return {
      access_token: secret,
      token_type: 'Bearer',
      scope: row.scopes.join(' '),
      created_at: Math.floor(row.created_at.getTime() / 1000)
    }
  })
}

async function profileOf(ctx: Ctx, { fields, files }: Form): Promise<ProfileInput> {
  const input: ProfileInput = {}
  if (typeof fields['display_name'] === 'string') input.displayName = fields['display_name']
  if (typeof fields['note'] === 'string') input.note = fields['note']
  for (const name of ['locked', 'discoverable', 'indexable'] as const) if (fields[name] !== undefined) input[name] = isTrue(fields[name])
  if (fields['hide_collections'] !== undefined) input.hideCollections = isTrue(fields['hide_collections'])
  if (fields['fields_attributes'] !== undefined) input.fields = fieldsOf(fields['fields_attributes'])
  if (files['avatar'] !== undefined)
    input.icon = await storePortrait(ctx, 'avatar', files['avatar'].body, textOf(fields['avatar_description']))
  if (files['header'] !== undefined)
    input.image = await storePortrait(ctx, 'header', files['header'].body, textOf(fields['header_description']))
  return input
}

function preferencesOf(fields: Nested): Partial<AccountPreferences> {
  const source = fields['source']
  if (typeof source !== 'object' || Array.isArray(source)) return {}
  const privacy = PRIVACIES.find((name) => name === source['privacy'])
  const quotePolicy = QUOTE_POLICIES.find((name) => name === source['quote_policy'])
  const language = source['language']
  return {
    ...(privacy === undefined ? {} : { privacy }),
    ...(quotePolicy === undefined ? {} : { quotePolicy }),
    ...(source['sensitive'] === undefined ? {} : { sensitive: isTrue(source['sensitive']) }),
    ...(typeof language === 'string' && /^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$/.test(language) ? { language: language || null } : {})
  }
}

/** A list, or an object with numbers as keys: clients send both. */
function fieldsOf(value: unknown): { name: string; value: string }[] {
  const entries = Object.values((value ?? {}) as Record<string, unknown>)
  return entries.flatMap((entry) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { name, value: content } = entry as Record<string, unknown>
    return [{ name: textOf(name), value: textOf(content) }]
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1' || value === 'on'
}
