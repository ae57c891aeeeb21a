// Quarters of the commune: what people chose survives a rename, and goes where who administers says when a quarter is removed.
import t from 'tap'
import { createAccount } from '../../features/accounts/create.ts'
import { tellDetails } from '../../features/accounts/details.ts'
import { browserOf } from '../../test/browser.ts'
import { clientScene, type ClientScene } from '../../test/client.ts'

const V1 = '/api/communer/v1'
type Tap = Parameters<typeof clientScene>[0]

async function scene(t: Tap) {
  const found: ClientScene = await clientScene(t)
  await createAccount(found.ctx, { username: 'marie', email: 'm@example.org', password: 'correct horse', role: 'admin' })
  const marie = browserOf(found.app)
  await marie.post(`${V1}/login`, { login: 'marie', password: 'correct horse' })
  const admin = async (method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const answer =
      method === 'GET'
        ? await marie.get(`${V1}/admin/neighbourhoods${path}`)
        : await marie.send(method, `${V1}/admin/neighbourhoods${path}`, body)
    return { status: answer.statusCode, json: answer.json() }
  }
  const add = async (name: string): Promise<string> => {
    const all = (await admin('POST', '', { name })).json as { id: string; name: string }[]
    return all.find((one) => one.name === name)!.id
  }
  return { ...found, admin, add }
}

t.test('who may not is refused, and what makes no sense', async (t) => {
  const { alice, anyone, admin, add } = await scene(t)
  const id = await add('Le Bourg')
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['POST', '', { name: 'À moi' }],
    ['PATCH', `/${id}`, { name: 'À moi' }],
    ['PUT', '/order', { ids: [id] }],
    ['POST', `/${id}/remove`, { to: null }]
  ] as const) {
    t.equal((await alice.call(method, `${V1}/admin/neighbourhoods${path}`, body)).status, 403, `${method} ${path}`)
    t.equal((await anyone(method, `${V1}/admin/neighbourhoods${path}`, body)).status, 401, `${method} ${path}`)
  }
  t.match(await admin('POST', '', { name: '  ' }), { status: 422, json: { code: 'neighbourhood.name', field: 'name' } })
  t.match(await admin('POST', '', { name: 'x'.repeat(81) }), { status: 422, json: { code: 'neighbourhood.name' } })
  t.match(await admin('POST', '', { name: ' LE  bourg ' }), { status: 409, json: { code: 'neighbourhood.twice' } })
  const other = await add('La Plage')
  t.match(await admin('PATCH', `/${other}`, { name: 'le bourg' }), { status: 409, json: { code: 'neighbourhood.twice' } })
  t.match(await admin('PATCH', '/1', { name: 'Rien' }), { status: 404, json: { code: 'neighbourhood.unknown' } })
  t.match(await admin('POST', `/${id}/remove`, { to: id }), { status: 422, json: { code: 'neighbourhood.same' } })
  t.match(await admin('POST', `/${id}/remove`, { to: '1' }), { status: 404, json: { code: 'neighbourhood.unknown' } })
  t.equal((await admin('POST', `/${id}/remove`, {})).status, 422, 'where people go is said, never supposed')
  for (const ids of [[id], [id, id], [id, other, '1']])
    t.match(await admin('PUT', '/order', { ids }), { status: 409, json: { code: 'neighbourhood.order' } })
  t.match(
    (await anyone('GET', `${V1}/neighbourhoods`)).json,
    [{ name: 'Le Bourg' }, { name: 'La Plage' }],
    'nothing of this changed anything'
  )
  t.equal((await anyone('GET', `${V1}/neighbourhoods/1`)).status, 404)
})

t.test('they are added, ordered and renamed; the case alone may change', async (t) => {
  const { anyone, admin, add } = await scene(t)
  const [bourg, plage] = [await add('Le Bourg'), await add('La Plage')]
  t.match((await admin('PUT', '/order', { ids: [plage, bourg] })).json, [{ id: plage, people: 0 }, { id: bourg }])
  t.match((await admin('PATCH', `/${bourg}`, { name: 'LE BOURG' })).json, [{}, { id: bourg, name: 'LE BOURG' }])
  t.same((await anyone('GET', `${V1}/neighbourhoods/${bourg}`)).json, { id: bourg, name: 'LE BOURG', contour: null })
})

t.test('a rename keeps everybody’s choice', async (t) => {
  const { ctx, alice, bea, admin, add } = await scene(t)
  const said = async (of: typeof alice) => (await of.call('GET', `${V1}/people/${of.actor.id}/details`)).json
  const say = (of: typeof alice, detail: object) =>
    of.call('PUT', `${V1}/profile/details`, { details: [{ field: 'neighbourhood', ...detail }] })
  // Before there is a quarter, people write its name themselves.
  await say(bea, { value: 'les hauts', audience: 'local' })
  const hauts = await add('Les Hauts')
  t.match(await said(bea), [{ value: 'Les Hauts', neighbourhood: hauts }], 'who had written the name has chosen it')
  await say(alice, { value: 'whatever the form says', neighbourhood: hauts, audience: 'public' })
  t.same(await said(alice), [{ field: 'neighbourhood', value: 'Les Hauts', audience: 'public', neighbourhood: hauts }])
  t.match((await admin('GET', '')).json, [{ people: 2 }])

  await admin('PATCH', `/${hauts}`, { name: 'Le Haut-Pays' })
  t.match(await said(alice), [{ value: 'Le Haut-Pays', neighbourhood: hauts }])
  t.match(await said(bea), [{ value: 'Le Haut-Pays', neighbourhood: hauts }])
  const chores = await ctx.db('chores').where({ kind: 'profile-fields' }).pluck('subject')
  t.same(chores, [alice.actor.id], 'only what is public is told to others')
  const updates = async () => (await ctx.db('activities').where({ actor_id: alice.actor.id, type: 'Update' })).length
  const before = await updates()
  await tellDetails(ctx, alice.actor.id)
  t.match((await alice.call('GET', `/api/v1/accounts/${alice.actor.id}`)).json.fields, [{ value: 'Le Haut-Pays' }])
  t.equal(await updates(), before + 1)
  await tellDetails(ctx, alice.actor.id)
  t.equal(await updates(), before + 1, 'a chore that runs twice says nothing more')

  await t.test('a form opened before the rename saves the same quarter', async (t) => {
    await say(bea, { value: 'Les Hauts', neighbourhood: hauts, audience: 'local' })
    t.match(await said(bea), [{ value: 'Le Haut-Pays', neighbourhood: hauts }])
  })

  await t.test('one’s own words stay one’s own', async (t) => {
    await say(bea, { value: 'Sous le pont', audience: 'local' })
    t.same(await said(bea), [{ field: 'neighbourhood', value: 'Sous le pont', audience: 'local' }])
    await say(bea, { value: 'le haut-pays', audience: 'local' })
    t.match(await said(bea), [{ value: 'Le Haut-Pays', neighbourhood: hauts }], 'by name it is the quarter')
  })

  await t.test('a quarter that is removed leaves its people to another, or to none', async (t) => {
    const bas = await add('Les Bas')
    await admin('POST', `/${hauts}/remove`, { to: bas })
    t.match(await said(bea), [{ value: 'Les Bas', neighbourhood: bas }])
    t.match((await admin('GET', '')).json, [{ name: 'Les Bas', people: 2 }])
    t.match((await say(bea, { value: 'Le Haut-Pays', neighbourhood: hauts, audience: 'local' })).json, { code: 'neighbourhood.gone' })
    t.match(await said(bea), [{ value: 'Les Bas' }], 'and a refusal loses nothing')
    t.same((await admin('POST', `/${bas}/remove`, { to: null })).json, [])
    t.same([await said(alice), await said(bea)], [[], []])
    await tellDetails(ctx, alice.actor.id)
    t.same((await alice.call('GET', `/api/v1/accounts/${alice.actor.id}`)).json.fields, [])
  })
})
