// What waits for the commune: late things first, and only for its people.
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup } from '../../test/people.ts'

const API = '/api/communer/v1'
const HOUR = 3_600_000

t.test('what is due, promised, entered on paper or counted stands on the desk until it is dealt with', async (t) => {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-10-05T08:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const [agent, second] = [await citizen(ctx, 'agent', { role: 'agent' }), await citizen(ctx, 'maire', { role: 'admin' })]
  await localGroup(ctx, 'jardin', agent.actor)
  const as = async (accountId: string) => {
    const headers = { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
    return async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
      const answer = await app.inject({ method, url: API + url, headers, ...(payload === undefined ? {} : { payload }) })
      if (answer.statusCode >= 500) throw new Error(answer.body)
      return { status: answer.statusCode, json: answer.json() as ReturnType<typeof JSON.parse> }
    }
  }
  const [asAlice, asAgent, asMaire] = [await as(alice.account.id), await as(agent.account.id), await as(second.account.id)]
  const desk = async (): Promise<unknown[]> =>
    ((await asMaire('GET', '/desk')).json as { kind: string; title: string; text: string; date: string; late: boolean }[]).map(
      ({ kind, title, text, date, late }) => [kind, title, text, date, late]
    )
  t.same(await desk(), [])
  t.equal((await asAlice('GET', '/desk')).status, 403)

  const idea = async (title: string): Promise<string> =>
    (await asAlice('POST', '/ideas', { title, text: 'Pour tous.', themes: [] })).json.id
  const [bench, fountain] = [await idea('Un banc au port'), await idea('Une fontaine')]
  await ctx.db('ideas').where({ object_id: bench }).update({ due_on: '2026-10-20' })
  await asMaire('PUT', `/ideas/${fountain}/answer`, { answer: 'accepted', text: 'Oui.', cost: '', period: '' })
  const commitments = [
    { text: 'Choisir la place', due: '2026-10-10', done: null },
    { text: 'Poser la fontaine', due: '2027-03-01', done: null }
  ]
  t.equal((await asMaire('PUT', `/ideas/${fountain}/progress`, { progress: 10, commitments })).status, 200)
  const vote = await asAgent('POST', '/votes', {
    as: 'jardin',
    title: 'Peindre le mur ?',
    method: 'yes_no',
    electorate: 'accounts',
    closes_at: new Date(clock.now().getTime() + 24 * HOUR).toISOString(),
    paper_hours: 24
  })
  t.equal((await asAgent('PUT', `/votes/${vote.json.id}/papers/1`, { marks: [1, null, null, null] })).status, 200)
  t.same(await desk(), [
    ['paper', 'Peindre le mur ?', '', '2026-10-07', false],
    ['promise-idea', 'Une fontaine', 'Choisir la place', '2026-10-10', false],
    ['answer', 'Un banc au port', '', '2026-10-20', false]
  ])

  await asMaire('POST', `/votes/${vote.json.id}/papers/confirm`, { slips: [1] })
  clock.advance(7 * 24 * HOUR)
  await doChores(ctx)
  t.same(
    await desk(),
    [
      ['promise-idea', 'Une fontaine', 'Choisir la place', '2026-10-10', true],
      ['outcome', 'Peindre le mur ?', '', '2026-10-07', false],
      ['answer', 'Un banc au port', '', '2026-10-20', false]
    ],
    'what is late comes first'
  )
  await asMaire('PUT', `/ideas/${fountain}/progress`, {
    progress: 20,
    commitments: [{ ...commitments[0], done: '2026-10-12' }, commitments[1]]
  })
  await asMaire('PUT', `/ideas/${bench}/answer`, { answer: 'refused', text: 'Pas de place.', cost: '', period: '' })
  await asAgent('POST', `/votes/${vote.json.id}/outcome`, { text: 'On peint.' })
  t.same(await desk(), [])
})
