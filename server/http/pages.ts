// The web pages: renders each to HTML with the reader's own view of the API, and serves the scripts and styles they use.
// It holds no data of its own and no rule: whatever a page shows came through the same API as everybody's.
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx, Site } from '../context.ts'
import { isLocale, type Locale } from '../locales/texts.ts'
import { setLocale } from '../features/accounts/profile.ts'
import { sendErrorPage } from './pages/error-page.ts'
import { headHtml, linkHeader } from './pages/head.ts'
import { answerForm, PAGE_FORMS } from './pages/page-forms.ts'
import { inProcessTransport } from './pages/in-process.ts'
import { loadRenderer, webRoot, type FormAnswer, type SiteSummary } from './pages/renderer.ts'
import { createSharedPages, type SharedPage, type SharedPages } from './pages/shared-pages.ts'
import { webApp } from './pages/web-app.ts'
import { publicRoutes } from './plugins/auth.ts'
import { isSafeMethod } from './plugins/csrf.ts'
import { localeOf } from './plugins/locale.ts'

/** Paths that programs use: an unknown one is never answered with a page. */
const NOT_PAGES = /^\/(api|oauth|ap|media|avatars|headers|assets|nodeinfo|\.well-known)(\/|$)/
/** Strangers all get the same page: a cache in front may keep it this long. */
const SHARED_CACHE = 'public, max-age=0, s-maxage=10, stale-while-revalidate=60'
const A_YEAR_SECONDS = 31_536_000
const A_DAY = 'public, max-age=86400'
const ROBOTS = 'User-agent: *\nDisallow: /api/\nDisallow: /oauth/\nDisallow: /agenda/perso/\nDisallow: /recherche\n'

/** Fastify plugin; register it last, its wildcard takes every GET that nothing else wanted. */
export async function pages(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const shared = createSharedPages()
  app.addHook('onSend', async (request) => {
    if (!isSafeMethod(request.method)) shared.forget()
  })
  await app.register(pageRoutes, { ctx, shared })
}
// Not encapsulated: the hook must see what changes anywhere in the application.
Object.assign(pages, { [Symbol.for('skip-override')]: true })

async function pageRoutes(app: FastifyInstance, { ctx, shared }: { ctx: Ctx; shared: SharedPages }): Promise<void> {
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
    webApp(app, ctx, web)
    app.get('/favicon.ico', async (_request, reply) => reply.redirect('/favicon.svg', 302))
  }
  app.get('/robots.txt', async (_request, reply) => reply.type('text/plain; charset=utf-8').header('cache-control', A_DAY).send(ROBOTS))
  app.setErrorHandler((error, request, reply) => sendErrorPage(ctx, error, request, reply))
  for (const [path, form] of Object.entries(PAGE_FORMS))
    app.post(path, async (request, reply) => {
      const lang = localeOf(request)
      const refused = await answerForm(ctx, form, lang, request, reply)
      if (refused === null) return reply
      return sendOwn(reply, await renderPage(ctx, request, request.url, lang, refused.answer), refused.status)
    })
  app.get('/*', async (request, reply) => {
    if (NOT_PAGES.test(request.url)) return await reply.callNotFound()
    return await sendPage(ctx, shared, request, reply)
  })
}

/** Answers with the page at the request's address, in the reader's language. */
async function sendPage(ctx: Ctx, shared: SharedPages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const url = new URL(request.url, 'http://localhost')
  const wanted = url.searchParams.get('lang')
  if (wanted !== null) return await chooseLanguage(ctx, request, reply, url, wanted)
  const lang = localeOf(request)
  const path = url.pathname + url.search
  reply.header('vary', 'Accept, Accept-Language, Accept-Encoding, Cookie').header('content-language', lang)
  // An address that holds a secret is nobody else's page.
  const isPersonal = request.auth !== null || ctx.site === null || url.searchParams.has('jeton')
  if (isPersonal) return sendOwn(reply, await renderPage(ctx, request, path, lang))
  const page = await shared.get(`${lang} ${path}`, () => renderPage(ctx, request, path, lang))
  return sendShared(request, reply, page)
}

type Rendered = Omit<SharedPage, 'gzipped'>

/** A redirect is a page with status 302 whose link is where to go. */
async function renderPage(
  ctx: Ctx,
  request: FastifyRequest,
  path: string,
  lang: Locale,
  form: FormAnswer | null = null
): Promise<Rendered> {
  const renderer = await loadRenderer()
  const page = await renderer.render({
    url: path,
    lang,
    site: ctx.site === null ? null : summaryOf(ctx.site),
    now: ctx.clock.now(),
    signedIn: request.auth !== null,
    form,
    transport: inProcessTransport(request, lang)
  })
  if (page.redirect !== null) return { status: 302, link: page.redirect, html: Buffer.alloc(0) }
  const html = renderer.document({ lang, head: headHtml(page.head, ctx.site, lang), page })
  return { status: page.head.status ?? 200, link: linkHeader(page.head), html: Buffer.from(html) }
}

function sendOwn(reply: FastifyReply, page: Rendered, status = page.status): FastifyReply {
  reply.header('cache-control', 'private, no-store')
  if (page.status === 302) return reply.redirect(page.link, 302)
  return withLink(reply, page.link).code(status).type('text/html; charset=utf-8').send(page.html)
}

function sendShared(request: FastifyRequest, reply: FastifyReply, page: SharedPage): FastifyReply {
  if (page.status !== 200) return sendOwn(reply, page)
  withLink(reply, page.link).type('text/html; charset=utf-8').header('cache-control', SHARED_CACHE)
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(page.html)
  return reply.header('content-encoding', 'gzip').send(page.gzipped)
}

function withLink(reply: FastifyReply, link: string): FastifyReply {
  return link === '' ? reply : reply.header('link', link)
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
  return {
    name,
    origin,
    accountDomain,
    description,
    registrations,
    timezone,
    latitude,
    longitude,
    insee,
    communeId: communeActorId,
    accessibility: site.accessibility ?? 'none',
    map: { hasTiles: (site.map?.tiles ?? '') !== '', attribution: site.map?.attribution ?? '', box: site.map?.box ?? null }
  }
}
