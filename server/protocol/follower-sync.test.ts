// Follower synchronisation (FEP-8fcf): what we say about the followers of others, and what we do when others say it about ours.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../app.ts'
import type { Ctx } from '../context.ts'
import { findFollow } from '../db/links.ts'
import type { ActorRow } from '../db/rows.ts'
import { saveHostPolicy } from '../features/moderation/hosts.ts'
import { createNote } from '../features/wall/create-note.ts'
import { doChores } from '../jobs/chores.ts'
import { create, localFollow, note } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { signedPost, testInternet, asRequest, type RemoteActor } from '../test/internet.ts'
import { citizen, localPerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { waitUntil } from '../test/wait.ts'
import { getActorByIri } from './actors.ts'
import { deliverDue, stopDelivering } from './deliver.ts'
import { digestOf, readSyncHeader } from './follower-digest.ts'
import { signRequest, type SignatureScheme } from './sign.ts'
import { verifyRequest } from './verify.ts'

const HOUR = 3_600_000
const FOLLOWERS = 'https://peer.test/users/bob/followers'
const LIST = 'https://peer.test/users/bob/followers_synchronization'

async function scene(t: Parameters<typeof testContext>[0]) {
  const test = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = test
  t.teardown(() => stopDelivering(ctx, 1000))
  const internet = await testInternet(t, ctx)
  const [peer, other] = [internet.host('peer.test'), internet.host('other.test')]
  const keys = { bob: peer.actor('bob'), mallory: other.actor('mallory') }
  const bob = await getActorByIri(ctx, keys.bob.iri)
  const [alice, bea] = [await localPerson(ctx, 'alice'), await localPerson(ctx, 'bea')]
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  return { ...test, internet, peer, other, keys, bob, alice, bea, app }
}

const header = (followers: string[], more: Partial<Record<'collectionId' | 'url' | 'digest', string>> = {}): string => {
  const { collectionId, url, digest } = { collectionId: FOLLOWERS, url: LIST, digest: digestOf(followers), ...more }
  return `collectionId="${collectionId}", url="${url}", digest="${digest}"`
}

/** A followers-only post by `who`, at the shared inbox, with the header inside the signature (or beside it). */
async function post(
  { ctx, app }: Awaited<ReturnType<typeof scene>>,
  who: RemoteActor,
  value: string,
  { signed = true, scheme = 'cavage' as SignatureScheme } = {}
): Promise<void> {
  const activity = create(who, note(who, { to: [`${who.iri}/followers`], cc: [] }))
  const extra = { 'collection-synchronization': value }
  const request = await signedPost(ctx, who, activity, { scheme, extra: signed ? extra : {} })
  const answer = await app.inject({
    method: 'POST',
    url: '/ap/inbox',
    headers: { ...(request.headers as Record<string, string>), ...extra },
    payload: request.body!
  })
  if (answer.statusCode !== 202) throw new Error(`${answer.statusCode} ${answer.body}`)
}

const wanted = (ctx: Ctx) => ctx.db('chores').where({ kind: 'followers-sync' }).pluck('subject')
const followsOf = async (ctx: Ctx, follower: ActorRow, followed: ActorRow) => (await findFollow(ctx.db, follower.id, followed.id))?.state
const list = (items: string[]) => ({ id: LIST, type: 'OrderedCollection', orderedItems: items })

/** Looks are taken beside the answer: this is long enough for one that should not lead anywhere. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 150))

t.test('[77] the number for a set of followers is the one the proposal prints, in any order; an empty set is all zeros', async (t) => {
  const vectors = JSON.parse(readFileSync(new URL('../test/fixtures/signatures/vectors.json', import.meta.url), 'utf8')) as {
    vectors: { fep8fcf: { followers: string[]; individual: string[]; expectedByFEP: string } }
  }
  const { followers, individual, expectedByFEP } = vectors.vectors.fep8fcf
  t.equal(digestOf(followers), expectedByFEP)
  t.equal(digestOf(followers.toReversed()), expectedByFEP)
  t.same(
    followers.map((iri) => digestOf([iri])),
    individual
  )
  t.equal(digestOf([]), '0'.repeat(64))
})

t.test('[77] a header that cannot be read says nothing', async (t) => {
  t.match(readSyncHeader(header(['https://commune.test/a'])), { collectionId: FOLLOWERS, url: LIST })
  t.match(readSyncHeader(`digest="${'AB'.repeat(32)}",url="u",collectionId="c"`), { digest: 'ab'.repeat(32) })
  for (const text of [
    '',
    'collectionId="c"',
    'collectionId="c", url="u", digest="abc"',
    `collectionId="c", collectionId="d", url="u", digest="${'0'.repeat(64)}"`,
    `${header([])}, ${header([])}`,
    `${header([])} and more`,
    'x'.repeat(5000)
  ])
    t.equal(readSyncHeader(text), null, text.slice(0, 60))
})

for (const scheme of ['cavage', 'rfc9421'] as const) {
  t.test(`[77] a followers-only post says, inside its ${scheme} signature, which followers we count at the receiver`, async (t) => {
    const { ctx, peer, other, bob, keys } = await scene(t)
    const { actor: alice } = await citizen(ctx, 'zoe')
    const carol = await getActorByIri(ctx, peer.actor('carol').iri)
    const mallory = await getActorByIri(ctx, keys.mallory.iri)
    for (const follower of [bob, carol, mallory]) await remoteFollow(ctx, follower, alice)
    await ctx.db('follows').where({ follower_id: carol.id }).update({ state: 'pending' })
    for (const host of [peer, other]) {
      await ctx
        .db('hosts')
        .insert({ host: host.name, signature_scheme: scheme, signature_scheme_at: ctx.clock.now() })
        .onConflict('host')
        .merge()
      host.on('/inbox', 202)
    }
    await createNote(ctx, alice, { text: 'Entre nous', visibility: 'followers' })
    await deliverDue(ctx)
    for (const [host, followers] of [
      [peer, [bob.iri]],
      [other, [mallory.iri]]
    ] as const) {
      const letter = host.seen.find(({ method }) => method === 'POST')!
      t.equal(
        letter.headers['collection-synchronization'],
        `collectionId="${alice.iri}/followers", url="${alice.iri}/followers_synchronization", digest="${digestOf(followers)}"`
      )
      const named = String(letter.headers[scheme === 'cavage' ? 'signature' : 'signature-input'])
      t.match(
        named,
        scheme === 'cavage' ? /digest content-type collection-synchronization"/ : /"content-digest" "collection-synchronization"\)/
      )
    }
    await createNote(ctx, alice, { text: 'À tout le monde' })
    await deliverDue(ctx)
    t.equal(
      peer.seen.filter(({ method }) => method === 'POST').at(-1)!.headers['collection-synchronization'],
      undefined,
      'public: nothing is said'
    )
  })
}

t.test('[77] a server that signs is told its own followers, strangers and blocked servers nothing', async (t) => {
  const { ctx, app, alice, bob, keys } = await scene(t)
  const { actor: admin } = await citizen(ctx, 'maire', { role: 'admin' })
  await remoteFollow(ctx, bob, alice)
  const mallory = await getActorByIri(ctx, keys.mallory.iri)
  await remoteFollow(ctx, mallory, alice)
  const path = `${new URL(alice.iri).pathname}/followers_synchronization`
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const read = async (who?: RemoteActor) => {
    const signed =
      who && (await signRequest({ method: 'GET', url: ctx.site!.origin + path, ...who, scheme: 'cavage', date: ctx.clock.now() }))
    return app.inject({ url: path, headers: { accept: 'application/activity+json', ...signed, host: 'commune.test' } })
  }
  t.equal((await read()).statusCode, 401)
  t.notMatch((await read()).body, 'users')
  t.equal(
    (await read({ ...keys.mallory, keyIri: keys.bob.keyIri, privateKey: stranger })).statusCode,
    401,
    'a signature that does not match'
  )
  const answer = await read(keys.bob)
  t.match(answer.json(), {
    id: `${alice.iri}/followers_synchronization`,
    type: 'OrderedCollection',
    totalItems: 1,
    orderedItems: [bob.iri]
  })
  t.match(answer.headers, { 'cache-control': 'private, no-store' })
  await saveHostPolicy(ctx, admin.id, { host: 'other.test', action: 'block', reason: '' } as never)
  const refused = await read(keys.mallory)
  t.equal(refused.statusCode, 404)
  t.notMatch(refused.body, 'mallory')
})

t.test('[77] numbers that agree, that are not signed, or are about somebody else’s followers lead nowhere', async (t) => {
  const all = await scene(t)
  const { ctx, peer, keys, alice, bob, bea } = all
  await localFollow(ctx, alice, bob)
  await localFollow(ctx, bea, bob, 'pending')
  const seen = peer.seen.length
  await post(all, keys.bob, header([alice.iri]))
  await post(all, keys.bob, header([]), { signed: false })
  await post(all, keys.bob, header([], { url: 'https://other.test/list' }))
  await post(all, keys.bob, header([], { collectionId: 'https://peer.test/users/carol/followers' }))
  await post(all, keys.mallory, header([]))
  await post(all, keys.mallory, header([], { url: 'https://other.test/list' }))
  await settle()
  t.same(await wanted(ctx), [])
  await doChores(ctx)
  t.equal(peer.seen.slice(seen).filter(({ url }) => url.includes('synchronization')).length, 0)
  t.equal(await followsOf(ctx, alice, bob), 'accepted')
})

for (const scheme of ['cavage', 'rfc9421'] as const) {
  t.test(
    `[77] a number that differs makes us read the list and agree (${scheme}): stale follows end, lost answers count, lost Undos are said again`,
    async (t) => {
      const all = await scene(t)
      const { ctx, peer, keys, alice, bea, bob } = all
      const [chloe, dan] = [await localPerson(ctx, 'chloe'), await localPerson(ctx, 'dan')]
      await localFollow(ctx, alice, bob)
      await localFollow(ctx, bea, bob)
      await localFollow(ctx, chloe, bob, 'pending')
      const theirs = [alice.iri, chloe.iri, dan.iri]
      peer.on('/users/bob/followers_synchronization', list([...theirs, 'https://elsewhere.test/users/x']))
      peer.on('/users/bob/inbox', 202)
      await post(all, keys.bob, header(theirs), { scheme })
      await waitUntil('the difference is seen', async () => (await wanted(ctx)).length === 1)
      await doChores(ctx)
      t.equal(await followsOf(ctx, alice, bob), 'accepted')
      t.equal(await followsOf(ctx, bea, bob), undefined, 'they forgot it: it ends here too')
      t.equal(await followsOf(ctx, chloe, bob), 'accepted', 'their Accept was lost')
      await deliverDue(ctx)
      const undo = peer.seen.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(String(body)))
      t.equal(undo.length, 1)
      t.match(undo[0], { type: 'Undo', actor: dan.iri, object: { type: 'Follow', actor: dan.iri, object: bob.iri } })
      t.same(await wanted(ctx), [])
    }
  )
}

t.test('[77] a list that does not give the number that was announced ends nobody’s follow', async (t) => {
  const all = await scene(t)
  const { ctx, peer, keys, alice, bea, bob } = all
  await localFollow(ctx, alice, bob)
  await localFollow(ctx, bea, bob)
  peer.on('/users/bob/followers_synchronization', list([]))
  await post(all, keys.bob, header([alice.iri]))
  await waitUntil('the difference is seen', async () => (await wanted(ctx)).length === 1)
  await doChores(ctx)
  t.same(await wanted(ctx), [])
  t.equal(await followsOf(ctx, bea, bob), 'accepted')
  t.same(await ctx.db('activities').where({ type: 'Undo' }), [])
})

t.test('[77] a list is read at most once an hour, and later when its server is down', async (t) => {
  const all = await scene(t)
  const { ctx, clock, peer, keys, alice, bob, internet } = all
  await localFollow(ctx, alice, bob)
  peer.on('/users/bob/followers_synchronization', list([]))
  await post(all, keys.bob, header([]))
  await waitUntil('the difference is seen', async () => (await wanted(ctx)).length === 1)
  internet.down.add('peer.test')
  await doChores(ctx)
  t.same(await wanted(ctx), [bob.id], 'not lost')
  t.equal(await followsOf(ctx, alice, bob), 'accepted')
  internet.down.clear()
  clock.advance(2 * 60_000)
  await doChores(ctx)
  t.equal(await followsOf(ctx, alice, bob), undefined)
  await localFollow(ctx, alice, bob)
  await post(all, keys.bob, header([]))
  await settle()
  t.same(await wanted(ctx), [], 'within the hour')
  clock.advance(HOUR)
  await post(all, keys.bob, header([]))
  await waitUntil('the difference is seen', async () => (await wanted(ctx)).length === 1)
})

t.test('[77] what the signature does not cover is not taken for the signer’s word', async (t) => {
  const { ctx, keys } = await scene(t)
  for (const scheme of ['cavage', 'rfc9421'] as const) {
    const plain = await signedPost(ctx, keys.bob, {}, { scheme })
    const headers = { ...plain.headers, 'collection-synchronization': header([]) } as never
    const verified = await verifyRequest(ctx, asRequest('POST', plain.target, headers, plain.body))
    t.notOk(verified.covered.includes('collection-synchronization'))
    const signed = await signedPost(ctx, keys.bob, {}, { scheme, extra: { 'collection-synchronization': header([]) } })
    t.ok((await verifyRequest(ctx, signed)).covered.includes('collection-synchronization'))
    const forged = asRequest(
      'POST',
      signed.target,
      { ...signed.headers, 'collection-synchronization': header(['x']) } as never,
      signed.body
    )
    await t.rejects(verifyRequest(ctx, forged), { code: 'signature.invalid' })
  }
})
