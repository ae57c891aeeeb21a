// The territory: what the commune belongs to, as documents and for people; neighbours that say theirs.
import t from 'tap'
import { refreshHost } from '../../protocol/nodeinfo.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { getActorByIri } from '../../protocol/actors.ts'
import { chainOf, communesLike } from '../../features/territory/reference.ts'
import { browserOf } from '../../test/browser.ts'
import { clientScene } from '../../test/client.ts'
import { testInternet } from '../../test/internet.ts'

t.test('communes are found by name, postal code and INSEE code, whatever the accents', async (t) => {
  t.match(await communesLike('saint-leu', 5), [{ code: '97413', name: 'Saint-Leu' }])
  t.match(await communesLike('SAINT LEU', 3), [{ code: '97413' }])
  t.match(
    (await communesLike('61110', 20)).map(({ postalCodes }) => postalCodes.includes('61110')),
    [true]
  )
  t.match(await communesLike('2A004', 1), [{ name: 'Ajaccio', departement: '2A' }])
  t.same(await communesLike('s', 5), [])
  t.same(await communesLike('zzzzzz', 5), [])
  t.same(
    (await chainOf('97413')).map(({ level, code }) => `${level} ${code}`),
    ['country FR', 'region 04', 'departement 974', 'epci 249740101', 'commune 97413']
  )
  t.same(await chainOf('00000'), [])
})

t.test('the territory has a document, GeoJSON and a place in NodeInfo; the actor’s link leads there', async (t) => {
  const { ctx, app } = await clientScene(t)
  ctx.site!.insee = '97413'
  const get = async (url: string) => app.inject({ url, headers: { accept: 'application/activity+json' } })
  const commune = (await ctx.db('actors').where({ kind: 'commune', local: true }).first())!
  t.ok(commune)
  const place = await get('/ap/territory')
  t.equal(place.statusCode, 200)
  t.match(place.headers['content-type'], /^application\/activity\+json/)
  t.match(place.json(), {
    type: 'Place',
    id: 'https://commune.test/ap/territory',
    'communer:inseeCode': '97413',
    'communer:partOf': [
      { 'communer:level': 'epci', 'communer:siren': '249740101' },
      { 'communer:level': 'departement', name: 'La Réunion' }
    ]
  })
  t.match((await get('/territory.geojson')).json(), {
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [Number, Number] },
    properties: { insee: '97413', epci: '249740101', departement: '974' }
  })
  t.match((await get('/nodeinfo/2.1')).json().metadata.territory, { inseeCode: '97413', departement: { code: '974' } })
  t.match((await get('/api/communer/v1/territory')).json().at(-1), { level: 'commune', name: 'Saint-Leu' })
})

t.test('neighbours are those that say so: closest first, nothing of what is no code, with their commune to follow', async (t) => {
  const { ctx, anyone } = await clientScene(t)
  ctx.site!.insee = '97413'
  const internet = await testInternet(t, ctx)
  const say = async (name: string, territory: unknown): Promise<void> => {
    const host = internet.host(name)
    const rel = 'http://nodeinfo.diaspora.software/ns/schema/2.1'
    host.on('/.well-known/nodeinfo', { links: [{ rel, href: `${host.origin}/nodeinfo/2.1` }] }, 'application/json')
    host.on('/nodeinfo/2.1', { software: { name: 'communer', version: '1' }, metadata: { territory } }, 'application/json')
    await refreshHost(ctx, name)
  }
  await say('peer.test', {
    inseeCode: '97415',
    epci: { code: '249740101', name: 'CA Territoire de la Côte Ouest' },
    departement: { code: '974', name: 'La Réunion' }
  })
  await say('other.test', { departement: { code: '974', name: 'x'.repeat(500) } })
  await say('evil.test', { epci: { code: "249740101' or true", name: 'x' } })
  await getActorByIri(
    ctx,
    internet.host('peer.test').actor('saint_paul', { type: 'Group', 'communer:kind': 'commune', name: 'Saint-Paul' }).iri
  )
  const found = (await anyone('GET', '/api/communer/v1/neighbours')).json
  t.match(found, [
    { host: 'peer.test', shared: { level: 'epci' }, account: { acct: 'saint_paul@peer.test' } },
    { host: 'other.test', shared: { level: 'departement', name: 'La Réunion' }, account: null }
  ])
  t.equal(found.length, 2)
})

t.test('outside France the levels entered by hand are the tree, in the document, NodeInfo and the API', async (t) => {
  const { ctx, app } = await clientScene(t)
  await createAccount(ctx, { username: 'maire', email: 'maire@example.org', password: 'une mairie ouverte', role: 'admin' })
  const maire = browserOf(app)
  await maire.post('/api/communer/v1/login', { login: 'maire', password: 'une mairie ouverte' })
  const change = (body: object) => maire.send('PATCH', '/api/communer/v1/admin/site', body)
  const vaud = [{ level: 'Canton', name: 'Vaud' }]
  const refused: [object, string][] = [
    [{ country: 'XX' }, 'territory.country'],
    [{ country: 'ZZ' }, 'territory.country'],
    [{ country: '1A' }, 'territory.country'],
    [{ above: [{ level: '', name: 'Vaud' }] }, 'territory.levels'],
    [{ above: [{ level: 'Commune', name: 'Vaud' }] }, 'territory.levels'],
    [{ above: [{ level: 'Canton', name: 'x'.repeat(81) }] }, 'territory.levels'],
    [{ above: Array.from({ length: 7 }, (_, index) => ({ level: 'Canton', name: `${index}` })) }, 'territory.levels']
  ]
  for (const [body, code] of refused) {
    const answer = await change(body)
    t.equal(answer.statusCode, 422, answer.body)
    t.equal(answer.json().code, code)
  }
  ctx.site!.insee = '97413'
  t.equal((await change({ above: vaud })).json().code, 'territory.by-code', 'a code says it already')
  ctx.site!.insee = ''
  const levels = [...vaud, { level: 'District', name: ' Nyon\n' }, { level: 'canton', name: 'VAUD' }]
  t.match((await change({ country: 'ch', above: levels })).json(), {
    country: 'CH',
    above: [{ level: 'Canton', name: 'Vaud' }, { name: 'Nyon' }]
  })
  await change({ above: [...vaud, { level: 'District', name: 'Nyon' }] })

  const get = async (url: string) => (await app.inject({ url, headers: { accept: 'application/activity+json' } })).json()
  t.same(
    (await get('/api/communer/v1/territory')).map(({ level, code, name }: Record<string, string>) => `${level} ${code} ${name}`),
    ['country CH Suisse', 'Canton  Vaud', 'District  Nyon', `commune  ${ctx.site!.name}`]
  )
  const document = await get('/ap/territory')
  t.equal(document['communer:countryCode'], 'CH')
  t.same(document['communer:partOf'][0], { type: 'Place', name: 'Nyon', 'communer:level': 'District' }, 'no code that is none')
  t.same((await get('/nodeinfo/2.1')).metadata.territory, {
    type: 'Commune',
    countryCode: 'CH',
    partOf: [
      { level: 'District', name: 'Nyon' },
      { level: 'Canton', name: 'Vaud' }
    ]
  })
  const commune = (await ctx.db('actors').where({ kind: 'commune', local: true }).first())!
  t.equal((await get(new URL(commune.iri).pathname))['communer:territory']['communer:countryCode'], 'CH')
})

t.test('outside France neighbours share a country and a level; nonsense of others is nobody’s neighbour', async (t) => {
  const { ctx, anyone } = await clientScene(t)
  Object.assign(ctx.site!, {
    insee: '',
    country: 'CH',
    above: [
      { level: 'Canton', name: 'Vaud' },
      { level: 'District', name: 'Nyon' }
    ]
  })
  const internet = await testInternet(t, ctx)
  const say = async (name: string, territory: unknown): Promise<void> => {
    const host = internet.host(name)
    const rel = 'http://nodeinfo.diaspora.software/ns/schema/2.1'
    host.on('/.well-known/nodeinfo', { links: [{ rel, href: `${host.origin}/nodeinfo/2.1` }] }, 'application/json')
    host.on('/nodeinfo/2.1', { software: { name: 'communer', version: '1' }, metadata: { territory } }, 'application/json')
    await refreshHost(ctx, name)
  }
  const vaud = { level: 'canton', name: 'vaud' }
  await say('peer.test', { countryCode: 'CH', partOf: [vaud] })
  await say('other.test', { countryCode: 'CH', partOf: [{ level: 'District', name: 'Nyon' }, vaud] })
  await say('evil.test', { countryCode: 'AT', partOf: [vaud] })
  await say('victim.test', { partOf: [vaud] })
  await say('accounts.test', { countryCode: 'CH', partOf: [{ level: 'District', name: 'Vaud' }] })
  await say('gts.test', { countryCode: 'CH', partOf: 'Vaud' })
  await say('snac.test', { countryCode: 'CH', partOf: [[vaud], 3, null, { level: { vaud }, name: ['Vaud'] }] })
  await say('gancio.test', {
    countryCode: 'CH',
    partOf: [...Array.from({ length: 9 }, (_, index) => ({ level: 'x', name: `${index}` })), vaud]
  })
  t.same(
    (await anyone('GET', '/api/communer/v1/neighbours')).json.map(({ host, shared }: { host: string; shared: object }) => [host, shared]),
    [
      ['other.test', { level: 'District', name: 'Nyon' }],
      ['peer.test', { level: 'Canton', name: 'Vaud' }]
    ]
  )
})
