// Follower synchronisation (FEP-8fcf): what we say about the followers of others, and what we do when others say it about ours.
import { generateKeyPairSync, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../app.ts'
import { insertLocalKey } from '../db/keys.ts'
import { findFollow } from '../db/links.ts'
import type { ActorRow } from '../db/rows.ts'
import { saveHostPolicy } from '../features/moderation/hosts.ts'
import { createNote } from '../features/wall/create-note.ts'
import { doChores } from '../jobs/chores.ts'
import { create, localFollow, note } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { signedPost, testInternet, asRequest, type Host, type RemoteActor, type SeenRequest } from '../test/internet.ts'
import { citizen, localPerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { waitUntil } from '../test/wait.ts'
import { getActorByIri } from './actors.ts'
import { deliverDue, stopDelivering } from './deliver.ts'
import { digestOf, readSyncHeader } from './follower-digest.ts'
import { rememberScheme } from './scheme.ts'
import { signRequest, type SignatureScheme } from './sign.ts'
import { verifyRequest } from './verify.ts'

const HOUR = 3_600_000

// One instance and its peers serve the whole file: making them takes longer than all that is tested here. Every test has its own people.
const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
t.teardown(() => stopDelivering(ctx, 1000))
const internet = await testInternet(t, ctx)
const [peer, other, third] = [internet.host('peer.test'), internet.host('other.test'), internet.host('victim.test')]
// What is read is asked for with a signature where the instance's actor has a key, as every real one has.
const siteKey = await insertLocalKey(ctx, ctx.db, ctx.site!.instanceActorId, `${ctx.site!.origin}/ap/actor#main-key`)
const app = await buildApp(ctx)
t.teardown(() => app.close())
let serial = 0

/** Bob on peer.test and Mallory elsewhere, whom nobody follows yet; Alice and Bea of this instance. */
async function people() {
  serial += 1
  const keys = { bob: peer.actor(`bob${serial}`), mallory: other.actor(`mallory${serial}`) }
  const bob = await getActorByIri(ctx, keys.bob.iri)
  const [alice, bea] = [await localPerson(ctx, `alice${serial}`), await localPerson(ctx, `bea${serial}`)]
  return { keys, bob, alice, bea, followers: `${bob.iri}/followers`, list: `${bob.iri}/followers_synchronization` }
}

type People = Awaited<ReturnType<typeof people>>

/** What Bob's server says about these followers of his. */
const header = (
  about: Pick<People, 'followers' | 'list'>,
  followers: string[],
  more: Partial<Record<'collectionId' | 'url' | 'digest', string>> = {}
): string => {
  const { collectionId, url, digest } = { collectionId: about.followers, url: about.list, digest: digestOf(followers), ...more }
  return `collectionId="${collectionId}", url="${url}", digest="${digest}"`
}

/** A followers-only post by `who`, at the shared inbox, with the header inside the signature (or beside it). */
async function post(who: RemoteActor, value: string, { signed = true, scheme = 'cavage' as SignatureScheme } = {}): Promise<void> {
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

const isWanted = async ({ id }: ActorRow): Promise<boolean> =>
  (await ctx.db('chores').where({ kind: 'followers-sync', subject: id })).length > 0
const followsOf = async (follower: ActorRow, followed: ActorRow) => (await findFollow(ctx.db, follower.id, followed.id))?.state
const serveList = ({ list }: People, items: string[]): void =>
  peer.on(new URL(list).pathname, { id: list, type: 'OrderedCollection', orderedItems: items })
const asked = ({ list }: People) => peer.seen.filter(({ url }) => url === new URL(list).pathname)

/** Headers are compared beside the answers; when one that differs is seen, those before it have been looked at. */
async function settle(): Promise<void> {
  const { keys, bob, ...about } = await people()
  await post(keys.bob, header(about, ['https://commune.test/somebody']))
  await waitUntil('the difference is seen', () => isWanted(bob))
  await ctx.db('chores').where({ kind: 'followers-sync', subject: bob.id }).delete()
}

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
  const about = { followers: 'https://peer.test/users/bob/followers', list: 'https://peer.test/users/bob/followers_synchronization' }
  t.match(readSyncHeader(header(about, ['https://commune.test/a'])), { collectionId: about.followers, url: about.list })
  t.match(readSyncHeader(`digest="${'AB'.repeat(32)}",url="u",collectionId="c"`), { digest: 'ab'.repeat(32) })
  for (const text of [
    '',
    'collectionId="c"',
    'collectionId="c", url="u", digest="abc"',
    `collectionId="c", collectionId="d", url="u", digest="${'0'.repeat(64)}"`,
    `${header(about, [])}, ${header(about, [])}`,
    `${header(about, [])} and more`,
    'x'.repeat(5000)
  ])
    t.equal(readSyncHeader(text), null, text.slice(0, 60))
})

for (const [scheme, ...names] of [
  ['cavage', 'gts.test', 'snac.test'],
  ['rfc9421', 'gancio.test', 'fedify.test'] // other hosts: which scheme a host reads is remembered
] as const) {
  t.test(`[77] a followers-only post says, inside its ${scheme} signature, which followers we count at the receiver`, async (t) => {
    const [near, far] = names.map((name) => internet.host(name)) as [Host, Host]
    const { actor: zoe } = await citizen(ctx, `zoe-${scheme}`)
    const [bob, carol] = [await getActorByIri(ctx, near.actor('bob').iri), await getActorByIri(ctx, near.actor('carol').iri)]
    const mallory = await getActorByIri(ctx, far.actor('mallory').iri)
    for (const follower of [bob, carol, mallory]) await remoteFollow(ctx, follower, zoe)
    await ctx.db('follows').where({ follower_id: carol.id }).update({ state: 'pending' })
    for (const host of [near, far]) {
      await rememberScheme(ctx, host.name, scheme)
      host.on('/inbox', 202)
    }
    await createNote(ctx, zoe, { text: 'Entre nous', visibility: 'followers' })
    await deliverDue(ctx)
    for (const [host, followers] of [
      [near, [bob.iri]],
      [far, [mallory.iri]]
    ] as const) {
      const letter = host.seen.findLast(({ method }) => method === 'POST')!
      t.equal(
        letter.headers['collection-synchronization'],
        `collectionId="${zoe.iri}/followers", url="${zoe.iri}/followers_synchronization", digest="${digestOf(followers)}"`
      )
      const named = String(letter.headers[scheme === 'cavage' ? 'signature' : 'signature-input'])
      t.match(
        named,
        scheme === 'cavage' ? /digest content-type collection-synchronization"/ : /"content-digest" "collection-synchronization"\)/
      )
    }
    await createNote(ctx, zoe, { text: 'À tout le monde' })
    await deliverDue(ctx)
    const open = near.seen.findLast(({ method }) => method === 'POST')!
    t.match(String(open.body), /À tout le monde/)
    t.equal(open.headers['collection-synchronization'], undefined, 'public: nothing is said')
  })
}

t.test('[77] a server that signs is told its own followers, strangers and blocked servers nothing', async (t) => {
  const { alice, bob, keys } = await people()
  const stolen = third.actor('mallory')
  const { actor: admin } = await citizen(ctx, 'maire', { role: 'admin' })
  for (const { iri } of [bob, stolen]) await remoteFollow(ctx, await getActorByIri(ctx, iri), alice)
  const path = `${new URL(alice.iri).pathname}/followers_synchronization`
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const read = async (who?: RemoteActor) => {
    const signed =
      who && (await signRequest({ method: 'GET', url: ctx.site!.origin + path, ...who, scheme: 'cavage', date: ctx.clock.now() }))
    return app.inject({ url: path, headers: { accept: 'application/activity+json', ...signed, host: 'commune.test' } })
  }
  t.equal((await read()).statusCode, 401)
  t.notMatch((await read()).body, 'users')
  t.equal((await read({ ...keys.bob, privateKey: stranger })).statusCode, 401, 'a signature that does not match')
  const answer = await read(keys.bob)
  t.match(answer.json(), {
    id: `${alice.iri}/followers_synchronization`,
    type: 'OrderedCollection',
    totalItems: 1,
    orderedItems: [bob.iri]
  })
  t.match(answer.headers, { 'cache-control': 'private, no-store' })
  t.equal((await read(stolen)).statusCode, 200)
  await saveHostPolicy(ctx, admin.id, { host: third.name, action: 'block', reason: '' } as never)
  const refused = await read(stolen)
  t.equal(refused.statusCode, 404)
  t.notMatch(refused.body, 'mallory')
})

t.test('[77] numbers that agree, that are not signed, or are about somebody else’s followers lead nowhere', async (t) => {
  const all = await people()
  const { keys, alice, bob, bea } = all
  await localFollow(ctx, alice, bob)
  await localFollow(ctx, bea, bob, 'pending')
  await post(keys.bob, header(all, [alice.iri]))
  await post(keys.bob, header(all, []), { signed: false })
  await post(keys.bob, header(all, [], { url: 'https://other.test/list' }))
  await post(keys.bob, header(all, [], { collectionId: 'https://peer.test/users/carol/followers' }))
  await post(keys.mallory, header(all, []))
  await post(keys.mallory, header(all, [], { url: 'https://other.test/list' }))
  await settle()
  t.notOk(await isWanted(bob))
  await doChores(ctx)
  t.equal(asked(all).length, 0)
  t.equal(await followsOf(alice, bob), 'accepted')
})

for (const scheme of ['cavage', 'rfc9421'] as const) {
  t.test(
    `[77] a number that differs makes us read the list and agree (${scheme}): stale follows end, lost answers count, lost Undos are said again`,
    async (t) => {
      const all = await people()
      const { keys, alice, bea, bob } = all
      const [chloe, dan] = [await localPerson(ctx, `chloe-${scheme}`), await localPerson(ctx, `dan-${scheme}`)]
      await localFollow(ctx, alice, bob)
      await localFollow(ctx, bea, bob)
      await localFollow(ctx, chloe, bob, 'pending')
      const theirs = [alice.iri, chloe.iri, dan.iri]
      serveList(all, [...theirs, 'https://elsewhere.test/users/x'])
      const inbox = new URL(bob.inbox!).pathname
      peer.on(inbox, 202)
      await post(keys.bob, header(all, theirs), { scheme })
      await waitUntil('the difference is seen', () => isWanted(bob))
      await doChores(ctx)
      t.equal(await followsOf(alice, bob), 'accepted')
      t.equal(await followsOf(bea, bob), undefined, 'they forgot it: it ends here too')
      t.equal(await followsOf(chloe, bob), 'accepted', 'their Accept was lost')
      await deliverDue(ctx)
      const undo = peer.seen.filter(({ url }) => url === inbox).map(({ body }) => JSON.parse(String(body)))
      t.equal(undo.length, 1)
      t.match(undo[0], { type: 'Undo', actor: dan.iri, object: { type: 'Follow', actor: dan.iri, object: bob.iri } })
      t.notOk(await isWanted(bob))
      const [question, ...more] = asked(all)
      t.equal(more.length, 0)
      t.ok(question !== undefined && isOurs(question), 'it was asked with a signature of the instance')
    }
  )
}

/** Whether a GET carries a signature of our instance's actor, in either scheme, that its key confirms. */
function isOurs({ url, headers }: SeenRequest): boolean {
  const value = (name: string): string => String(headers[name])
  const isCavage = headers['signature-input'] === undefined
  const text = isCavage
    ? /headers="([^"]+)"/
        .exec(value('signature'))![1]!
        .split(' ')
        .map((name) => `${name}: ${name === '(request-target)' ? `get ${url}` : value(name)}`)
    : [`"@method": GET`, `"@target-uri": ${peer.origin}${url}`, `"@signature-params": ${value('signature-input').replace(/^\w+=/, '')}`]
  const signature = (isCavage ? /signature="([^"]+)"/ : /:([^:]+):/).exec(value('signature'))![1]!
  const named = isCavage ? value('signature') : value('signature-input')
  return (
    named.toLowerCase().includes(`keyid="${ctx.site!.origin}/ap/actor#main-key"`) &&
    verify('sha256', Buffer.from(text.join('\n')), siteKey, Buffer.from(signature, 'base64'))
  )
}

t.test('[77] a list that does not give the number that was announced ends nobody’s follow', async (t) => {
  const all = await people()
  const { keys, alice, bea, bob } = all
  await localFollow(ctx, alice, bob)
  await localFollow(ctx, bea, bob)
  serveList(all, [])
  await post(keys.bob, header(all, [alice.iri]))
  await waitUntil('the difference is seen', () => isWanted(bob))
  await doChores(ctx)
  t.notOk(await isWanted(bob))
  t.equal(asked(all).length, 1)
  t.equal(await followsOf(bea, bob), 'accepted')
  t.same(await ctx.db('activities').whereIn('actor_id', [alice.id, bea.id]), [])
})

t.test('[77] a list is read at most once an hour, and later when its server is down', async (t) => {
  const all = await people()
  const { keys, alice, bob } = all
  await localFollow(ctx, alice, bob)
  serveList(all, [])
  await post(keys.bob, header(all, []))
  await waitUntil('the difference is seen', () => isWanted(bob))
  internet.down.add('peer.test')
  await doChores(ctx)
  t.ok(await isWanted(bob), 'not lost')
  t.equal(await followsOf(alice, bob), 'accepted')
  internet.down.clear()
  clock.advance(2 * 60_000)
  await doChores(ctx)
  t.equal(await followsOf(alice, bob), undefined)
  await localFollow(ctx, alice, bob)
  await post(keys.bob, header(all, []))
  await settle()
  t.notOk(await isWanted(bob), 'within the hour')
  clock.advance(HOUR)
  await post(keys.bob, header(all, []))
  await waitUntil('the difference is seen', () => isWanted(bob))
})

t.test('[77] what the signature does not cover is not taken for the signer’s word', async (t) => {
  const all = await people()
  const { keys } = all
  const extra = { 'collection-synchronization': header(all, []) }
  for (const scheme of ['cavage', 'rfc9421'] as const) {
    const plain = await signedPost(ctx, keys.bob, {}, { scheme })
    const verified = await verifyRequest(ctx, asRequest('POST', plain.target, { ...plain.headers, ...extra } as never, plain.body))
    t.notOk(verified.covered.includes('collection-synchronization'))
    const signed = await signedPost(ctx, keys.bob, {}, { scheme, extra })
    t.ok((await verifyRequest(ctx, signed)).covered.includes('collection-synchronization'))
    const headers = { ...signed.headers, 'collection-synchronization': header(all, ['x']) } as never
    await t.rejects(verifyRequest(ctx, asRequest('POST', signed.target, headers, signed.body)), { code: 'signature.invalid' })
  }
})
