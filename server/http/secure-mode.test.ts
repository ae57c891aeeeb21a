// Secure mode and whom documents are refused (federation.md §2.6).
import t from 'tap'
import type { LightMyRequestResponse } from 'fastify'
import { buildApp } from '../app.ts'
import { saveHostPolicy, saveFederationSettings } from '../features/moderation/hosts.ts'
import { createNote } from '../features/wall/create-note.ts'
import { signRequest, type SignatureScheme } from '../protocol/sign.ts'
import { testContext } from '../test/context.ts'
import { testInternet, type RemoteActor } from '../test/internet.ts'
import { citizen } from '../test/people.ts'

const AP = 'application/activity+json'
type Get = (path: string, signer?: RemoteActor, scheme?: SignatureScheme, signed?: string) => Promise<LightMyRequestResponse>

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx } = await testContext(t)
  const { actor: alice } = await citizen(ctx, 'alice')
  const { actor: admin } = await citizen(ctx, 'maire', { role: 'admin' })
  const internet = await testInternet(t, ctx)
  const [bob, mallory] = [internet.host('peer.test').actor('bob'), internet.host('other.test').actor('mallory')]
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const get: Get = async (path, signer, scheme = 'cavage', signed = path) => {
    const headers: Record<string, string> =
      signer === undefined
        ? {}
        : await signRequest({
            method: 'GET',
            url: ctx.site!.origin + signed,
            keyIri: signer.keyIri,
            privateKey: signer.privateKey,
            scheme,
            date: ctx.clock.now()
          })
    return app.inject({ method: 'GET', url: path, headers: { ...headers, host: ctx.site!.host, accept: AP } })
  }
  const post = await createNote(ctx, alice, { text: 'Bonjour' })
  const path = (iri: string): string => iri.replace(ctx.site!.origin, '')
  const create = (await ctx.db('activities').where({ type: 'Create' }).first('iri')) as { iri: string }
  const closed = [
    path(post.iri),
    path(create.iri),
    `${path(alice.iri)}/outbox`,
    `${path(alice.iri)}/followers`,
    `${path(post.iri)}/replies`
  ]
  return { ctx, alice, admin, bob, mallory, internet, get, post, path, closed }
}

t.test(
  '[10] secure mode: strangers get the instance’s actor and stubs, whoever signs gets everything, and caches keep nothing',
  async (t) => {
    const { ctx, alice, admin, bob, get, path, closed } = await scene(t)
    for (const address of [...closed, path(alice.iri)]) t.equal((await get(address)).statusCode, 200, `open: ${address}`)
    await saveFederationSettings(ctx, admin.id, { secureMode: true })
    for (const address of closed) {
      const answer = await get(address)
      t.equal(answer.statusCode, 401, address)
      t.notMatch(answer.body, 'Bonjour')
    }
    const stub = await get(path(alice.iri))
    t.equal(stub.statusCode, 200)
    t.same(Object.keys(stub.json()).sort(), ['@context', 'id', 'inbox', 'preferredUsername', 'publicKey', 'type'])
    t.match(stub.headers, { 'cache-control': 'private, no-store', vary: /Signature/ })
    t.equal((await get('/@alice')).json().summary, undefined, 'the page’s address gives no more')
    for (const address of [
      '/ap/actor',
      '/.well-known/webfinger?resource=acct:alice@commune.test',
      '/.well-known/nodeinfo',
      '/nodeinfo/2.1'
    ])
      t.equal((await get(address)).statusCode, 200, `always open: ${address}`)
    for (const scheme of ['cavage', 'rfc9421'] as const) {
      for (const address of closed) t.equal((await get(address, bob, scheme)).statusCode, 200, `${scheme}: ${address}`)
      const full = await get(path(alice.iri), bob, scheme)
      t.ok(full.json().outbox)
      t.match(full.headers, { 'cache-control': 'private, no-store', vary: /Signature/ })
    }
    t.equal((await get(closed[0]!, bob, 'cavage', closed[1]!)).statusCode, 401, 'a signature over another address is none')
  }
)

t.test('[18] secure mode: a page of a collection signed without its query, as Misskey does, is given', async (t) => {
  const { ctx, alice, admin, bob, get, path } = await scene(t)
  await saveFederationSettings(ctx, admin.id, { secureMode: true })
  const outbox = `${path(alice.iri)}/outbox`
  t.equal((await get(`${outbox}?page=true`, bob, 'cavage', outbox)).statusCode, 200)
  t.equal((await get(`${outbox}?page=true`)).statusCode, 401)
})

t.test('V11: who is blocked gets no post and only a stub of the actor, in both modes', async (t) => {
  const { ctx, alice, admin, bob, mallory, get, path, closed } = await scene(t)
  await saveFederationSettings(ctx, admin.id, { secureMode: true })
  for (const actor of [bob, mallory]) t.equal((await get(closed[0]!, actor)).statusCode, 200)
  const row = (await ctx.db('actors').where({ iri: bob.iri }).first('id')) as { id: string }
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: row.id })
  await saveHostPolicy(ctx, admin.id, { host: 'other.test', action: 'block' })
  for (const secureMode of [true, false]) {
    await saveFederationSettings(ctx, admin.id, { secureMode })
    for (const actor of [bob, mallory]) {
      for (const address of closed) t.equal((await get(address, actor)).statusCode, 404, `${secureMode} ${actor.iri} ${address}`)
      const stub = await get(path(alice.iri), actor)
      t.equal(stub.json().outbox, undefined)
      t.ok(stub.json().publicKey)
    }
  }
  await ctx.db('blocks').delete()
  await ctx.db('actors').where({ id: row.id }).update({ suspended_at: ctx.clock.now() })
  t.equal((await get(closed[0]!, bob)).statusCode, 404, 'suspended')
})

t.test('two servers in secure mode can read each other’s keys', async (t) => {
  const { ctx, admin, internet, get, closed } = await scene(t)
  await saveFederationSettings(ctx, admin.id, { secureMode: true })
  const peer = internet.host('peer.test')
  const eve = peer.actor('eve')
  const document = eve.json
  // Like us: nothing without a signature, whose key is fetched from our instance's actor.
  peer.on('/users/eve', (request, response) => {
    if (request.headers.signature === undefined) return void response.writeHead(401).end()
    void get('/ap/actor').then((ours) => {
      const named = String(request.headers.signature).includes(ours.json().publicKey.id)
      response.writeHead(named ? 200 : 401, { 'content-type': AP }).end(JSON.stringify(document))
    })
  })
  await ctx.db('actor_keys').insert({
    key_iri: `${ctx.site!.origin}/ap/actor#main-key`,
    actor_id: ctx.site!.instanceActorId,
    algorithm: 'rsa',
    public_pem: eve.publicPem,
    private_sealed: ctx.secrets.seal(eve.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  })
  t.equal((await get(closed[0]!, eve)).statusCode, 200)
})
