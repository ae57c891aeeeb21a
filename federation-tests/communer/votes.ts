// A vote of one commune, open to all, as the other one sees it (a part of two-instances.test.ts): a poll whose answers count among the
// public's alone, once and in time; ballots are nowhere to be read; the end is told, and its result is verified by its signature.
import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { logIn, type Client, type Json } from '../harness/client.ts'
import { PASSWORD } from '../harness/communer.ts'
import { letPass, NOW, outcomesOf, readSignedResult, tellNow } from '../harness/votes.ts'
import { waitUntil } from '../harness/wait.ts'
import { followAfresh, type Communes } from './reach.ts'

const VOTES = '/api/communer/v1/votes'
const AP = { headers: { accept: 'application/activity+json' } }
const [MORNING, MARKET, EVENING] = ['Le samedi à l’aube', 'Le jour du marché', 'Un soir de semaine']

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `alpha` with Alice, who lives there and owns `jardin`, `beta` with Bob and Eve; Bob follows the group. */
export async function decideTogether(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const eve = beta.clients.eve!
  const maire = await logIn(network, alpha.origin, 'maire', PASSWORD)
  await followAfresh(bob, '@jardin@alpha.test')
  await alice.put('/api/communer/v1/residence', { lives_here: true })
  const here: Json = await alice.post(VOTES, {
    as: 'jardin',
    title: 'Quand ouvrir la ressourcerie ?',
    method: 'single',
    options: [{ name: MORNING }, { name: MARKET }, { name: EVENING }],
    electorate: 'residents',
    results: 'always',
    open_to_all: true,
    closes_at: new Date(Date.now() + 3_600_000).toISOString(),
    // Between the last ballot and the count: what comes then is late.
    paper_hours: 1
  })
  const vote = (): Promise<Json> => alice.get(`${VOTES}/${here.id}`)
  const question = async (): Promise<Json> => (await (await network.fetch(here.uri, AP)).json()) as Json
  const seen = async (iri: string): Promise<Json | undefined> =>
    ((await bob.get('/api/v1/timelines/home?limit=40')) as Json[]).find(({ uri }) => uri === iri)
  const there: Json = await until('the vote in Bob’s home', () => seen(here.uri))
  const thread = async (id: string = there.id): Promise<Json[]> => (await bob.get(`/api/v1/statuses/${id}/context`)).descendants
  const poll = (client: Client): Promise<Json> => client.get(`/api/v1/polls/${there.poll.id}`)
  const choose = (client: Client, option: number): Promise<Json> =>
    client.post(`/api/v1/polls/${there.poll.id}/votes`, { choices: [option] })
  const figures = (one: Json): number[] => one.options.map((option: Json) => option.votes_count)
  /** Waits until alpha has judged so what this person sent, in this order. */
  const judged = async (client: Client, expected: string[]): Promise<unknown> => {
    const { uri } = await client.get('/api/v1/accounts/verify_credentials')
    return until(expected.join(', '), async () => isDeepStrictEqual(await outcomesOf(alpha, here.uri, uri), expected))
  }

  await t.test('a public vote is a poll in the other commune', async (t) => {
    t.match(await question(), { type: 'Question', 'communer:kind': 'vote', 'communer:binding': false, 'communer:secretBallot': false })
    t.match(there, { account: { acct: 'jardin@alpha.test' }, communer: { kind: 'vote' }, content: /Quand ouvrir la ressourcerie/ })
    t.match(there.poll, { multiple: false, expired: false, voted: false, votes_count: 0 })
    t.equal(there.poll.expires_at, here.closes_at)
    t.same(
      there.poll.options.map((option: Json) => option.title),
      [MORNING, MARKET, EVENING]
    )
  })

  await t.test('an answer from there counts among the public’s, never among the residents’', async (t) => {
    await alice.post(`${VOTES}/${here.id}/ballot`, { marks: [1, null, null] })
    t.match(await maire.post(`${VOTES}/${here.id}/ballot`, { marks: [null, null, 1] }), { list: 'public' }, 'who does not live there')
    t.match(await choose(bob, 1), { voted: true, own_votes: [1] })
    await judged(bob, ['voted'])
    const now = await vote()
    t.match(now, { voters_count: 1, others_count: 2, electors_count: 1 })
    t.match(now.figures, { electors: { ballots: 1, figures: [1, 0, 0] }, others: { ballots: 2, figures: [0, 1, 1] } })
    await tellNow(alpha)
    const told = await until('the public’s totals on beta', async () => {
      const shown = await poll(bob)
      return shown.voters_count === 2 ? shown : null
    })
    t.same(figures(told), [0, 1, 1], 'what residents voted is not told')
    t.match(await question(), { votersCount: 2, oneOf: [0, 1, 1].map((totalItems) => ({ replies: { totalItems } })) })
  })

  await t.test('nobody counts twice: not by asking again, and not when their server forgot', async (t) => {
    t.equal((await bob.request('POST', `/api/v1/polls/${there.poll.id}/votes`, { choices: [2] })).status, 422)
    await beta.query('delete from poll_votes where object_id = $1', [there.id])
    await choose(bob, 2)
    await judged(bob, ['voted', 'unchanged'])
    t.match((await vote()).figures.others, { ballots: 2, figures: [0, 1, 1] })
  })

  await t.test('what comes after the end is not counted', async (t) => {
    await letPass(alpha, here.id, 61)
    t.match(await vote(), { state: 'counting' })
    t.equal((await poll(eve)).expired, false, 'beta has not heard of it')
    t.match(await choose(eve, 2), { voted: true })
    await judged(eve, ['vote-not-open'])
    t.match(await vote(), { others_count: 2, figures: { others: { ballots: 2, figures: [0, 1, 1] } } })
  })

  await t.test('a ballot can be read nowhere and is no post on either side', async (t) => {
    const sent = await beta.query<{ iri: string; body: string }>(
      "select iri, body from activities where type = 'Create' and body like $1 order by id",
      [`%"inReplyTo":"${here.uri}"%`]
    )
    t.equal(sent.length, 3)
    const ballots = sent.map(({ body }) => (JSON.parse(body) as Json).object.id as string)
    for (const iri of [...ballots, ...sent.map((one) => one.iri)])
      t.ok([403, 404, 410].includes((await network.fetch(iri, AP)).status), 'not even where it was made')
    for (const instance of [alpha, beta])
      t.same(await instance.query('select 1 from objects where iri = any($1) or in_reply_to_iri = $2', [ballots, here.uri]), [])
    for (const iri of ballots)
      t.same((await alice.get(`/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(iri)}`)).statuses, [])
    t.same((await alice.get(`/api/v1/statuses/${here.id}/context`)).descendants, [])
    t.same(await thread(), [])
    const replies = (await question()).replies
    t.same(replies.first.items, [])
    const own = await alpha.query("select 1 from activities where type = 'Create' and body like $1", [`%${MORNING}%`])
    t.equal(own.length, 1, 'the question alone: what somebody votes at home never leaves')
    const [author] = await beta.query<{ outbox: string }>("select outbox from actors where username = 'bob' and local")
    const outbox = (await (await network.fetch(`${author!.outbox}?page=true`, AP)).text()) as string
    t.notOk(ballots.some((iri) => outbox.includes(iri)))
  })

  await t.test('the end is told with the public’s totals and in words, and the result verifies with the published key alone', async (t) => {
    await letPass(alpha, here.id, 61)
    const over = await until('the end on beta', async () => {
      const now = await poll(eve)
      return now.expired && now.votes_count === 2 ? now : null
    })
    t.same(figures(over), [0, 1, 1], 'what came late is gone')
    t.match(over, { voters_count: 2, communer: { declared_by: 'alpha.test' } })
    const said = await until('the outcome in words', async () => (await thread())[0])
    t.match(said, { account: { acct: 'jardin@alpha.test' }, content: new RegExp(`Quand ouvrir la ressourcerie[^]*${MORNING}`) })

    const closed = await question()
    t.match(closed, { votersCount: 2, closed: /^\d{4}-/ })
    const [told] = await beta.query<{ body: string }>(
      "select body from inbox_log where type = 'Update' and body like $1 and body like '%communer:resultSignature%'",
      [`%${here.uri}%`]
    )
    for (const document of [closed, (JSON.parse(told!.body) as Json).object as Json]) {
      const result = await readSignedResult(network, document)
      t.match(result, { vote: here.uri, method: 'single', electorate: 'residents', options: [MORNING, MARKET, EVENING] })
      t.match(result!.result, {
        electorate: 1,
        voted: 1,
        electors: { ballots: 1, figures: [1, 0, 0] },
        others: { ballots: 2, figures: [0, 1, 1] }
      })
      const forged = String(document['communer:result']).replace('"figures":[1,0,0]', '"figures":[0,0,1]')
      t.not(forged, document['communer:result'])
      t.equal(await readSignedResult(network, { ...document, 'communer:result': forged }), null, 'not another figure')
    }
    t.equal((await alpha.anonymous.get(`${VOTES}/${here.id}/result`)).document, closed['communer:result'])
    await alice.post(`${VOTES}/${here.id}/outcome`, { text: 'Nous ouvrirons le samedi, à l’essai.' })
    await until('what was concluded', async () => (await thread()).some(({ content }) => /à l’essai/.test(content)))
  })

  await t.test(
    'what polls cannot hold is a page that leads to the ballot; its result is signed as well, and who voted hears of the end',
    async (t) => {
      const common = { as: 'jardin', electorate: 'accounts', closes_at: new Date(Date.now() + 3_600_000).toISOString() }
      const dates = {
        ...common,
        title: 'Quel jour ?',
        method: 'dates',
        options: [{ name: '3 mars' }, { name: '4 mars' }],
        open_to_all: true
      }
      const pages = [dates, { ...common, title: 'Pour nous seuls ?', method: 'yes_no' }].map(async (input) => {
        const opened: Json = await alice.post(VOTES, input)
        const page = await until(`${input.title} on beta`, () => seen(opened.uri))
        t.match(page, { poll: null, communer: { kind: 'vote', title: input.title } })
        t.match(page.content, opened.url)
        t.equal((await bob.request('POST', `/api/v1/polls/${page.id}/votes`, { choices: [0] })).status, 404)
        await maire.post(`${VOTES}/${opened.id}/ballot`, { marks: input.method === 'dates' ? [2, 0] : [1, null, null, null] })
        await letPass(alpha, opened.id, 61)
        const document = await until('the signed result', async () => {
          const now = (await (await network.fetch(opened.uri, AP)).json()) as Json
          return now['communer:result'] === undefined ? null : now
        })
        t.match(await readSignedResult(network, document), { vote: opened.uri, method: input.method, result: { voted: 1 } })
        await until('the outcome on beta', async () => (await thread(page.id)).length === 1)
      })
      // An hour passes on beta.
      await beta.query(`update chores set due_at = ${NOW} where kind = 'poll-close' and subject = $1`, [there.id])
      await beta.wake()
      const heard = until('who voted hears of the end', async () =>
        (await bob.get('/api/v1/notifications?types[]=poll')).some((one: Json) => one.status.id === there.id)
      )
      await Promise.all([...pages, heard])
    }
  )
}
