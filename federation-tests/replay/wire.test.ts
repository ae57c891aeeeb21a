// Every document that peers are known to send (fixtures/wire/in-*), signed by a fake peer of that name, arrives at a real instance;
// a table says of each what a citizen must see afterwards. The documents' names for things of ours are exchanged for real ids.
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { Client, Json } from '../harness/client.ts'
import { startCommuner } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { NETWORK_MISSING, startNetwork } from '../network/network.ts'
import type { MockActor } from '../peers/mock/host.ts'
import { createOf, createPeople } from './people.ts'

const FOLDER = new URL('../fixtures/wire/', import.meta.url)
const BOB = 'https://mastodon.example/users/bob'
const EVENT = 'https://mobilizon.example/events/3fa1c5b2-5d6e-4c39-9d2a-7f27c2c7d0aa'

t.test('what peers send, and what is seen of it', { skip: NETWORK_MISSING, timeout: 240_000 }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const { hosts, actors } = createPeople(network)
  const commune = await startCommuner(network, {
    test: t,
    host: 'saint-leu.example',
    accounts: ['alice', 'spam'],
    groups: { jardin: 'alice' }
  })
  const alice: Client = commune.clients.alice!
  const replayed = new Set<string>()

  const actorIri = async (handle: string): Promise<string> => {
    const jrd = (await (
      await network.fetch(`${commune.origin}/.well-known/webfinger?resource=acct:${handle}@saint-leu.example`)
    ).json()) as Json
    return jrd.links.find((one: Json) => one.rel === 'self').href
  }
  const communeName = (await commune.query("select username from actors where local and kind = 'commune'"))[0]!.username
  const jardin = await actorIri('jardin')
  const post = async (status: string, as?: string): Promise<Json> =>
    await alice.post('/api/v1/statuses', { status, ...(as === undefined ? {} : { as }) })
  const proposal = await post('Une proposition', 'jardin')
  const word = await post('Un mot')
  const event = await alice.post('/api/communer/v1/events', {
    title: 'Fête du village',
    description: 'Venez',
    start: '2030-06-01T10:00:00',
    end: '2030-06-01T12:00:00',
    timezone: 'Indian/Reunion',
    location: { name: 'Mairie' },
    as: 'jardin'
  })
  const ours: [string, string][] = [
    ['actors/jardin', jardin],
    ['actors/alice', await actorIri('alice')],
    ['actors/commune', await actorIri(communeName)],
    ['actors/spam', await actorIri('spam')],
    ['objects/ev1', event.uri],
    ['objects/prop1', proposal.uri],
    ['objects/vote1', word.uri],
    ['objects/n1', word.uri],
    ['objects/n9', word.uri]
  ]
  const follows = new Map<string, string>()

  /** The document with our real ids in it. */
  const read = (name: string): Json => {
    let text = readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')
    for (const [short, real] of ours) text = text.replaceAll(`https://saint-leu.example/ap/${short}`, real)
    for (const [fake, real] of follows) text = text.replaceAll(fake, real)
    return JSON.parse(text)
  }
  const settled = (): Promise<unknown> =>
    waitUntil(
      'the inbox is worked off',
      async () => (await commune.query("select 1 from inbox_log where state = 'waiting'")).length === 0,
      20_000
    )
  const send = async (t: Test, signer: MockActor, activity: Json): Promise<void> => {
    const answer = await signer.post(`${commune.origin}/ap/inbox`, activity)
    t.equal(answer.status, 202, await answer.text())
    await settled()
  }
  /** One line of the table: the document arrives, then the expectation must hold. */
  const replay = (name: string, seen: string, expect: (t: Test, document: Json) => Promise<void>): Promise<void> =>
    t
      .test(`${name}: ${seen}`, async (t) => {
        replayed.add(name)
        const document = read(name)
        const actor = typeof document.actor === 'string' ? document.actor : document.actor.id
        await send(t, actors.get(actor)!, document)
        await expect(t, document)
      })
      .then(() => {})
  /** Nothing visible happens, and the activity is not stuck either. */
  const nothing = async (t: Test, document: Json): Promise<void> => {
    const [row] = await commune.query('select state, outcome from inbox_log where type = $1 and actor_iri = $2 order by id desc limit 1', [
      document.type,
      document.actor
    ])
    t.ok(row === undefined || row.state === 'done', JSON.stringify(row ?? null))
  }
  const status = async (uri: string): Promise<Json | undefined> =>
    (await alice.get(`/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(uri)}`)).statuses[0]
  const shown = async (uri: string): Promise<boolean> =>
    (await commune.query('select 1 from objects where iri = $1 and deleted_at is null', [uri])).length > 0
  const followers = async (name: string): Promise<string[]> =>
    (await alice.get(`/api/v1/accounts/${(await alice.get(`/api/v1/accounts/lookup?acct=${name}`)).id}/followers`)).map(
      (one: Json) => one.acct
    )
  const counts = async (id: string): Promise<Json> => await alice.get(`/api/v1/statuses/${id}`)
  /** Our citizen follows someone, who accepts (unless a recorded Accept will). */
  const follow = async (t: Test, handle: string, accept = true): Promise<string> => {
    const [account] = (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(handle)}`)).accounts
    t.ok(account, `${handle} is found`)
    await alice.post(`/api/v1/accounts/${account.id}/follow`)
    const host = Object.values(hosts).find((one) => handle.endsWith(`@${one.name}`))!
    const asked = await waitUntil(`our Follow at ${handle}`, () =>
      host.activitiesOf('Follow').find((one) => String(one.object).includes(handle.split('@')[0]!))
    )
    if (accept)
      await send(t, actors.get(String(asked.object))!, {
        '@context': asked['@context'],
        id: `${String(asked.object)}#accept-${Date.now()}`,
        type: 'Accept',
        actor: asked.object,
        object: asked
      } as Json)
    return String(asked.id)
  }

  await t.test('our citizen follows four accounts of the peers', async (t) => {
    for (const handle of [
      'bob@mastodon.example',
      'gancio@gancio.example',
      'collectif_velo@mobilizon.example',
      'dora@mobilizon.example',
      'relay@mobilizon.example',
      'eve@gts.example',
      'carol@lemmy.example'
    ])
      await follow(t, handle)
    follows.set('https://saint-leu.example/ap/activities/0192-follow', await follow(t, 'jardinage@lemmy.example', false))
  })
  await replay('in-accept-follow-lemmy', 'the follow of a Lemmy community is accepted', async (t) => {
    const account = await alice.get('/api/v1/accounts/lookup?acct=jardinage@lemmy.example')
    t.ok((await alice.get(`/api/v1/accounts/relationships?id[]=${account.id}`))[0].following)
  })

  for (const [name, host, handle, group] of [
    ['in-follow-mastodon', 'mastodon', 'bob@mastodon.example', 'jardin'],
    ['in-follow-lemmy', 'lemmy', 'carol@lemmy.example', 'jardin'],
    ['in-follow-gancio', 'gancio', 'gancio@gancio.example', communeName]
  ] as const) {
    await replay(name, `${handle} follows and gets an Accept that names his Follow`, async (t, document) => {
      const accept = await waitUntil('the Accept', () => hosts[host].received.find((one) => one.json.type === 'Accept'))
      t.match(accept.json.object, { id: document.id, type: 'Follow', actor: document.actor, object: document.object })
      t.match(accept.path, /inbox$/)
      t.ok((await followers(group)).includes(handle))
    })
  }

  await replay('in-create-note-mastodon', 'the note is read, with its picture, mention and hashtag', async (t, document) => {
    const note = (await status(document.object.id))!
    t.equal(note.account.acct, 'bob@mastodon.example')
    t.equal(note.media_attachments.length, 1)
    t.equal(note.media_attachments[0].description, 'Un bac à compost')
    t.match(
      note.tags.map((one: Json) => one.name),
      ['compost']
    )
    t.ok(note.mentions.some((one: Json) => one.acct === 'jardin'))
    t.ok((await alice.get('/api/v1/timelines/home')).some((one: Json) => one.uri === document.object.id))
  })
  await replay('in-update-note-mastodon', 'the edit replaces the text', async (t, document) => {
    t.match((await status(document.object.id))!.content, /Corrigé/)
    t.ok((await status(document.object.id))!.edited_at)
  })
  await replay('in-add-featured-mastodon', 'the pinned note is pinned, or the pin is ignored', nothing)
  await replay('in-like-mastodon', 'the like is counted', async (t) => {
    t.equal((await counts(proposal.id)).favourites_count, 1)
  })
  await replay('in-dislike-lemmy', 'a dislike is no like', async (t) => {
    t.equal((await counts(proposal.id)).favourites_count, 1)
  })
  await replay('in-announce-mastodon', 'the boost of the event is counted', async (t) => {
    t.equal((await alice.get(`/api/communer/v1/events/${event.id}`)).reblogs_count, 2, 'the commune’s own and Bob’s')
  })
  await replay('in-undo-announce-mastodon', 'and taken back', async (t) => {
    t.equal((await alice.get(`/api/communer/v1/events/${event.id}`)).reblogs_count, 1, 'the commune’s own stays')
  })
  await replay('in-create-comment-lemmy', 'the comment stands under the proposal, and alice hears of it', async (t, document) => {
    const { descendants } = await alice.get(`/api/v1/statuses/${proposal.id}/context`)
    t.match(descendants[0], { uri: document.object.id, content: /Bonne idée/ })
    t.ok((await alice.get('/api/v1/notifications')).some((one: Json) => one.type === 'mention' && one.status.uri === document.object.id))
  })

  await replay('in-create-event-mobilizon', 'the event is in the agenda with its time, place and organiser', async (t) => {
    const found = (await alice.get('/api/communer/v1/events?limit=40&from=2026-01-01T00:00:00Z')).find((one: Json) => one.uri === EVENT)
    t.match(found, {
      title: 'Vélorution',
      status: 'CONFIRMED',
      timezone: 'Indian/Reunion',
      location: { name: 'Place de la mairie', address: /97436 Saint-Leu/, latitude: -21.1701 },
      joinMode: 'free',
      participantCount: 3,
      organizer: { acct: 'collectif_velo@mobilizon.example' },
      author: { acct: 'dora@mobilizon.example' },
      image: { description: 'Banner' }
    })
    t.equal(Date.parse(found.end), Date.parse('2026-12-05T12:00:00+04:00'))
    t.equal(Date.parse(found.start), Date.parse('2026-12-05T10:00:00+04:00'))
    t.match((await status(EVENT))!.content, /Vélorution/)
  })
  await replay('in-create-event-gancio', 'the event without end, with a place in an array', async (t, document) => {
    const found = (await alice.get('/api/communer/v1/events?limit=40&from=2026-01-01T00:00:00Z')).find(
      (one: Json) => one.uri === document.object.id
    )
    t.match(found, {
      title: 'Concert au parc',
      start: /^2026-12-19/,
      end: null,
      status: 'CONFIRMED',
      location: { name: 'Parc du 20 décembre', address: 'Rue du Général Lambert, Saint-Leu', url: 'https://live.example/parc' },
      joinMode: 'none',
      image: { description: 'Concert' }
    })
    t.equal(Date.parse(found.start), Date.parse('2026-12-19T20:00:00+04:00'))
  })
  await t.test('the originals stand on their own hosts', async () => {
    const mobilizon = read('in-create-event-mobilizon').object
    hosts.mobilizon.serve(new URL(EVENT).pathname, { '@context': 'https://www.w3.org/ns/activitystreams', ...mobilizon })
    const page = read('in-announce-create-page-lemmy').object.object
    hosts.lemmy.serve('/post/7', { '@context': 'https://www.w3.org/ns/activitystreams', ...page, content: '<p>Le texte d’origine</p>' })
  })
  await replay('in-announce-create-page-lemmy', 'the page a community announces is fetched from its origin', async (t) => {
    await waitUntil('the page', () => shown('https://lemmy.example/post/7'))
    t.match((await status('https://lemmy.example/post/7'))!.content, /Semis de novembre[\s\S]*Le texte d’origine/)
    t.ok(
      (await alice.get('/api/v1/timelines/home')).some(
        (one: Json) => one.uri === 'https://lemmy.example/post/7' || one.reblog?.uri === 'https://lemmy.example/post/7'
      )
    )
  })
  await replay('in-announce-mobilizon', "the relay's announcement shows the event once more, as a boost", async (t) => {
    await waitUntil('the boost', async () => ((await status(EVENT))?.reblogs_count ?? 0) === 1)
    t.pass('counted')
  })
  await replay('in-create-question-mastodon', 'the poll is read with its options', async (t, document) => {
    const poll = (await status(document.object.id))!.poll
    t.match(
      poll.options.map((one: Json) => one.title),
      ['Oui', 'Non']
    )
  })
  for (const name of ['in-vote-mastodon', 'in-vote-gts']) {
    await replay(name, 'a ballot is never a readable post', async (t, document) => {
      t.equal((await commune.query("select 1 from objects where name in ('Samedi matin', 'Mercredi après-midi')")).length, 0)
      await nothing(t, document)
    })
  }
  const participants = (): Promise<Json[]> => alice.get(`/api/communer/v1/events/${event.id}/participants`)
  await replay('in-join-mobilizon', 'she has a seat, the organiser reads her words, and Mobilizon its Accept', async (t, document) => {
    t.match(await participants(), [{ account: { acct: 'dora@mobilizon.example' }, state: 'accepted', message: 'Je viens avec deux amis' }])
    t.equal((await alice.get(`/api/communer/v1/events/${event.id}`)).participantCount, 1)
    t.ok((await alice.get('/api/v1/notifications')).some((one: Json) => one.type === 'event_join' && one.status.uri === event.uri))
    const accept = await waitUntil('the Accept of the Join', () =>
      hosts.mobilizon.activitiesOf('Accept').find((one) => (one.object as Json).type === 'Join')
    )
    t.match(accept, { actor: jardin, object: { id: document.id, actor: document.actor, object: event.uri } })
  })
  await replay('in-leave-mobilizon', 'the seat is free again', async (t) => {
    t.same(await participants(), [])
    t.equal((await alice.get(`/api/communer/v1/events/${event.id}`)).participantCount, 0)
  })
  for (const name of [
    'in-accept-join-mobilizon',
    'in-quoterequest-mastodon',
    'in-move-mastodon',
    'in-add-moderator-lemmy',
    'in-block-group-lemmy'
  ]) {
    await replay(name, 'is taken without harm', nothing)
  }
  for (const name of ['in-flag-mastodon', 'in-flag-lemmy']) {
    await replay(name, 'becomes a report for the moderators', async (t, document) => {
      t.equal((await commune.query('select 1 from reports where iri = $1', [document.id])).length, 1)
    })
  }
  await t.test('known before they are deleted', async (t) => {
    await send(
      t,
      actors.get('https://gts.example/users/eve')!,
      createOf(actors.get('https://gts.example/users/eve')!, { id: 'https://gts.example/users/eve/statuses/01HX' })
    )
    await send(
      t,
      actors.get('https://lemmy.example/u/carol')!,
      createOf(actors.get('https://lemmy.example/u/carol')!, { id: 'https://lemmy.example/post/1', type: 'Page', name: 'À supprimer' })
    )
    t.ok(await shown('https://gts.example/users/eve/statuses/01HX'))
    t.ok(await shown('https://lemmy.example/post/1'))
  })
  for (const [name, gone] of [
    ['in-delete-gts', 'https://gts.example/users/eve/statuses/01HX'],
    ['in-delete-page-lemmy', 'https://lemmy.example/post/1'],
    ['in-delete-note-mastodon', `${BOB}/statuses/1151`],
    ['in-delete-event-mobilizon', EVENT]
  ] as const) {
    await replay(name, `${gone} is gone`, async (t) => {
      t.notOk(await shown(gone))
    })
  }
  for (const [name, handle, group] of [
    ['in-undo-follow-mastodon', 'bob@mastodon.example', 'jardin'],
    ['in-undo-follow-lemmy', 'carol@lemmy.example', 'jardin'],
    ['in-undo-follow-gancio', 'gancio@gancio.example', communeName]
  ] as const) {
    await replay(name, `${handle} follows no more`, async (t) => {
      t.notOk((await followers(group)).includes(handle))
    })
  }
  await replay('in-block-mastodon', 'our follow of the one who blocks is dropped', async (t) => {
    const account = await alice.get('/api/v1/accounts/lookup?acct=bob@mastodon.example')
    t.notOk((await alice.get(`/api/v1/accounts/relationships?id[]=${account.id}`))[0].following)
  })
  hosts.mastodon.forget('/users/bob', 410)
  await replay('in-delete-actor-mastodon', 'the person and all he wrote are gone', async (t) => {
    t.equal(
      (await commune.query('select 1 from objects o join actors a on a.id = o.actor_id where a.iri = $1 and o.deleted_at is null', [BOB]))
        .length,
      0
    )
    t.ok((await commune.query('select deleted_at from actors where iri = $1', [BOB])).every((one) => one.deleted_at !== null))
  })
  await t.test('every recorded document was replayed, and nothing is left over', async (t) => {
    const all = readdirSync(FOLDER)
      .filter((name) => name.startsWith('in-'))
      .map((name) => name.replace('.json', ''))
    t.same(
      all.filter((name) => !replayed.has(name)),
      []
    )
    t.equal((await commune.query("select type, outcome from inbox_log where state <> 'done'")).length, 0)
    t.notMatch(commune.child.output(), /unhandledRejection|"level":60/)
  })
})
