// A proposal of one commune, as the other one reads it (a part of two-instances.test.ts): supported and discussed from there, amended here, decided,
// done; what belongs to a process is held to its phase, from there too.
import type { Test } from 'tap'
import { logIn, type Json } from '../harness/client.ts'
import { PASSWORD } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { followAfresh, type Communes } from './reach.ts'

const API = '/api/communer/v1'
const TEXT = 'La halle ouvre le samedi à huit heures.\n\nElle ferme à treize heures.'

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** YYYY-MM-DD, so many days from now. */
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** `alpha` with Alice, `beta` with Bob, who follows her. */
export async function writeTogether(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const maire = await logIn(network, alpha.origin, 'maire', PASSWORD)
  await followAfresh(bob, '@alice@alpha.test')
  const here: Json = await alice.post(`${API}/proposals`, { title: 'Ouvrir la halle', text: TEXT })
  const path = `${API}/proposals/${here.id}`
  const inHome = (uri: string): Promise<Json> =>
    until('it in Bob’s home', async () => ((await bob.get('/api/v1/timelines/home?limit=40')) as Json[]).find((one) => one.uri === uri))
  const there = await inHome(here.uri)
  /** What is stored of it on beta. */
  const copy = async (): Promise<Json> => (await beta.query<{ doc: Json }>('select doc from objects where iri = $1', [here.uri]))[0]!.doc
  const thread = async (id: string): Promise<Json[]> => (await bob.get(`/api/v1/statuses/${id}/context`)).descendants

  await t.test('a proposal is read in the other commune, supported and discussed from there', async (t) => {
    t.match(there, { account: { acct: 'alice@alpha.test' }, communer: { kind: 'proposal', title: 'Ouvrir la halle' } })
    t.match(there.content, /huit heures/)
    await bob.post(`/api/v1/statuses/${there.id}/favourite`)
    await until('the support', async () => (await alice.get(path)).supports === 1)
    const reply: Json = await bob.post('/api/v1/statuses', { status: 'La nôtre ouvre à sept heures.', in_reply_to_id: there.id })
    await until('the reply', async () => (await alice.get(path)).replies_count === 1)
    t.match((await alice.get(`/api/v1/statuses/${here.id}/context`)).descendants, [{ uri: reply.uri }])
  })

  await t.test('an amendment stands in the thread there; accepted, its words are the text there too', async (t) => {
    const text = 'La halle ouvre le samedi à sept heures.'
    const amendment: Json = await maire.post(`${path}/amendments`, {
      version: 1,
      paragraph: 1,
      kind: 'replace',
      text,
      reason: 'Il fait chaud.'
    })
    await until('the amendment on beta', async () => (await thread(there.id)).some(({ content }) => /à sept heures/.test(content)))
    await alice.post(`${path}/amendments/${amendment.id}/accept`, {})
    await until('the new text on beta', async () => /à sept heures/.test((await bob.get(`/api/v1/statuses/${there.id}`)).content))
    t.match(await copy(), { 'communer:version': 2, 'communer:phase': 'debate' })
  })

  await t.test('adopted by the commune, it is followed by a task that is read there until it is done', async (t) => {
    await maire.put(`${path}/answer`, { answer: 'accepted', text: 'Dès le printemps.' })
    await until('what the commune says', async () => (await copy())['communer:phase'] === 'accepted')
    await until('its answer in the thread', async () => (await thread(there.id)).some(({ content }) => /Dès le printemps/.test(content)))
    const [task] = (await alice.post(`${API}/tasks`, {
      about: here.id,
      tasks: [{ title: 'Commander la serrure', people: ['alice'] }]
    })) as unknown as Json[]
    const read = async (): Promise<Json | undefined> => (await thread(there.id)).find(({ uri }) => uri === task!.uri)
    t.match((await until('the task on beta', read)).content, /Commander la serrure/)
    await alice.put(`${API}/tasks/${task!.id}/state`, { state: 'done' })
    await until('that it is done', async () => /Faite/.test((await read())?.content ?? ''))
  })

  await t.test('the phase of a process holds for whoever backs and answers from the other commune', async (t) => {
    const process: Json = await maire.post(`${API}/processes`, {
      title: 'La place de l’église',
      text: 'Nous refaisons la place de l’église ensemble.',
      phases: [
        { kind: 'proposals', starts_on: inDays(-3), allows: ['ideas', 'comment'] },
        { kind: 'prioritisation', starts_on: inDays(5) }
      ],
      ends_on: inDays(30)
    })
    const idea: Json = await alice.post(`${API}/ideas`, {
      title: 'Un tilleul sur la place',
      text: 'Pour l’ombre, l’été.',
      process: process.id
    })
    const read = await inHome(idea.uri)
    const { uri: bobIri } = await bob.get('/api/v1/accounts/verify_credentials')
    await bob.post(`/api/v1/statuses/${read.id}/favourite`)
    const judged = 'select 1 from inbox_log where actor_iri = $1 and strpos(body, $2) > 0 and outcome = $3'
    await until('the refusal', async () => (await alpha.query(judged, [bobIri, idea.uri, 'refused-phase'])).length > 0)
    t.equal((await alice.get(`${API}/ideas/${idea.id}`)).backers.public, 0)
    await bob.post('/api/v1/statuses', { status: 'Bonne idée', in_reply_to_id: read.id })
    await until('the reply', async () => (await alice.get(`${API}/ideas/${idea.id}`)).replies_count === 1)
    await maire.post(`${API}/processes/${process.id}/stop`, { reason: 'La place attendra.' })
    t.match(await alice.get(`${API}/processes/${process.id}`), { phase: 'ended', stopped: 'La place attendra.' })
  })
}
