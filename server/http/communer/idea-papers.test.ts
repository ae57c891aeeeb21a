// Ideas and backers on paper: entered by one person of the town hall, confirmed by another, labelled, and worth as much as others.
import t from 'tap'
import { doChores } from '../../jobs/chores.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
const WORDS = {
  title: 'Un banc à l’arrêt du car',
  text: 'Pour attendre assise, à l’ombre.',
  themes: ['transport'],
  place: { name: 'Arrêt du bourg' }
}

async function agent({ ctx, app }: ClientScene, name: string): Promise<Client> {
  const one = await client(ctx, app, name, 'read write admin:read admin:write')
  await ctx
    .db('accounts')
    .where({ id: one.account.id })
    .update({ role: name === 'maire' ? 'admin' : 'agent' })
  return one
}

async function scene(t: Parameters<typeof clientScene>[0]) {
  const scene = await clientScene(t, { startAt: new Date('2026-11-27T10:00:00Z') })
  return { ...scene, first: await agent(scene, 'agent'), second: await agent(scene, 'maire') }
}

t.test('the idea of a slip is published by a second reader, in the name of the commune, and says so', async (t) => {
  const { alice, anyone, first, second, ctx } = await scene(t)
  t.equal((await alice.call('PUT', `${API}/ideas/papers/12`, WORDS)).status, 403)
  t.equal((await alice.call('GET', `${API}/ideas/papers`)).status, 403)
  t.equal((await anyone('GET', `${API}/ideas/papers`)).status, 401)
  t.equal((await first.call('PUT', `${API}/ideas/papers/12`, { ...WORDS, title: 'x' })).json.code, 'idea.title')
  t.equal((await first.call('PUT', `${API}/ideas/papers/12`, WORDS)).status, 200)
  t.same((await anyone('GET', `${API}/ideas`)).json, [], 'nobody sees it before it is read')
  t.match((await first.call('GET', `${API}/ideas/papers`)).json, [{ slip: 12, title: WORDS.title, mine: true }])
  t.match((await second.call('GET', `${API}/desk`)).json, [{ kind: 'paper-idea', id: '12', title: WORDS.title, late: false }])
  t.match(await first.call('POST', `${API}/ideas/papers/12/publish`), { status: 409, json: { code: 'idea.slip-own' } })
  const { json: idea } = await second.call('POST', `${API}/ideas/papers/12/publish`)
  t.match(idea, { title: WORDS.title, paper_slip: 12, account: { username: 'commune' }, place: { name: 'Arrêt du bourg' } })
  t.match((await ctx.db('objects').where({ id: idea.id }).first())!.doc, { 'communer:paperSlip': 12, 'communer:kind': 'idea' })
  t.match((await anyone('GET', `${API}/ideas/${idea.id}/journal`)).json, [{ what: 'paper', reason: '12' }])
  t.same((await first.call('GET', `${API}/ideas/papers`)).json, [])
  t.match(await first.call('PUT', `${API}/ideas/papers/12`, WORDS), { status: 409, json: { code: 'idea.slip-taken' } })
  t.equal((await second.call('POST', `${API}/ideas/papers/12/publish`)).status, 404, 'once')
})

t.test('whoever corrects a slip does not confirm it; what was entered by mistake is taken out', async (t) => {
  const { first, second } = await scene(t)
  await first.call('PUT', `${API}/ideas/papers/3`, WORDS)
  await second.call('PUT', `${API}/ideas/papers/3`, { ...WORDS, title: 'Un banc au bourg' })
  t.equal((await second.call('POST', `${API}/ideas/papers/3/publish`)).json.code, 'idea.slip-own')
  t.equal((await first.call('POST', `${API}/ideas/papers/3/publish`)).status, 201)
  await first.call('PUT', `${API}/ideas/papers/4`, WORDS)
  t.equal((await first.call('DELETE', `${API}/ideas/papers/4`)).status, 200)
  t.same((await first.call('GET', `${API}/ideas/papers`)).json, [])
})

t.test('backers on paper count once two people have seen them, and oblige the commune like residents', async (t) => {
  const { alice, bea, first, second, ctx, anyone } = await scene(t)
  const idea = (await alice.call('POST', `${API}/ideas`, { title: 'Un second composteur', text: 'Le premier déborde.' })).json
  const path = `${API}/ideas/${idea.id}/papers`
  const backers = async (): Promise<Json> => (await anyone('GET', `${API}/ideas/${idea.id}`)).json
  t.equal((await bea.call('POST', path, { from: 1, to: 5 })).status, 403)
  t.equal((await first.call('POST', path, { from: 5, to: 1 })).json.code, 'idea.slips')
  t.equal((await first.call('POST', path, { from: 1, to: 500 })).json.code, 'idea.slips')
  t.same((await first.call('POST', path, { from: 1, to: 20 })).json, { entered: 20 })
  t.same((await first.call('POST', path, { from: 15, to: 31 })).json, { entered: 11 }, 'a slip is one backer')
  t.equal((await backers()).backers.paper, 0, 'not before a second person has seen them')
  t.equal((await first.call('POST', `${path}/confirm`)).json.code, 'idea.slip-own')
  t.match((await second.call('GET', `${API}/desk`)).json, [{ kind: 'paper-backers', id: idea.id, text: '31' }])
  t.equal((await first.call('DELETE', `${path}/31`)).status, 200)
  t.match((await second.call('POST', `${path}/confirm`)).json.backers, { paper: 30, residents: 0 })
  t.equal((await first.call('DELETE', `${path}/30`)).json.code, 'idea.slip-confirmed')
  while ((await doChores(ctx)) > 0);
  t.equal((await backers()).dueOn, '2027-01-26', 'thirty oblige, wherever they wrote')
  t.equal((await alice.call('PATCH', `${API}/ideas/${idea.id}`, { title: 'Tout autre chose' })).json.code, 'idea.backed')
  await t.rejects(
    ctx.db('idea_papers').insert({
      object_id: idea.id,
      slip: 99,
      entered_by: first.actor.id,
      entered_at: ctx.clock.now(),
      confirmed_by: first.actor.id,
      confirmed_at: ctx.clock.now()
    }),
    /check/,
    'the database holds it too'
  )
  await alice.call('POST', `${API}/ideas/${idea.id}/withdraw`, { reason: 'C’est fait.' })
  t.equal((await first.call('POST', path, { from: 40, to: 41 })).json.code, 'idea.closed')
})
