// What people say about themselves: each part reaches whom it is for, on every way, and nobody else.
import t from 'tap'
import { blockActor } from '../../features/follows/block.ts'
import { followActor } from '../../features/follows/follow.ts'
import { clientScene } from '../../test/client.ts'
import { localGroup } from '../../test/people.ts'

const V1 = '/api/communer/v1'
const SAID = [
  { field: 'neighbourhood', value: 'Les Bas <b>', audience: 'local' },
  { field: 'town', value: 'Saint-Leu', audience: 'public' },
  { field: 'phone', value: '0262 00 00 00', audience: 'known' },
  { field: 'email', value: 'moi@example.org', audience: 'nobody' },
  { field: 'birthdate', value: '1980-05-17', audience: 'nobody' },
  { field: 'skills', value: 'Greffe des manguiers', audience: 'local' }
]

t.test('each part of a profile is read by whom it is for', async (t) => {
  const { ctx, app, alice, bea, anyone } = await clientScene(t)
  const path = `${V1}/people/${alice.actor.id}/details`
  const fieldsFor = async (call: typeof anyone): Promise<string[]> =>
    ((await call('GET', path)).json as { field: string }[]).map(({ field }) => field)
  const saved = await alice.call('PUT', `${V1}/profile/details`, { details: SAID })
  t.same([saved.status, saved.json], [200, SAID])
  t.same(await fieldsFor(anyone), ['town'])
  t.same(await fieldsFor(bea.call), ['neighbourhood', 'town', 'skills'])
  t.same((await fieldsFor(alice.call)).length, 6)

  await t.test('followers and members of a group in common know more', async (t) => {
    const group = await localGroup(ctx, 'boules', alice.actor)
    await ctx
      .db('memberships')
      .insert({ group_id: group.id, actor_id: bea.actor.id, role: 'member', state: 'pending', created_at: new Date() })
    t.notOk((await fieldsFor(bea.call)).includes('phone'), 'asking to join is not being a member')
    await ctx.db('memberships').where({ actor_id: bea.actor.id }).update({ state: 'active' })
    t.ok((await fieldsFor(bea.call)).includes('phone'))
    await ctx.db('memberships').where({ actor_id: bea.actor.id }).delete()
    t.notOk((await fieldsFor(bea.call)).includes('phone'))
    await followActor(ctx, bea.actor, alice.actor)
    t.same(await fieldsFor(bea.call), ['neighbourhood', 'town', 'phone', 'skills'])
    await blockActor(ctx, alice.actor, bea.actor)
    t.same(await fieldsFor(bea.call), ['town'], 'across a block only what is everyone’s')
  })

  await t.test('only what is public is in the ActivityPub document, the account entity, the page, search and the directory', async (t) => {
    const iri = new URL(alice.actor.iri).pathname
    const documents = [
      await app.inject({ url: iri, headers: { accept: 'application/activity+json' } }),
      await app.inject({ url: `/api/v1/accounts/${alice.actor.id}`, headers: { authorization: `Bearer ${bea.token}` } }),
      await app.inject({ url: '/@alice' }),
      await app.inject({ url: '/api/v1/directory?local=true' })
    ]
    for (const answer of documents) {
      t.match(answer.body, /Saint-Leu/, String(answer.statusCode))
      for (const secret of ['Les Bas', '0262', 'moi@example.org', '1980', 'manguiers']) t.notMatch(answer.body, secret)
    }
    t.match(JSON.parse(documents[0]!.body).attachment, [{ type: 'PropertyValue', name: 'Commune', value: 'Saint-Leu' }])
    for (const word of ['manguiers', '0262', 'Saint-Leu'])
      t.same((await bea.call('GET', `/api/v2/search?q=${word}&type=accounts`)).json.accounts, [])
  })

  await t.test('lines typed in an app and these live side by side; what is no longer public leaves the profile', async (t) => {
    const fields = { fields_attributes: [{ name: 'Site', value: 'https://alice.example' }] }
    t.match((await alice.call('PATCH', '/api/v1/accounts/update_credentials', fields)).json, {
      fields: [{ name: 'Site' }, { name: 'Commune', value: 'Saint-Leu' }],
      source: { fields: [{ name: 'Site', value: 'https://alice.example' }] }
    })
    await alice.call('PUT', `${V1}/profile/details`, { details: [{ ...SAID[1], audience: 'local' }] })
    const account = (await anyone('GET', `/api/v1/accounts/${alice.actor.id}`)).json
    t.same(account.fields.length, 1)
    t.match(account.fields, [{ name: 'Site' }])
    t.same(await fieldsFor(anyone), [])
  })

  await t.test('what makes no sense is refused', async (t) => {
    const put = (detail: object) => alice.call('PUT', `${V1}/profile/details`, { details: [detail] })
    t.match((await put({ field: 'birthdate', value: 'hier', audience: 'local' })).json, { code: 'account.birthdate' })
    t.match((await put({ field: 'phone', value: 'x'.repeat(300), audience: 'local' })).json, { code: 'account.detail' })
    t.equal((await put({ field: 'password', value: 'x', audience: 'local' })).status, 422)
    t.equal((await put({ field: 'phone', value: 'x', audience: 'friends' })).status, 422)
  })

  await t.test('hidden lists of people are one’s own; the numbers stay', async (t) => {
    await ctx.db('blocks').delete()
    await followActor(ctx, alice.actor, bea.actor)
    const following = `/api/v1/accounts/${alice.actor.id}/following`
    t.equal((await bea.call('GET', following)).json.length, 2, 'her group and Béa')
    t.match((await alice.call('PATCH', '/api/v1/accounts/update_credentials', { hide_collections: true })).json, {
      hide_collections: true,
      source: { hide_collections: true }
    })
    t.same((await bea.call('GET', following)).json, [])
    t.same((await anyone('GET', `/api/v1/accounts/${alice.actor.id}/followers`)).json, [])
    t.equal((await alice.call('GET', following)).json.length, 2)
    t.equal((await anyone('GET', `/api/v1/accounts/${alice.actor.id}`)).json.following_count, 2)
  })

  await t.test('who is not to be found is not in the directory, and search engines are told so', async (t) => {
    await alice.call('PATCH', '/api/v1/accounts/update_credentials', { discoverable: false })
    t.notMatch((await app.inject({ url: '/api/v1/directory?local=true' })).body, /"alice"/)
    t.match((await app.inject({ url: '/@alice' })).body, /<meta name="robots" content="noindex">/)
    const post = (await alice.call('POST', '/api/v1/statuses', { status: 'Bonjour' })).json
    t.match((await app.inject({ url: `/@alice/${post.id}` })).body, /<meta name="robots" content="noindex">/)
  })

  await t.test('who does not want their words to be searched is not found by them, but finds them', async (t) => {
    await alice.call('POST', '/api/v1/statuses', { status: 'Un caméléon endormi' })
    const found = async (call: typeof anyone) => (await call('GET', '/api/v2/search?q=caméléon&type=statuses')).json.statuses.length
    t.equal(await found(bea.call), 1)
    await alice.call('PATCH', '/api/v1/accounts/update_credentials', { indexable: false })
    t.same([await found(bea.call), await found(alice.call)], [0, 1])
  })
})
