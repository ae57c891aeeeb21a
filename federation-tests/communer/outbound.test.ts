// Everything a commune sends in one scenario, judged on the wire: signed by the right key, within the wire profile, acceptable to the
// readers of known peers, dereferenceable, and free of secrets.
import t from 'tap'
import { FormData } from 'undici'
import { undocumented } from '../../server/test/documented.ts'
import { peerVerdicts } from '../../server/test/predicates.ts'
import { wireProblems } from '../../server/vocab/assert-wire.ts'
import type { Json } from '../harness/client.ts'
import { PASSWORD, startCommuner } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { NETWORK_MISSING, startNetwork } from '../network/network.ts'
import { CONTEXT, createMockHost, PUBLIC, type MockActor } from '../peers/mock/host.ts'
import { isSignedCavage } from '../peers/mock/sign.ts'

const AP = { accept: 'application/activity+json' }
/** A one-pixel PNG. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

t.test('what a commune sends', { skip: NETWORK_MISSING, timeout: 900_000 }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const commune = await startCommuner(network, {
    test: t,
    host: 'saint-leu.test',
    accounts: ['alice', 'leaver'],
    groups: { jardin: 'alice' }
  })
  const alice = commune.clients.alice!
  const [mastodon, plain] = [createMockHost(network, 'mastodon.test'), createMockHost(network, 'gts.test')]
  const [bob, eve, dan] = [mastodon.actor('bob'), mastodon.actor('eve'), mastodon.actor('dan')]
  // GoToSocial has no shared inbox: one POST for each follower there.
  const [kim, lou] = [plain.actor('kim', { endpoints: undefined }), plain.actor('lou', { endpoints: undefined })]
  const iriOf = async (name: string): Promise<string> =>
    (
      (await (await network.fetch(`${commune.origin}/.well-known/webfinger?resource=acct:${name}@saint-leu.test`)).json()) as Json
    ).links.find((one: Json) => one.rel === 'self').href
  const [group, citizen] = [await iriOf('jardin'), await iriOf('alice')]
  const inbox = `${commune.origin}/ap/inbox`
  const follow = async (who: MockActor, whom: string): Promise<void> => {
    const before = who.host.activitiesOf('Accept').length
    await who.post(inbox, { '@context': CONTEXT, id: `${who.iri}#follow-${whom}`, type: 'Follow', actor: who.iri, object: whom })
    await waitUntil('the Accept', () => who.host.activitiesOf('Accept').length > before)
  }
  const quiet = async (): Promise<void> => {
    await waitUntil(
      'nothing is left to apply',
      async () => (await commune.query("select 1 from inbox_log where state = 'waiting'")).length === 0
    )
    await waitUntil(
      'nothing is left to send',
      async () => (await commune.query("select 1 from deliveries where state = 'waiting'")).length === 0
    )
  }
  const find = async (handle: string): Promise<Json> =>
    (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(handle)}`)).accounts[0]

  await t.test('[69][70] followers on one host with a shared inbox get one POST, without it one each', async (t) => {
    for (const who of [bob, eve, dan, kim, lou]) await follow(who, group)
    const note: Json = await alice.post('/api/v1/statuses', { status: 'Une fois par serveur', as: 'jardin' })
    await quiet()
    const arrived = (host: typeof mastodon): number => host.received.filter((one) => (one.json.object as Json)?.id === note.uri).length
    t.equal(arrived(mastodon), 1)
    t.equal(arrived(plain), 2)
  })

  await t.test('a scenario with every kind of activity', async (t) => {
    await follow(bob, citizen)
    const form = new FormData()
    form.append('file', new Blob([PIXEL], { type: 'image/png' }), 'pixel.png')
    form.append('description', 'Un point')
    const upload = await network.fetch(`${commune.origin}/api/v2/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.token}` },
      body: form
    })
    const media = (await upload.json()) as Json
    t.ok(upload.ok, `upload answered ${upload.status} ${JSON.stringify(media)}`)
    const bobAccount = await find('bob@mastodon.test')
    await alice.post(`/api/v1/accounts/${bobAccount.id}/follow`)
    const foreign = {
      id: `${bob.iri}/1`,
      type: 'Note',
      attributedTo: bob.iri,
      to: [PUBLIC],
      cc: [citizen],
      content: '<p>Salut</p>',
      published: new Date().toISOString(),
      tag: [{ type: 'Mention', href: citizen, name: '@alice@saint-leu.test' }]
    }
    await bob.post(inbox, {
      '@context': CONTEXT,
      id: `${foreign.id}/create`,
      type: 'Create',
      actor: bob.iri,
      to: [PUBLIC],
      cc: [citizen],
      object: foreign
    })
    await quiet()
    const [theirs] = (await alice.get(`/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(foreign.id)}`)).statuses
    await alice.post(`/api/v1/statuses/${theirs.id}/favourite`)
    await alice.post(`/api/v1/statuses/${theirs.id}/reblog`)
    await alice.post('/api/v1/statuses', {
      status: `@bob@mastodon.test d'accord avec https://example.org/?a=1&b=2 #commune`,
      in_reply_to_id: theirs.id,
      language: 'fr'
    })
    await alice.post('/api/v1/statuses', {
      status: 'Attention',
      spoiler_text: 'Travaux',
      sensitive: true,
      media_ids: [media.id],
      visibility: 'unlisted'
    })
    await alice.post('/api/v1/statuses', { status: 'Entre amis', visibility: 'private' })
    await alice.post('/api/v1/statuses', { status: '@bob@mastodon.test seulement toi', visibility: 'direct' })
    const note: Json = await alice.post('/api/v1/statuses', { status: 'À corriger <b>&', as: 'jardin' })
    await alice.put(`/api/v1/statuses/${note.id}`, { status: 'Corrigé' })
    const event: Json = await alice.post('/api/communer/v1/events', {
      title: 'Fête & <b>bal</b>',
      description: 'Venez',
      start: '2030-07-14T20:00:00',
      end: '2030-07-14T23:00:00',
      timezone: 'Indian/Reunion',
      location: { name: 'Mairie', address: '1 rue X', latitude: -21, longitude: 55 },
      tags: ['fete'],
      as: 'jardin'
    })
    await alice.post('/api/communer/v1/events', {
      title: 'Sans lieu ni fin',
      description: '',
      start: '2030-08-01T18:00:00',
      timezone: 'Indian/Reunion',
      as: 'jardin'
    })
    await alice.patch(`/api/communer/v1/events/${event.id}`, { status: 'CANCELLED' })
    await alice.patch('/api/v1/accounts/update_credentials', { display_name: 'Alice R.', note: 'Habitante' })
    await quiet()
    await alice.post(`/api/v1/statuses/${theirs.id}/unfavourite`)
    await alice.post(`/api/v1/statuses/${theirs.id}/unreblog`)
    await alice.delete(`/api/v1/statuses/${note.id}`)
    await alice.post(`/api/v1/accounts/${bobAccount.id}/unfollow`)
    await alice.patch('/api/v1/accounts/update_credentials', { locked: true })
    await quiet()
    await eve.post(inbox, { '@context': CONTEXT, id: `${eve.iri}#ask`, type: 'Follow', actor: eve.iri, object: citizen })
    const [request] = (await waitUntil('the request', async () => {
      const asked = await alice.get('/api/v1/follow_requests')
      return asked.length > 0 ? asked : null
    })) as Json[]
    await alice.post(`/api/v1/follow_requests/${request!.id}/reject`)
    await alice.post(`/api/v1/accounts/${(await find('dan@mastodon.test')).id}/block`)
    await quiet()
    const kinds = new Set(
      mastodon.received.map(
        (one) =>
          `${String(one.json.type)}${['Create', 'Update', 'Undo'].includes(String(one.json.type)) ? `{${String((one.json.object as Json).type)}}` : ''}`
      )
    )
    for (const kind of [
      'Accept',
      'Announce',
      'Block',
      'Create{Event}',
      'Create{Note}',
      'Delete',
      'Follow',
      'Like',
      'Reject',
      'Undo{Announce}',
      'Undo{Follow}',
      'Undo{Like}',
      'Update{Event}',
      'Update{Note}',
      'Update{Person}'
    ])
      t.ok(kinds.has(kind), `${kind} was sent`)
  })

  const received = [...mastodon.received, ...plain.received]
  await t.test('each is signed by its own actor, in the way every peer reads', async (t) => {
    const keys = new Map<string, string>()
    for (const { json } of received) {
      const actor = String(json.actor)
      if (keys.has(actor)) continue
      const document = (await (await network.fetch(actor, { headers: AP })).json()) as Json
      keys.set(actor, document.publicKey.publicKeyPem)
    }
    for (const { path, headers, raw, json } of received)
      t.ok(
        isSignedCavage(keys.get(String(json.actor))!, { method: 'POST', path, headers, body: Buffer.from(raw) }),
        `${String(json.type)} ${String(json.id)}`
      )
    t.equal(new Set(received.map((one) => one.headers['content-type'])).size, 1)
  })
  await t.test('[79] each keeps the wire profile and satisfies the readers of known peers', (t) => {
    for (const { json } of received) {
      t.same(wireProblems(json as never), [], `${String(json.type)} ${String(json.id)}`)
      const object = json.object as Json
      if (typeof object === 'object' && object.actor === undefined && object.attributedTo !== undefined)
        t.same(wireProblems(object as never), [], `object of ${String(json.id)}`)
      const verdicts = Object.entries(peerVerdicts(json)).filter(([, verdict]) => verdict !== true)
      t.same(verdicts, [], `readers of ${String(json.type)} ${JSON.stringify((json.object as Json)?.type ?? '')}`)
      t.ok(Buffer.byteLength(JSON.stringify(json)) < 262_144)
    }
    t.end()
  })
  await t.test('FEDERATION.md shows all that is sent', async (t) => {
    for (const { json } of received) t.same(undocumented(json), [], String(json.id))
  })
  await t.test('[80] public activities can be fetched at their id and are what was sent; others cannot', async (t) => {
    for (const { json } of received) {
      const isPublic = [json.to, json.cc].flat().includes(PUBLIC)
      if (json.type === 'Delete' || json.type === 'Undo') continue
      const answer = await network.fetch(String(json.id), { headers: AP })
      if (!isPublic) {
        t.equal(answer.status, 404, `${String(json.type)} is nobody else's business`)
        continue
      }
      t.equal(answer.headers.get('content-type'), 'application/activity+json; charset=utf-8')
      t.ok(answer.status === 200 || answer.status === 410, `${String(json.id)} answered ${answer.status}`)
      if (answer.status === 200) t.same(await answer.json(), json)
    }
  })
  await t.test('the collections a document names are there, and public pages hold public items once', async (t) => {
    for (const actor of [group, citizen, `${commune.origin}/ap/actor`]) {
      const document = (await (await network.fetch(actor, { headers: AP })).json()) as Json
      t.same(wireProblems(document as never), [], actor)
      for (const name of ['outbox', 'followers', 'following', 'featured', 'featuredTags', 'events', 'members', 'moderators'].filter(
        (key) => typeof document[key] === 'string'
      )) {
        const answer = await network.fetch(document[name], { headers: AP })
        t.ok([200, 404].includes(answer.status), `${name} answered ${answer.status}`)
        if (answer.status !== 200) continue
        const collection = (await answer.json()) as Json
        t.match(collection.type, /Collection$/)
        t.type(collection.totalItems, 'number', name)
      }
      const items: string[] = []
      let page = ((await (await network.fetch(document.outbox, { headers: AP })).json()) as Json).first as string | undefined
      while (page !== undefined && items.length < 200) {
        const read = (await (await network.fetch(page, { headers: AP })).json()) as Json
        items.push(...(read.orderedItems ?? []).map((one: Json) => JSON.stringify(one)))
        page = read.next
      }
      t.equal(new Set(items).size, items.length, 'no item twice')
      t.notOk(
        items.some((one) => /Entre amis|seulement toi/.test(one)),
        'nothing private'
      )
    }
  })
  await t.test('no secret in anything sent or served', async (t) => {
    const pages = await Promise.all(
      ['/', '/@jardin', '/@alice', '/nodeinfo/2.1', '/api/v2/instance', '/api/v1/timelines/public', '/feed.atom', '/agenda.ics'].map(
        async (path) => (await network.fetch(commune.origin + path)).text()
      )
    )
    const everything = [...received.map((one) => one.raw), ...pages].join('\n')
    const found = /.{0,30}(PRIVATE KEY|courriel|argon2|private_sealed|password_hash|"_meta").{0,30}/.exec(everything)
    t.equal(found?.[0], undefined)
    t.notOk(everything.includes(PASSWORD) || everything.includes(alice.token!))
    t.notOk(pages.some((text) => /Entre amis|seulement toi/.test(text)))
  })
})
