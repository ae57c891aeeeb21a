import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { createPublicKey } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { countPublished } from '../db/documents.ts'
import { loadSite, saveSite } from '../db/site.ts'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { publish } from '../protocol/outbox.ts'
import type { FakeClock } from '../test/clock.ts'
import { testContext } from '../test/context.ts'
import { signedPost, testInternet } from '../test/internet.ts'
import { localActor } from '../test/publishers.ts'
import { tombstone } from '../vocab/activity.ts'
import { addressing } from '../vocab/addressing.ts'
import { assertWire } from '../vocab/assert-wire.ts'
import { mintObjectIri } from '../vocab/iris.ts'
import { objectDocument } from '../vocab/object.ts'

type Teardown = Parameters<typeof testContext>[0]

const AP = 'application/activity+json'
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

async function instance(t: Teardown): Promise<{
  ctx: Ctx
  clock: FakeClock
  get: (path: string, accept?: string, headers?: Record<string, string>) => Promise<LightMyRequestResponse>
  app: FastifyInstance
}> {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const host = ctx.site!.host
  const get = (path: string, accept = AP, headers = {}) =>
    app.inject({ method: 'GET', url: path.replace(ctx.site!.origin, ''), headers: { host, accept, ...headers } })
  return { ctx, clock, get, app }
}

/** A public note as the wall makes it: row, document, Create. */
async function note(
  ctx: Ctx,
  actor: ActorRow,
  visibility: ObjectRow['visibility'] = 'public',
  extra: Partial<ObjectRow> = {}
): Promise<ObjectRow> {
  const { origin } = ctx.site!
  const id = newId(ctx.clock.now())
  const row = {
    id,
    iri: mintObjectIri(origin),
    type: 'Note',
    kind: null,
    local: true,
    actor_id: actor.id,
    visibility,
    in_reply_to_iri: null,
    root_id: id,
    name: null,
    summary: null,
    content: '<p>Bonjour</p>',
    content_html: '<p>Bonjour</p>',
    language: 'fr',
    sensitive: false,
    url: `${origin}/@${actor.username}/${id}`,
    start_time: null,
    end_time: null,
    timezone: null,
    event_status: null,
    place: null,
    published: ctx.clock.now(),
    updated: null,
    ...extra
  }
  const audience = addressing({ visibility, followersIri: actor.followers_iri! })
  const doc = objectDocument({ ...row, attachments: [], tags: [] }, { origin, actorIri: actor.iri, ...audience })
  await ctx.db.transaction(async (trx) => {
    await trx('objects').insert({ ...row, doc: JSON.stringify(doc) })
    await publish(ctx, trx, { actor, type: 'Create', object: doc, ...audience, visibility })
  })
  return (await ctx.db<ObjectRow>('objects').where({ id }).first())!
}

t.test('[6][9] an actor is served with its key, the exact type, Vary and ETag, whatever peers accept', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  for (const accept of [
    AP,
    'application/activity+json, application/ld+json',
    '*/*',
    'application/json',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json, text/html;q=0.1'
  ]) {
    const answer = await get(alice.iri, accept)
    t.equal(answer.statusCode, 200, accept)
    t.equal(answer.headers['content-type'], 'application/activity+json; charset=utf-8', accept)
    t.match(answer.headers['vary'], /Accept/, accept)
  }
  const answer = await get(alice.iri)
  t.doesNotThrow(() => assertWire(answer.json()))
  t.match(answer.json().publicKey, { owner: alice.iri, publicKeyPem: /^-----BEGIN PUBLIC KEY-----/ })
  const key = createPublicKey({ key: answer.json().publicKey.publicKeyPem, type: 'spki', format: 'pem' })
  t.equal(key.asymmetricKeyType, 'rsa')
  t.ok(key.asymmetricKeyDetails!.modulusLength! >= 2048)
  t.notMatch(answer.body, /PRIVATE/)
  t.equal((await get(alice.iri, AP, { 'if-none-match': String(answer.headers['etag']) })).statusCode, 304)
  const zipped = await get(alice.iri, AP, { 'accept-encoding': 'gzip' })
  t.equal(zipped.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(zipped.rawPayload).toString(), answer.body)
})

t.test('[7] a browser is sent to the page, a machine at the page gets the document', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  const post = await note(ctx, alice)
  const browser = await get(alice.iri, BROWSER)
  t.equal(browser.statusCode, 303)
  t.equal(browser.headers['location'], alice.url)
  t.equal((await get('/@Alice')).json().id, alice.iri)
  t.equal((await get(post.url!)).json().id, post.iri)
  t.equal((await get('/')).json().type, 'Application', 'the bare host is the instance')
  t.not((await get('/@alice', BROWSER)).headers['content-type'], 'application/activity+json; charset=utf-8')
  t.equal((await get('/@nobody')).statusCode, 404)
  for (const path of [
    '/ap/actors/jardin',
    '/ap/objects/%00',
    '/ap/activities/..%2f..',
    '/.well-known/webfinger?resource=acct:%00@commune.test'
  ]) {
    t.equal((await get(path)).statusCode, 404, path)
  }
})

t.test('a document answered from memory is the one answered from the database, and browsers still find the page', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  for (const headers of [{}, { 'accept-encoding': 'gzip' }] as Record<string, string>[]) {
    const [cold, hot] = [await get(alice.iri, AP, headers), await get(alice.iri, AP, headers)]
    t.equal(hot.statusCode, 200)
    t.same(hot.rawPayload, cold.rawPayload)
    for (const name of [
      'content-type',
      'vary',
      'etag',
      'cache-control',
      'access-control-allow-origin',
      'content-encoding',
      'x-content-type-options'
    ]) {
      t.equal(hot.headers[name], cold.headers[name], name)
    }
  }
  t.equal((await get(alice.iri, BROWSER)).statusCode, 303)
  await ctx.db('actors').where({ id: alice.id }).update({ deleted_at: ctx.clock.now() })
  await publish(ctx, ctx.db, { actor: alice, type: 'Delete', object: alice.iri, to: [], cc: [], visibility: 'public' })
  t.equal((await get(alice.iri)).statusCode, 410)
})

t.test('[11] every collection an actor names answers with a collection and its count', async (t) => {
  const { ctx, get } = await instance(t)
  const garden = await localActor(ctx, 'jardin', 'Group')
  const doc = (await get(garden.iri)).json()
  for (const name of [
    'outbox',
    'followers',
    'following',
    'featured',
    'featuredTags',
    'members',
    'events',
    'posts',
    'todos',
    'resources',
    'discussions',
    'attributedTo',
    'upcomingEvents'
  ]) {
    const answer = await get(doc[name])
    t.equal(answer.statusCode, 200, name)
    t.match(answer.json(), { id: doc[name], type: /Collection$/, totalItems: 0 }, name)
    if (['members', 'events', 'posts', 'todos', 'resources', 'discussions'].includes(name))
      t.ok('orderedItems' in answer.json() || 'first' in answer.json(), name)
  }
  t.equal((await get('/ap/actor/outbox')).statusCode, 200)
  t.equal((await get(`${garden.iri}/secrets`)).statusCode, 404)
})

t.test('[12] the pages of an outbox are all public activities once, newest first, also when one is added on the way', async (t) => {
  const { ctx, clock, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  const posts: ObjectRow[] = []
  for (let index = 0; index < 45; index += 1) {
    clock.advance(1000)
    posts.push(await note(ctx, alice))
  }
  await note(ctx, alice, 'followers')
  await ctx.db('objects').where({ id: posts[3]!.id }).update({ deleted_at: ctx.clock.now() })
  const outbox = (await get(`${alice.iri}/outbox`)).json()
  t.equal(outbox.totalItems, 44)
  t.equal(await countPublished(ctx.db, alice.id, 40), 40, 'counting has an end')
  const seen: string[] = []
  for (let next: string | undefined = outbox.first; next !== undefined;) {
    const page = (await get(next)).json()
    t.equal(page.partOf, outbox.id)
    seen.push(...page.orderedItems.map((item: { object: { id: string } }) => item.object.id))
    clock.advance(1000)
    if (seen.length === 20) await note(ctx, alice)
    next = page.next
  }
  t.same(
    seen,
    posts
      .filter((post) => post !== posts[3])
      .map((post) => post.iri)
      .toReversed()
  )
  t.equal((await get(outbox.last)).json().orderedItems.at(-1).object.id, posts[0]!.iri)
  t.equal((await get(`${alice.iri}/outbox?page=nonsense`)).statusCode, 404)
})

t.test('what is not for everybody does not exist for strangers', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  for (const visibility of ['followers', 'members', 'direct', 'local'] as const) {
    const post = await note(ctx, alice, visibility)
    t.equal((await get(post.iri)).statusCode, 404, visibility)
    t.equal((await get(post.url!)).statusCode, 404, visibility)
    t.equal((await get(`${post.iri}/replies`)).statusCode, 404, visibility)
    const create = await ctx.db('activities').where({ object_iri: post.iri }).first()
    t.equal((await get(create.iri)).statusCode, 404, visibility)
  }
})

t.test('an edit and a deletion are seen by the next reader, and a deletion is a 410 with its tombstone', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  const post = await note(ctx, alice)
  const create = await ctx.db('activities').where({ object_iri: post.iri }).first()
  t.equal((await get(post.iri)).json().content, '<p>Bonjour</p>')
  t.same((await get(create.iri)).json(), JSON.parse(create.body), 'an activity is served as it was sent')
  const audience = { to: post.doc['to'] as string[], cc: post.doc['cc'] as string[] }
  await ctx.db.transaction(async (trx) => {
    const doc = { ...post.doc, content: '<p>Bonsoir</p>', contentMap: { fr: '<p>Bonsoir</p>' } }
    await trx('objects')
      .where({ id: post.id })
      .update({ doc: JSON.stringify(doc) })
    await publish(ctx, trx, { actor: alice, type: 'Update', object: doc, ...audience, visibility: 'public' })
  })
  t.equal((await get(post.iri)).json().content, '<p>Bonsoir</p>')
  await ctx.db.transaction(async (trx) => {
    await trx('objects').where({ id: post.id }).update({ deleted_at: ctx.clock.now() })
    await publish(ctx, trx, {
      actor: alice,
      type: 'Delete',
      object: tombstone({ iri: post.iri, formerType: 'Note', deleted: ctx.clock.now() }),
      ...audience,
      visibility: 'public',
      alsoInboxesOf: post.iri
    })
  })
  const gone = await get(post.iri)
  t.equal(gone.statusCode, 410)
  t.match(gone.json(), { id: post.iri, type: 'Tombstone', formerType: 'Note' })
  t.equal((await get(`${create.iri}`)).statusCode, 410)
})

t.test('counters are those of today, the thread and the answers list only what is public', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await localActor(ctx, 'bob')
  const post = await note(ctx, alice)
  const answer = await note(ctx, bob, 'public', { in_reply_to_iri: post.iri, in_reply_to_id: post.id, root_id: post.id })
  await note(ctx, bob, 'direct', { in_reply_to_iri: post.iri, in_reply_to_id: post.id, root_id: post.id })
  await ctx.db('likes').insert({ id: newId(), iri: 'https://one.test/like', actor_id: bob.id, object_id: post.id })
  t.match((await get(post.iri)).json(), { likes: { totalItems: 1 }, shares: { totalItems: 0 } })
  t.same((await get(`${post.iri}/replies`)).json().first.items, [answer.iri])
  t.same((await get(`${post.iri}/context`)).json().orderedItems, [post.iri, answer.iri])
  t.equal((await get(`${post.iri}/likes`)).json().totalItems, 1)
})

t.test('W23: [1][2][3] WebFinger finds an actor by every form peers use', async (t) => {
  const { ctx, get } = await instance(t)
  const alice = await localActor(ctx, 'alice')
  const host = ctx.site!.host
  const ask = (resource: string) => get(`/.well-known/webfinger?resource=${encodeURIComponent(resource)}`, 'application/jrd+json')
  for (const resource of [
    `acct:alice@${host}`,
    `acct:Alice@${host.toUpperCase()}`,
    `acct:@alice@${host}`,
    `alice@${host}`,
    alice.iri,
    alice.url!
  ]) {
    const answer = await ask(resource)
    t.equal(answer.statusCode, 200, resource)
    t.equal(answer.json().subject, `acct:alice@${host}`, resource)
    const self = answer.json().links.filter((link: { rel: string }) => link.rel === 'self')
    t.same(self, [{ rel: 'self', type: 'application/activity+json', href: alice.iri }], resource)
    t.equal(answer.json().links[0].rel, 'self', resource)
    t.equal(answer.headers['access-control-allow-origin'], '*')
  }
  for (const resource of [`acct:${host}@${host}`, `${ctx.site!.origin}/`])
    t.equal((await ask(resource)).json().links[0].href, `${ctx.site!.origin}/ap/actor`, resource)
  t.equal((await get('/.well-known/webfinger')).statusCode, 400)
  for (const resource of [`acct:nobody@${host}`, 'acct:alice@elsewhere.test', '<script>', `https://${host}.evil.test/@alice`]) {
    const answer = await ask(resource)
    t.equal(answer.statusCode, 404, resource)
    t.equal(answer.body, '{}', 'the question is not echoed')
  }
  await ctx.db('actors').where({ id: alice.id }).update({ deleted_at: ctx.clock.now() })
  t.equal((await ask(`acct:alice@${host}`)).statusCode, 410)
})

t.test('[4][5] host-meta and NodeInfo tell where to ask and what we are', async (t) => {
  const { ctx, get } = await instance(t)
  const meta = await get('/.well-known/host-meta', '*/*')
  t.match(meta.headers['content-type'], /^application\/xrd\+xml/)
  t.match(meta.body, /template="https:\/\/commune\.test\/\.well-known\/webfinger\?resource=\{uri\}"/)
  const { links } = (await get('/.well-known/nodeinfo', '*/*')).json()
  t.same(
    links.map((link: { href: string }) => link.href),
    ['2.1', '2.0'].map((version) => `${ctx.site!.origin}/nodeinfo/${version}`).concat(`${ctx.site!.origin}/ap/actor`)
  )
  t.same(
    links.map((link: { rel: string }) => link.rel),
    ['2.1', '2.0']
      .map((version) => `http://nodeinfo.diaspora.software/ns/schema/${version}`)
      .concat('https://www.w3.org/ns/activitystreams#Application')
  )
  for (const version of ['2.0', '2.1']) {
    const answer = await get(`/nodeinfo/${version}`, '*/*')
    // What the schemas of NodeInfo require, and the only properties they allow.
    const required = ['metadata', 'openRegistrations', 'protocols', 'services', 'software', 'usage', 'version']
    t.same(Object.keys(answer.json()).sort(), required)
    t.match(answer.json().services, { inbound: Array, outbound: Array })
    t.type(answer.json().software.version, 'string')
    const allowed = ['name', 'version', ...(version === '2.1' ? ['homepage', 'repository'] : [])]
    t.same(
      Object.keys(answer.json().software).filter((name) => !allowed.includes(name)),
      []
    )
    t.match(answer.headers['content-type'], /^application\/json/)
    t.match(answer.json(), {
      version,
      software: { name: 'communer' },
      protocols: ['activitypub'],
      usage: { users: { total: 0 } },
      openRegistrations: true
    })
  }
  t.equal((await get('/nodeinfo/3.0', '*/*')).statusCode, 404)
})

t.test('[30] the end of an account we never met is no news: 202, nothing asked, nothing stored', async (t) => {
  const { ctx, app } = await instance(t)
  const internet = await testInternet(t, ctx)
  const gone = internet.host('peer.test').actor('gone')
  internet.host('peer.test').on('/users/gone', 410)
  const request = await signedPost(ctx, gone, { id: `${gone.iri}#delete`, type: 'Delete', actor: gone.iri, object: gone.iri })
  const answer = await app.inject({
    method: 'POST',
    url: '/ap/inbox',
    headers: { ...(request.headers as Record<string, string>), 'content-type': AP },
    payload: request.body!
  })
  t.equal(answer.statusCode, 202)
  t.equal(internet.host('peer.test').seen.length, 0)
  t.same(await ctx.db('inbox_log'), [])
  t.same(await ctx.db('actors').where({ local: false }), [])
})

t.test('[13] under a domain of its own for handles, addresses stay where the server is', async (t) => {
  const { ctx } = await testContext(t, { origin: 'https://participer.commune.test' })
  await saveSite(ctx, ctx.db, { ...ctx.site!, accountDomain: 'commune.test' })
  const { accountDomain } = (await loadSite(ctx))!
  t.equal(accountDomain, 'commune.test')
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const mairie = await localActor(ctx, 'mairie')
  const get = (url: string, accept = AP) =>
    app.inject({ method: 'GET', url: url.replace(ctx.site!.origin, ''), headers: { host: 'participer.commune.test', accept } })
  // What commune.test redirects here: the question as it was asked there, and the one with our own host.
  for (const handle of ['mairie@commune.test', 'mairie@participer.commune.test']) {
    const answer = await get(`/.well-known/webfinger?resource=acct:${handle}`)
    t.equal(answer.statusCode, 200, handle)
    t.equal(answer.json().subject, 'acct:mairie@commune.test', 'the subject is of the account domain')
    t.equal(answer.json().links[0].href, mairie.iri)
  }
  t.equal((await get('/.well-known/webfinger?resource=acct:mairie@elsewhere.test')).statusCode, 404)
  const document = (await get(mairie.iri)).json()
  t.equal(document.webfinger, 'mairie@commune.test', 'FEP-2c59')
  for (const address of [document.id, document.inbox, document.outbox, document.publicKey.id, document.endpoints.sharedInbox, document.url])
    t.equal(new URL(address).host, 'participer.commune.test', address)
})
