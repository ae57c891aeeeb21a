// The territory: what the commune belongs to, as documents and for people; neighbours that say theirs.
import t from 'tap'
import { refreshHost } from '../../protocol/nodeinfo.ts'
import { getActorByIri } from '../../protocol/actors.ts'
import { chainOf, communesLike } from '../../features/territory/reference.ts'
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
