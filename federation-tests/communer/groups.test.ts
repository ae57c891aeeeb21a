// A group of one commune, with a member in another, a Lemmy-like and a Mastodon-like follower: who hears what, in which form, and who is
// no longer heard (FEP-1b12, federation.md §3.6).
import t from 'tap'
import type { Json } from '../harness/client.ts'
import { startCommuner } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { NETWORK_MISSING, startNetwork } from '../network/network.ts'
import { CONTEXT, createMockHost, PUBLIC, type MockActor, type MockHost } from '../peers/mock/host.ts'

/** Says what it runs, as every server does. */
function nodeInfo(host: MockHost, name: string): void {
  const rel = 'http://nodeinfo.diaspora.software/ns/schema/2.1'
  host.serve('/.well-known/nodeinfo', { links: [{ rel, href: `${host.origin}/nodeinfo/2.1` }] }, 'application/json')
  host.serve('/nodeinfo/2.1', { version: '2.1', software: { name, version: '1.0.0' } }, 'application/json')
}

t.test('a group between two communes and other software', { skip: NETWORK_MISSING, timeout: 900_000 }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const [alpha, beta] = await Promise.all([
    startCommuner(network, { test: t, host: 'alpha.test', name: 'Alpha', accounts: ['alice'], groups: { jardin: 'alice' } }),
    startCommuner(network, { test: t, host: 'beta.test', name: 'Beta', accounts: ['bob'] })
  ])
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const [lemmy, mastodon] = [createMockHost(network, 'lemmy.test'), createMockHost(network, 'mastodon.test')]
  nodeInfo(lemmy, 'lemmy')
  nodeInfo(mastodon, 'mastodon')
  const [carol, dan] = [lemmy.actor('carol'), mastodon.actor('dan')]
  const inbox = `${alpha.origin}/ap/inbox`

  const quiet = async (): Promise<void> => {
    for (const one of [alpha, beta, alpha]) {
      await waitUntil(
        `${one.host} has read all`,
        async () => (await one.query("select 1 from inbox_log where state = 'waiting'")).length === 0
      )
      await waitUntil(
        `${one.host} has sent all`,
        async () => (await one.query("select 1 from deliveries where state = 'waiting'")).length === 0
      )
    }
  }
  /** Announces with a whole activity of this type inside, and addresses announced, as a host received them. */
  const whole = (host: MockHost, type: string): { json: Json; raw: string }[] =>
    host.received.filter((one) => one.json.type === 'Announce' && (one.json.object as Json).type === type)
  const addresses = (host: MockHost): unknown[] =>
    host.activitiesOf('Announce').flatMap((one) => (typeof one.object === 'string' ? [one.object] : []))
  const onBeta = async (iri: string): Promise<Json | undefined> =>
    (await beta.query('select id, group_id, deleted_at from objects where iri = $1', [iri]))[0]

  const found: Json = (await bob.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent('@jardin@alpha.test')}`)).accounts[0]
  const group: string = found.uri
  const say = async (who: MockActor, id: string, more: Json): Promise<{ iri: string; body: string }> => {
    const iri = `${who.host.origin}/${id}`
    const object = {
      id: iri,
      type: 'Note',
      attributedTo: who.iri,
      to: [PUBLIC],
      cc: [group],
      audience: group,
      content: '<p>Bonne idée</p>',
      published: new Date().toISOString(),
      ...more
    }
    who.host.serve(`/${id}`, { '@context': CONTEXT, ...object })
    // Spaces and unknown keys, as no serialiser of ours would write them.
    const body = JSON.stringify(
      {
        '@context': CONTEXT,
        'x:kept': [1, 2.5],
        id: `${iri}/create`,
        type: 'Create',
        actor: who.iri,
        to: [PUBLIC],
        cc: [group],
        audience: group,
        object
      },
      null,
      1
    )
    t.equal((await who.post(inbox, null, { body })).status, 202)
    return { iri, body }
  }

  await t.test('[66] somebody of another commune joins, and follows', async (t) => {
    await bob.post(`/api/v1/accounts/${found.id}/follow`)
    await bob.put(`/api/communer/v1/memberships/${found.id}`)
    await waitUntil(
      'the membership',
      async () => (await beta.query("select 1 from memberships where state = 'active' and group_id = $1", [found.id])).length
    )
    for (const who of [carol, dan])
      await who.post(inbox, { '@context': CONTEXT, id: `${who.iri}#follow`, type: 'Follow', actor: who.iri, object: group })
    await waitUntil('both follow', () => lemmy.activitiesOf('Accept').length === 1 && mastodon.activitiesOf('Accept').length === 1)
    await waitUntil(
      'the software of the three is known',
      async () => (await alpha.query('select 1 from hosts where software is not null')).length === 3
    )
    t.ok((await alice.get('/api/communer/v1/groups/jardin/members')).some((one: Json) => one.account.acct === 'bob@beta.test'))
    t.equal((await alpha.anonymous.request('GET', `${group}/members`, undefined, { accept: 'application/activity+json' })).status, 200)
  })

  let post: Json
  await t.test('[39] what a member says there is announced to each in the form it reads', async (t) => {
    post = await bob.post('/api/v1/statuses', { status: 'Qui apporte du paillage ?', title: 'Paillage', group: 'jardin@alpha.test' })
    await quiet()
    const [create] = await waitUntil('the Announce at Lemmy', () => (whole(lemmy, 'Create').length > 0 ? whole(lemmy, 'Create') : null))
    const [received] = await alpha.query("select body from inbox_log where type = 'Create' and actor_iri like 'https://beta.test/%'")
    t.ok(create!.raw.includes(`"object":${received!.body}`), 'not one byte changed')
    t.match(create!.json, {
      actor: group,
      object: { actor: (await bob.get('/api/v1/accounts/verify_credentials')).uri, object: { id: post.uri, type: 'Page' } }
    })
    t.same(addresses(lemmy), [])
    t.same(addresses(mastodon), [post.uri])
    t.same(whole(mastodon, 'Create'), [])
    t.ok((await alice.get('/api/v1/timelines/home')).some((one: Json) => one.reblog?.uri === post.uri || one.uri === post.uri))
  })

  await t.test('[62] a comment from Lemmy is stored and announced word for word, also to the other commune', async (t) => {
    const { iri, body } = await say(carol, 'comment/1', { inReplyTo: post.uri })
    await quiet()
    t.ok(whole(lemmy, 'Create').some((one) => one.raw.includes(`"object":${body}`)))
    t.equal(mastodon.received.filter((one) => one.raw.includes(iri)).length, 0, 'no boost of an answer')
    await waitUntil('the comment on beta', async () => (await onBeta(iri)) !== undefined)
    const { descendants } = await bob.get(`/api/v1/statuses/${post.id}/context`)
    t.match(descendants, [{ uri: iri }])
  })

  await t.test('a removal by a moderator reaches all three, and leaves the message to its author', async (t) => {
    const [local] = await alpha.query('select id from objects where iri = $1', [post.uri])
    await alice.post(`/api/communer/v1/groups/jardin/posts/${local!.id}/remove`, { reason: 'Hors sujet' })
    await quiet()
    t.equal(whole(lemmy, 'Delete').length, 1)
    t.match(mastodon.activitiesOf('Undo'), [{ actor: group, object: { type: 'Announce', object: post.uri } }])
    await waitUntil('beta took it out of the group', async () => (await onBeta(post.uri))?.group_id === null)
    t.equal((await onBeta(post.uri))!.deleted_at, null)
    t.equal((await bob.get(`/api/v1/statuses/${post.id}`)).uri, post.uri)
    t.match(
      (await bob.get('/api/v1/notifications')).find((one: Json) => one.type === 'group_removed'),
      { account: { acct: 'jardin@alpha.test' }, status: { id: post.id }, communer: { reason: 'Hors sujet' } },
      'who wrote it reads why'
    )
  })

  await t.test('[64] whom the group banned is no longer heard', async (t) => {
    const [row] = await alpha.query('select id from actors where iri = $1', [carol.iri])
    await alice.post(`/api/communer/v1/groups/jardin/bans/${row!.id}`, { reason: 'Insultes' })
    await quiet()
    const before = lemmy.received.length
    const { iri } = await say(carol, 'post/2', { type: 'Page', name: 'Encore moi', to: [group, PUBLIC], cc: [] })
    await quiet()
    t.same(await alpha.query('select 1 from objects where iri = $1', [iri]), [])
    t.equal(lemmy.received.length, before)
    t.equal(mastodon.received.filter((one) => one.raw.includes(iri)).length, 0)
  })

  await t.test('[66] who leaves is no member any more, on either side', async (t) => {
    await bob.delete(`/api/communer/v1/memberships/${found.id}`)
    await quiet()
    t.notOk((await alice.get('/api/communer/v1/groups/jardin/members')).some((one: Json) => one.account.acct === 'bob@beta.test'))
    t.same(await beta.query('select 1 from memberships where group_id = $1', [found.id]), [])
  })

  await t.test(
    '[66] who is invited over the wire reads it, says yes, and is a member on both sides; a removal ends it on both',
    async (t) => {
      await alice.post('/api/communer/v1/groups/jardin/invitations', { acct: '@bob@beta.test' })
      await waitUntil('the invitation', async () =>
        (await bob.get('/api/v1/notifications')).some(
          (one: Json) => one.type === 'group_invite' && one.account.acct === 'jardin@alpha.test'
        )
      )
      t.match(await bob.get(`/api/communer/v1/memberships/${found.id}`), { state: null, invited_by: { acct: 'alice@alpha.test' } })
      t.match(await bob.put(`/api/communer/v1/memberships/${found.id}`), { state: 'active', invited_by: null })
      await quiet()
      const members = async (): Promise<Json[]> => alice.get('/api/communer/v1/groups/jardin/members')
      const member = (await members()).find((one: Json) => one.account.acct === 'bob@beta.test')
      t.match(member, { role: 'member', state: 'active' })
      await alice.post(`/api/communer/v1/groups/jardin/members/${member!.account.id}/remove`)
      await quiet()
      t.same(await beta.query('select 1 from memberships where group_id = $1', [found.id]), [])
      t.equal((await members()).length, 1)
    }
  )
})
