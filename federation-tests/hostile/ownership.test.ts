// Table O: who may do this to that? Everything here is correctly signed by a known actor; what is stored decides, not what is said.
import t, { type Test } from 'tap'
import type { Json } from '../harness/client.ts'
import { waitUntil } from '../harness/wait.ts'
import { NETWORK_MISSING } from '../network/network.ts'
import { CONTEXT, PUBLIC, type MockActor } from '../peers/mock/host.ts'
import { createKey } from '../peers/mock/sign.ts'
import { setScene } from './scene.ts'

t.test('correctly signed, but not theirs to do', { skip: NETWORK_MISSING, timeout: 180_000 }, async (t) => {
  const scene = await setScene(t)
  const { commune, mallory, bob, evil, victim, sharedInbox, network } = scene
  const alice = commune.clients.alice!

  /** Posts as `actor` and waits until applied; the answer is never a 5xx. */
  const deliver = async (t: Test, actor: MockActor, activity: unknown): Promise<number> => {
    const { status } = await actor.post(sharedInbox, activity)
    t.ok(status === 202 || (status >= 400 && status < 500), `answered ${status}`)
    await scene.settled()
    return status
  }
  /** What is said has no effect at all. */
  const withoutEffect = async (t: Test, actor: MockActor, activities: unknown[]): Promise<void> => {
    const before = await scene.snapshot()
    for (const activity of activities) await deliver(t, actor, activity)
    t.same(await scene.snapshot(), before)
  }
  const update = (actor: MockActor, object: Json): Json => ({
    '@context': CONTEXT,
    id: `${actor.iri}#update-${Math.random()}`,
    type: 'Update',
    actor: actor.iri,
    to: [PUBLIC],
    cc: [],
    object
  })

  await t.test("O01 a note on victim's host brought by mallory is never believed", async (t) => {
    await withoutEffect(t, mallory, [
      scene.create(mallory, { id: 'https://victim.test/n/77' }),
      scene.create(mallory, { id: 'https://victim.test/n/78', attributedTo: bob.iri })
    ])
    victim.serve('/n/79', {
      '@context': CONTEXT,
      id: 'https://victim.test/n/79',
      type: 'Note',
      attributedTo: bob.iri,
      to: [PUBLIC],
      cc: [],
      content: '<p>vrai</p>',
      published: new Date().toISOString()
    })
    await deliver(t, mallory, scene.create(mallory, { id: 'https://victim.test/n/79', attributedTo: bob.iri, content: '<p>faux</p>' }))
    const [row] = await commune.query("select content_html from objects where iri = 'https://victim.test/n/79'")
    t.notMatch(row?.content_html ?? '', /faux/, 'at most the original is kept')
  })
  await t.test('O02 a note on evil that says victim wrote it', (t) =>
    withoutEffect(t, mallory, [
      scene.create(mallory, { attributedTo: bob.iri }),
      scene.create(mallory, { attributedTo: [mallory.iri, bob.iri] })
    ])
  )
  await t.test('O03 an author that is no absolute actor id', (t) =>
    withoutEffect(
      t,
      mallory,
      [1, 'maire', 'acct:maire@commune.test', 'alice', '/users/mallory', scene.citizenIri].map((attributedTo) =>
        scene.create(mallory, { attributedTo })
      )
    )
  )
  await t.test('O04 a document in our own namespace', async (t) => {
    const iri = `${commune.origin}/ap/objects/arrete-municipal`
    await withoutEffect(t, mallory, [
      scene.create(mallory, { id: iri }),
      scene.create(mallory, { id: iri, attributedTo: scene.citizenIri }),
      scene.create(mallory, { id: `${commune.origin}/o/arrete-municipal` })
    ])
    t.equal((await network.fetch(iri, { headers: { accept: 'application/activity+json' } })).status, 404)
  })
  await t.test("O05 an Update of a local person with a key of evil's", async (t) => {
    const own = (await (await network.fetch(scene.citizenIri, { headers: { accept: 'application/activity+json' } })).json()) as Json
    const forged = {
      ...own,
      name: 'Pwned',
      attributedTo: [mallory.iri],
      inbox: `${mallory.iri}/inbox`,
      publicKey: { id: own.publicKey.id, owner: own.id, publicKeyPem: createKey('x').publicPem }
    }
    await withoutEffect(t, mallory, [update(mallory, forged), { ...update(mallory, forged), actor: scene.citizenIri }])
    const after = (await (await network.fetch(scene.citizenIri, { headers: { accept: 'application/activity+json' } })).json()) as Json
    t.same(after.publicKey, own.publicKey)
    t.equal(after.inbox, own.inbox)
  })
  await t.test("O06 an Update of another's note that names mallory as its author", (t) =>
    withoutEffect(t, mallory, [
      update(mallory, {
        ...scene.bobNote,
        attributedTo: [mallory.iri],
        content: 'pwned',
        updated: new Date(Date.now() + 1000).toISOString()
      }),
      update(mallory, { ...scene.bobNote, content: 'pwned', updated: new Date(Date.now() + 1000).toISOString() })
    ])
  )
  await t.test('O07 a neighbour on the same host may not edit or delete either', async (t) => {
    const eve = victim.actor('eve')
    await deliver(t, eve, scene.create(eve))
    await withoutEffect(t, eve, [
      update(eve, { ...scene.bobNote, attributedTo: eve.iri, content: 'pwned', updated: new Date(Date.now() + 1000).toISOString() })
    ])
    const before = await scene.snapshot()
    await deliver(t, eve, {
      '@context': CONTEXT,
      id: `${eve.iri}#del`,
      type: 'Delete',
      actor: eve.iri,
      to: [PUBLIC],
      object: scene.bobNote.id
    })
    t.same(await scene.snapshot(), before, 'the origin still serves it: it stays')
  })
  await t.test('O08 an older version that comes late, and a replay, change nothing', async (t) => {
    const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()
    const [older, newer] = [at(-1200), at(-600)]
    const latest = update(bob, { ...scene.bobNote, content: '<p>deuxième</p>', updated: newer })
    await deliver(t, bob, latest)
    const content = async (): Promise<string> =>
      (await commune.query('select content_html from objects where iri = $1', [scene.bobNote.id]))[0]!.content_html
    t.match(await content(), /deuxième/)
    await withoutEffect(t, bob, [update(bob, { ...scene.bobNote, content: '<p>première</p>', updated: older }), latest])
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        bob.post(sharedInbox, update(bob, { ...scene.bobNote, content: `<p>version ${index}</p>`, updated: at(-500 + index) }))
      )
    )
    await scene.settled()
    t.match(await content(), /version 9/, 'of versions that race the newest stays')
    t.equal((await commune.query('select 1 from objects where iri = $1', [scene.bobNote.id])).length, 1)
  })
  await t.test("O10 a Delete of what is another's, of another person, of ours", async (t) => {
    const note: Json = await alice.post('/api/v1/statuses', { status: 'À garder' })
    const remove = (object: unknown): Json => ({
      '@context': CONTEXT,
      id: `${mallory.iri}#del-${Math.random()}`,
      type: 'Delete',
      actor: mallory.iri,
      to: [PUBLIC],
      object
    })
    await withoutEffect(t, mallory, [
      remove(scene.bobNote.id),
      remove({ type: 'Tombstone', id: scene.bobNote.id }),
      remove(bob.iri),
      remove(note.uri),
      remove(scene.citizenIri),
      remove(scene.groupIri)
    ])
  })
  await t.test("O11, O12 an Undo of another's like and follow, by id or with an inline lie", async (t) => {
    const note: Json = await alice.post('/api/v1/statuses', { status: 'Aimez-moi' })
    const like = { id: `${bob.iri}#like`, type: 'Like', actor: bob.iri, object: note.uri }
    await deliver(t, bob, { '@context': CONTEXT, ...like })
    const undo = (object: unknown): Json => ({
      '@context': CONTEXT,
      id: `${mallory.iri}#undo-${Math.random()}`,
      type: 'Undo',
      actor: mallory.iri,
      object
    })
    await withoutEffect(t, mallory, [
      undo(like.id),
      undo(like),
      undo({ ...like, actor: mallory.iri }),
      undo(`${bob.iri}#follow`),
      undo({ id: `${bob.iri}#follow`, type: 'Follow', actor: bob.iri, object: scene.groupIri })
    ])
    t.equal((await alice.get(`/api/v1/statuses/${note.id}`)).favourites_count, 1)
  })
  await t.test('O13 a boost with an inline forgery shows the original or nothing', async (t) => {
    const boost = (object: unknown): Json => ({
      '@context': CONTEXT,
      id: `${mallory.iri}#boost-${Math.random()}`,
      type: 'Announce',
      actor: mallory.iri,
      to: [PUBLIC],
      cc: [scene.groupIri],
      object
    })
    await deliver(
      t,
      mallory,
      boost({ id: 'https://victim.test/n/forged', type: 'Note', attributedTo: bob.iri, to: [PUBLIC], content: 'jamais écrit' })
    )
    await deliver(
      t,
      mallory,
      boost({
        id: 'https://victim.test/n/forged2/a',
        type: 'Create',
        actor: bob.iri,
        object: { id: 'https://victim.test/n/forged2', type: 'Note', attributedTo: bob.iri, to: [PUBLIC], content: 'jamais écrit' }
      })
    )
    t.equal((await commune.query("select 1 from objects where content like '%jamais écrit%'")).length, 0)
  })
  await t.test('O15, O16, O17 an Accept or Reject by someone else, or of a follow we never sent', async (t) => {
    const locked = victim.actor('locked', { manuallyApprovesFollowers: true })
    const [found] = (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent('locked@victim.test')}`)).accounts
    await alice.post(`/api/v1/accounts/${found.id}/follow`)
    const follow = await waitUntil('our Follow', () => victim.activitiesOf('Follow').find((one) => one.object === locked.iri))
    const answer = (type: string, object: unknown): Json => ({
      '@context': CONTEXT,
      id: `${mallory.iri}#answer-${Math.random()}`,
      type,
      actor: mallory.iri,
      object
    })
    await withoutEffect(t, mallory, [
      answer('Accept', { ...follow, object: mallory.iri }),
      answer('Accept', follow.id),
      answer('Reject', follow),
      answer('Reject', follow.id),
      answer('Accept', { id: `${commune.origin}/ap/activities/never`, type: 'Follow', actor: scene.citizenIri, object: mallory.iri })
    ])
    t.notOk((await alice.get(`/api/v1/accounts/relationships?id[]=${found.id}`))[0].following)
    await deliver(t, locked, { '@context': CONTEXT, id: `${locked.iri}#accept`, type: 'Accept', actor: locked.iri, object: follow })
    t.ok((await alice.get(`/api/v1/accounts/relationships?id[]=${found.id}`))[0].following, 'the true Accept still counts')
  })
  await t.test('O19 collections of others cannot be added to', (t) =>
    withoutEffect(
      t,
      mallory,
      ['Add', 'Remove'].flatMap((type) =>
        [`${scene.groupIri}/featured`, `${scene.groupIri}/moderators`, `${bob.iri}/collections/featured`].map((target) => ({
          '@context': CONTEXT,
          id: `${mallory.iri}#${type}-${Math.random()}`,
          type,
          actor: mallory.iri,
          object: scene.bobNote.id,
          target
        }))
      )
    )
  )
  await t.test('O35, O36 two actors, or an actor that is a link', (t) =>
    withoutEffect(t, mallory, [
      scene.create(mallory, {}, { actor: [bob.iri, mallory.iri] }),
      scene.create(mallory, {}, { actor: { type: 'Link', href: bob.iri } }),
      scene.create(mallory, { attributedTo: bob.iri }, { actor: { ...bob.document, id: mallory.iri } })
    ])
  )
  await t.test('O40 what is addressed to nobody here is dropped', async (t) => {
    const stray = scene.create(
      mallory,
      { to: [PUBLIC], cc: [`${mallory.iri}/followers`] },
      { to: [PUBLIC], cc: [`${mallory.iri}/followers`] }
    )
    t.equal(await deliver(t, mallory, stray), 202)
    t.notOk(await scene.stored(stray.object.id))
  })
  await t.test('the server is as well as before', async (t) => {
    t.equal((await commune.anonymous.request('GET', '/readyz')).status, 200)
    t.notMatch(commune.child.output(), /unhandledRejection|"level":60/)
    t.ok(
      evil.received.every((one) => one.json.type !== 'Accept'),
      'mallory was never answered as a friend'
    )
  })
})
