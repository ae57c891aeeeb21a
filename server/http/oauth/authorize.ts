// GET and POST /oauth/authorize: the person sees what an app asks for and decides. Needs a browser session, never a token.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { isAppError } from '../../core/errors.ts'
import type { OauthAppRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { checkAuthorize, createCode, type AuthorizeRequest } from '../../features/accounts/oauth.ts'
import { OUT_OF_BAND, withParams } from '../../features/accounts/redirect-uri.ts'
import { isSession } from '../../features/accounts/tokens.ts'
import { errorText, text } from '../../locales/texts.ts'
import type { Auth } from '../plugins/auth.ts'
import { localeOf } from '../plugins/locale.ts'
import { codePage, CONSENT_STYLE, consentPage, sentencePage } from './page.ts'

const STYLE_HASH = createHash('sha256').update(CONSENT_STYLE).digest('base64')

interface Asked {
  request: AuthorizeRequest
  state: string | null
  app: OauthAppRow
  scopes: string[]
}

/** Fastify plugin: the two authorize routes. */
export async function oauthAuthorize(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/oauth/authorize', { config: { public: true } }, async (request, reply) => {
    const asked = await readAsked(ctx, request.query, request, reply)
    if (asked === null) return reply
    const auth = sessionOf(request)
    // The page to log in at returns here: `next` is a path of ours.
    if (auth === null) return reply.redirect(`/connexion?next=${encodeURIComponent(request.url)}`, 303)
    return sendHtml(reply, consentPage(localeOf(request), consentOf(ctx, auth, asked)), asked.request.redirectUri)
  })

  app.post('/oauth/authorize', { config: { public: true } }, async (request, reply) => {
    const asked = await readAsked(ctx, request.body, request, reply)
    if (asked === null) return reply
    const auth = sessionOf(request)
    if (auth === null) return reply.redirect('/connexion', 303)
    const isAllowed = field(request.body, 'decision') === 'allow'
    const { redirectUri, codeChallenge } = asked.request
    const code = isAllowed
      ? await createCode(ctx, { app: asked.app, accountId: auth.account.id, redirectUri, scopes: asked.scopes, codeChallenge })
      : null
    if (redirectUri === OUT_OF_BAND) {
      const locale = localeOf(request)
      return sendHtml(
        reply,
        code === null ? sentencePage(locale, text(locale, 'oauth.error-title'), text(locale, 'oauth.denied')) : codePage(locale, code),
        null
      )
    }
    const answer: Record<string, string> = code === null ? { error: 'access_denied' } : { code }
    return reply.header('cache-control', 'no-store').redirect(withParams(redirectUri, { ...answer, state: asked.state }), 303)
  })
}

/** The request checked, or null after an error page was sent: an unproven return address is never followed (security.md W01). */
async function readAsked(ctx: Ctx, params: unknown, request: FastifyRequest, reply: FastifyReply): Promise<Asked | null> {
  const asked: AuthorizeRequest = {
    responseType: field(params, 'response_type') ?? '',
    clientId: field(params, 'client_id') ?? '',
    redirectUri: field(params, 'redirect_uri') ?? '',
    scope: field(params, 'scope') ?? '',
    codeChallenge: field(params, 'code_challenge'),
    codeChallengeMethod: field(params, 'code_challenge_method')
  }
  try {
    return { request: asked, state: field(params, 'state'), ...(await checkAuthorize(ctx, asked)) }
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('oauth.')) throw error
    const locale = localeOf(request)
    sendHtml(reply.code(error.status), sentencePage(locale, text(locale, 'oauth.error-title'), errorText(locale, error)), null)
    return null
  }
}

/** A token must not make tokens: only a browser session may consent. */
function sessionOf(request: FastifyRequest): Auth | null {
  return request.auth !== null && isSession(request.auth.token) ? request.auth : null
}

function consentOf(ctx: Ctx, auth: Auth, { request, state, app, scopes }: Asked) {
  return {
    appName: app.name,
    website: app.website,
    handle: `@${auth.actor.username}@${requireSite(ctx).accountDomain}`,
    scopes,
    returnsTo: request.redirectUri === OUT_OF_BAND ? null : placeOf(request.redirectUri),
    fields: {
      response_type: request.responseType,
      client_id: request.clientId,
      redirect_uri: request.redirectUri,
      scope: scopes.join(' '),
      ...(state === null ? {} : { state }),
      ...(request.codeChallenge === null ? {} : { code_challenge: request.codeChallenge, code_challenge_method: 'S256' })
    }
  }
}

function placeOf(uri: string): string {
  const url = new URL(uri)
  return url.host || url.protocol
}

function sendHtml(reply: FastifyReply, html: string, redirectUri: string | null): FastifyReply {
  // Browsers apply form-action to where a form's answer redirects too, so the app's address must be named.
  const target = redirectUri === null || redirectUri === OUT_OF_BAND ? '' : ` ${sourceOf(redirectUri)}`
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'${target}; base-uri 'none'; frame-ancestors 'none'`
    )
    .send(html)
}

function sourceOf(uri: string): string {
  const url = new URL(uri)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.origin : url.protocol
}

/** One text parameter: given twice it counts as absent. */
function field(params: unknown, name: string): string | null {
  const value = (params as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'string' && value !== '' ? value : null
}
