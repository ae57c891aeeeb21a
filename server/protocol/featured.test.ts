// Pinned posts of people elsewhere, as their own server names them.
import t from 'tap'
import { buildApp } from '../app.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { doChores } from '../jobs/chores.ts'
import { note, PUBLIC } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet } from '../test/internet.ts'
import { citizen } from '../test/people.ts'
import { getActorByIri } from './actors.ts'

async function scene(t: Parameters<typeof testContext>[0]) {
  const test = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = test
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const featured = 'https://peer.test/featured/bob'
  const bob = await getActorByIri(ctx, peer.actor('bob', { featured }).iri)
  const eve = await getActorByIri(ctx, peer.actor('eve').iri)
  const alice = await citizen(ctx, 'alice')
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const authorization = `Bearer ${await createToken(ctx, alice.account.id, 'read')}`
  const pinned = async (signedIn = true): Promise<string[]> => {
    const headers = signedIn ? { authorization } : {}
    const answer = await app.inject({ url: `/api/v1/accounts/${bob.id}/statuses?pinned=true`, headers })
    return answer.json().map((status: { uri: string }) => status.uri)
  }
  const post = (actor: typeof bob, more: object = {}) => {
    const json = note(actor, { to: [PUBLIC], ...more })
    peer.on(new URL(json.id).pathname, json)
    return json
  }
  const asked = () => peer.seen.filter(({ url }) => url === '/featured/bob').length
  return { ...test, peer, bob, eve, pinned, post, asked, featured }
}

t.test('pinned posts of a profile are fetched when a citizen looks, once a day, from their own host', async (t) => {
  const { ctx, clock, peer, bob, eve, pinned, post, asked, featured } = await scene(t)
  const [mine, hers, secret] = [post(bob), post(eve), post(bob, { to: [`${bob.iri}/followers`] })]
  const forged = { ...note(bob), id: 'https://peer.test/notes/forged', content: '<p>never published</p>' }
  const collection = (orderedItems: unknown[]) => ({ id: featured, type: 'OrderedCollection', orderedItems })
  peer.on('/featured/bob', collection([mine.id, hers.id, forged, 'https://elsewhere.test/n/1', 'javascript:alert(1)', secret.id]))
  t.same(await pinned(false), [])
  t.equal(await doChores(ctx), 0, 'a visitor makes us ask nobody (F24)')
  t.same(await pinned(), [])
  await doChores(ctx)
  t.same(await pinned(), [mine.id], 'nothing of others, nothing embedded, nothing private')
  t.notOk(await ctx.db('objects').where({ iri: forged.id }).first(), 'what is only embedded is not stored')
  await doChores(ctx)
  t.equal(asked(), 1)
  clock.advance(25 * 3_600_000)
  const next = post(bob)
  peer.on('/featured/bob', { id: featured, type: 'OrderedCollection', first: `${featured}?page=1` })
  peer.on('/featured/bob?page=1', { id: `${featured}?page=1`, type: 'OrderedCollectionPage', orderedItems: [next.id] })
  await pinned()
  await doChores(ctx)
  t.same(await pinned(), [next.id], 'a paged one too; what is not named any more is not pinned')
})

t.test('F19 a collection of pins that is endless or gone costs little and changes nothing', async (t) => {
  const { ctx, clock, peer, bob, pinned, post, featured } = await scene(t)
  const kept = post(bob)
  peer.on('/featured/bob', { id: featured, type: 'OrderedCollection', orderedItems: [kept.id] })
  await pinned()
  await doChores(ctx)
  clock.advance(25 * 3_600_000)
  peer.on('/featured/bob', 404)
  await pinned()
  await doChores(ctx)
  t.same(await pinned(), [kept.id])
  clock.advance(25 * 3_600_000)
  const before = peer.seen.length
  const many = Array.from({ length: 10_000 }, (_, at) => `https://peer.test/missing/${at}`)
  peer.on('/featured/bob', { id: featured, type: 'OrderedCollection', orderedItems: many })
  await pinned()
  await doChores(ctx)
  t.ok(peer.seen.length - before <= 12, `${peer.seen.length - before} requests`)
})
