// Threads of other servers, completed within a budget whatever those servers answer.
import t from 'tap'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { doChores } from '../jobs/chores.ts'
import { activity, create, localFollow, note, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet, type Host, type RemoteActor } from '../test/internet.ts'
import { citizen } from '../test/people.ts'
import { getActorByIri } from './actors.ts'
import { askForThread } from './threads.ts'

async function scene(t: Parameters<typeof testContext>[0]) {
  const test = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const internet = await testInternet(t, test.ctx)
  const [peer, other, evil] = ['peer.test', 'other.test', 'evil.test'].map((name) => internet.host(name)) as [Host, Host, Host]
  const bob = await getActorByIri(test.ctx, peer.actor('bob').iri)
  const carol = other.actor('carol')
  const alice = await citizen(test.ctx, 'alice')
  await localFollow(test.ctx, alice.actor, bob)
  return { ...test, internet, peer, other, evil, bob, carol, alice }
}

/** Publishes a post on its server. */
function served(
  host: Host,
  author: Pick<RemoteActor, 'iri'>,
  more: Record<string, unknown> = {}
): Record<string, unknown> & { id: string } {
  const json = note(author, more)
  host.on(new URL(json.id).pathname, json)
  return json
}

const stored = (ctx: Ctx, iri: string) => ctx.db<ObjectRow>('objects').where({ iri }).first()
const documents = (host: Host) => host.seen.filter(({ url }) => !url.startsWith('/.well-known')).length

async function allChores(ctx: Ctx): Promise<void> {
  while ((await doChores(ctx)) > 0);
}

/** A stored post of bob's that somebody here opens. */
async function opened(ctx: Ctx, peer: Host, bob: ActorRow, replies: unknown): Promise<ObjectRow> {
  const root = served(peer, bob, { replies })
  await receive(ctx, create(bob, root))
  const row = (await stored(ctx, root.id))!
  await askForThread(ctx, row.id)
  return row
}

t.test('F18 a chain of a hundred ancestors ends after twenty, and never goes on', async (t) => {
  const { ctx, clock, other, bob, carol } = await scene(t)
  for (let at = 0; at < 100; at += 1)
    other.on(`/deep/${at}`, { ...note(carol), id: `https://other.test/deep/${at}`, inReplyTo: `https://other.test/deep/${at + 1}` })
  await receive(ctx, create(bob, note(bob, { inReplyTo: 'https://other.test/deep/0' })))
  await allChores(ctx)
  t.equal(other.seen.filter(({ url }) => url.startsWith('/deep/')).length, 20)
  t.ok(await stored(ctx, 'https://other.test/deep/19'))
  t.notOk(await stored(ctx, 'https://other.test/deep/20'))
  t.same(await ctx.db('chores').where({ kind: 'ancestors' }), [], 'it is done')
  const asked = other.seen.length
  clock.advance(7 * 86_400_000)
  await allChores(ctx)
  t.equal(other.seen.length, asked)
})

t.test('F18 ancestors in a circle are fetched once each', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  for (const [at, next] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a']
  ])
    other.on(`/round/${at}`, { ...note(carol), id: `https://other.test/round/${at}`, inReplyTo: `https://other.test/round/${next}` })
  await receive(ctx, create(bob, note(bob, { inReplyTo: 'https://other.test/round/a' })))
  await allChores(ctx)
  t.equal(other.seen.filter(({ url }) => url.startsWith('/round/')).length, 3)
})

t.test('ancestors survive a crash of the server: they are asked for in the transaction of the reply', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  const root = served(other, carol)
  await receive(ctx, create(bob, note(bob, { inReplyTo: root.id })))
  t.match(await ctx.db('chores').where({ kind: 'ancestors' }), [{ subject: root.id }])
  t.notOk(await stored(ctx, root.id))
  await allChores(ctx)
  t.ok(await stored(ctx, root.id))
})

t.test('nobody is asked for the ancestors of what is not public, nor a blocked server', async (t) => {
  const { ctx, other, bob, carol, alice } = await scene(t)
  const root = served(other, carol)
  await receive(ctx, create(bob, note(bob, { inReplyTo: root.id, to: [alice.actor.iri], cc: [] })))
  await allChores(ctx)
  t.equal(other.seen.length, 0)
  await ctx.db('domain_policies').insert({ host: 'other.test', action: 'block' })
  await receive(ctx, create(bob, note(bob, { inReplyTo: root.id })))
  await new Promise((resolve) => setTimeout(resolve, 2100))
  await allChores(ctx)
  t.equal(other.seen.length, 0)
})

t.test('the first page of replies appears once a citizen opens the post; strangers make the server ask nobody', async (t) => {
  const { ctx, peer, other, bob, carol, alice } = await scene(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const root = note(bob)
  const answer = served(other, carol, { inReplyTo: root.id })
  const nested = served(other, carol, { inReplyTo: answer.id })
  peer.on(new URL(root.id).pathname, { ...root, replies: `${root.id}/replies` })
  peer.on(`${new URL(root.id).pathname}/replies`, {
    id: `${root.id}/replies`,
    type: 'Collection',
    first: { type: 'CollectionPage', partOf: `${root.id}/replies`, items: [answer.id, nested.id] }
  })
  await receive(ctx, create(bob, root))
  const row = (await stored(ctx, root.id))!
  await app.inject(`/api/v1/statuses/${row.id}/context`)
  t.same(await ctx.db('chores').where({ kind: 'replies' }), [])
  const authorization = `Bearer ${await createToken(ctx, alice.account.id, 'read')}`
  const context = async () => (await app.inject({ url: `/api/v1/statuses/${row.id}/context`, headers: { authorization } })).json()
  t.same((await context()).descendants, [])
  await allChores(ctx)
  t.same(
    (await context()).descendants.map((status: { uri: string }) => status.uri),
    [answer.id, nested.id]
  )
  t.same(await ctx.db('notifications'), [], 'nobody is notified of what they did not miss')
  t.same(await ctx.db('home_items').where({ object_id: (await stored(ctx, answer.id))!.id }), [])
})

t.test('a thread that was just looked at is not asked for again before its cool-down', async (t) => {
  const { ctx, clock, peer, bob } = await scene(t)
  const row = await opened(ctx, peer, bob, { type: 'Collection', items: [] })
  await allChores(ctx)
  const asked = documents(peer)
  for (let time = 0; time < 5; time += 1) await askForThread(ctx, row.id)
  await allChores(ctx)
  t.equal(documents(peer), asked)
  clock.advance(3 * 3_600_000)
  await askForThread(ctx, row.id)
  await allChores(ctx)
  t.equal(documents(peer), asked + 1)
})

t.test('J20 embedded replies are names and nothing else: what their own server says counts', async (t) => {
  const { ctx, peer, other, evil, bob, carol } = await scene(t)
  const real = served(other, carol, { content: '<p>Vrai</p>' })
  const forged = { ...real, content: '<p>Faux</p>' }
  const unasked = served(evil, evil.actor('mallory'), { content: '<p>Sans rapport</p>' })
  const root = await opened(ctx, peer, bob, {
    type: 'Collection',
    first: { type: 'CollectionPage', items: [forged, unasked, { ...forged, id: 'https://other.test/users/carol/statuses/never' }] }
  })
  other.on(new URL(real.id).pathname, { ...real, inReplyTo: root.iri })
  await allChores(ctx)
  t.match(await stored(ctx, real.id), { content: '<p>Vrai</p>', in_reply_to_id: root.id })
  t.notOk(await stored(ctx, unasked.id), 'a reply that answers nothing here is none')
  t.notOk(await stored(ctx, 'https://other.test/users/carol/statuses/never'))
})

t.test('F19 a collection that never ends, loops or lies elsewhere ends with the budget', async (t) => {
  const { ctx, peer, other, bob } = await scene(t)
  let pages = 0
  peer.on('/endless', (request, response) => {
    pages += 1
    const at = Number(new URL(request.url ?? '', 'https://peer.test').searchParams.get('page') ?? 0)
    const id = `https://peer.test/endless?page=${at}`
    const items = Array.from({ length: 3 }, (_, index) => `https://other.test/none/${at}/${index}`)
    response
      .writeHead(200, { 'content-type': 'application/activity+json' })
      .end(JSON.stringify({ id, type: 'CollectionPage', items, next: `https://peer.test/endless?page=${at + 1}` }))
  })
  await opened(ctx, peer, bob, 'https://peer.test/endless?page=0')
  await allChores(ctx)
  t.ok(pages <= 6, `${pages} pages`)
  t.ok(documents(peer) + other.seen.length <= 40, `${documents(peer) + other.seen.length} requests`)

  peer.on('/loop', { id: 'https://peer.test/loop', type: 'CollectionPage', items: [], next: 'https://peer.test/loop' })
  const before = documents(peer)
  await opened(ctx, peer, bob, 'https://peer.test/loop')
  await allChores(ctx)
  t.equal(documents(peer) - before, 2)

  other.on('/list', { id: 'https://other.test/list', type: 'Collection', items: [] })
  await opened(ctx, peer, bob, 'https://other.test/list')
  await allChores(ctx)
  t.notOk(
    other.seen.some(({ url }) => url === '/list'),
    'a list on another server is not read'
  )
})

t.test('F17 a thousand replies cost forty requests', async (t) => {
  const { ctx, peer, other, bob } = await scene(t)
  const items = Array.from({ length: 1000 }, (_, index) => `https://other.test/none/${index}`)
  await opened(ctx, peer, bob, { type: 'Collection', items })
  const before = peer.seen.length + other.seen.length
  await allChores(ctx)
  t.ok(peer.seen.length + other.seen.length - before <= 40)
})

t.test('a server that is down leaves the thread as it is, and is not asked again by itself', async (t) => {
  const { ctx, clock, internet, other, bob, carol } = await scene(t)
  const root = served(other, carol)
  internet.down.add('other.test')
  await receive(ctx, create(bob, note(bob, { inReplyTo: root.id })))
  await allChores(ctx)
  internet.down.delete('other.test')
  clock.advance(86_400_000)
  await allChores(ctx)
  t.equal(other.seen.length, 0)
})

t.test('boosts by those we follow bring the ancestors of what they boost', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  const root = served(other, carol)
  const reply = served(other, carol, { inReplyTo: root.id })
  t.equal(await receive(ctx, activity('Announce', bob, reply.id, { to: ['as:Public'] })), 'boosted')
  await allChores(ctx)
  t.equal((await stored(ctx, reply.id))!.in_reply_to_id, (await stored(ctx, root.id))!.id)
})
