// The main search: each kind, theme, distance and days; where the words stand; what must not be seen is not found.
import t from 'tap'
import { clientScene, type Client, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'
// The commune of the tests lies at -21.17, 55.29; a hundredth of a degree is about a kilometre.
const NEAR = { name: 'Lavoir du haut', latitude: -21.19, longitude: 55.29 }
const FAR = { name: 'Ailleurs', latitude: -21.3, longitude: 55.29 }

const post = async (by: Client, status: string, more: object = {}): Promise<string> =>
  (await by.call('POST', '/api/v1/statuses', { status, ...more })).json.id

async function made(by: Client, path: string, body: object): Promise<string> {
  const { status, json } = await by.call('POST', `${API}/${path}`, body)
  if (status !== 201) throw new Error(JSON.stringify(json))
  return json.id
}

const search = async (by: Client['call'], query: string): Promise<{ cards: string[]; ids: string[]; whys: Json[] }> => {
  const { status, json } = await by('GET', `${API}/search?${query}`)
  if (status !== 200) throw new Error(JSON.stringify(json))
  return {
    cards: json.cards.map(({ account }: Json) => account.username),
    ids: json.statuses.map((found: Json) => found.status.id),
    whys: json.statuses.map(({ why }: Json) => why && `${why.where}: ${why.excerpt}`)
  }
}

t.test('each kind is found alone, all of them together, and each says where the words stand', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  await alice.call('POST', `${API}/groups`, { username: 'amis', name: 'Les amis du lavoir', kind: 'organization' })
  await alice.call('POST', `${API}/groups`, { username: 'bassin', name: 'Le bassin', kind: 'place', description: 'Un ancien lavoir' })
  const note = await post(bea, 'On a nettoyé le lavoir hier')
  const event = await made(alice, 'events', { title: 'Concert', start: '2031-06-01T18:00:00Z', location: NEAR })
  const idea = await made(bea, 'ideas', { title: 'Couvrir le lavoir', text: 'Contre la pluie.', themes: ['environment'] })
  const vote = await made(alice, 'votes', {
    as: 'amis',
    title: 'Repeindre le lavoir',
    method: 'yes_no',
    electorate: 'members',
    closes_at: new Date(Date.now() + 10 * 86_400_000).toISOString()
  })
  const of = (kind: string) => search(anyone, `q=lavoir&kind=${kind}`)
  t.match(await of('posts'), { cards: [], ids: [note], whys: ['text: On a nettoyé le lavoir hier'] })
  t.match(await of('events'), { cards: [], ids: [event], whys: ['place: Lavoir du haut'] })
  t.match(await of('ideas'), { cards: [], ids: [idea], whys: ['title: Couvrir le lavoir'] })
  t.match(await of('votes'), { cards: [], ids: [vote], whys: ['title: Repeindre le lavoir'] })
  t.same((await of('posts')).ids, [note], 'a post is none of the others')
  t.match(await of('organizations'), { cards: ['amis'], ids: [] })
  t.match(await of('places'), { cards: ['bassin'], ids: [] })
  t.match((await anyone('GET', `${API}/search?q=lavoir&kind=places`)).json.cards[0].excerpt, /ancien lavoir/)
  t.match(await of('people'), { cards: [], ids: [] })
  const all = await search(anyone, 'q=lavoir')
  t.same(all.cards.toSorted(), ['amis', 'bassin'])
  t.same(all.ids.toSorted(), [note, event, idea, vote].toSorted())
  t.same(await search(anyone, ''), { cards: [], ids: [], whys: [] }, 'who asks nothing is shown nothing')
  t.equal((await anyone('GET', `${API}/search?kind=tout`)).status, 422)
})

t.test('theme, distance and days narrow; days speak of events on the clock of the commune', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const soon = await made(alice, 'events', {
    title: 'Fête',
    description: 'Avec un #concert',
    start: '2031-06-01T18:00:00Z',
    end: '2031-06-03T18:00:00Z',
    location: NEAR
  })
  // Half past midnight of the second, on Réunion.
  const night = await made(alice, 'events', { title: 'Fête de nuit', start: '2031-06-04T20:30:00Z', location: FAR })
  const idea = await made(bea, 'ideas', {
    title: 'Une fête des voisins',
    text: 'Un repas dans chaque rue, le dernier samedi de mai.',
    themes: ['culture']
  })
  await post(bea, 'La fête est finie')
  const find = async (query: string): Promise<string[]> => (await search(anyone, query)).ids.toSorted()
  t.same(await find('theme=culture'), [soon, idea].toSorted(), 'by hashtag and by the theme of an idea')
  t.same(await find('q=fête&within=5'), [soon])
  t.same(await find('q=fête&within=20'), [soon, night].toSorted())
  t.same(await find('q=fête&from=2031-06-05&until=2031-06-05'), [night])
  t.same(await find('q=fête&until=2031-06-04'), [soon])
  t.same(await find('q=fête&from=2031-06-03&until=2031-06-03'), [soon], 'what lasts is found on its last day')
  t.same((await search(anyone, 'from=2031-06-01')).ids, [soon, night], 'in the order they begin')
  t.same(await find('from=2031-06-06'), [])
  t.same(await find('q=fête&kind=events&from=2031-02-30'), [soon, night].toSorted(), 'a day that does not exist asks nothing')
  await alice.call('POST', `${API}/groups`, { username: 'voisins', name: 'Les voisins' })
  await alice.call('PUT', `${API}/directory/voisins`, { latitude: -21.2, longitude: 55.29, themes: ['culture'] })
  t.same((await search(anyone, 'kind=groups&within=5')).cards, ['voisins'])
  t.same((await search(anyone, 'kind=groups&theme=sport')).cards, [])
  t.equal((await anyone('GET', `${API}/search?within=7`)).status, 422)
})

t.test('nothing is found that its reader may not see: for few, deleted, of whom one blocked, unlisted people', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const here = await post(bea, 'Brocante entre nous', { visibility: 'private' })
  await post(bea, 'Brocante secrète', { visibility: 'direct' })
  const gone = await post(bea, 'Brocante annulée')
  await bea.call('DELETE', `/api/v1/statuses/${gone}`)
  const open = await post(bea, 'Brocante dimanche')
  await bea.call('PUT', `${API}/directory/bea`, { skills: ['brocante'] })
  for (const kind of ['', '&kind=posts']) {
    t.same((await search(anyone, `q=brocante${kind}`)).ids, [open])
    t.same((await search(alice.call, `q=brocante${kind}`)).ids, [open], 'not a follower')
  }
  t.notOk((await search(anyone, 'q=brocante')).ids.includes(here))
  t.same((await search(anyone, 'q=brocante')).cards, [], 'who does not want to be in the directory is not found there')
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/block`)
  t.same((await search(alice.call, 'q=brocante&kind=posts')).ids, [])
  t.same((await search(anyone, 'q=brocante&kind=posts')).ids, [open])
})

t.test('words behind a warning are not told as a reason', async (t) => {
  const { bea, anyone } = await clientScene(t)
  const id = await post(bea, 'Le coupable est le facteur', { spoiler_text: 'Fin du roman' })
  t.match(await search(anyone, 'q=facteur&kind=posts'), { ids: [id], whys: [null] })
  t.match(await search(anyone, 'q=roman&kind=posts'), { ids: [id], whys: ['text: Fin du roman'] })
})
