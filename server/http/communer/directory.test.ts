// The directory, its cards and the map: what is found, what is shown of it, who may change it.
import t from 'tap'
import { runImport } from '../../features/directory/import.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'

const API = '/api/communer/v1'

async function group(by: Client, username: string, more: object = {}): Promise<void> {
  const made = await by.call('POST', `${API}/groups`, { username, name: username, ...more })
  if (made.status !== 201) throw new Error(JSON.stringify(made.json))
}

async function townHall({ ctx, app }: ClientScene): Promise<Client> {
  const hall = await client(ctx, app, 'agente')
  await ctx.db('accounts').where({ id: hall.account.id }).update({ role: 'agent' })
  return hall
}

const names = (answer: { json: Json }): string[] => answer.json.map((card: Json) => card.account.username)

t.test('a group’s card is found by name, by a word of its description, by theme, kind and distance', async (t) => {
  const { alice, anyone, ctx } = await clientScene(t)
  await group(alice, 'boulangerie', { name: 'Boulangerie du Port', kind: 'organization', description: 'Pain au levain' })
  await group(alice, 'salle', { name: 'Salle des fêtes', kind: 'place' })
  await group(alice, 'velo', { name: 'Vélo-école', description: 'Apprendre à rouler, réparer' })
  const card = (username: string, body: object) => alice.call('PUT', `${API}/directory/${username}`, body)
  await card('boulangerie', {
    themes: ['food', 'economy'],
    latitude: 48.1,
    longitude: -1.6,
    hours: { mo: '7h-13h, 15h-19h' },
    orgType: 'business'
  })
  await card('salle', {
    latitude: 48.2,
    longitude: -1.6,
    accessibility: ['wheelchair'],
    street: '2 place de l’Église',
    locality: 'Saint-Test'
  })
  const find = (query: string) => anyone('GET', `${API}/directory?${query}`)
  const all = names(await find(''))
  t.same(
    all.filter((name) => ['boulangerie', 'salle', 'velo'].includes(name)),
    ['boulangerie', 'salle', 'velo'],
    'by name'
  )
  t.same(names(await find('q=boulang')), ['boulangerie'], 'an unfinished word')
  t.same(names(await find('q=boulengerie')), ['boulangerie'], 'with a mistake')
  const byText = await find('q=réparations')
  t.same(names(byText), ['velo'], 'by the stem of a word of the description')
  t.match(byText.json[0].excerpt, /réparer/, 'and it says where')
  t.equal((await find('q=salle')).json[0].excerpt, null, 'a name explains itself')
  t.same(names(await find('theme=food')), ['boulangerie'])
  t.same(names(await find('kind=place')), ['salle'])
  t.same(names(await find('type=business&accessibility=wheelchair')), [])
  const near = await find('near=48.19,-1.6&radius=50000')
  t.same(names(near), ['salle', 'boulangerie'], 'nearest first')
  t.ok(near.json[0].distance > 1000 && near.json[0].distance < 1300)
  t.same(near.json[1].hours.mo[1], ['15:00', '19:00'])
  t.same(near.json[1].openingHours, ['Mo 07:00-13:00', 'Mo 15:00-19:00'])
  t.match((await anyone('GET', `${API}/directory/counts`)).json, { kinds: { place: 1, organization: 1 }, themes: { food: 1 } })
  await alice.call('PATCH', `${API}/groups/velo`, { name: 'Atelier cyclo' })
  t.same(names(await find('q=cyclo')), ['velo'], 'what the group says of itself is found at once')
  const pages = [await find('limit=2')]
  while (pages.at(-1)!.headers.link) pages.push(await anyone('GET', pages.at(-1)!.headers.link.match(/<https?:\/\/[^/]+([^>]+)>/)[1]))
  t.same(pages.flatMap(names), names(await find('')), 'page after page, each once')
  const doc = (await ctx.db('actors').where({ username: 'salle' }).first()).doc
  t.match(doc, { 'communer:kind': 'place', location: { type: 'Place', latitude: 48.2, address: { addressLocality: 'Saint-Test' } } })
})

t.test('people are in the directory when they say so, no nearer than they say', async (t) => {
  const { alice, bea, anyone } = await clientScene(t)
  const own = `${API}/directory/alice`
  t.equal((await anyone('GET', own)).status, 404)
  await alice.call('PUT', own, {
    latitude: 48.123456,
    longitude: -1.654321,
    street: '3 rue des Lilas',
    locality: 'Saint-Test',
    skills: ['soudure']
  })
  t.equal((await anyone('GET', own)).status, 404, 'a card alone lists nobody')
  await alice.call('PUT', own, { listed: true })
  t.match((await anyone('GET', own)).json.card, { position: null, precision: 'commune', address: { street: '', locality: 'Saint-Test' } })
  t.same(names(await anyone('GET', `${API}/directory?q=soudure`)), ['alice'])
  const box = `${API}/map?bbox=-2,48,-1,49`
  t.same((await anyone('GET', box)).json.features, [], 'nothing on the map')
  await alice.call('PUT', own, { precision: 'street' })
  t.same((await anyone('GET', box)).json.features[0].geometry.coordinates, [-1.654, 48.123])
  t.match((await alice.call('GET', own)).json.card.position, { latitude: 48.123456 }, 'who it is of sees all')
  t.equal((await bea.call('PUT', own, { locality: 'Ailleurs' })).status, 403)
  t.equal((await bea.call('POST', `${own}/suggestions`, { changes: { locality: 'Ailleurs' }, note: '' })).status, 404)
  await alice.call('PUT', own, { listed: false })
  t.same((await anyone('GET', box)).json.features, [])
})

t.test('a card is refused field by field, in words', async (t) => {
  const { alice } = await clientScene(t)
  const put = (body: object) => alice.call('PUT', `${API}/directory/alice`, body)
  for (const [body, code, field] of [
    [{ siret: '12345678901234' }, 'card.siret', 'siret'],
    [{ rna: 'X123' }, 'card.rna', 'rna'],
    [{ latitude: 91, longitude: 0 }, 'card.position', 'latitude'],
    [{ latitude: 1 }, 'card.position', 'latitude'],
    [{ phone: 'call me' }, 'card.phone', 'phone'],
    [{ email: 'nobody' }, 'card.email', 'email'],
    [{ website: 'javascript:alert(1)' }, 'card.website', 'website'],
    [{ hours: { mo: 'le matin' } }, 'card.hours', 'hours.mo']
  ] as [object, string, string][]) {
    t.match(await put(body), { status: 422, json: { code, field } }, code)
  }
  t.match((await put({ siret: '217 300 102 00018'.replaceAll(' ', ''), website: 'exemple.fr' })).status, 422, 'a wrong sum')
  t.match((await put({ siret: '732 829 320 00074', website: 'exemple.fr' })).json.card, {
    siret: '73282932000074',
    website: 'https://exemple.fr'
  })
})

t.test('an association claims its card, the town hall answers; others suggest, who keeps the card decides', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx } = scene
  const hall = await townHall(scene)
  await group(hall, 'petanque', { name: 'Pétanque' })
  await ctx
    .db('directory_cards')
    .update({ state: 'unclaimed' })
    .where('actor_id', ctx.db('actors').where({ username: 'petanque' }).select('id'))
  const card = `${API}/directory/petanque`
  t.equal((await alice.call('PUT', card, { phone: '02 99 00 00 00' })).status, 403)
  t.equal((await alice.call('POST', `${card}/claim`, { proof: 'Je suis la présidente' })).json.hasClaimed, true)
  t.equal((await bea.call('GET', `${API}/directory/waiting`)).status, 403)
  t.match((await hall.call('GET', `${API}/directory/waiting`)).json, [{ account: { username: 'petanque' }, claims: 1, suggestions: 0 }])
  t.match((await hall.call('GET', `${card}/requests`)).json.claims, [{ proof: 'Je suis la présidente' }])
  t.equal((await bea.call('POST', `${card}/claims/${alice.actor.id}`, { accepted: true })).status, 403)
  t.equal((await hall.call('POST', `${card}/claims/${alice.actor.id}`, { accepted: true })).status, 200)
  t.match((await alice.call('GET', card)).json, { canEdit: true, card: { state: 'verified' } })
  t.equal((await bea.call('POST', `${card}/claim`, { proof: '' })).json.code, 'card.claimed')
  t.equal((await bea.call('POST', `${card}/suggestions`, { changes: { phone: 'bonjour' }, note: '' })).json.code, 'card.phone')
  t.equal((await bea.call('POST', `${card}/suggestions`, { changes: {}, note: ' ' })).json.code, 'card.nothing')
  await bea.call('POST', `${card}/suggestions`, { changes: { phone: '02 99 11 11 11' }, note: 'Nouveau numéro' })
  t.equal((await bea.call('GET', `${card}/requests`)).status, 403)
  const [suggestion] = (await alice.call('GET', `${card}/requests`)).json.suggestions
  t.match(suggestion, { note: 'Nouveau numéro', account: { username: 'bea' } })
  await alice.call('POST', `${card}/suggestions/${suggestion.id}`, { accepted: true })
  t.equal((await anyone('GET', card)).json.card.phone, '02 99 11 11 11')
  t.equal((await alice.call('POST', `${card}/suggestions/${suggestion.id}`, { accepted: true })).json.code, 'suggestion.unknown')
  scene.clock.advance(400 * 86_400_000)
  t.equal((await anyone('GET', card)).json.card.isStale, true)
  t.equal((await alice.call('POST', `${card}/confirm`)).json.card.isStale, false)
})

t.test('the map shows what lies in its box and what is to come there, with the contour the commune gave', async (t) => {
  const scene = await clientScene(t)
  const { alice, anyone, ctx, app } = scene
  await group(alice, 'jardin', { name: 'Jardin <b>partagé</b>', kind: 'place' })
  await alice.call('PUT', `${API}/directory/jardin`, { latitude: 48.1, longitude: -1.6, themes: ['environment'] })
  const event = { title: 'Marché de Noël', start: '2031-01-10T10:00:00Z', location: { name: 'Halle', latitude: 48.11, longitude: -1.61 } }
  const soon = new Date(ctx.clock.now().getTime() + 86_400_000).toISOString()
  await alice.call('POST', `${API}/events`, { ...event, start: soon })
  await alice.call('POST', `${API}/events`, { ...event, title: 'Dans longtemps' })
  const map = async (query: string) => (await anyone('GET', `${API}/map?${query}`)).json
  t.match(
    (await map('bbox=-2,48,-1,49')).features.map((feature: Json) => [feature.properties.kind, feature.properties.name]),
    [
      ['place', 'Jardin <b>partagé</b>'],
      ['event', 'Marché de Noël']
    ]
  )
  t.equal((await map('bbox=-2,48,-1,49&kind=event')).features.length, 1)
  t.equal((await map('bbox=-2,48,-1,49&theme=environment')).features.length, 1)
  t.equal((await map('bbox=2,48,3,49')).features.length, 0)
  t.equal((await map('bbox=3,48,2,49')).code, 'map.box')
  t.match((await alice.call('GET', `${API}/places?q=jard`)).json, [{ username: 'jardin', source: 'directory' }])
  t.match((await alice.call('GET', `${API}/places?q=hale`)).json, [{ name: 'Halle', source: 'events', latitude: 48.11 }])
  const admin = await client(ctx, app, 'maire', 'read write admin:read admin:write')
  await ctx.db('accounts').where({ id: admin.account.id }).update({ role: 'admin' })
  t.equal((await alice.call('PUT', `${API}/admin/contour`, { file: {} })).status, 403)
  t.equal(
    (await admin.call('PUT', `${API}/admin/contour`, { file: { type: 'Polygon', coordinates: [[[0, 91]]] } })).json.code,
    'contour.invalid'
  )
  const square = {
    type: 'Polygon',
    coordinates: [
      [
        [-1.7, 48],
        [-1.5, 48],
        [-1.5, 48.2],
        [-1.7, 48]
      ]
    ]
  }
  t.equal((await admin.call('PUT', `${API}/admin/contour`, { file: { type: 'Feature', geometry: square } })).status, 200)
  t.same((await anyone('GET', `${API}/map/contour`)).json, square)
  t.match((await anyone('GET', '/territory.geojson')).json.geometry, square)
  const settings = { tiles: 'https://tiles.example/{z}/{x}/{y}.png', attribution: '', geocoder: '' }
  t.equal((await admin.call('PUT', `${API}/admin/map`, settings)).json.code, 'map.attribution')
  t.equal((await admin.call('PUT', `${API}/admin/map`, { ...settings, tiles: 'file:///etc/{z}{x}{y}' })).json.code, 'map.tiles')
  t.equal((await app.inject({ url: '/tuiles/3/4/5' })).statusCode, 404, 'no tiles were chosen')
})

t.test('the directory is taken away as a table, as GeoJSON and as a card for one’s address book, without people', async (t) => {
  const { alice, app } = await clientScene(t)
  await group(alice, 'cantine', { name: '=Cantine; "du" Bourg', description: 'Repas à midi, le soir aussi. '.repeat(5) })
  await alice.call('PUT', `${API}/directory/cantine`, {
    latitude: 48.1,
    longitude: -1.6,
    phone: '02 99 00 00 00',
    street: '1, rue Haute',
    locality: 'Bourg'
  })
  await alice.call('PUT', `${API}/directory/alice`, { listed: true, phone: '06 00 00 00 00' })
  const csv = (await app.inject({ url: '/annuaire.csv?q=cantine' })).body
  t.match(csv, `"'=Cantine; ""du"" Bourg"`, 'no formula')
  t.match(csv, '1, rue Haute')
  t.notMatch((await app.inject({ url: '/annuaire.csv' })).body, /06 00/)
  t.same((await app.inject({ url: '/annuaire.geojson?type=person' })).json().features, [])
  t.match((await app.inject({ url: '/annuaire.geojson?q=cantine' })).json().features[0], {
    geometry: { type: 'Point', coordinates: [-1.6, 48.1] },
    properties: { phone: '02 99 00 00 00' }
  })
  const vcard = (await app.inject({ url: '/@cantine/fiche.vcf' })).body
  t.match(vcard, 'FN:=Cantine\\; "du" Bourg\r\n')
  t.match(vcard, 'ADR:;;1\\, rue Haute;Bourg;;;\r\n')
  t.ok(vcard.split('\r\n').every((line) => Buffer.byteLength(line) <= 76))
  t.equal((await app.inject({ url: '/@bea/fiche.vcf' })).statusCode, 404)
})

t.test('cards are imported from a table: looked at, made without an owner, updated by a later file, left alone once claimed', async (t) => {
  const scene = await clientScene(t)
  const { alice, bea, anyone, ctx } = scene
  const hall = await townHall(scene)
  const file =
    'id;titre;adrs_libcommune;telephone;latitude;longitude\nW1;Amicale laïque;Bourg;02 99 00 00 00;48,1;-1,6\nW2;Judo club;Bourg;appelez-nous;;\nW3;;Bourg;;;\nW4;Amicale laïque;Bourg;;;\n'
  t.equal((await bea.call('POST', `${API}/directory/imports/preview`, { file })).status, 403)
  const preview = (await hall.call('POST', `${API}/directory/imports/preview`, { file })).json
  t.same(
    preview.columns.map(({ field }: Json) => field),
    ['key', 'name', 'locality', 'phone', 'latitude', 'longitude']
  )
  t.match(preview, {
    total: 4,
    ready: 2,
    errors: [
      { line: 3, problem: /téléphone/ },
      { line: 4, problem: /nom/ }
    ]
  })
  const mapping = ['key', 'name', 'locality', '', 'latitude', 'longitude']
  t.match(
    (await hall.call('POST', `${API}/directory/imports/preview`, { file, mapping })).json,
    { ready: 3 },
    'a column left out cannot be wrong'
  )
  t.equal((await hall.call('POST', `${API}/directory/imports`, { file, mapping, source: ' ' })).json.code, 'import.source')
  const run = async (text: string): Promise<Json> => {
    const { id } = (await hall.call('POST', `${API}/directory/imports`, { file: text, mapping, source: 'RNA' })).json
    t.equal(await runImport(ctx, id), null)
    t.equal(await runImport(ctx, id), null, 'twice is once')
    return (await hall.call('GET', `${API}/directory/imports/${id}`)).json
  }
  t.match(
    await run(file),
    { total: 4, done: 4, made: 3, changed: 0, kept: 0, failed: [{ line: 4 }], ended: true },
    'two of one name in one source are two'
  )
  const found = (await anyone('GET', `${API}/directory?q=amicale`)).json
  t.match(found, [
    { state: 'unclaimed', source: 'RNA', position: { latitude: 48.1, longitude: -1.6 }, account: { username: 'amicale_laique' } },
    { account: { username: 'amicale_laique_2' } }
  ])
  const card = `${API}/directory/judo_club`
  await alice.call('POST', `${card}/claim`, { proof: 'Trésorière' })
  await hall.call('POST', `${card}/claims/${alice.actor.id}`, { accepted: true })
  t.match(await run(file.replace('Bourg;appelez-nous', 'Ailleurs;')), { made: 0, changed: 2, kept: 1 })
  t.equal((await anyone('GET', card)).json.card.address.locality, 'Bourg')
})
