// What makes the site an app on a phone: the manifest (W3C Web Application Manifest), its icons, the service worker.
import type { FastifyInstance } from 'fastify'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ctx } from '../../context.ts'
import { text, type Locale } from '../../locales/texts.ts'
import { localeOf } from '../plugins/locale.ts'

const SIZES = [192, 512]
const A_DAY_MS = 86_400_000

/** Registers them; `web` is the folder of the built pages. */
export function webApp(app: FastifyInstance, ctx: Ctx, web: string): void {
  app.get('/manifest.webmanifest', async (request, reply) =>
    reply
      .type('application/manifest+json; charset=utf-8')
      .header('cache-control', 'public, max-age=3600')
      .header('vary', 'Accept-Language, Cookie')
      .send(JSON.stringify(manifestOf(ctx, localeOf(request))))
  )
  // The browser asks for it at each visit: an old one must not stay.
  app.get('/sw.js', async (_request, reply) =>
    reply
      .header('cache-control', 'no-cache')
      .type('text/javascript; charset=utf-8')
      .send(await readFile(join(web, 'sw.js')))
  )
  for (const size of SIZES)
    for (const name of [`icon-${size}.png`, `icon-maskable-${size}.png`])
      app.get(`/${name}`, async (_request, reply) => reply.sendFile(name, web, { maxAge: A_DAY_MS, immutable: false }))
}

function manifestOf(ctx: Ctx, locale: Locale): object {
  const name = ctx.site?.name ?? 'Communer'
  const icons = SIZES.flatMap((size) => [
    { src: `/icon-${size}.png`, sizes: `${size}x${size}`, type: 'image/png', purpose: 'any' },
    { src: `/icon-maskable-${size}.png`, sizes: `${size}x${size}`, type: 'image/png', purpose: 'maskable' }
  ])
  return {
    id: '/',
    name,
    short_name: name.slice(0, 12),
    description: ctx.site?.description || text(locale, 'app.description', { commune: name }),
    lang: locale,
    dir: 'ltr',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    theme_color: '#17595a',
    background_color: '#fbf8f3',
    categories: ['social', 'news', 'government'],
    icons: [...icons, { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
    shortcuts: [
      { name: text(locale, 'app.publish'), url: '/publier' },
      { name: text(locale, 'app.agenda'), url: '/agenda' },
      { name: text(locale, 'app.notifications'), url: '/notifications' }
    ],
    share_target: { action: '/publier', method: 'GET', params: { title: 'titre', text: 'texte', url: 'lien' } }
  }
}
