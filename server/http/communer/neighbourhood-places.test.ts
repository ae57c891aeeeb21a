// Contours of quarters: what a file may hold, and which events, ideas and cards are of which quarter, whatever moves.
import t from 'tap'
import { PLACES_CHORE } from '../../db/neighbourhood-places.ts'
import { placeInNeighbourhoods } from '../../features/territory/neighbourhoods.ts'
import { client, clientScene, type Client, type Json } from '../../test/client.ts'

const V1 = '/api/communer/v1'
type Tap = Parameters<typeof clientScene>[0]
type Place = { latitude: number; longitude: number }

const square = (west: number, south: number, east: number, north: number): number[][] => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south]
]
/** A square with a hole in its middle, and an island. */
const BOURG = {
  type: 'MultiPolygon',
  coordinates: [[square(55, -21.1, 55.1, -21), square(55.04, -21.06, 55.06, -21.04)], [square(55.3, -21.1, 55.4, -21)]]
}
/** An L around the place where it is not. */
const PLAGE = {
  type: 'Polygon',
  coordinates: [
    [
      [55.1, -21.1],
      [55.2, -21.1],
      [55.2, -21.08],
      [55.12, -21.08],
      [55.12, -21],
      [55.1, -21],
      [55.1, -21.1]
    ]
  ]
}
const IN_BOURG = { latitude: -21.02, longitude: 55.02 }
const IN_HOLE = { latitude: -21.05, longitude: 55.05 }
const ON_ISLAND = { latitude: -21.05, longitude: 55.35 }
const IN_PLAGE = { latitude: -21.09, longitude: 55.15 }
const BESIDE_PLAGE = { latitude: -21.02, longitude: 55.18 }

async function scene(t: Tap) {
  const found = await clientScene(t)
  const admin = await client(found.ctx, found.app, 'maire', 'read write admin:read admin:write')
  await found.ctx.db('accounts').where({ id: admin.account.id }).update({ role: 'admin' })
  const add = async (name: string): Promise<string> => {
    const all = (await admin.call('POST', `${V1}/admin/neighbourhoods`, { name })).json as { id: string; name: string }[]
    return all.find((one) => one.name === name)!.id
  }
  const draw = (id: string, file: unknown) => admin.call('PUT', `${V1}/admin/neighbourhoods/${id}/contour`, { file })
  const titles = async (list: 'events' | 'ideas', id: string): Promise<string[]> =>
    (await found.anyone('GET', `${V1}/${list}?neighbourhood=${id}`)).json.map((one: Json) => one.title).sort()
  const cards = async (id: string): Promise<string[]> =>
    (await found.anyone('GET', `${V1}/directory?neighbourhood=${id}`)).json.map((one: Json) => one.account.username).sort()
  return { ...found, admin, add, draw, titles, cards }
}

async function event(by: Client, title: string, location: Place): Promise<string> {
  const made = await by.call('POST', `${V1}/events`, {
    title,
    description: '',
    start: '2027-03-01T10:00',
    end: '2027-03-01T11:00',
    location: { name: 'Là', ...location }
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.json))
  return made.json.id
}

const idea = async (by: Client, title: string, place: Place): Promise<string> =>
  (await by.call('POST', `${V1}/ideas`, { title, text: 'Pour tout le monde.', place })).json.id

t.test('a file that is no area is refused by name, however it is made', async (t) => {
  const { app, alice, admin, add, draw, anyone } = await scene(t)
  const id = await add('Le Bourg')
  t.equal((await alice.call('PUT', `${V1}/admin/neighbourhoods/${id}/contour`, { file: BOURG })).status, 403)
  t.equal((await alice.call('DELETE', `${V1}/admin/neighbourhoods/${id}/contour`)).status, 403)
  t.match(await draw('1', BOURG), { status: 404, json: { code: 'neighbourhood.unknown' } })
  t.match(await draw('9999999999999999999', BOURG), { status: 404, json: { code: 'neighbourhood.unknown' } })
  const ring = square(0, 0, 1, 1)
  for (const file of [
    null,
    [],
    'Polygon',
    { type: 'Point', coordinates: [55, -21] },
    { type: 'Polygon', coordinates: [] },
    { type: 'Polygon', coordinates: [ring.slice(0, 3)] },
    { type: 'Polygon', coordinates: [[...ring, ['55', '-21']]] },
    { type: 'Polygon', coordinates: [[...ring, [55, 91]]] },
    { type: 'Polygon', coordinates: [[...ring, [181, 0]]] },
    { type: 'Polygon', coordinates: [[...ring, null]] },
    { type: 'MultiPolygon', coordinates: [] },
    { type: 'MultiPolygon', coordinates: [[]] },
    { type: 'MultiPolygon', coordinates: [ring] },
    { type: 'Feature', geometry: null },
    { type: 'GeometryCollection', geometries: [BOURG] }
  ])
    t.match(await draw(id, file), { status: 422, json: { code: 'contour.invalid' } }, JSON.stringify(file))
  const many = Array.from({ length: 20_001 }, (_, at) => [at / 1000, 0])
  t.match(await draw(id, { type: 'Polygon', coordinates: [many] }), { status: 422, json: { code: 'contour.too-large' } })
  const others = {
    type: 'FeatureCollection',
    features: ['Les Hauts', 'Les Bas'].map((nom) => ({ type: 'Feature', properties: { nom }, geometry: BOURG }))
  }
  t.match(await draw(id, others), { status: 422, json: { code: 'contour.not-found' } })
  for (const [open, shut] of [
    ['{"type":"Feature","geometry":', '}'],
    ['{"contour":', '}'],
    ['{"type":"FeatureCollection","features":[', ']}']
  ] as const) {
    const payload = `{"file":${open.repeat(20_000)}1${shut.repeat(20_000)}}`
    const headers = { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'PUT', url: `${V1}/admin/neighbourhoods/${id}/contour`, payload, headers })
    t.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${open} without end: ${answer.statusCode}`)
  }
  t.equal((await anyone('GET', `${V1}/neighbourhoods/${id}`)).json.contour, null, 'nothing of this was kept')
  t.equal((await anyone('GET', `${V1}/neighbourhoods/9999999999999999999`)).status, 404)
  const detail = { field: 'neighbourhood', value: 'x', audience: 'local', neighbourhood: '9999999999999999999' }
  t.match((await alice.call('PUT', `${V1}/profile/details`, { details: [detail] })).json, { code: 'neighbourhood.gone' })
  for (const list of ['events', 'ideas', 'directory']) {
    t.same((await anyone('GET', `${V1}/${list}?neighbourhood=9999999999999999999`)).json, [], list)
    t.equal((await anyone('GET', `${V1}/${list}?neighbourhood=x`)).status, 422, list)
  }
})

t.test('what lies in a contour is of the quarter: when it is written, when it moves, when the contour changes', async (t) => {
  const { ctx, app, alice, admin, add, draw, titles, cards, anyone } = await scene(t)
  const [bourg, plage] = [await add('Le Bourg'), await add('La Plage')]
  await event(alice, 'Bal', IN_BOURG)
  await idea(alice, 'Un banc au bourg', IN_BOURG)
  t.same([await titles('events', bourg), await titles('ideas', bourg)], [[], []], 'without a contour nothing is there')

  // One file with all of them: the quarter's name says which.
  const both = {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: { nom: 'LA PLAGE' }, geometry: PLAGE },
      { type: 'Feature', properties: { nom: 'le bourg' }, geometry: BOURG }
    ]
  }
  t.match((await draw(bourg, both)).json, [
    { id: bourg, hasContour: true },
    { id: plage, hasContour: false }
  ])
  t.same((await anyone('GET', `${V1}/neighbourhoods/${bourg}`)).json, { id: bourg, name: 'Le Bourg', contour: BOURG })
  t.same(await ctx.db('chores').where({ kind: PLACES_CHORE }).pluck('subject'), ['all'])
  await placeInNeighbourhoods(ctx)
  t.same([await titles('events', bourg), await titles('ideas', bourg)], [['Bal'], ['Un banc au bourg']], 'what was there before')

  await draw(plage, both)
  await placeInNeighbourhoods(ctx)
  const moving = await event(alice, 'Marché', IN_PLAGE)
  await event(alice, 'Dans le trou', IN_HOLE)
  await event(alice, 'Sur l’île', ON_ISLAND)
  await event(alice, 'À côté', BESIDE_PLAGE)
  await idea(alice, 'Une douche', IN_PLAGE)
  t.same(await titles('events', bourg), ['Bal', 'Sur l’île'], 'holes are outside, islands inside')
  t.same([await titles('events', plage), await titles('ideas', plage)], [['Marché'], ['Une douche']], 'beside a corner is outside')
  t.same(
    (await app.inject(`/agenda.json?quartier=${plage}`)).json().items.map((item: Json) => item.title),
    ['Marché'],
    'feeds too'
  )
  t.equal((await anyone('GET', `${V1}/ideas/map?bbox=54,-22,56,-20&neighbourhood=${plage}`)).json.features.length, 1)

  await alice.call('PATCH', `${V1}/events/${moving}`, { location: { name: 'Là', ...IN_BOURG } })
  t.same([await titles('events', bourg), await titles('events', plage)], [['Bal', 'Marché', 'Sur l’île'], []], 'what moves goes along')
  await alice.call('PATCH', `${V1}/events/${moving}`, { location: { name: 'Quelque part' } })
  t.notOk((await titles('events', bourg)).includes('Marché'), 'and without a position it is nowhere')

  await t.test('a card is where others see it', async (t) => {
    await alice.call('POST', `${V1}/groups`, { username: 'salle', name: 'Salle', kind: 'place' })
    const card = (body: object) => alice.call('PUT', `${V1}/directory/salle`, body)
    await card({ ...IN_BOURG, precision: 'exact' })
    t.same(await cards(bourg), ['salle'])
    await card({ ...IN_BOURG, precision: 'commune' })
    t.same(await cards(bourg), [], 'a card that says the commune alone tells no quarter')
    await card({ ...IN_PLAGE, precision: 'street' })
    t.same([await cards(bourg), await cards(plage)], [[], ['salle']])
    await card({ listed: false })
    t.same(await cards(plage), [])
    await card({ listed: true })
  })

  await t.test('where contours overlap, the first in the list counts', async (t) => {
    await draw(plage, BOURG)
    await placeInNeighbourhoods(ctx)
    t.same([await titles('events', bourg), await titles('events', plage)], [['Bal', 'Sur l’île'], []])
    await admin.call('PUT', `${V1}/admin/neighbourhoods/order`, { ids: [plage, bourg] })
    await placeInNeighbourhoods(ctx)
    t.same([await titles('events', bourg), await titles('events', plage)], [[], ['Bal', 'Sur l’île']])
    t.same(await cards(plage), [], 'cards are placed anew, too')
  })

  await t.test('a contour that is taken away, and a quarter that is removed, leave nothing behind', async (t) => {
    t.match((await admin.call('DELETE', `${V1}/admin/neighbourhoods/${plage}/contour`)).json, [{ hasContour: false }, {}])
    await placeInNeighbourhoods(ctx)
    t.same(await titles('events', bourg), ['Bal', 'Sur l’île'])
    await ctx.db('chores').where({ kind: PLACES_CHORE }).delete()
    await admin.call('POST', `${V1}/admin/neighbourhoods/${bourg}/remove`, { to: plage })
    t.equal((await ctx.db('chores').where({ kind: PLACES_CHORE })).length, 1)
    await placeInNeighbourhoods(ctx)
    t.same(await ctx.db('objects').whereNotNull('neighbourhood_id'), [])
    t.same(await ctx.db('directory_cards').whereNotNull('neighbourhood_id'), [])
  })
})
