// The web pages: renders each to HTML with the reader's own view of the API, and serves the scripts and styles they use.
// It holds no data of its own and no rule: whatever a page shows came through the same API as everybody's.
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx, Site } from '../context.ts'
import { isLocale } from '../locales/texts.ts'
import { setLocale } from '../features/accounts/profile.ts'
import { sendErrorPage } from './pages/error-page.ts'
import { headHtml, linkHeader } from './pages/head.ts'
import { inProcessTransport } from './pages/in-process.ts'
import { loadRenderer, webRoot, type SiteSummary } from './pages/renderer.ts'
import { publicRoutes } from './plugins/auth.ts'
import { localeOf } from './plugins/locale.ts'

/** Paths that programs use: an unknown one is never answered with a page. */
const NOT_PAGES = /^\/(api|oauth|ap|media|avatars|headers|assets|nodeinfo|\.well-known)(\/|$)/
/** Strangers all get the same page: a cache in front may keep it this long. */
const SHARED_CACHE = 'public, max-age=0, s-maxage=10, stale-while-revalidate=60'
const A_YEAR_SECONDS = 31_536_000
const A_DAY = 'public, max-age=86400'

/** Fastify plugin; register it last, its wildcard takes every GET that nothing else wanted. */
export async function pages(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  publicRoutes(app)
  const web = join(webRoot(), 'web')
  if (existsSync(join(web, 'assets'))) {
    await app.register(fastifyStatic, {
      root: join(web, 'assets'),
      prefix: '/assets/',
      index: false,
      preCompressed: true,
      immutable: true,
      // The names carry a hash of the contents.
      maxAge: A_YEAR_SECONDS * 1000
    })
    app.get('/favicon.svg', async (_request, reply) => reply.sendFile('favicon.svg', web, { maxAge: 86_400_000, immutable: false }))
    app.get('/favicon.ico', async (_request, reply) => reply.redirect('/favicon.svg', 302))
  }
  app.get('/robots.txt', async (_request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .header('cache-control', A_DAY)
      .send('User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nDisallow: /recherche\n')
  )
  app.setErrorHandler((error, request, reply) => sendErrorPage(ctx, error, request, reply))
  app.get('/*', async (request, reply) => {
    if (NOT_PAGES.test(request.url)) return await reply.callNotFound()
    return await sendPage(ctx, request, reply)
  })
}

/** Answers with the page at the request's address, in the reader's language. */
export async function sendPage(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const url = new URL(request.url, 'http://localhost')
  const wanted = url.searchParams.get('lang')
  if (wanted !== null) return await chooseLanguage(ctx, request, reply, url, wanted)
  const renderer = await loadRenderer()
  const lang = localeOf(request)
  const signedIn = request.auth !== null
  const page = await renderer.render({
    url: url.pathname + url.search,
    lang,
    site: ctx.site === null ? null : summaryOf(ctx.site),
    now: ctx.clock.now(),
    signedIn,
    transport: inProcessTransport(request, lang)
  })
  reply.header('vary', 'Accept, Accept-Language, Cookie').header('content-language', lang)
  if (page.redirect !== null) return reply.header('cache-control', 'no-store').redirect(page.redirect, 302)
  const status = page.head.status ?? 200
  const isShared = !signedIn && status === 200 && ctx.site !== null
  const links = linkHeader(page.head)
  if (links !== '') reply.header('link', links)
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('cache-control', isShared ? SHARED_CACHE : 'private, no-store')
    .send(renderer.document({ lang, head: headHtml(page.head, ctx.site, lang), page }))
}

/** `?lang=en`: remembered in a cookie, and in the account of whoever is logged in; then the same page again. */
async function chooseLanguage(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, url: URL, wanted: string): Promise<FastifyReply> {
  url.searchParams.delete('lang')
  if (isLocale(wanted)) {
    reply.setCookie('lang', wanted, { path: '/', sameSite: 'lax', maxAge: A_YEAR_SECONDS })
    if (request.auth !== null) await setLocale(ctx, request.auth.account.id, wanted)
  }
  // One leading slash only: `//host` would lead to another site.
  return reply.header('cache-control', 'no-store').redirect(url.pathname.replace(/^[/\\]+/, '/') + url.search, 302)
}

function summaryOf(site: Site): SiteSummary {
  const { name, origin, accountDomain, description, registrations, timezone, latitude, longitude, insee, communeActorId } = site
  return { name, origin, accountDomain, description, registrations, timezone, latitude, longitude, insee, communeId: communeActorId }
}
