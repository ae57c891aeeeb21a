// One's own profile, preferences, markers, and what the instance says of itself.
import t from 'tap'
import sharp from 'sharp'
import { buildApp } from '../../app.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { testContext } from '../../test/context.ts'

t.test('a changed profile is shown, kept as typed, and sent to the followers', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account, actor } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const authorization = `Bearer ${await createToken(ctx, account.id, 'read write')}`
  const form = new URLSearchParams({
    display_name: 'Alice <Payet>',
    note: 'Compost & vélo.\n\nhttps://saint-leu.fr',
    locked: 'true',
    'fields_attributes[0][name]': 'Quartier',
    'fields_attributes[0][value]': 'Colimaçons',
    'source[privacy]': 'unlisted',
    'source[language]': 'fr',
    'source[quote_policy]': 'followers'
  })
  const answer = await app.inject({
    method: 'PATCH',
    url: '/api/v1/accounts/update_credentials',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    payload: form.toString()
  })
  t.equal(answer.statusCode, 200, answer.body)
  t.match(answer.json(), {
    display_name: 'Alice <Payet>',
    locked: true,
    note: '<p>Compost &amp; vélo.</p><p><a href="https://saint-leu.fr" rel="me nofollow noopener" target="_blank">https://saint-leu.fr</a></p>',
    fields: [{ name: 'Quartier', value: 'Colimaçons' }],
    source: {
      note: 'Compost & vélo.\n\nhttps://saint-leu.fr',
      privacy: 'unlisted',
      language: 'fr',
      quote_policy: 'followers',
      fields: [{ name: 'Quartier', value: 'Colimaçons' }]
    }
  })
  const row = await ctx.db('actors').where({ id: actor.id }).first()
  t.match(row.doc, { name: 'Alice <Payet>', manuallyApprovesFollowers: true })
  const updates = await ctx.db('activities').where({ actor_id: actor.id, type: 'Update' })
  t.equal(updates.length, 1)
  t.notMatch(updates[0].body, /alice@example\.org|PRIVATE KEY/)

  await app.inject({ method: 'PATCH', url: '/api/v1/accounts/update_credentials', headers: { authorization }, payload: {} })
  t.equal((await ctx.db('activities').where({ actor_id: actor.id, type: 'Update' })).length, 1, 'nothing changed, nothing sent')
  for (const change of [
    { note: 'x'.repeat(2001) },
    { display_name: 'x'.repeat(101) },
    { fields_attributes: Array.from({ length: 5 }, () => ({ name: 'a', value: 'b' })) }
  ]) {
    t.equal(
      (await app.inject({ method: 'PATCH', url: '/api/v1/accounts/update_credentials', headers: { authorization }, payload: change }))
        .statusCode,
      422
    )
  }
})

t.test('an avatar is cut square and becomes the icon of the actor', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account, actor } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const authorization = `Bearer ${await createToken(ctx, account.id, 'read write')}`
  const picture = await sharp({ create: { width: 900, height: 300, channels: 3, background: '#335588' } })
    .png()
    .toBuffer()
  const payload = Buffer.concat([
    Buffer.from('--b\r\ncontent-disposition: form-data; name="avatar"; filename="x.png"\r\n\r\n'),
    picture,
    Buffer.from('\r\n--b--\r\n')
  ])
  const answer = await app.inject({
    method: 'PATCH',
    url: '/api/v1/accounts/update_credentials',
    headers: { authorization, 'content-type': 'multipart/form-data; boundary=b' },
    payload
  })
  t.equal(answer.statusCode, 200, answer.body)
  const { avatar } = answer.json()
  const served = await app.inject({ url: new URL(avatar).pathname })
  t.match(await sharp(served.rawPayload).metadata(), { width: 400, height: 400, format: 'webp' })
  t.match((await ctx.db('actors').where({ id: actor.id }).first()).doc.icon, { type: 'Image', mediaType: 'image/webp', url: avatar })
})

t.test('reading goes on where it was left, on every device', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const authorization = `Bearer ${await createToken(ctx, account.id, 'read write')}`
  t.same((await app.inject({ url: '/api/v1/markers?timeline[]=home', headers: { authorization } })).json(), {})
  const saved = await app.inject({
    method: 'POST',
    url: '/api/v1/markers',
    headers: { authorization },
    payload: { home: { last_read_id: '123' }, nonsense: { last_read_id: '1' } }
  })
  t.match(saved.json(), { home: { last_read_id: '123', version: 1 } })
  t.notOk(saved.json().nonsense)
  await app.inject({
    method: 'POST',
    url: '/api/v1/markers',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'home[last_read_id]=456'
  })
  t.match((await app.inject({ url: '/api/v1/markers?timeline[]=home&timeline[]=notifications', headers: { authorization } })).json(), {
    home: { last_read_id: '456', version: 2 }
  })
  t.match((await app.inject({ url: '/api/v1/preferences', headers: { authorization } })).json(), {
    'posting:default:visibility': 'public',
    'posting:default:language': 'fr'
  })
})

t.test('the instance describes itself to apps, without anybody’s address', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const [v1, v2] = [await app.inject({ url: '/api/v1/instance' }), await app.inject({ url: '/api/v2/instance' })]
  t.match(v2.json(), {
    domain: 'commune.test',
    version: /^4\.5\.0 \(compatible; Communer /,
    api_versions: { mastodon: 7 },
    registrations: { enabled: true, approval_required: false },
    contact: { account: { username: 'commune', group: true } }
  })
  t.match(v1.json(), {
    uri: 'commune.test',
    stats: { user_count: 1 },
    configuration: { media_attachments: { image_size_limit: 8_388_608 } },
    contact_account: { username: 'commune' }
  })
  t.notMatch(v1.body + v2.body, 'alice@example.org')
  t.same((await app.inject({ url: '/api/v1/custom_emojis' })).json(), [])
  t.equal((await app.inject({ url: '/api/v1/announcements' })).statusCode, 401)
})
