// Canaries: private items of every kind lie in the database, then every route there is gets asked by those who may not see them.
// A route added later is asked too: the table of routes is read from the application and from the web app.
import t from 'tap'
import type { FastifyInstance, LightMyRequestResponse, RouteOptions } from 'fastify'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import sharp from 'sharp'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import { newId, uuidv7 } from '../core/ids.ts'
import type { ActorRow, ObjectRow, Visibility } from '../db/rows.ts'
import { createAccount } from '../features/accounts/create.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { createEvent } from '../features/events/create-event.ts'
import { uploadMedia } from '../features/media/media.ts'
import { boostObject } from '../features/wall/boost.ts'
import { createNote } from '../features/wall/create-note.ts'
import { deleteObject } from '../features/wall/delete-object.ts'
import { ACTOR_COLLECTIONS, OBJECT_COLLECTIONS } from '../protocol/collections.ts'
import { activity, create, localFollow, note, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { citizen, localGroup, remotePerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { webRoot } from './pages/renderer.ts'

type Json = ReturnType<typeof JSON.parse>

/** In every private text; the reader asks the search for SEARCHED, so that an echo of the question is no find. */
const CANARY = 'Canari-'
const SEARCHED = 'xylophage'
const ADDRESS = '203.0.113.77'
const PASSWORD = 'un mot de passe bien gardé'
const BUILT = existsSync(join(webRoot(), 'ssr', 'entry-server.js'))
/** Queries that change what a list shows: asked of the routes whose schema knows the first name. */
const QUERIES = ['limit=40&min_id=0', 'pinned=true', 'only_media=true', 'local=true', `q=${SEARCHED}&type=statuses`]

// ——— the scene ———

const { ctx } = await testContext(t)
const logged: string[] = []
ctx.log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }) as typeof ctx.log
const routes: RouteOptions[] = []
const app: FastifyInstance = await buildApp(ctx, (route) => routes.push(route))
t.teardown(() => app.close())
const { origin } = ctx.site!

const text = (what: string): string => `${CANARY}${what} ${SEARCHED} #canaritag`
const alice = await createAccount(ctx, { username: 'alice', email: 'alice.secret@courrier.example', password: PASSWORD, name: 'Alice' })
const bea = await citizen(ctx, 'bea')
const mallory = await citizen(ctx, 'mallory')
const carl = await citizen(ctx, 'carl')
const group = await localGroup(ctx, 'jardin', alice.actor)
const bob = await remotePerson(ctx, 'bob@mastodon.test')
const eve = await remotePerson(ctx, 'eve@blocked.test')
const secrets = {
  alice: await createToken(ctx, alice.account.id, 'read write follow'),
  mallory: await createToken(ctx, mallory.account.id, 'read write follow')
}
await localFollow(ctx, bea.actor, alice.actor)
await localFollow(ctx, alice.actor, bob)
await remoteFollow(ctx, bob, alice.actor)
await localFollow(ctx, alice.actor, eve)

const open = await createNote(ctx, alice.actor, { text: 'Une annonce pour tous #canaritag' })
const media = await uploadMedia(ctx, alice.actor.id, await picture(), { description: text('alt') })
const say = (what: string, visibility: Visibility, more: object = {}): Promise<ObjectRow> =>
  createNote(ctx, alice.actor, { text: text(what), visibility, ...more })
const event = (what: string, visibility: Visibility, more: object = {}): Promise<ObjectRow> => {
  const location = { name: text(`${what}-lieu`), latitude: -21.1, longitude: 55.3 }
  return createEvent(ctx, alice.actor, { title: text(what), start: '2027-01-10T10:00:00Z', visibility, location, ...more })
}
/** What alice's readers see and nobody else. */
const hidden: ObjectRow[] = [
  await say('followers', 'followers', { mediaIds: [media.id], spoilerText: text('warning') }),
  await say('direct', 'direct', { text: `@bea ${text('direct')}` }),
  await say('members', 'members', { as: 'jardin' }),
  await say('private-reply', 'followers', { inReplyToId: open.id }),
  await event('event-followers', 'followers'),
  await event('event-members', 'members', { as: 'jardin' })
]
const local = await say('local', 'local')
for (const to of [[`${bob.iri}/followers`], [alice.actor.iri]]) {
  const remote = note(bob, { content: `<p>${text('remote')}</p>`, to, cc: [], tag: [{ type: 'Hashtag', name: '#canaritag' }] })
  await receive(ctx, create(bob, remote))
  hidden.push((await ctx.db<ObjectRow>('objects').where({ iri: remote.id }).first())!)
}
/** What nobody sees any more. */
const gone: ObjectRow[] = [await say('deleted', 'public')]
await deleteObject(ctx, { actorId: alice.actor.id, role: 'member' }, gone[0]!)
gone.push(await createNote(ctx, carl.actor, { text: text('suspended') }))
await boostObject(ctx, alice.actor, gone[1]!)
await ctx.db('actors').where({ id: carl.actor.id }).update({ suspended_at: ctx.clock.now() })
const far = note(eve, { content: `<p>${text('blocked-domain')}</p>`, tag: [{ type: 'Hashtag', name: '#canaritag' }] })
await receive(ctx, create(eve, far))
gone.push((await ctx.db<ObjectRow>('objects').where({ iri: far.id }).first())!)
await ctx.db('domain_policies').insert({ host: 'blocked.test', action: 'block', reason: text('policy') })

// Links to what is hidden: pins, likes, boosts, notifications, reports.
for (const row of hidden) {
  await ctx.db('featured').insert({ actor_id: alice.actor.id, object_id: row.id })
  await ctx.db('likes').insert({ id: newId(), iri: `urn:like:${row.id}`, actor_id: bea.actor.id, object_id: row.id })
}
await receive(ctx, activity('Announce', bob, open.iri, { to: ['https://www.w3.org/ns/activitystreams#Public'], cc: [] }))
const reportId = newId()
await ctx.db('reports').insert({ id: reportId, target_id: mallory.actor.id, reporter_id: alice.actor.id, comment: text('report') })
await createAccount(ctx, {
  username: 'candidat',
  email: 'candidat.secret@courrier.example',
  password: PASSWORD,
  reason: text('reason'),
  status: 'pending'
})
await app.inject({
  method: 'POST',
  url: '/api/communer/v1/login',
  remoteAddress: ADDRESS,
  headers: { host: 'commune.test', origin, 'user-agent': `${CANARY}agent` },
  payload: { login: 'alice.secret@courrier.example', password: PASSWORD }
})

function picture(): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background: '#338855' } })
    .png()
    .toBuffer()
}

// ——— asking ———

const ids = {
  hidden: hidden.map(({ id }) => id),
  open: [open.id, alice.actor.id, group.id, bob.id, bea.actor.id, carl.actor.id]
}
const notificationIds = (await ctx.db('notifications').where({ owner_id: alice.actor.id }).select<{ id: string }[]>('id')).map(
  ({ id }) => id
)
/** The last part of the IRIs of ours that lie under a path, as `/ap/objects/`. */
async function uuidsUnder(path: string): Promise<string[]> {
  const activities = await ctx.db('activities').select<{ iri: string }[]>('iri')
  const iris = [...hidden, ...gone, local, open, alice.actor, group, carl.actor, ...activities].map(({ iri }) => iri)
  return iris.filter((iri) => iri.startsWith(`${origin}${path}`)).map((iri) => iri.split('/').at(-1)!)
}
const uuids: Record<string, string[]> = {
  '/ap/actors/': await uuidsUnder('/ap/actors/'),
  '/ap/objects/': await uuidsUnder('/ap/objects/'),
  '/ap/activities/': await uuidsUnder('/ap/activities/')
}
const names = ['alice', 'jardin', 'carl', 'candidat', 'bob@mastodon.test']
/** One of each kind, for routes that read something else than statuses: none of these may open anything there. */
const oneOfEach = [ids.hidden[0]!, gone[0]!.id, notificationIds[0]!, media.id, reportId, alice.actor.id, group.id]

/** What a parameter may be. */
const VALUES: Record<string, string[]> = {
  account_id: [alice.actor.id],
  username: names,
  handle: names,
  hashtag: ['canaritag'],
  tag: ['canaritag'],
  name: [media.file, media.preview_file!],
  version: ['2.1']
}

function valuesOf(name: string, pattern: string): string[] {
  if (name === 'id' && /statuses|events|objects|evenements|@/.test(pattern)) return [...ids.hidden, ...gone.map(({ id }) => id), open.id]
  if (name === 'id') return /accounts/.test(pattern) ? ids.open : oneOfEach
  if (name === 'uuid') return uuids[/^\/ap\/\w+\//.exec(pattern)?.[0] ?? ''] ?? Object.values(uuids).flatMap(([first]) => first ?? [])
  if (name === 'collection') return pattern.includes('objects') ? [...OBJECT_COLLECTIONS] : [...ACTOR_COLLECTIONS, 'inbox', 'liked']
  return VALUES[name] ?? ['1']
}

/** Every address a pattern can make. */
function addresses(pattern: string, whole = pattern): string[] {
  const parameter = /:([a-z_]+)(?:\([^)]*\))?\*?/i.exec(pattern)
  if (parameter === null) return [pattern]
  return valuesOf(parameter[1]!, whole).flatMap((value) => addresses(pattern.replace(parameter[0], value), whole))
}

/** What may follow an address: `page` of collections, and the queries its route knows. */
function queriesOf({ url, schema }: RouteOptions): string[] {
  if (url.includes(':collection')) return ['', '?page=1', '?page=last']
  const known = Object.keys((schema?.querystring as { properties?: object } | undefined)?.properties ?? {})
  return ['', ...QUERIES.filter((query) => known.includes(query.split('=', 1)[0]!)).map((query) => `?${query}`)]
}

/** The paths of the web app, from its table of routes. */
function pagePaths(): string[] {
  const source = readFileSync(new URL('../../web/router.ts', import.meta.url), 'utf8')
  return [...source.matchAll(/path: '([^']+)'/g)].map((match) => match[1]!).filter((path) => !path.includes('rest'))
}

interface Asked {
  url: string
  method: string
  answer: LightMyRequestResponse
}

async function ask(url: string, token: string | null, accept?: string): Promise<Asked> {
  const answer = await app.inject({
    url,
    remoteAddress: '198.51.100.9',
    headers: {
      host: 'commune.test',
      ...(accept === undefined ? {} : { accept }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` })
    }
  })
  return { url, method: 'GET', answer }
}

/** Everything that can be read, as this reader. ActivityPub knows no tokens: it is asked without. */
async function* everything(token: string | null): AsyncGenerator<Asked> {
  const readable = routes.filter(({ method, url }) => [method].flat().includes('GET') && !url.includes('*') && !url.startsWith('/api/docs'))
  for (const route of readable) {
    // A stream does not end by itself; what it carries is streaming.test.ts's.
    if (token !== null && route.url.startsWith('/api/v1/streaming') && !route.url.endsWith('/health')) continue
    const isActivityPub = route.url.startsWith('/ap/')
    if (isActivityPub && token !== null) continue
    for (const path of addresses(route.url))
      for (const query of queriesOf(route)) yield await ask(path + query, token, isActivityPub ? 'application/activity+json' : undefined)
  }
  for (const path of pagePaths().flatMap((pattern) => addresses(pattern))) {
    if (token === null) yield await ask(path, token, 'application/activity+json')
    if (BUILT) yield await ask(path.startsWith('/recherche') ? `${path}?q=${SEARCHED}` : path, token, 'text/html')
  }
  for (const query of ['#canaritag', 'alice', ...hidden.map(({ iri }) => iri), ...gone.map(({ iri }) => iri)])
    yield await ask(`/api/v2/search?q=${encodeURIComponent(query)}`, token)
  for (const name of names) yield await ask(`/.well-known/webfinger?resource=acct:${name}@commune.test`, token)
}

function wholeOf({ answer }: Asked): string {
  return `${JSON.stringify(answer.headers)}\n${answer.body}`
}

const PERSONAL: [string, RegExp | string][] = [
  ['an e-mail address', 'courrier.example'],
  ['an IP address', ADDRESS],
  ['a private key', 'PRIVATE KEY'],
  ['a password hash', '$argon2'],
  ['a password', PASSWORD],
  ['a token', secrets.alice],
  ['a user agent', `${CANARY}agent`],
  ['a column of secrets', /private_sealed|password_hash|token_hash|"_meta"/]
]

// ——— the tests ———

t.test('the canaries are there: who may see them does', async (t) => {
  for (const row of [...hidden, local]) {
    const { answer } = await ask(`/api/v1/statuses/${row.id}`, secrets.alice)
    t.equal(answer.statusCode, 200, row.content)
    t.match(answer.body, CANARY)
  }
})

t.test('V01, V03, V04, V07, V17, V18: no route shows a stranger a canary or anything personal', async (t) => {
  const hiddenIris = hidden.map(({ iri }) => iri)
  let asked = 0
  let found = 0
  for await (const one of everything(null)) {
    asked += 1
    const body = wholeOf(one)
    const { statusCode } = one.answer
    if (statusCode === 200) found += 1
    if (statusCode >= 500) t.fail(`${one.url} answered ${statusCode}`)
    if (body.includes(CANARY)) t.fail(`${one.url} shows ${/Canari-[\w-]+/.exec(body)?.[0]}`)
    for (const iri of hiddenIris) if (body.includes(iri) && statusCode !== 410) t.fail(`${one.url} names ${iri}`)
    for (const [what, mark] of PERSONAL)
      if (typeof mark === 'string' ? body.includes(mark) : mark.test(body)) t.fail(`${one.url} shows ${what}`)
  }
  t.ok(asked > 300 && found > 100, `${asked} addresses asked, ${found} answered with something`)
})

t.test('V02, V03, V04, V17, V18: nor does any show it to another citizen', async (t) => {
  let asked = 0
  for await (const one of everything(secrets.mallory)) {
    asked += 1
    const body = wholeOf(one).replaceAll(`${CANARY}local`, '')
    if (one.answer.statusCode >= 500) t.fail(`${one.url} answered ${one.answer.statusCode}`)
    if (body.includes(CANARY)) t.fail(`${one.url} shows ${/Canari-[\w-]+/.exec(body)?.[0]}`)
    for (const [what, mark] of PERSONAL)
      if (typeof mark === 'string' ? body.includes(mark) : mark.test(body)) t.fail(`${one.url} shows ${what}`)
  }
  t.ok(asked > 200, `${asked} addresses asked`)
})

t.test('V02, V18: what others may not see cannot be acted on either, and says no more than what does not exist', async (t) => {
  const acting = routes.filter(({ method, url }) => !['GET', 'HEAD', 'OPTIONS'].includes(String(method)) && url.includes(':id'))
  t.ok(acting.length > 10)
  const tables = ['likes', 'objects', 'media', 'featured', 'notifications', 'object_recipients', 'deliveries']
  const counts = async (): Promise<string> => JSON.stringify(await Promise.all(tables.map((table) => ctx.db(table).count())))
  const before = await counts()
  const nobody = newId(new Date(0))
  const send = async (method: string, url: string): Promise<{ status: number; body: string }> => {
    const answer = await app.inject({
      method: method as 'POST',
      url,
      headers: { authorization: `Bearer ${secrets.mallory}` },
      payload: { status: 'x', text: 'x' }
    })
    return { status: answer.statusCode, body: answer.body }
  }
  let nothing: object = {}
  for (const { method, url } of acting)
    for (const verb of [method].flat())
      for (const [at, id] of [nobody, hidden[0]!.id, hidden[1]!.id, hidden[2]!.id, notificationIds[0]!, media.id, reportId].entries()) {
        const answer = await send(verb, url.replace(':id', id).replace(':account_id', alice.actor.id))
        if (at === 0) nothing = answer
        t.same(answer, nothing, `${verb} ${url}`)
        t.notMatch(answer.body, CANARY)
      }
  t.equal(await counts(), before, 'and nothing changed')
})

t.test('V02: a private post answers like one that never was: status, body, headers, work', async (t) => {
  let queries = 0
  ctx.db.on('query', () => (queries += 1))
  const nobody = { id: newId(), uuid: uuidv7() }
  const seen = async (url: string, token: string | null): Promise<object> => {
    queries = 0
    const { answer } = await ask(url, token, url.startsWith('/ap/') ? 'application/activity+json' : undefined)
    // The hour, and what is left to ask, change with every request.
    const { date: _date, 'x-ratelimit-remaining': _left, 'x-ratelimit-reset': _until, ...headers } = answer.headers
    return { status: answer.statusCode, body: answer.body, headers, queries }
  }
  const patterns = routes
    .filter(({ method, url }) => [method].flat().includes('GET') && /\/statuses\/:id|\/events\/:id|\/ap\/objects\/:uuid/.test(url))
    .flatMap(({ url }) => (url.includes(':collection') ? OBJECT_COLLECTIONS.map((name) => url.replace(':collection', name)) : [url]))
  t.ok(patterns.length >= 10)
  const oneOfEachKind = [...new Map(hidden.map((row) => [`${row.visibility} ${row.type} ${row.local}`, row])).values()]
  t.ok(oneOfEachKind.length >= 6)
  for (const pattern of patterns)
    for (const token of pattern.startsWith('/ap/') ? [null] : [null, secrets.mallory]) {
      const other = pattern.replace(':id', nobody.id).replace(':uuid', nobody.uuid)
      // The first request to a route may read what is kept afterwards.
      await seen(other, token)
      const nothing = await seen(other, token)
      for (const row of oneOfEachKind) {
        if (pattern.includes(':uuid') && !row.local) continue
        const url = pattern.replace(':id', row.id).replace(':uuid', row.iri.split('/').at(-1)!)
        t.same(await seen(url, token), nothing, `${pattern} ${row.visibility} ${row.type} ${token === null ? 'stranger' : 'citizen'}`)
      }
    }
})

t.test('V01: collections count what they show', async (t) => {
  const collection = async (name: string): Promise<Json> =>
    JSON.parse((await ask(`${alice.actor.iri.slice(origin.length)}/${name}`, null, 'application/activity+json')).answer.body)
  t.equal((await collection('outbox')).totalItems, 1, 'the one public post')
  t.equal((await collection('featured')).totalItems, 0, 'pins of private posts are not counted')
  const answers = await ask(`${open.iri.slice(origin.length)}/replies`, null, 'application/activity+json')
  t.equal(JSON.parse(answers.answer.body).totalItems ?? 0, 0, 'nor private answers')
})

t.test('V07: nobody reads an inbox, a list of blocks or of refusals', async (t) => {
  for (const actor of [alice.actor, group] as ActorRow[])
    for (const name of ['inbox', 'blocked', 'blocks', 'rejected', 'rejections'])
      for (const token of [null, secrets.mallory, secrets.alice]) {
        const { answer } = await ask(`${actor.iri.slice(origin.length)}/${name}`, token, 'application/activity+json')
        t.ok([404, 405].includes(answer.statusCode), `${name} ${answer.statusCode}`)
        t.notMatch(answer.body, /totalItems/)
      }
  const blind = await createToken(ctx, alice.account.id, 'write')
  for (const path of ['/api/v1/blocks', '/api/v1/mutes', '/api/v1/notifications', '/api/v1/follow_requests'])
    t.equal((await ask(path, blind)).answer.statusCode, 403, `${path} without its scope`)
})

t.test('V17, V22: logs hold no text, no address, no secret', async (t) => {
  ctx.log.error({ err: new Error('a test of the log itself') }, 'proof')
  t.match(logged.join(''), 'a test of the log itself')
  const all = logged.join('')
  t.notMatch(all, CANARY)
  for (const [what, mark] of PERSONAL) t.notOk(typeof mark === 'string' ? all.includes(mark) : mark.test(all), what)
})

t.test('V22: what waits in tables and queue carries no key, no password and no private text beyond the letter itself', async (t) => {
  const jobs = JSON.stringify((ctx as Ctx & { queue: { wakes: unknown } }).queue.wakes)
  t.match(jobs, /deliver/)
  t.notMatch(jobs, /Canari|PRIVATE|courrier/)
  for (const table of ['deliveries', 'chores', 'counters', 'hosts']) {
    const rows = JSON.stringify(await ctx.db(table).select('*'))
    t.notMatch(rows, /Canari|PRIVATE|courrier|argon2/, table)
  }
  const keys = await ctx.db('actor_keys').whereNotNull('private_sealed').select<{ private_sealed: Buffer }[]>('private_sealed')
  t.ok(keys.length > 0)
  for (const { private_sealed: sealed } of keys) t.notMatch(sealed.toString('latin1'), 'PRIVATE KEY', 'keys are sealed at rest')
  const [token] = await ctx.db('tokens').where({ account_id: alice.account.id })
  t.notMatch(JSON.stringify(token), secrets.alice, 'tokens are kept as hashes')
})
