// Following an idea or a proposal: one hears of it without backing it, and nobody else knows.
import t from 'tap'
import { client, clientScene, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
const ANSWER = { answer: 'accepted', text: 'Oui.', cost: '', period: '' }

t.test('who follows an idea hears the answer, is no backer, and hears no more once that ends', async (t) => {
  const { alice, bea, anyone, ctx, app } = await clientScene(t)
  const hall = await client(ctx, app, 'agent', 'read write')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  const idea = (await alice.call('POST', `${API}/ideas`, { title: 'Un banc au port', text: 'Pour attendre le bateau.' })).json
  const path = `${API}/objects/${idea.id}/follow`
  t.equal((await anyone('PUT', path)).status, 401)
  t.equal((await bea.call('PUT', `${API}/objects/404/follow`)).status, 404)
  const post = (await alice.call('POST', '/api/v1/statuses', { status: 'Bonjour' })).json
  t.equal((await bea.call('PUT', `${API}/objects/${post.id}/follow`)).status, 404, 'only what is decided about')
  t.same((await bea.call('GET', path)).json, { following: false })
  t.same((await bea.call('PUT', path)).json, { following: true })
  t.same((await bea.call('PUT', path)).json, { following: true }, 'twice is once')
  t.same((await bea.call('GET', path)).json, { following: true })
  t.match((await anyone('GET', `${API}/ideas/${idea.id}`)).json.backers, { residents: 0, members: 0, public: 0 })
  await hall.call('PUT', `${API}/ideas/${idea.id}/answer`, ANSWER)
  const heard = async (): Promise<string[]> => (await bea.call('GET', '/api/v1/notifications')).json.map((one: Json) => one.type)
  t.equal((await heard()).length, 1, 'the answer')
  await bea.call('DELETE', path)
  await hall.call('PUT', `${API}/ideas/${idea.id}/answer`, { ...ANSWER, answer: 'partly' })
  t.equal((await heard()).length, 1)
})

t.test('who follows a proposal hears what the commune answers; what one may not see one does not follow', async (t) => {
  const { alice, bea, ctx, app } = await clientScene(t)
  const hall = await client(ctx, app, 'agent', 'read write')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  await alice.call('POST', `${API}/groups`, { username: 'jardin', name: 'Le Jardin' })
  const words = { title: 'Ouvrir la halle le samedi', text: 'La halle ouvre le samedi à huit heures.' }
  const hidden = (await alice.call('POST', `${API}/proposals`, { ...words, as: 'jardin', visibility: 'members' })).json
  t.equal((await bea.call('PUT', `${API}/objects/${hidden.id}/follow`)).status, 404)
  const open = (await alice.call('POST', `${API}/proposals`, words)).json
  t.equal((await bea.call('PUT', `${API}/objects/${open.id}/follow`)).status, 200)
  await hall.call('PUT', `${API}/proposals/${open.id}/answer`, ANSWER)
  t.match((await bea.call('GET', '/api/v1/notifications')).json, { length: 1 })
})
