// An idea of one commune, read and backed from the other (a part of two-instances.test.ts): changed, backed, answered by people and by the
// commune, taken back, deleted. Who backs it from elsewhere is counted apart and obliges nobody.
import type { Test } from 'tap'
import { logIn, type Json } from '../harness/client.ts'
import { PASSWORD } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { followAfresh, type Communes } from './reach.ts'

const IDEAS = '/api/communer/v1/ideas'
const AP = { headers: { accept: 'application/activity+json' } }

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `alpha` with Alice, who lives there, `beta` with Bob, who follows her and not her commune. */
export async function thinkTogether(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const maire = await logIn(network, alpha.origin, 'maire', PASSWORD)
  await followAfresh(bob, '@alice@alpha.test')
  await alice.put('/api/communer/v1/residence', { lives_here: true })
  await maire.put('/api/communer/v1/admin/ideas/rules', { threshold: 1, days: 30, counts: 'declared' })

  const here: Json = await alice.post(IDEAS, {
    title: 'Un banc devant l’école',
    text: 'Pour les grands-parents qui attendent. #école',
    themes: ['culture']
  })
  const path = `${IDEAS}/${here.id}`
  const idea = (): Promise<Json> => alice.get(path)
  const backers = async (): Promise<Json> => (await idea()).backers
  const document = async (): Promise<Json> => (await (await network.fetch(here.uri, AP)).json()) as Json
  /** What is stored of it on beta. */
  const copy = async (): Promise<Json | undefined> =>
    (await beta.query<{ doc: Json }>('select doc from objects where iri = $1 and deleted_at is null', [here.uri]))[0]?.doc
  const there: Json = await until('the idea in Bob’s home', async () =>
    ((await bob.get('/api/v1/timelines/home?limit=40')) as Json[]).find(({ uri }) => uri === here.uri)
  )
  const seen = (): Promise<Json> => bob.get(`/api/v1/statuses/${there.id}`)
  const thread = async (): Promise<Json[]> => (await bob.get(`/api/v1/statuses/${there.id}/context`)).descendants

  await t.test('an idea is read in the other commune as what it is, and so is what its author changes', async (t) => {
    t.match(there, { account: { acct: 'alice@alpha.test' }, communer: { kind: 'idea', title: 'Un banc devant l’école' }, url: here.url })
    t.match(there.content, /Pour les grands-parents qui attendent/)
    t.equal(there.spoiler_text, '', 'no warning hides it')
    t.match(await document(), { type: 'Page', 'communer:phase': 'support', 'communer:theme': ['culture'], 'communer:supportThreshold': 1 })
    await alice.patch(path, { title: 'Deux bancs devant l’école' })
    const changed = await until('the new title on beta', async () => {
      const now = await seen()
      return now.communer.title === 'Deux bancs devant l’école' ? now : null
    })
    t.ok(changed.edited_at)
    t.match(changed.content, /Deux bancs devant l’école/)
  })

  await t.test('who backs it from the other commune is counted among the fediverse alone, and takes it back', async (t) => {
    const counted = (fediverse: number): Promise<unknown> =>
      until(`${fediverse} from elsewhere`, async () => (await backers()).public === fediverse)
    await bob.post(`/api/v1/statuses/${there.id}/favourite`)
    await bob.post(`/api/v1/statuses/${there.id}/favourite`)
    await counted(1)
    t.match(await backers(), { residents: 0, verified: 0, members: 0, public: 1 })
    t.match(await alice.get(`/api/v1/statuses/${here.id}/favourited_by`), [{ acct: 'bob@beta.test' }])
    t.match(await (await alice.request('PATCH', path, { title: 'Trois bancs' })).json(), { code: 'idea.backed' })
    await alpha.wake()
    await until('the threshold was looked at', async () => {
      return (await alpha.query("select 1 from chores where kind = 'idea-threshold'")).length === 0
    })
    t.equal((await idea()).dueOn, null, 'one is enough here, but not one from elsewhere')
    await bob.post(`/api/v1/statuses/${there.id}/unfavourite`)
    await counted(0)
    await bob.post(`/api/v1/statuses/${there.id}/favourite`)
    await counted(1)
    await alice.put(`${path}/back`)
    t.match(await backers(), { residents: 1, verified: 0, members: 0, public: 1 }, 'never added up')
    await alpha.wake()
    await until('what the commune owes to a resident', async () => (await idea()).dueOn)
  })

  await t.test('a reply from the other commune stands in the thread', async (t) => {
    const reply: Json = await bob.post('/api/v1/statuses', { status: 'Nous avons les mêmes, en chêne', in_reply_to_id: there.id })
    const [received] = await until('the reply on alpha', async () => {
      const { descendants } = await alice.get(`/api/v1/statuses/${here.id}/context`)
      return descendants.length === 1 ? (descendants as Json[]) : null
    })
    t.match(received, { uri: reply.uri, in_reply_to_id: here.id, account: { acct: 'bob@beta.test' } })
    t.equal((await idea()).replies_count, 1)
  })

  await t.test('the commune’s answer reaches who reads the idea elsewhere, as a reply in its name', async (t) => {
    await maire.put(`${path}/answer`, { answer: 'accepted', text: 'Deux bancs sont commandés.', period: 'au printemps' })
    const answer = await until('the answer on beta', async () =>
      (await thread()).find(({ account }) => account.acct === 'alpha@alpha.test')
    )
    t.match(answer, { in_reply_to_id: there.id, content: /La commune accepte cette idée[^]*Deux bancs sont commandés/ })
    await until('what it says of itself', async () => (await copy())?.['communer:phase'] === 'accepted')
    t.match(await copy(), { 'communer:answer': 'accepted', 'communer:answered': /^\d{4}-/ })
    t.equal((await seen()).communer.title, 'Deux bancs devant l’école', 'its words are the same')
  })

  await t.test('taken back it says so there too; deleted it is gone on both sides', async (t) => {
    await alice.post(`${path}/withdraw`, { reason: 'Ils sont posés.' })
    await until('the end of it on beta', async () => (await copy())?.['communer:phase'] === 'withdrawn')
    t.match(await document(), { 'communer:phase': 'withdrawn' })
    await alice.delete(`/api/v1/statuses/${here.id}`)
    await until('gone on beta', async () => (await bob.request('GET', `/api/v1/statuses/${there.id}`)).status === 404)
    const tombstone = await network.fetch(here.uri, AP)
    t.equal(tombstone.status, 410)
    t.match(await tombstone.json(), { type: 'Tombstone', id: here.uri })
    t.equal((await alice.request('GET', path)).status, 404)
  })
}
