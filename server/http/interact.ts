// Acting from elsewhere: the way to a visitor's own server, and what somebody who comes from one wants to act on here.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { escapeHtml } from '../core/plain-text.ts'
import { search } from '../features/search/search.ts'
import { findWayHome, INTENTS } from '../features/search/way-home.ts'
import { errorText, text } from '../locales/texts.ts'
import { answers, Id, strictObject } from './communer/schemas.ts'
import { viewerOf } from './mastodon/params.ts'
import { CONSENT_STYLE, plainPage } from './oauth/page.ts'
import { assertSameOrigin } from './plugins/csrf.ts'
import { localeOf } from './plugins/locale.ts'
import { LIMITS, limitLookups } from './plugins/rate-limit.ts'

const STYLE_HASH = createHash('sha256').update(CONSENT_STYLE).digest('base64')
const Uri = Type.String({ minLength: 1, maxLength: 2048 })
const Asked = strictObject({
  account: Type.String({ maxLength: 500, description: '@me@my.server, or the server alone' }),
  uri: Uri,
  intent: Type.Union(INTENTS.map((one) => Type.Literal(one)))
})
const Way = Type.Object({ url: Type.String(), host: Type.String() }, { title: 'WayHome' })
const Target = Type.Object(
  { type: Type.Union([Type.Literal('account'), Type.Literal('status')]), id: Id, host: Type.String() },
  { title: 'InteractionTarget' }
)
const tags = ['interaction']

/** Fastify plugin: the visitor's form with and without script, and the lookup behind /authorize_interaction. */
export async function interactions(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(app, ctx)
  // Counted together: with and without script is one question.
  const config = { public: true, rateLimit: { ...LIMITS.interaction, groupId: 'way-home' } }

  app.post(
    '/api/communer/v1/way-home',
    {
      config,
      schema: { tags, summary: 'Where a visitor’s own server lets her act on something', body: Asked, response: answers(200, Way) }
    },
    async (request) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      return await findWayHome(ctx, request.body)
    }
  )

  // The same for browsers without JavaScript. A link, never a redirect: people see where they go (security.md W11).
  app.post(
    '/interagir',
    { config, schema: { hide: true, body: Asked, response: { 200: Type.String(), '4xx': Type.Any(), '5xx': Type.Any() } } },
    async (request, reply) => {
      assertSameOrigin(ctx, request, { whenSaid: true })
      const locale = localeOf(request)
      const back = `/interagir?uri=${encodeURIComponent(request.body.uri)}&pour=${request.body.intent}`
      const answer = await findWayHome(ctx, request.body).catch((error: unknown) => {
        if (!isAppError(error)) throw error
        return error
      })
      const body =
        answer instanceof AppError
          ? `<p>${escapeHtml(errorText(locale, answer))}</p>`
          : `<p><a rel="nofollow noopener" href="${escapeHtml(answer.url)}">${escapeHtml(text(locale, 'interact.go', { host: answer.host }))}</a></p>`
      return reply
        .code(answer instanceof AppError ? answer.status : 200)
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        .header(
          'content-security-policy',
          `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'`
        )
        .send(
          plainPage(
            locale,
            text(locale, 'interact.title'),
            `${body}<p class="quiet"><a href="${escapeHtml(back)}">${escapeHtml(text(locale, 'interact.back'))}</a></p>`
          )
        )
    }
  )

  app.get(
    '/api/communer/v1/interaction',
    {
      config: {
        scope: 'read:search'
      },
      schema: {
        tags,
        summary: 'What an address from elsewhere stands for; asks its server when it is not known here',
        querystring: Type.Object({ uri: Uri }),
        response: answers(200, Target)
      }
    },
    async (request) => {
      const found = await search(ctx, viewerOf(request), {
        text: request.query.uri.replace(/^acct:/i, '@'),
        types: ['accounts', 'statuses'],
        mayAsk: lookups(request),
        limit: 1,
        offset: 0
      })
      const [status] = found.objects
      const [actor] = found.actors
      const named = (iri: string): string => hostOf(iri) ?? ''
      if (status !== undefined) return { type: 'status' as const, id: status.id, host: named(status.iri) }
      if (actor !== undefined) return { type: 'account' as const, id: actor.id, host: named(actor.iri) }
      throw new AppError('request.not-found', 404, 'Record not found')
    }
  )
}
