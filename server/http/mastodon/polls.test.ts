// Polls as apps make them and vote in them (docs.joinmastodon.org/methods/polls).
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { testContext } from '../../test/context.ts'
import { citizen } from '../../test/people.ts'

type Json = ReturnType<typeof JSON.parse>

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx, clock } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const client = async (username: string | null) => {
    const token = username === null ? null : await createToken(ctx, (await citizen(ctx, username)).account.id, 'read write')
    return async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: Json, type = 'application/json') => {
      const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(payload ? { 'content-type': type } : {}) }
      const answer = await app.inject({ method, url, headers, payload })
      return { status: answer.statusCode, json: answer.json() as Json }
    }
  }
  return { ctx, clock, alice: await client('alice'), bea: await client('bea'), carl: await client('carl'), anyone: await client(null) }
}

const POLL = { options: ['Samedi', 'Dimanche'], expires_in: 3600 }

t.test('a poll that cannot be one is refused in words, and nothing is published', async (t) => {
  const { ctx, alice } = await scene(t)
  const refused: [Json, string][] = [
    [{ ...POLL, options: ['Seul'] }, 'poll.options'],
    [{ ...POLL, options: Array.from({ length: 21 }, (_, index) => `Choix ${index}`) }, 'poll.options'],
    [{ ...POLL, options: ['Oui', ' Oui '] }, 'poll.duplicate'],
    [{ ...POLL, options: ['Oui', 'x'.repeat(101)] }, 'poll.option-length'],
    [{ ...POLL, expires_in: 10 }, 'poll.duration'],
    [{ options: ['Oui', 'Non'] }, 'poll.duration']
  ]
  for (const [poll, code] of refused) {
    const { status, json } = await alice('POST', '/api/v1/statuses', { status: 'Quand ?', poll })
    t.equal(status, 422, code)
    t.type(json.error, 'string')
  }
  t.equal((await alice('POST', '/api/v1/statuses', { poll: POLL })).status, 422, 'a question needs words')
  t.same(await ctx.db('objects'), [])
  t.same(await ctx.db('chores'), [])
})

t.test('a poll is asked, voted in and read by everyone as Mastodon does', async (t) => {
  const { clock, alice, bea, carl, anyone } = await scene(t)
  const form = 'status=Quand+%3F&poll[options][]=Samedi&poll[options][]=Dimanche&poll[expires_in]=3600&poll[multiple]=false'
  const { json: status } = await alice('POST', '/api/v1/statuses', form, 'application/x-www-form-urlencoded')
  t.match(status, { communer: { type: 'Question' }, content: '<p>Quand ?</p>' })
  t.same(status.poll, {
    id: status.id,
    expires_at: new Date(clock.now().getTime() + 3_600_000).toISOString(),
    expired: false,
    multiple: false,
    votes_count: 0,
    voters_count: 0,
    options: [
      { title: 'Samedi', votes_count: 0 },
      { title: 'Dimanche', votes_count: 0 }
    ],
    emojis: [],
    voted: true,
    own_votes: [],
    communer: { declared_by: null }
  })
  const path = `/api/v1/polls/${status.id}`
  t.match((await anyone('GET', path)).json, { voted: false, own_votes: [], votes_count: 0 })
  t.equal((await anyone('POST', `${path}/votes`, { choices: [0] })).status, 401)
  t.equal((await alice('POST', `${path}/votes`, { choices: [0] })).status, 422, 'not in one’s own')
  for (const choices of [[], [7], ['x'], [0, 1]]) t.equal((await bea('POST', `${path}/votes`, { choices })).status, 422)
  t.match((await bea('POST', `${path}/votes`, { choices: [1] })).json, { voted: true, own_votes: [1], votes_count: 1, voters_count: 1 })
  t.equal((await bea('POST', `${path}/votes`, { choices: [0] })).status, 422, 'once')
  const both = await Promise.all([0, 1].map(() => carl('POST', `${path}/votes`, 'choices[]=0', 'application/x-www-form-urlencoded')))
  t.same(both.map((answer) => answer.status).sort(), [200, 422], 'twice at the same moment is once')
  t.match((await anyone('GET', path)).json, { votes_count: 2, options: [{ votes_count: 1 }, { votes_count: 1 }], own_votes: [] })
  clock.advance(3_600_000)
  t.match((await anyone('GET', path)).json, { expired: true })
  t.equal((await anyone('GET', '/api/v1/polls/12')).status, 404)
})

t.test('hidden totals stay hidden until the end, also from those who voted and from who asked', async (t) => {
  const { clock, alice, bea, anyone } = await scene(t)
  const { json } = await alice('POST', '/api/v1/statuses', { status: 'Quand ?', poll: { ...POLL, multiple: true, hide_totals: true } })
  const path = `/api/v1/polls/${json.id}`
  const voted = await bea('POST', `${path}/votes`, { choices: [0, 1, 1] })
  t.match(voted.json, { votes_count: 0, voters_count: 1, own_votes: [0, 1], options: [{ votes_count: null }, { votes_count: null }] })
  t.match((await alice('GET', path)).json, { options: [{ votes_count: null }, {}] })
  clock.advance(3_600_000)
  t.match((await anyone('GET', path)).json, { votes_count: 2, voters_count: 1, options: [{ votes_count: 1 }, { votes_count: 1 }] })
})

t.test('the words of a question can be changed, its choices cannot, and the votes stay', async (t) => {
  const { ctx, alice, bea } = await scene(t)
  const { json } = await alice('POST', '/api/v1/statuses', { status: 'Kand ?', poll: POLL })
  await bea('POST', `/api/v1/polls/${json.id}/votes`, { choices: [0] })
  const edited = await alice('PUT', `/api/v1/statuses/${json.id}`, { status: 'Quand ?', poll: { ...POLL, options: ['Lundi', 'Mardi'] } })
  t.match(edited.json, { content: '<p>Quand ?</p>', poll: { options: [{ title: 'Samedi', votes_count: 1 }, {}] } })
  const update = JSON.parse((await ctx.db('activities').where({ type: 'Update' }).first()).body) as Json
  t.match(update.object, { type: 'Question', oneOf: [{ name: 'Samedi', replies: { totalItems: 1 } }, {}] })
})
