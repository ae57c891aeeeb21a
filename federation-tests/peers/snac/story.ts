// The main job, judged by snac2, a C server with strict draft-cavage signatures. Runs inside the namespace that snac.test.ts makes.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Json } from '../../harness/client.ts'
import { startCommuner } from '../../harness/communer.ts'
import { waitUntil } from '../../harness/wait.ts'
import { startNetwork } from '../../network/network.ts'
import { freePort } from '../../network/ports.ts'
import { furnishNamespace } from './namespace.ts'
import { startSnac } from './server.ts'

t.test('snac2 and a commune', { timeout: 180_000 }, async (t) => {
  const network = await startNetwork({
    inNamespace: true,
    prepare: (directory, caFile) => furnishNamespace(['saint-leu.test', 'snac.test'], directory, caFile)
  })
  t.teardown(() => network.close())
  const snac = await startSnac(network, 'snac.test', await freePort())
  t.teardown(async () => {
    if (!t.passing()) writeFileSync(join(tmpdir(), 'snac.test.log'), snac.log())
    await snac.stop()
  })
  const commune = await startCommuner(network, {
    test: t,
    host: 'saint-leu.test',
    database: 'embedded',
    accounts: ['alice'],
    groups: { jardin: 'alice' }
  })
  const alice = commune.clients.alice!
  const group: Json = await alice.get('/api/v1/accounts/lookup?acct=jardin')
  const jardin: Json = (await (
    await network.fetch('https://saint-leu.test/.well-known/webfinger?resource=acct:jardin@saint-leu.test')
  ).json()) as Json
  const groupIri: string = jardin.links.find((one: Json) => one.rel === 'self').href
  const atHome = async (text: string): Promise<Json> =>
    waitUntil(`"${text}" in snac's home`, async () =>
      (await snac.api('GET', '/api/v1/timelines/home')).find((one: Json) => JSON.stringify(one).includes(text))
    )

  await t.test('it finds the group and its follow is confirmed', async (t) => {
    t.match(await snac.command('webfinger_s', '@jardin@saint-leu.test'), groupIri)
    await snac.command('follow', groupIri)
    await waitUntil('snac logs the confirmation', () => /confirmed follow/i.test(snac.log()))
    t.ok((await alice.get(`/api/v1/accounts/${group.id}/followers`)).some((one: Json) => one.acct === snac.handle))
  })

  let note: Json
  let event: Json
  await t.test('it receives the note and the event', async (t) => {
    note = await alice.post('/api/v1/statuses', { status: 'Plantation samedi matin', as: 'jardin' })
    event = await alice.post('/api/communer/v1/events', {
      title: 'Fête des semences',
      description: 'Troc de graines.',
      start: '2030-05-04T09:00:00',
      end: '2030-05-04T12:00:00',
      timezone: 'Indian/Reunion',
      location: { name: 'Salle des fêtes', address: 'Saint-Leu', latitude: -21.17, longitude: 55.29 },
      as: 'jardin'
    })
    t.match((await atHome('Plantation samedi matin')).content, /Plantation samedi matin/)
    await atHome('Fête des semences')
    const [stored] = await waitUntil('the stored event', () => {
      const found = snac.objects(event.uri)
      return found.length > 0 ? found : null
    })
    t.match(stored, { type: 'Event', name: 'Fête des semences' })
    t.equal(Date.parse(stored!.startTime), Date.parse('2030-05-04T09:00:00+04:00'))
    t.notMatch(snac.log(), /bad signature|invalid signature/i)
  })

  // Before the reply is deleted: snac sends a Delete to the followers of its author alone.
  await t.test('a citizen of ours follows its user and reads its note', async (t) => {
    const [found] = (await alice.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(snac.handle)}`)).accounts
    await alice.post(`/api/v1/accounts/${found.id}/follow`)
    await waitUntil('its Accept', async () => (await alice.get(`/api/v1/accounts/relationships?id[]=${found.id}`))[0].following)
    await snac.command('note', 'Bonjour depuis snac')
    await waitUntil('its note at home', async () =>
      (await alice.get('/api/v1/timelines/home')).some((one: Json) => /Bonjour depuis snac/.test(one.content))
    )
    t.pass('it arrived')
  })

  let reply: Json
  await t.test("its reply, like and boost show on the commune's wall", async (t) => {
    const { id } = await atHome('Plantation samedi matin')
    reply = await snac.api('POST', '/api/v1/statuses', { status: 'Je viens avec la brouette', in_reply_to_id: id, visibility: 'public' })
    await snac.api('POST', `/api/v1/statuses/${id}/favourite`)
    await snac.command('boost', note.uri)
    await waitUntil('all three on the commune', async () => {
      const now: Json = await alice.get(`/api/v1/statuses/${note.id}`)
      // The commune boosts its groups too.
      const boosters: Json[] = await alice.get(`/api/v1/statuses/${note.id}/reblogged_by`)
      return (
        now.replies_count === 1 &&
        now.favourites_count === 1 &&
        now.reblogs_count === 2 &&
        boosters.filter((one) => one.acct === snac.handle).length === 1
      )
    })
    t.match((await commune.anonymous.page(new URL(note.url).pathname)).html, /Je viens avec la brouette/)
    t.match((await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants[0], { account: { acct: snac.handle } })
  })

  await t.test('edits are followed both ways', async (t) => {
    await alice.put(`/api/v1/statuses/${note.id}`, { status: 'Plantation repoussée à dimanche' })
    await alice.patch(`/api/communer/v1/events/${event.id}`, { title: 'Fête des graines' })
    await waitUntil('snac shows the edited note', async () => snac.objects(note.uri).some((one) => /repoussée/.test(String(one.content))))
    await waitUntil('snac has the edited event', () => snac.objects(event.uri).some((one) => one.name === 'Fête des graines'))
    await snac.api('PUT', `/api/v1/statuses/${reply.id}`, { status: 'Je viens avec deux brouettes' })
    await waitUntil('the edited reply here', async () =>
      /deux brouettes/.test((await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants[0]?.content ?? '')
    )
    t.pass('all three arrived')
  })

  await t.test('deletions are followed both ways', async (t) => {
    await snac.deletePost(reply.uri)
    await waitUntil('the reply is gone here', async () => (await alice.get(`/api/v1/statuses/${note.id}/context`)).descendants.length === 0)
    await alice.delete(`/api/v1/statuses/${note.id}`)
    await waitUntil('the note is gone at snac', () => !snac.objects(note.uri).some((one) => one.type === 'Note' && one.id === note.uri))
    t.pass('both gone')
  })

  await t.test('its unfollow is followed', async (t) => {
    await snac.command('unfollow', groupIri)
    await waitUntil(
      'the follower is gone',
      async () => !(await alice.get(`/api/v1/accounts/${group.id}/followers`)).some((one: Json) => one.acct === snac.handle)
    )
    t.pass('gone')
  })
})
