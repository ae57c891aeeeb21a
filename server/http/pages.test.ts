// Pages as a browser without JavaScript, a crawler and a cache receive them.
import t, { type Test } from 'tap'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import { createNote } from '../features/wall/create-note.ts'
import { createAccount } from '../features/accounts/create.ts'
import { browserOf } from '../test/browser.ts'
import { testContext, type TestContextOptions } from '../test/context.ts'
import { webRoot } from './pages/renderer.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'accept-language': 'fr-FR,fr;q=0.9' }
const options = { skip: existsSync(join(webRoot(), 'ssr', 'entry-server.js')) ? false : 'the web app is not built (npm run build)' }

async function start(
  t: Test,
  more?: TestContextOptions
): Promise<{ ctx: Ctx; app: FastifyInstance; page: (url: string, headers?: object) => ReturnType<typeof get> }> {
  const { ctx } = await testContext(t, more)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  return { ctx, app, page: (url, headers = {}) => get(app, url, headers) }
}

function get(app: FastifyInstance, url: string, headers: object) {
  return app.inject({ method: 'GET', url, headers: { ...HTML, ...headers } })
}

t.test('before set-up every page leads to the installation', options, async (t) => {
  const { page } = await start(t, { site: false })
  const answer = await page('/agenda')
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers.location, '/installation')
  t.match((await page('/installation')).body, /<h1[^>]*>Installons votre commune/)
})

t.test('a program that asks for an unknown address of the API is not given a page', options, async (t) => {
  const { page } = await start(t)
  for (const path of ['/api/v1/nothing', '/api/communer/v1/nothing', '/ap/nothing', '/assets/nothing.js', '/.well-known/nothing']) {
    const answer = await page(path)
    t.equal(answer.statusCode, 404, path)
    t.notMatch(answer.headers['content-type'], /text\/html/, path)
  }
})

t.test('the wall is whole in its HTML, in the reader’s language', options, async (t) => {
  const { ctx, page } = await start(t)
  const { actor } = await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse', name: 'Amina' })
  await createNote(ctx, actor, { text: 'Bonjour le village', visibility: 'public' })
  const answer = await page('/')
  t.equal(answer.statusCode, 200)
  t.match(answer.body, /<html lang="fr">/)
  t.match(answer.body, /Bonjour le village/)
  t.match(answer.body, /<link rel="alternate" href="[^"]*\/feed\.atom" type="application\/atom\+xml"/)
  t.match(answer.body, /"@type":"GovernmentOrganization"/)
  t.match(answer.headers['content-security-policy'], /script-src 'self'/)
  t.notMatch(answer.headers['content-security-policy'], /script-src[^;]*unsafe-inline/)
  t.match((await page('/', { 'accept-language': 'en' })).body, /<html lang="en">/)
})

t.test('the language is chosen by a link, kept in a cookie, and never leads to another site', options, async (t) => {
  const { page } = await start(t)
  const answer = await page('/agenda?lang=en&x=1')
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers.location, '/agenda?x=1')
  t.match(answer.headers['set-cookie'], /lang=en/)
  t.match((await page('/agenda', { cookie: 'lang=en' })).body, /<html lang="en">/)
  for (const path of ['//evil.example/?lang=en', '/\\evil.example/?lang=en'])
    t.match(String((await page(path)).headers.location ?? '/'), /^\/(?![/\\])/, path)
})

t.test('strangers share a page, signed-in readers never', options, async (t) => {
  const { ctx, app, page } = await start(t)
  t.match((await page('/')).headers, { 'cache-control': /^public, .*s-maxage=/, vary: /Cookie/ })
  await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse' })
  const browser = browserOf(app)
  await browser.post('/api/communer/v1/login', { login: 'amina', password: 'correct horse' })
  const mine = await browser.get('/', HTML)
  t.equal(mine.headers['cache-control'], 'private, no-store')
  t.match(mine.body, /Abonnements/)
  t.equal((await page('/notifications')).headers.location, '/connexion?retour=/notifications', 'a stranger is asked to log in')
})

t.test('a name that is HTML is text in title, description and structured data', options, async (t) => {
  const { ctx, page } = await start(t)
  const { actor } = await createAccount(ctx, { username: 'mallory', email: 'm@example.org', password: 'correct horse' })
  await ctx.db('actors').where({ id: actor.id }).update({ name: '</title></script><script>alert(1)</script>"\'' })
  const answer = await page('/@mallory')
  t.equal(answer.statusCode, 200)
  t.notMatch(answer.body, /<script>alert/)
})

t.test('[8] a message names its ActivityPub document, first in the Link header', options, async (t) => {
  const { ctx, app, page } = await start(t)
  const { actor } = await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse', name: 'Amina' })
  await createNote(ctx, actor, { text: 'Un mot pour le monde', visibility: 'public' })
  const note = await ctx.db('objects').where({ actor_id: actor.id }).first('id', 'iri')
  const answer = await page(`/@amina/${note.id}`)
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers.link, `<${note.iri}>; rel="alternate"; type="application/activity+json"`)
  const [alternate = ''] = /<link[^>]*application\/activity\+json[^>]*>/.exec(answer.body) ?? []
  t.match(alternate, /rel="alternate"/)
  t.ok(alternate.includes(`href="${note.iri}"`), 'and in the page')
  t.match(answer.body, /<meta property="og:description" content="Un mot pour le monde">/)
  const machine = await get(app, `/@amina/${note.id}`, { accept: 'application/activity+json' })
  t.match(machine.headers['content-type'], /application\/activity\+json/, 'the same address serves machines')
})

t.test('what is not there answers 404 with a page that helps', options, async (t) => {
  const { page } = await start(t)
  for (const path of ['/@personne', '/@personne/123', '/evenements/123', '/nulle-part']) {
    const answer = await page(path)
    t.equal(answer.statusCode, 404, path)
    t.match(answer.body, /n’existe pas/, path)
    t.match(answer.headers['cache-control'], /no-store/)
  }
})

t.test('a message for followers is not shown to strangers', options, async (t) => {
  const { ctx, page } = await start(t)
  const { actor } = await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse' })
  await createNote(ctx, actor, { text: 'Entre nous seulement', visibility: 'followers' })
  const note = await ctx.db('objects').where({ actor_id: actor.id }).first('id')
  const answer = await page(`/@amina/${note.id}`)
  t.equal(answer.statusCode, 404)
  t.notMatch(answer.body, /Entre nous/)
})

t.test('scripts and styles are kept for ever under their name, and nothing else is served from the disk', options, async (t) => {
  const { page } = await start(t)
  const script = /\/assets\/index-[^"]+\.js/.exec((await page('/')).body)?.[0] ?? ''
  t.match((await page(script)).headers, { 'cache-control': /immutable/, 'content-type': /javascript/ })
  t.equal((await page('/favicon.svg')).statusCode, 200)
  for (const path of ['/assets/../index.html', '/assets/..%2f..%2fpackage.json', '/index.html', '/.vite/manifest.json'])
    t.not((await page(path)).statusCode, 200, path)
})

t.test('a page strangers share is rendered once, and anew as soon as something changes', options, async (t) => {
  const { ctx, app, page } = await start(t)
  await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse' })
  const browser = browserOf(app)
  await browser.post('/api/communer/v1/login', { login: 'amina', password: 'correct horse' })
  await page('/')
  let queries = 0
  ctx.db.on('query', () => (queries += 1))
  const answers = await Promise.all(Array.from({ length: 5 }, () => page('/', { 'accept-encoding': 'gzip' })))
  t.equal(queries, 0, 'no query for a page just rendered')
  t.match(answers[0]?.headers, { 'content-encoding': 'gzip', vary: /Accept-Encoding/ })
  await browser.post('/api/v1/statuses', { status: 'Tout nouveau' })
  t.match((await page('/')).body, /Tout nouveau/)
})

t.test('[W04 W10] who has no script logs in, signs up and asks for a password with plain forms', options, async (t) => {
  const { ctx, app, page } = await start(t)
  await createAccount(ctx, { username: 'amina', email: 'amina@example.org', password: 'correct horse' })
  const browser = browserOf(app)
  const send = (url: string, fields: Record<string, string>, headers: Record<string, string> = { origin: 'https://commune.test' }) =>
    browser.request({
      method: 'POST',
      url,
      payload: new URLSearchParams(fields).toString(),
      headers: { ...HTML, 'content-type': 'application/x-www-form-urlencoded', ...headers }
    })
  t.match((await page('/connexion?retour=/agenda')).body, /<form[^>]* method="post" action="\/connexion\?retour=%2Fagenda"/)
  const wrong = await send('/connexion?retour=/agenda', { login: 'ami"na', password: 'nothing right' })
  t.equal(wrong.statusCode, 401)
  t.match(wrong.body, /Identifiant ou mot de passe incorrect/)
  t.match(wrong.body, /value="ami&quot;na"/, 'what was typed is still there')
  t.notMatch(wrong.body, /nothing right/, 'but no secret')
  t.match(wrong.headers['cache-control'], /no-store/)
  const foreign = await send('/connexion', { login: 'amina', password: 'correct horse' }, { origin: 'https://evil.test' })
  t.equal(foreign.statusCode, 403)
  t.notOk(browser.cookies.has('__Host-communer'))
  const right = await send('/connexion?retour=//evil.test/', { login: 'amina', password: 'correct horse' })
  t.equal(right.statusCode, 303)
  t.equal(right.headers.location, '/')
  t.equal((await browser.get('/api/communer/v1/me')).json().account.username, 'amina')
  browser.cookies.clear()
  const person = { name: 'Zoé', username: 'zoe', email: 'zoe@example.org', password: 'correct horse' }
  t.match((await send('/inscription', person)).body, /Il faut accepter les règles/)
  t.equal((await send('/inscription', { ...person, agreement: 'on' })).headers.location, '/bienvenue')
  t.equal((await browser.get('/api/communer/v1/me')).json().account.username, 'zoe')
  browser.cookies.clear()
  t.equal((await send('/mot-de-passe', { login: 'nobody' })).headers.location, '/mot-de-passe?etat=envoye')
  const link = await page('/mot-de-passe/nouveau?jeton=aaaaaaaaaaaaaaaaaaaaaaaaaaa')
  t.match(link.headers['cache-control'], /no-store/, 'an address with a secret is kept by nobody')
  t.match(
    (await send('/mot-de-passe/nouveau?jeton=aaaaaaaaaaaaaaaaaaaaaaaaaaa', { token: 'a'.repeat(27), password: 'x y z a b' })).body,
    /déjà servi/
  )
})

t.test('legal pages are written from the commune’s facts, say what is missing, and take its own words', options, async (t) => {
  const { ctx, app, page } = await start(t)
  const empty = await page('/mentions-legales')
  t.match(empty.body, /<h1[^>]*>Mentions légales<\/h1>/)
  t.match(empty.body, /\[à compléter par la commune\]/)
  t.match(empty.body, /href="\/accessibilite"[^>]*>Accessibilité\s: non conforme/)
  const path = '/api/communer/v1/admin/legal'
  await createAccount(ctx, { username: 'marie', email: 'm@example.org', password: 'correct horse', role: 'admin' })
  await createAccount(ctx, { username: 'moda', email: 'o@example.org', password: 'correct horse', role: 'moderator' })
  const [admin, moderator] = [browserOf(app), browserOf(app)]
  await admin.post('/api/communer/v1/login', { login: 'marie', password: 'correct horse' })
  await moderator.post('/api/communer/v1/login', { login: 'moda', password: 'correct horse' })
  const settings = (await admin.get(path)).json()
  t.equal((await moderator.send('PUT', path, settings)).statusCode, 403)
  t.equal((await admin.send('PUT', path, { ...settings, accessibility: 'perfect' })).statusCode, 422)
  const filled = {
    facts: { ...settings.facts, publisher: 'Mairie de <b>Test</b>', director: 'Marie Payet' },
    accessibility: 'partial',
    texts: { ...settings.texts, terms: '## Chez nous\nSoyez gentils <script>alert(1)</script>' }
  }
  t.equal((await admin.send('PUT', path, filled)).statusCode, 200)
  const notice = (await page('/mentions-legales')).body
  t.match(notice, /<h2>Éditeur<\/h2><p>Mairie de &lt;b&gt;Test&lt;\/b&gt;/)
  t.match(notice, /Accessibilité\s: partiellement conforme/)
  t.match((await page('/accessibilite')).body, /partiellement conforme avec le référentiel/)
  t.match((await page('/conditions')).body, /<h2>Chez nous<\/h2><p>Soyez gentils &lt;script&gt;/)
  t.match((await page('/confidentialite', { 'accept-language': 'en' })).body, /Data protection officer/)
})
