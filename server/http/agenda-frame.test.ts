// The agenda in the pages of other sites: what it shows, what it lets run, and that it is the only page others may frame.
import { createHash } from 'node:crypto'
import t from 'tap'
import { buildApp } from '../app.ts'
import { createEvent } from '../features/events/create-event.ts'
import { cancelEvent } from '../features/events/edit-event.ts'
import { testContext } from '../test/context.ts'
import { localGroup, localPerson } from '../test/people.ts'

const { ctx } = await testContext(t, { startAt: new Date('2026-12-10T12:00:00Z') })
const app = await buildApp(ctx)
t.teardown(() => app.close())
const alice = await localPerson(ctx, 'alice')
await localGroup(ctx, 'jardin', alice)
const timezone = 'Europe/Paris'
const location = { name: 'Salle <des> fêtes' }
const bal = await createEvent(ctx, alice, { title: 'Bal "à papa"', start: '2026-12-12T20:00', timezone, location })
await createEvent(ctx, alice, { title: 'Semis', start: '2026-12-13T14:00', timezone, as: 'jardin', tags: ['jardin'] })
await createEvent(ctx, alice, { title: 'Entre nous', start: '2026-12-13T14:00', timezone, visibility: 'followers' })
await createEvent(ctx, alice, { title: 'Hier', start: '2026-12-09T14:00', timezone })

const titles = async (query: string): Promise<string[]> =>
  [...(await app.inject(`/agenda/cadre${query}`)).body.matchAll(/<h2><a [^>]*>([^<]*)/g)].map(([, title]) => title!)

t.test('it lists coming public events, and takes the filters of the agenda', async (t) => {
  t.same(await titles(''), ['Bal &quot;à papa&quot;', 'Semis'])
  t.same(await titles('?groupe=jardin'), ['Semis'])
  t.same(await titles('?theme=jardin'), ['Semis'])
  t.same(await titles('?nombre=1'), ['Bal &quot;à papa&quot;'])
  t.same(await titles('?nombre=-3'), ['Bal &quot;à papa&quot;', 'Semis'])
  t.same(await titles('?theme=rien'), [])
  t.match((await app.inject('/agenda/cadre?theme=rien')).body, 'Aucun rendez-vous à venir')
  const { body } = await app.inject('/agenda/cadre')
  t.match(body, /<p>Samedi 12 décembre 2026, 20 h<\/p><p class="quiet">Salle &lt;des&gt; fêtes<\/p>/)
  t.match(body, `href="${bal.url}"`)
})

t.test('any site may frame it, it alone, and nothing runs in it but its own style', async (t) => {
  const { headers, body } = await app.inject('/agenda/cadre')
  const policy = String(headers['content-security-policy'])
  t.match(policy, /default-src 'none'.*frame-ancestors \*/)
  t.notMatch(policy, /unsafe|script-src/)
  t.equal(headers['x-frame-options'], undefined)
  t.match(headers, { 'x-robots-tag': 'noindex', vary: /Accept-Language/, 'x-content-type-options': 'nosniff' })
  const style = /<style>([^]*)<\/style>/.exec(body)![1]!
  t.ok(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`), 'the browser accepts the style')
  t.notMatch(body, /<script| style=| on\w+=/)
  for (const path of ['/agenda.json', '/agenda', '/agenda/cadre/', '/agenda/cadres', '/']) {
    const other = await app.inject(path)
    t.equal(other.headers['x-frame-options'], 'DENY', path)
    t.match(other.headers['content-security-policy'], "frame-ancestors 'none'", path)
  }
})

t.test('links leave the frame and give its page no hold on ours', async (t) => {
  const links = (await app.inject('/agenda/cadre')).body.match(/<a [^>]*>/g) ?? []
  t.equal(links.length, 3)
  for (const link of links) t.match(link, /href="https:\/\/commune\.test\/.*target="_blank" rel="noopener"/)
})

t.test('it speaks the language asked for, else the browser’s, whoever is logged in', async (t) => {
  const lang = async (url: string, headers: Record<string, string> = {}): Promise<string | undefined> =>
    /<html lang="(\w+)"/.exec((await app.inject({ url, headers })).body)?.[1]
  t.equal(await lang('/agenda/cadre'), 'fr')
  t.equal(await lang('/agenda/cadre', { 'accept-language': 'en-GB' }), 'en')
  t.equal(await lang('/agenda/cadre?lang=fr', { 'accept-language': 'en-GB' }), 'fr')
  t.equal(await lang('/agenda/cadre', { cookie: 'lang=en' }), 'fr', 'what caches share depends on no cookie')
  t.match((await app.inject('/agenda/cadre?lang=en')).body, 'Saturday, December 12, 2026')
})

t.test('it follows the browser’s colours, or the ones asked for', async (t) => {
  t.match((await app.inject('/agenda/cadre')).body, /<html lang="fr"><head>/)
  t.match((await app.inject('/agenda/cadre?fond=sombre')).body, '<html lang="fr" class="dark">')
  t.match((await app.inject('/agenda/cadre?fond=clair')).body, '<html lang="fr" class="light">')
  t.match((await app.inject('/agenda/cadre?fond="><script>')).body, /<html lang="fr"><head>/)
})

t.test('a wrong address says so inside the frame', async (t) => {
  const answer = await app.inject('/agenda/cadre?groupe=personne')
  t.equal(answer.statusCode, 404)
  t.match(answer.headers['content-security-policy'], 'frame-ancestors *')
  t.match(answer.body, /<h1>Rien à cette adresse\.<\/h1>/)
  t.equal((await app.inject('/agenda/cadre?du=demain')).statusCode, 422)
})

t.test('it is sent again only when something changed', async (t) => {
  const { headers } = await app.inject('/agenda/cadre')
  const known = { 'if-none-match': String(headers['etag']) }
  t.equal((await app.inject({ url: '/agenda/cadre', headers: known })).statusCode, 304)
  await cancelEvent(ctx, { role: 'member', actorId: alice.id }, bal)
  const after = await app.inject({ url: '/agenda/cadre', headers: known })
  t.equal(after.statusCode, 200)
  t.match(after.body, '<p>ANNULÉ · Samedi 12 décembre 2026, 20 h</p>')
})
