// The main job, judged by a server we did not write: Fedify's actor follows a group, receives its note and its event, and its reply,
// like and boost show on the commune's wall; it sees edits and deletions. Then the other way round.
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { Json } from '../../harness/client.ts'
import { startCommuner } from '../../harness/communer.ts'
import { letPass, outcomesOf, readSignedResult } from '../../harness/votes.ts'
import { waitUntil } from '../../harness/wait.ts'
import { NETWORK_MISSING, startNetwork } from '../../network/network.ts'
import { startFedify } from './control.ts'

t.test('a Fedify server and a commune', { skip: NETWORK_MISSING, timeout: 300_000 }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const [commune, fedify] = await Promise.all([
    startCommuner(network, { test: t, host: 'saint-leu.test', accounts: ['alice'], groups: { jardin: 'alice' } }),
    startFedify(network)
  ])
  t.teardown(async () => {
    if (!t.passing()) console.error(fedify.output().slice(-3000))
    await fedify.stop()
  })
  const alice = commune.clients.alice!
  const group: Json = await alice.get('/api/v1/accounts/lookup?acct=jardin')
  const received = async (type: string, test: (one: Awaited<ReturnType<typeof fedify.received>>[number]) => boolean = () => true) =>
    waitUntil(`${type} at Fedify`, async () => (await fedify.received()).find((one) => one.type === type && test(one)))
  const groupIri: string = (await fedify.perform<{ id: string }>({ do: 'lookup', object: '@jardin@saint-leu.test' })).id

  let followId = ''
  await t.test('it finds the group by its handle and its follow is accepted', async (t) => {
    const document = await fedify.perform<{ type: string; json: Json }>({ do: 'lookup', object: groupIri })
    t.equal(document.type, 'Group')
    followId = await fedify.perform({ do: 'follow', target: groupIri })
    const accept = await received('Accept')
    t.match(JSON.stringify(accept.json), followId)
    t.ok((await alice.get(`/api/v1/accounts/${group.id}/followers`)).some((one: Json) => one.acct === fedify.handle))
  })

  let note: Json
  let event: Json
  await t.test('it receives the note and understands it', async (t) => {
    note = await alice.post('/api/v1/statuses', { status: 'Atelier compost ce soir', as: 'jardin' })
    const arrived = await received('Create', (one) => one.object?.type === 'Note')
    t.match(arrived.object, { id: note.uri, content: /Atelier compost ce soir/ })
  })
  await t.test('it receives the event with its date, place and readable fallback', async (t) => {
    event = await alice.post('/api/communer/v1/events', {
      title: 'Bal du village',
      description: 'Orchestre et buvette.',
      start: '2030-07-14T20:00:00',
      end: '2030-07-14T23:30:00',
      timezone: 'Indian/Reunion',
      location: { name: 'Place de la mairie', address: 'Saint-Leu', latitude: -21, longitude: 55.29 },
      as: 'jardin'
    })
    const arrived = await received('Create', (one) => one.object?.type === 'Event')
    t.match(arrived.object, { id: event.uri, name: 'Bal du village' })
    t.equal(Date.parse(arrived.object!.startTime!), Date.parse('2030-07-14T20:00:00+04:00'))
    t.match(arrived.object!.summary, /Place de la mairie/)
    const looked = await fedify.perform<{ type: string }>({ do: 'lookup', object: event.uri })
    t.equal(looked.type, 'Event', 'and can fetch it again from its address')
  })

  let replyIri = ''
  await t.test("its reply, like and boost show on the commune's wall", async (t) => {
    replyIri = await fedify.perform({ do: 'note', target: groupIri, object: note.uri, text: '<p>J’apporte mes épluchures</p>' })
    const likeId = await fedify.perform({ do: 'like', target: groupIri, object: note.uri })
    await fedify.perform({ do: 'announce', target: groupIri, object: note.uri })
    await fedify.perform({ do: 'like', target: groupIri, object: event.uri })
    await waitUntil('reply, like and boost', async () => {
      const now: Json = await alice.get(`/api/v1/statuses/${note.id}`)
      // The commune boosts its groups too.
      const boosters: Json[] = await alice.get(`/api/v1/statuses/${note.id}/reblogged_by`)
      return (
        now.replies_count === 1 &&
        now.favourites_count === 1 &&
        now.reblogs_count === 2 &&
        boosters.some((one) => one.acct === fedify.handle)
      )
    })
    const context = await alice.get(`/api/v1/statuses/${note.id}/context`)
    t.match(context.descendants[0], { uri: replyIri, content: /J’apporte mes épluchures/, account: { acct: fedify.handle } })
    t.ok((await alice.get(`/api/v1/statuses/${note.id}/favourited_by`)).some((one: Json) => one.acct === fedify.handle))
    t.ok((await alice.get(`/api/v1/statuses/${note.id}/reblogged_by`)).some((one: Json) => one.acct === fedify.handle))
    const page = await commune.anonymous.page(new URL(note.url).pathname)
    t.equal(page.status, 200)
    t.match(page.html, /J’apporte mes épluchures/)
    const wall = await commune.anonymous.page('/')
    t.match(wall.html, /Atelier compost ce soir/)
    await waitUntil('the like of the event', async () => (await alice.get(`/api/communer/v1/events/${event.id}`)).favourites_count === 1)
    await fedify.perform({ do: 'unlike', target: groupIri, object: note.uri, id: likeId })
    await waitUntil('the like is taken back', async () => (await alice.get(`/api/v1/statuses/${note.id}`)).favourites_count === 0)
  })

  await t.test('its edit and its deletion are followed here', async () => {
    await fedify.perform({ do: 'update', target: groupIri, object: replyIri, text: '<p>J’apporte aussi du carton</p>' })
    await waitUntil('the edited reply', async () =>
      /du carton/.test((await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants[0]?.content ?? '')
    )
    await fedify.perform({ do: 'delete', target: groupIri, object: replyIri })
    await waitUntil('the reply is gone', async () => (await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants.length === 0)
  })

  await t.test('it sees our edits and our deletions', async (t) => {
    await alice.put(`/api/v1/statuses/${note.id}`, { status: 'Atelier compost reporté' })
    const edited = await received('Update', (one) => one.object?.id === note.uri)
    t.match(edited.object!.content, /reporté/)
    await alice.patch(`/api/communer/v1/events/${event.id}`, { status: 'CANCELLED' })
    await received('Update', (one) => one.object?.id === event.uri)
    await alice.delete(`/api/v1/statuses/${note.id}`)
    const deleted = await received('Delete')
    t.match(JSON.stringify(deleted.json), note.uri)
  })

  await t.test('a citizen of ours follows its actor and reads its note at home', async (t) => {
    const [found] = (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(fedify.handle)}`)).accounts
    t.equal(found.acct, fedify.handle)
    await alice.post(`/api/v1/accounts/${found.id}/follow`)
    await waitUntil('its Accept', async () => (await alice.get(`/api/v1/accounts/relationships?id[]=${found.id}`))[0].following)
    const iri = await fedify.perform({ do: 'note', text: '<p>Bonjour de Fedify <script>alert(1)</script></p>' })
    const home: Json = await waitUntil('its note at home', async () =>
      (await alice.get('/api/v1/timelines/home')).find((one: Json) => one.uri === iri)
    )
    t.match(home.content, /Bonjour de Fedify/)
    t.notMatch(home.content, /<script/)
    const mention = await alice.post('/api/v1/statuses', { status: `@${fedify.handle} bienvenue !`, in_reply_to_id: home.id })
    await received('Create', (one) => one.object?.id === mention.uri)
  })

  await t.test('[50] it understands a poll and votes for two options at once', async (t) => {
    const poll = { options: ['Samedi', 'Dimanche', 'Lundi'], expires_in: 3600, multiple: true }
    const asked: Json = await alice.post('/api/v1/statuses', { status: 'Quels jours ?', poll, as: 'jardin' })
    const arrived = await received('Create', (one) => one.object?.id === asked.uri)
    t.equal(arrived.object!.type, 'Question')
    await fedify.perform({ do: 'vote', target: groupIri, object: asked.uri, names: ['Samedi', 'Lundi', 'Mardi'] })
    const counted: Json = await waitUntil('its votes', async () => {
      const now: Json = await alice.get(`/api/v1/polls/${asked.poll.id}`)
      return now.votes_count >= 2 ? now : null
    })
    t.same(
      counted.options.map((option: Json) => option.votes_count),
      [1, 0, 1],
      'what is no option is not counted'
    )
  })

  await t.test(
    'it answers a vote in time and is counted once, among the public; twice, late or with what is no choice it is not',
    async (t) => {
      const open = async (title: string): Promise<Json> => {
        const vote: Json = await alice.post('/api/communer/v1/votes', {
          as: 'jardin',
          title,
          method: 'single',
          options: [{ name: 'Au verger' }, { name: 'Au lavoir' }, { name: 'Nulle part' }],
          electorate: 'members',
          results: 'always',
          open_to_all: true,
          closes_at: new Date(Date.now() + 3_600_000).toISOString(),
          // Between the last ballot and the count: what comes then is late.
          paper_hours: 1
        })
        const arrived = await received('Create', (one) => one.object?.id === vote.uri)
        t.match(arrived.object, { type: 'Question', content: new RegExp(title) })
        t.equal(Date.parse(arrived.object!.endTime!), Date.parse(vote.closes_at))
        return vote
      }
      const answer = (vote: Json, ...names: string[]): Promise<string> =>
        fedify.perform({ do: 'vote', target: groupIri, object: vote.uri, names })
      const judged = (vote: Json, outcomes: string[]): Promise<unknown> =>
        waitUntil(
          outcomes.join(', '),
          async () => isDeepStrictEqual(await outcomesOf(commune, vote.uri, fedify.actorIri), outcomes),
          60_000
        )
      const now = (vote: Json): Promise<Json> => alice.get(`/api/communer/v1/votes/${vote.id}`)

      const vote = await open('Où planter le figuier ?')
      await alice.post(`/api/communer/v1/votes/${vote.id}/ballot`, { marks: [1, null, null] })
      await answer(vote, 'Ailleurs')
      await judged(vote, ['vote-not-open'])
      t.match(await now(vote), { others_count: 0 }, 'what is no choice uses nothing up')
      await answer(vote, 'Au lavoir')
      await judged(vote, ['vote-not-open', 'voted'])
      await answer(vote, 'Au verger')
      await judged(vote, ['vote-not-open', 'voted', 'unchanged'])
      t.match(await now(vote), {
        voters_count: 1,
        others_count: 1,
        figures: { electors: { figures: [1, 0, 0] }, others: { ballots: 1, figures: [0, 1, 0] } }
      })
      t.same(await commune.query('select 1 from objects where in_reply_to_iri = $1', [vote.uri]), [], 'an answer is no post')

      const late = await open('Et le noyer ?')
      await letPass(commune, late.id, 61)
      await answer(late, 'Au verger')
      await judged(late, ['vote-not-open'])
      t.match(await now(late), { state: 'counting', others_count: 0 })

      await letPass(commune, vote.id, 122)
      const raw = await waitUntil(
        'the end at Fedify',
        async () =>
          (await fedify.posts()).map(({ body }) => JSON.parse(body) as Json).find(({ object }) => object?.id === vote.uri && object.closed),
        60_000
      )
      t.match(raw, { type: 'Update', object: { type: 'Question', votersCount: 1 } })
      t.same(
        raw.object.oneOf.map((option: Json) => option.replies.totalItems),
        [0, 1, 0],
        'the public’s answers and no others'
      )
      t.notOk(JSON.stringify(raw).includes(fedify.actorIri), 'naming nobody')
      t.match(await readSignedResult(network, raw.object), { vote: vote.uri, result: { voted: 1, others: { ballots: 1 } } })
      const said = await received('Create', (one) => /Où planter le figuier/.test(one.object?.content ?? '') && one.object?.type === 'Note')
      t.match(said.object!.content, /Au verger : 1/)
    }
  )

  await t.test('[54] it quotes a post of ours with our stamp, and we one of its with its own', async (t) => {
    const said: Json = await alice.post('/api/v1/statuses', { status: 'La source coule', as: 'jardin' })
    const quoting = await fedify.perform({ do: 'quote', target: groupIri, object: said.uri, text: '<p>À lire</p>' })
    const accept = await received('Accept', (one) => JSON.stringify(one.json).includes('QuoteRequest'))
    const stamp = await fedify.perform<{ type: string; json: Json }>({ do: 'lookup', object: String(accept.json.result) })
    t.equal(stamp.type, 'QuoteAuthorization')
    const text = JSON.stringify(stamp.json)
    t.ok(text.includes(quoting) && text.includes(said.uri), 'it names both posts')
    t.match(await alice.get(`/api/v1/statuses/${said.id}/quotes`), [{ uri: quoting, quote: { state: 'accepted' } }])

    const iri = await fedify.perform({ do: 'note', text: '<p>Une phrase à citer</p>' })
    const theirs: Json = await waitUntil('its note at home', async () =>
      (await alice.get('/api/v1/timelines/home')).find((one: Json) => one.uri === iri)
    )
    const ours: Json = await alice.post('/api/v1/statuses', { status: `@${fedify.handle} bien dit`, quoted_status_id: theirs.id })
    const allowed: Json = await waitUntil('its permission', async () => {
      const now: Json = await alice.get(`/api/v1/statuses/${ours.id}`)
      return now.quote.state === 'accepted' ? now : null
    })
    t.match(allowed.quote.quoted_status, { uri: iri })
    const stamped = await received('Update', (one) => one.object?.id === ours.uri)
    t.match(JSON.stringify(stamped.json), new RegExp(`"quoteAuthorization":"https://fedify.test/users/[^"]+/stamps/`))
  })

  await t.test('after its unfollow nothing more is sent to it', async (t) => {
    await fedify.perform({ do: 'unfollow', target: groupIri, id: followId })
    await waitUntil(
      'the follower is gone',
      async () => !(await alice.get(`/api/v1/accounts/${group.id}/followers`)).some((one: Json) => one.acct === fedify.handle)
    )
    const last = await alice.post('/api/v1/statuses', { status: 'Entre nous', as: 'jardin' })
    await waitUntil(
      'nothing is left to send',
      async () => (await commune.query("select 1 from deliveries where state = 'waiting'")).length === 0
    )
    t.notOk((await fedify.received()).some((one) => one.object?.id === last.uri))
  })

  await t.test('everything we sent was accepted, signed by draft-cavage first', async (t) => {
    const posts = await fedify.posts()
    t.ok(posts.length >= 6)
    t.same([...new Set(posts.map((one) => one.status))], [202])
    for (const post of posts)
      t.match(post.headers.signature, /algorithm="rsa-sha256",headers="\(request-target\) host date digest( content-type)?"/)
  })
})
