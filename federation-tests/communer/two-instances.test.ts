// Two communes of this software, each with its own database, over real HTTP: what happens on one is seen on the other, and only as far
// as it should be.
import t from 'tap'
import { noBrowser } from '../browser/visitor.ts'
import { followFromHome } from '../browser/way-home.ts'
import { startCommuner, type Communer } from '../harness/communer.ts'
import type { Json } from '../harness/client.ts'
import { waitUntil } from '../harness/wait.ts'
import { NETWORK_MISSING, startNetwork, type Network } from '../network/network.ts'
import { meet } from './events.ts'
import { thinkTogether } from './ideas.ts'
import { judgeEachOther, moveAcross } from './moderation.ts'
import { askEachOther } from './polls.ts'
import { writeTogether } from './proposals.ts'
import { sendDressed } from './posts.ts'
import { reachEachOther } from './reach.ts'
import { decideTogether } from './votes.ts'
import { holdTogether } from './votes-together.ts'

const textOf = (html: string): string =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

t.test('two communes', { skip: NETWORK_MISSING, timeout: 900_000 }, async (t) => {
  const network: Network = await startNetwork()
  t.teardown(() => network.close())
  const [alpha, beta] = await Promise.all([
    startCommuner(network, { test: t, host: 'alpha.test', name: 'Alpha', accounts: ['alice'], groups: { jardin: 'alice' } }),
    startCommuner(network, { test: t, host: 'beta.test', name: 'Beta', accounts: ['bob', 'eve'] })
  ])
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const start = new Date(Math.floor(Date.now() / 1000) * 1000 + 5 * 86_400_000).toISOString() // documents carry whole seconds

  /** The status of that IRI as `client` of `instance` sees it in a timeline, or undefined. */
  const seen = async (client: typeof bob, uri: string, timeline = 'home'): Promise<Json | undefined> =>
    ((await client.get(`/api/v1/timelines/${timeline}?limit=40`)) as Json[]).find((one) => one.uri === uri || one.reblog?.uri === uri)
  const asBob = async (uri: string): Promise<Json> => {
    const found = await bob.get(`/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(uri)}`)
    return found.statuses[0]
  }

  let group: Json
  await t.test('a citizen of one finds a group of the other by its handle', async (t) => {
    const found = await bob.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent('@jardin@alpha.test')}`)
    t.equal(found.accounts.length, 1)
    group = found.accounts[0]
    t.match(group, { acct: 'jardin@alpha.test', username: 'jardin', group: true })
    const anonymous = await beta.anonymous.request('GET', '/api/v2/search?resolve=true&q=%40alice%40alpha.test')
    t.ok(
      anonymous.status === 401 || ((await anonymous.json()) as Json).accounts.length === 0,
      'but nobody makes the server fetch without logging in'
    )
  })

  await t.test('following it is accepted at once', async (t) => {
    const asked = await bob.post(`/api/v1/accounts/${group.id}/follow`)
    t.ok(asked.following || asked.requested)
    await waitUntil('the follow is accepted', async () => (await bob.get(`/api/v1/accounts/relationships?id[]=${group.id}`))[0].following)
    const local = await alice.get('/api/v1/accounts/lookup?acct=jardin')
    await waitUntil('alpha counts the follower', async () => (await alice.get(`/api/v1/accounts/${local.id}`)).followers_count >= 1)
    t.ok((await alice.get(`/api/v1/accounts/${local.id}/followers`)).some((one: Json) => one.acct === 'bob@beta.test'))
  })

  let note: Json
  await t.test("a note of the group arrives in the follower's home", async (t) => {
    note = await alice.post('/api/v1/statuses', { status: 'Plantation samedi au #jardin partagé', as: 'jardin', visibility: 'public' })
    const arrived = await waitUntil('the note on beta', () => seen(bob, note.uri))
    t.match(textOf(arrived.content), /Plantation samedi au #\s?jardin partagé/)
    t.equal(arrived.account.acct, 'jardin@alpha.test')
    t.equal(arrived.visibility, 'public')
    t.match(
      arrived.tags.map((one: Json) => one.name),
      ['jardin']
    )
    t.notOk(await seen(beta.clients.eve!, note.uri), 'and not in the home of someone who does not follow')
  })

  let event: Json
  await t.test('an event of the group arrives with its date and place', async (t) => {
    event = await alice.post('/api/communer/v1/events', {
      title: 'Fête des semences',
      description: 'Troc de graines et de plants.',
      start,
      end: new Date(Date.parse(start) + 7_200_000).toISOString(),
      timezone: 'Indian/Reunion',
      location: { name: 'Salle des fêtes', address: '1 rue de la Mairie, Saint-Leu', latitude: -21.17, longitude: 55.29 },
      as: 'jardin'
    })
    const arrived = await waitUntil('the event on beta', () => seen(bob, event.uri))
    t.match(textOf(arrived.content), /Fête des semences/)
    t.match(textOf(arrived.content), /Salle des fêtes/)
    t.equal(Date.parse(arrived.communer.event.start), Date.parse(start))
    const agenda = await bob.get('/api/communer/v1/events')
    t.ok(
      agenda.some((one: Json) => one.uri === event.uri),
      'and stands in the agenda of the other commune'
    )
  })

  let reply: Json
  await t.test('a reply is seen under the note, and its author hears of it', async (t) => {
    reply = await bob.post('/api/v1/statuses', { status: 'Je viens avec une bêche', in_reply_to_id: (await seen(bob, note.uri))!.id })
    await waitUntil('the reply on alpha', async () =>
      (await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants.some((one: Json) => one.uri === reply.uri)
    )
    t.equal((await alice.get(`/api/v1/statuses/${note.id}`)).replies_count, 1)
    const page = await alpha.anonymous.page(new URL(note.url).pathname)
    t.match(page.html, /Je viens avec une bêche/, 'and on the public page without JavaScript')
  })

  await t.test('a like and a boost are counted once and can be taken back', async (t) => {
    const { id } = (await seen(bob, note.uri))!
    /** Once, by Bob: the commune boosts its groups too. */
    const boosted = async (): Promise<boolean> =>
      (await alice.get(`/api/v1/statuses/${note.id}/reblogged_by`)).filter((one: Json) => one.acct === 'bob@beta.test').length === 1
    await bob.post(`/api/v1/statuses/${id}/favourite`)
    await bob.post(`/api/v1/statuses/${id}/favourite`)
    await bob.post(`/api/v1/statuses/${id}/reblog`)
    await waitUntil('like and boost on alpha', async () => {
      const now = await alice.get(`/api/v1/statuses/${note.id}`)
      return now.favourites_count === 1 && now.reblogs_count === 2 && (await boosted())
    })
    t.ok((await alice.get(`/api/v1/statuses/${note.id}/favourited_by`)).some((one: Json) => one.acct === 'bob@beta.test'))
    t.ok((await alice.get(`/api/v1/statuses/${note.id}/reblogged_by`)).some((one: Json) => one.acct === 'bob@beta.test'))
    await bob.post(`/api/v1/statuses/${id}/unfavourite`)
    await bob.post(`/api/v1/statuses/${id}/unreblog`)
    await waitUntil('both gone on alpha', async () => {
      const now = await alice.get(`/api/v1/statuses/${note.id}`)
      return now.favourites_count === 0 && now.reblogs_count === 1 && !(await boosted())
    })
  })

  await t.test('an edit replaces the text and is marked as edited', async (t) => {
    await alice.put(`/api/v1/statuses/${note.id}`, { status: 'Plantation reportée à dimanche' })
    const edited = await waitUntil('the edit on beta', async () => {
      const now = await seen(bob, note.uri)
      return now !== undefined && /reportée à dimanche/.test(now.content) ? now : null
    })
    t.ok(edited.edited_at)
    await alice.patch(`/api/communer/v1/events/${event.id}`, { title: 'Fête des semences et des plants' })
    await waitUntil("the event's new title on beta", async () => /et des plants/.test((await seen(bob, event.uri))?.content ?? ''))
  })

  await t.test('what is deleted disappears on the other side and says Gone here', async (t) => {
    await bob.delete(`/api/v1/statuses/${reply.id}`)
    await waitUntil(
      'the reply is gone on alpha',
      async () => (await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants.length === 0
    )
    await alice.delete(`/api/v1/statuses/${note.id}`)
    await waitUntil('the note is gone on beta', async () => (await seen(bob, note.uri)) === undefined)
    const tombstone = await network.fetch(note.uri, { headers: { accept: 'application/activity+json' } })
    t.equal(tombstone.status, 410)
    t.match(await tombstone.json(), { type: 'Tombstone', id: note.uri })
  })

  await t.test('after unfollowing nothing new arrives', async (t) => {
    await bob.post(`/api/v1/accounts/${group.id}/unfollow`)
    const local = await alice.get('/api/v1/accounts/lookup?acct=jardin')
    await waitUntil(
      'alpha forgets the follower',
      async () => !(await alice.get(`/api/v1/accounts/${local.id}/followers`)).some((one: Json) => one.acct === 'bob@beta.test')
    )
    const later = await alice.post('/api/v1/statuses', { status: 'Ceci reste chez nous', as: 'jardin' })
    await waitUntil(
      'alpha has nothing left to send',
      async () => (await alpha.query("select 1 from deliveries where state = 'waiting'")).length === 0
    )
    t.equal((await beta.query('select 1 from objects where iri = $1', [later.uri])).length, 0)
    t.equal(
      network.front.log.some((one) => one.host === 'beta.test' && one.method === 'POST' && one.at > Date.parse(later.created_at)),
      false,
      'nothing was even sent'
    )
  })

  await t.test('[50] [54] polls, quotes and pins', (t) => askEachOther(t, { alpha, beta }))
  await t.test('warning, language, mention, hashtags and described pictures arrive as they were written, both ways', async (t) => {
    const [hers, his] = [
      { instance: alpha, name: 'alice' },
      { instance: beta, name: 'bob' }
    ]
    await sendDressed(t, network, hers, his)
    await sendDressed(t, network, his, hers)
  })

  await t.test('[57] [58] [60] events', (t) => meet(t, { alpha, beta }))

  await t.test('an idea of one commune, backed from the other', (t) => thinkTogether(t, { network, alpha, beta }))
  await t.test('a proposal of one commune, followed from the other until it is done', (t) => writeTogether(t, { network, alpha, beta }))

  await t.test('a vote of one commune, answered from the other', (t) => decideTogether(t, { network, alpha, beta }))

  await t.test('a vote that both communes hold', (t) => holdTogether(t, { network, alpha, beta }))

  await t.test('who was reached, who waits, who is given up', (t) => reachEachOther(t, { network, alpha, beta }))

  await t.test('reports and policies', (t) => judgeEachOther(t, { network, alpha, beta }))

  await t.test('a block cuts both ways', async (t) => {
    const [remoteAlice] = (await bob.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent('@alice@alpha.test')}`)).accounts
    await bob.post(`/api/v1/accounts/${remoteAlice.id}/follow`)
    await waitUntil('bob follows alice', async () => (await bob.get(`/api/v1/accounts/relationships?id[]=${remoteAlice.id}`))[0].following)
    const [remoteBob] = (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent('@bob@beta.test')}`)).accounts
    await alice.post(`/api/v1/accounts/${remoteBob.id}/block`)
    t.ok((await alice.get(`/api/v1/accounts/relationships?id[]=${remoteBob.id}`))[0].blocking)
    await waitUntil(
      'the follow is cut on both sides',
      async () =>
        !(await bob.get(`/api/v1/accounts/relationships?id[]=${remoteAlice.id}`))[0].following &&
        !(await alice.get(`/api/v1/accounts/relationships?id[]=${remoteBob.id}`))[0].followed_by
    )
    const hello = await bob.post('/api/v1/statuses', { status: '@alice@alpha.test tu es là ?' })
    await waitUntil(
      'beta has nothing left to send',
      async () => (await beta.query("select 1 from deliveries where state = 'waiting'")).length === 0
    )
    await waitUntil(
      'alpha has nothing left to read',
      async () => (await alpha.query("select 1 from inbox_log where state = 'waiting'")).length === 0
    )
    t.notOk(
      (await alice.get('/api/v1/notifications')).some((one: Json) => one.status?.uri === hello.uri),
      'the blocked one reaches her no more'
    )
    t.ok(await asBob(hello.uri), 'though he still sees his own post')
    await alice.post(`/api/v1/accounts/${remoteBob.id}/unblock`)
    await waitUntil('bob may follow again', async () => (await bob.request('POST', `/api/v1/accounts/${remoteAlice.id}/follow`)).ok)
  })

  await t.test('a visitor of one with her account on the other follows a group through her own server', async (t) => {
    const eve = beta.clients.eve!
    const jardin = await alpha.anonymous.get('/api/v1/accounts/lookup?acct=jardin')
    const way = await alpha.anonymous.post('/api/communer/v1/way-home', { account: '@eve@beta.test', uri: jardin.uri, intent: 'follow' })
    t.equal(way.host, 'beta.test')
    const there = new URL(way.url)
    t.equal(there.origin + there.pathname, 'https://beta.test/authorize_interaction')
    t.match(Object.fromEntries(there.searchParams), { uri: jardin.uri, intent: 'follow' })
    const stranger = await beta.anonymous.request('GET', there.pathname + there.search, undefined, { accept: 'text/html' })
    t.match(stranger.headers.get('location'), /^\/connexion\?retour=/, 'logged out she logs in first')
    const target = await eve.get(`/api/communer/v1/interaction?uri=${encodeURIComponent(there.searchParams.get('uri')!)}`)
    t.match(target, { type: 'account', host: 'alpha.test' })
    t.notOk((await eve.get(`/api/v1/accounts/relationships?id[]=${target.id}`))[0].requested, 'nothing is done by coming')
    if (noBrowser) {
      t.comment(`the way home is not walked in a browser: ${noBrowser}`)
      await eve.post(`/api/v1/accounts/${target.id}/follow`)
    } else await followFromHome(t, { network, there: alpha, home: beta, handle: 'jardin', username: 'eve' })
    await waitUntil('alpha accepts', async () => (await eve.get(`/api/v1/accounts/relationships?id[]=${target.id}`))[0].following)
  })

  await t.test('[38] a citizen moves to the other commune', (t) => moveAcross(t, { network, alpha, beta }))

  await t.test('both instances are healthy at the end', async (t) => {
    for (const one of [alpha, beta] as Communer[]) {
      t.equal((await one.anonymous.request('GET', '/readyz')).status, 200)
      t.notMatch(one.child.output(), /unhandledRejection|"level":60/)
    }
  })
})
