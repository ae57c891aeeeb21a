// The inboxes and private documents as peers meet them: really signed requests against the whole application.
import t from 'tap'
import type { LightMyRequestResponse } from 'fastify'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import type { ActorRow } from '../db/rows.ts'
import { createNote } from '../features/wall/create-note.ts'
import { signRequest } from '../protocol/sign.ts'
import { activity, create, localFollow, note, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { signedPost, testInternet, type RemoteActor } from '../test/internet.ts'
import { citizen } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { spendHostBudget } from './edge.ts'

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const post = async (actor: Pick<RemoteActor, 'keyIri' | 'privateKey'>, json: unknown): Promise<LightMyRequestResponse> => {
    const { headers, body } = await signedPost(ctx, actor, json)
    return app.inject({ method: 'POST', url: '/ap/inbox', headers, payload: body! })
  }
  const get = async (url: string, actor?: RemoteActor): Promise<LightMyRequestResponse> => {
    const signed =
      actor === undefined
        ? {}
        : await signRequest({ method: 'GET', url, keyIri: actor.keyIri, privateKey: actor.privateKey, scheme: 'cavage', date: clock.now() })
    return app.inject({ url: new URL(url).pathname, headers: { host: 'commune.test', accept: 'application/activity+json', ...signed } })
  }
  const bob = internet.host('peer.test').actor('bob')
  const eve = internet.host('evil.test').actor('eve')
  return { ctx, clock, internet, app, post, get, bob, eve }
}

async function logged(ctx: Ctx): Promise<number> {
  return Number((await ctx.db('inbox_log').count<{ count: string }[]>({ count: '*' }))[0]!.count)
}

t.test('Q02: a host beyond its budget is told to wait, nothing of it is stored, and others are served', async (t) => {
  const { ctx, clock, post, bob, eve } = await scene(t)
  const { actor: alice } = await citizen(ctx, 'alice')
  const like = (actor: RemoteActor): object => activity('Like', actor, alice.iri)
  t.equal((await post(bob, like(bob))).statusCode, 202)
  t.throws(() => {
    for (let at = 0; at < 50_000; at += 1) spendHostBudget(ctx, 'peer.test')
  })
  const rows = await logged(ctx)
  const answer = await post(bob, like(bob))
  t.equal(answer.statusCode, 429)
  t.ok(Number(answer.headers['retry-after']) > 0)
  t.equal(await logged(ctx), rows)
  t.equal((await post(eve, like(eve))).statusCode, 202, 'another host')
  clock.advance(2_000)
  t.equal((await post(bob, like(bob))).statusCode, 202, 'the budget fills again')
})

t.test(
  'P9: on a full disk other servers are told to come again, nothing is stored, reading goes on; with room again it is taken',
  async (t) => {
    const { ctx, post, get, bob } = await scene(t)
    const { actor: alice } = await citizen(ctx, 'alice')
    const like = activity('Like', bob, alice.iri)
    ctx.config.minFreeMib = 1e9
    const answer = await post(bob, like)
    t.equal(answer.statusCode, 503)
    t.equal(answer.headers['retry-after'], '600')
    t.equal(await logged(ctx), 0)
    t.equal((await get(alice.iri)).statusCode, 200)
    ctx.config.minFreeMib = 0
    t.equal((await post(bob, like)).statusCode, 202)
    t.equal(await logged(ctx), 1)
  }
)

t.test('S20: a Delete whose key cannot be had deletes nothing and is no error of ours', async (t) => {
  const { ctx, internet, post, bob, eve } = await scene(t)
  const { actor: alice } = await citizen(ctx, 'alice')
  await post(bob, activity('Like', bob, alice.iri))
  const author = (await ctx.db<ActorRow>('actors').where({ iri: bob.iri }).first())!
  await localFollow(ctx, alice, author)
  const kept = note(bob)
  t.equal(await receive(ctx, create(bob, kept)), 'created')
  // The key is forgotten here and gone there; the forger signs with one of his own under its name.
  await ctx.db('actor_keys').where({ actor_id: author.id }).delete()
  const unknown = { keyIri: `${bob.iri}#other-key`, privateKey: eve.privateKey }
  const rows = await logged(ctx)
  for (const status of [410, 404, 500]) {
    internet.host('peer.test').on('/users/bob', status)
    for (const object of [kept.id, { id: kept.id, type: 'Tombstone' }, bob.iri, alice.iri]) {
      const { statusCode } = await post(unknown, activity('Delete', bob, object))
      t.ok([202, 401, 503].includes(statusCode), `${status}: ${statusCode}`)
    }
  }
  t.equal(await logged(ctx), rows, 'nothing is kept to be done later')
  t.match(await ctx.db('objects').where({ iri: kept.id }).first(), { deleted_at: null, content: kept['content'] })
  t.match(await ctx.db('actors').where({ iri: bob.iri }).first(), { deleted_at: null })
  t.same(await ctx.db('tombstones').select('iri'), [])
})

t.test('V06: what one peer may read is not read by the next, from no cache', async (t) => {
  const { ctx, post, get, bob, eve } = await scene(t)
  const { actor: alice } = await citizen(ctx, 'alice')
  for (const peer of [bob, eve]) {
    await post(peer, activity('Like', peer, alice.iri))
    const row = (await ctx.db<ActorRow>('actors').where({ iri: peer.iri }).first())!
    await remoteFollow(ctx, row, alice)
    if (peer === eve) await ctx.db('blocks').insert({ id: newId(), iri: 'urn:block', blocker_id: alice.id, blocked_id: row.id })
  }
  const closed = await createNote(ctx, alice, { text: 'Pour mes abonnés', visibility: 'followers' })
  const open = await createNote(ctx, alice, { text: 'Pour tous' })
  for (let round = 0; round < 2; round += 1) {
    const allowed = await get(closed.iri, bob)
    t.equal(allowed.statusCode, 200)
    t.match(allowed.body, 'Pour mes abonnés')
    t.match(allowed.headers, { 'cache-control': 'private, no-store', vary: /Accept/ })
    for (const other of [undefined, eve]) {
      const refused = await get(closed.iri, other)
      t.equal(refused.statusCode, 404, other === undefined ? 'unsigned' : 'blocked')
      t.notMatch(refused.body, 'abonnés')
      t.notMatch(refused.headers['cache-control'], 'public')
    }
  }
  t.equal((await get(closed.iri, { ...bob, privateKey: eve.privateKey, keyIri: eve.keyIri })).statusCode, 404)
  t.match(await get(open.iri), { statusCode: 200, headers: { 'cache-control': /public/ } })
})

t.test('O31: likes and boosts that a remote object claims for itself are neither counted nor kept', async (t) => {
  const { ctx, post, bob } = await scene(t)
  const { actor: alice } = await citizen(ctx, 'alice')
  await post(bob, activity('Like', bob, alice.iri))
  await localFollow(ctx, alice, (await ctx.db<ActorRow>('actors').where({ iri: bob.iri }).first())!)
  const items = Array.from({ length: 500 }, (_item, at) => `https://peer.test/users/${at}`)
  const claimed = note(bob, {
    likes: { type: 'Collection', totalItems: 1e9, items },
    shares: { type: 'Collection', totalItems: -1, first: { type: 'CollectionPage', items } }
  })
  t.equal(await receive(ctx, create(bob, claimed)), 'created')
  const row = await ctx.db('objects').where({ iri: claimed.id }).first<{ id: string; doc: unknown }>('id', 'doc')
  t.notMatch(JSON.stringify(row.doc), /totalItems|users\/499/)
  t.same(
    await ctx
      .db('object_stats')
      .where({ object_id: row.id })
      .where((query) => query.where('likes', '>', 0).orWhere('shares', '>', 0)),
    []
  )
  t.same(await ctx.db('actors').whereIn('iri', items).select('iri'), [], 'nobody was made known by it')
})
