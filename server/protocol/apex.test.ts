import { createRequire } from 'node:module'
import t from 'tap'
import { newId, uuidv7 } from '../core/ids.ts'
import { KnexApexStore, lendScope, type StoreScope } from '../db/store.ts'
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { testContext } from '../test/context.ts'
import { localActor } from '../test/publishers.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { withContext, type WireDocument } from '../vocab/context.ts'
import { mintActivityIri, mintObjectIri } from '../vocab/iris.ts'
import { objectDocument } from '../vocab/object.ts'
import { toWireForm } from '../vocab/working-form.ts'
import { actorDocumentWithKey } from './local-actors.ts'
import { publish } from './outbox.ts'

const require = createRequire(import.meta.url)

const NOTE = {
  type: 'Note',
  kind: null,
  visibility: 'public',
  in_reply_to_iri: null,
  name: null,
  summary: null,
  content: '<p>Bonjour</p>',
  language: 'fr',
  sensitive: false,
  url: null,
  start_time: null,
  end_time: null,
  timezone: null,
  event_status: null,
  place: null,
  attachments: [],
  tags: [],
  updated: null
}

function event(ctx: Ctx, actor: ActorRow): WireDocument {
  const { origin } = ctx.site!
  return objectDocument(
    {
      ...NOTE,
      type: 'Event',
      iri: mintObjectIri(origin),
      name: 'Fête du lagon',
      published: ctx.clock.now(),
      start_time: ctx.clock.now(),
      timezone: 'Indian/Reunion',
      place: { name: 'Lagon', latitude: -21, longitude: 55 },
      attachments: [{ type: 'Image', url: '/media/a.webp', mediaType: 'image/webp', name: 'Le lagon' }]
    },
    { origin, actorIri: actor.iri, to: [PUBLIC], cc: [] }
  )
}

/** The document with a transaction lent for it, as publish() does. */
function lent<T extends object>(ctx: Ctx, actor: ActorRow, document: T): T {
  const scope: StoreScope = {
    trx: ctx.db,
    actorId: actor.id,
    objectIri: null,
    visibility: 'public',
    published: ctx.clock.now(),
    verbatim: null,
    saved: null
  }
  lendScope(document, scope)
  return document
}

t.test('our store has every method the engine may call', async (t) => {
  const { ctx } = await testContext(t)
  const store = new KnexApexStore(ctx.db, ctx.site!.origin) as unknown as Record<string, unknown>
  const contract = require('activitypub-express/store/interface') as { prototype: object }
  const methods = Object.getOwnPropertyNames(contract.prototype).filter((name) => name !== 'constructor')
  t.ok(methods.length >= 15)
  for (const name of methods) t.type(store[name], 'function', name)
})

t.test('what the engine may not do, it cannot do', async (t) => {
  const { ctx } = await testContext(t)
  const engine = ctx.apex.engine() as unknown as Record<string, (...args: unknown[]) => unknown>
  const closed = [
    'requestObject',
    'resolveObject',
    'resolveUnknown',
    'resolveActivity',
    'deliver',
    'runDelivery',
    'startDelivery',
    'publishUpdate',
    'publishUndoUpdate',
    'acceptFollow',
    'createActor',
    'getCollection',
    'updateCollection',
    'embedCollections',
    'jsonldContextLoader'
  ]
  for (const name of closed) t.throws(() => engine[name]!('https://peer.test/users/bob'), { code: 'apex.closed' }, name)
  t.same(await engine['resolveReferences']!({ inReplyTo: ['https://peer.test/1'] }), [])
  t.same(engine['net'], {}, 'none of its middlewares is there')
  t.notOk(engine['isLocalIRI']!(`${ctx.site!.origin}.evil.test/ap/actor`), 'a longer host is not ours')
  t.ok(engine['isLocalIRI']!(`${ctx.site!.origin}/ap/actor`))
})

t.test('the store refuses what does not come from a publication, or is not ours', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await localActor(ctx, 'bob')
  const store = new KnexApexStore(ctx.db, ctx.site!.origin)
  const activity = { id: mintActivityIri(ctx.site!.origin), type: 'Create', actor: [alice.iri] }
  await t.rejects(store.saveActivity(activity), { code: 'store.refused' }, 'outside of publish()')
  for (const id of [
    'https://peer.test/ap/activities/1',
    `${ctx.site!.origin}.evil.test/ap/activities/${uuidv7()}`,
    `${ctx.site!.origin}/ap/activities/1`
  ]) {
    await t.rejects(store.saveActivity(lent(ctx, alice, { ...activity, id })), { code: 'store.refused' }, id)
  }
  await t.rejects(
    store.updateObject(lent(ctx, bob, { id: alice.iri, type: 'Person', name: ['Mallory'] }), bob.iri),
    { code: 'store.refused' },
    'another owner'
  )
  await t.rejects(store.updateObject(lent(ctx, alice, { id: alice.iri, type: 'Person' }), null), { code: 'store.refused' }, 'no owner')
  await t.rejects(store.updateObject({ id: alice.iri, type: 'Person' }, alice.iri), { code: 'store.refused' }, 'outside of publish()')
  for (const attempt of [
    store.saveObject({ id: 'https://peer.test/1' }),
    store.updateActivity(activity),
    store.saveContext({ documentUrl: 'https://peer.test/ctx' }),
    store.deliveryEnqueue(),
    store.deliveryDequeue()
  ]) {
    await t.rejects(attempt, { code: 'store.refused' })
  }
  await store.updateObject(lent(ctx, alice, { id: alice.iri, type: 'Person', name: ['Alice P.'] }), alice.iri)
  t.match(await store.getObject(alice.iri), { name: ['Alice P.'], preferredUsername: ['alice'] })
})

t.test('the store reads what was published: activities, streams and their counts', async (t) => {
  const { ctx, clock } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const store = new KnexApexStore(ctx.db, ctx.site!.origin)
  const iris: string[] = []
  for (let index = 0; index < 3; index += 1) {
    clock.advance(1000)
    const object = event(ctx, alice)
    iris.push((await publish(ctx, ctx.db, { actor: alice, type: 'Create', object, to: [PUBLIC], cc: [], visibility: 'public' })).iri)
  }
  const outbox = alice.outbox!
  const [newest, second] = await store.getStream(outbox, 2)
  t.same([newest!.id, second!.id], [iris[2], iris[1]])
  const rest = await store.getStream(outbox, 2, String(second!['_id']))
  t.same(
    rest.map((activity) => activity.id),
    [iris[0]]
  )
  t.equal(await store.getStreamCount(outbox), 3)
  t.equal((await store.getActivity(iris[0]!))!.type, 'Create')
  t.equal(await store.getActivity('https://peer.test/1'), undefined)
  t.equal(await store.getUsercount(), 1)
  t.match(store.generateId(), /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  t.notMatch(JSON.stringify(await store.getObject(alice.iri)), /PRIVATE|sealed/)
  const page = toWireForm(await ctx.apex.engine().buildCollectionPage(outbox, 'true', true, newId()))
  t.match(page, { partOf: outbox, type: 'OrderedCollectionPage', next: /\?page=\d+$/ })
})

t.test('what we publish is JSON-LD that a strict processor expands without losing a term', async (t) => {
  const { ctx } = await testContext(t)
  const jsonld = require('jsonld') as { expand(document: object, options: object): Promise<unknown[]> }
  const contexts: Record<string, unknown> = {
    'https://www.w3.org/ns/activitystreams': require('activitypub-express/vocab/as.json'),
    'https://w3id.org/security/v1': require('activitypub-express/vocab/security.json')
  }
  const documentLoader = async (url: string) => {
    if (!(url in contexts)) throw new Error(`${url} is not in stock`)
    return { contextUrl: null, documentUrl: url, document: contexts[url] }
  }
  const alice = await localActor(ctx, 'alice')
  const garden = await localActor(ctx, 'jardin', 'Group')
  const object = event(ctx, garden)
  const documents = [
    await actorDocumentWithKey(ctx.db, alice),
    await actorDocumentWithKey(ctx.db, garden),
    { id: mintActivityIri(ctx.site!.origin), type: 'Create', actor: garden.iri, to: [PUBLIC], cc: [], object }
  ]
  for (const document of documents) {
    const [expanded] = await jsonld.expand(withContext(document), { documentLoader, safe: true })
    t.ok(expanded, String(document['type']))
  }
})
