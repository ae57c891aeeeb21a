// One question that two communes hold (a part of two-instances.test.ts): asked by the address of a site, opened there by the same rules, voted
// by each commune's residents at home, and counted side by side by signature.
import type { Test } from 'tap'
import { logIn, type Json } from '../harness/client.ts'
import { PASSWORD } from '../harness/communer.ts'
import { letPass, readSignedResult } from '../harness/votes.ts'
import { waitUntil } from '../harness/wait.ts'
import type { Communes } from './reach.ts'

const VOTES = '/api/communer/v1/votes'
const AP = { headers: { accept: 'application/activity+json' } }
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `alpha` with Alice, `beta` with Bob, who lives there; each has its administrator `maire`. */
export async function holdTogether(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const [here, there] = await Promise.all([logIn(network, alpha.origin, 'maire', PASSWORD), logIn(network, beta.origin, 'maire', PASSWORD)])
  const bob = beta.clients.bob!
  await alpha.clients.alice!.put('/api/communer/v1/residence', { lives_here: true })
  await bob.put('/api/communer/v1/residence', { lives_here: true })
  const { managed_groups: groups } = await here.get('/api/communer/v1/me')
  const vote: Json = await here.post(VOTES, {
    as: groups.find((one: Json) => one.kind === 'commune').username,
    title: 'Une navette entre nos communes ?',
    method: 'single',
    options: [{ name: 'Le matin', meaning: 'Avant le marché' }, { name: 'Le soir' }],
    electorate: 'residents',
    closes_at: new Date(Date.now() + 2 * 3_600_000).toISOString()
  })
  await here.post(`${VOTES}/${vote.id}/communes`, { commune: 'beta.test' })
  const [request] = await until('the request on beta', async () => {
    const asked = await there.get(`${VOTES}/requests`)
    return asked.length > 0 ? (asked as Json[]) : null
  })
  t.match(request, { title: vote.title, account: { acct: /@alpha\.test$/ } })
  t.same(await bob.get(`${VOTES}/requests`), [], 'a citizen is not asked for the commune')
  const opened: Json = await there.post(`${VOTES}/requests/${request!.id}`, { accept: true })
  t.match(opened, { title: vote.title, options: vote.options, closes_at: vote.closes_at, electorate: 'residents', carries: vote.uri })
  await until('alpha hears of it', async () => (await alpha.anonymous.get(`${VOTES}/${vote.id}/communes`)).length === 1)

  await alpha.clients.alice!.post(`${VOTES}/${vote.id}/ballot`, { marks: [1, null] })
  await bob.post(`${VOTES}/${opened.id}/ballot`, { marks: [null, 1] })
  await letPass(beta, opened.id, 121)
  await until('the count of beta', async () => (await bob.get(`${VOTES}/${opened.id}`)).state === 'closed')
  await letPass(alpha, vote.id, 121)
  await alpha.query("update chores set due_at = date_trunc('milliseconds', now()) where kind = 'votes-together'")
  const [counted] = await until('the count of beta, read by alpha', async () => {
    await alpha.wake()
    const communes = (await alpha.anonymous.get(`${VOTES}/${vote.id}/communes`)) as Json[]
    return communes[0]?.result ? communes : null
  })
  t.match(counted, { vote_uri: opened.uri, problem: null, result: { voters_count: 1, electors_count: 1, figures: [0, 1], options: [1] } })
  t.match(
    await alpha.anonymous.get(`${VOTES}/${vote.id}`),
    { voters_count: 1, figures: { electors: { figures: [1, 0] } } },
    'never added up'
  )
  const document = (await (await network.fetch(opened.uri, AP)).json()) as Json
  t.match(await readSignedResult(network, document), { vote: opened.uri, carries: vote.uri }, 'anyone can verify it')
}
