// What happens when nobody looks: scheduled posts, Web Push; and finding people and subjects by plain counting.
import { createECDH, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { pruneOrphanMedia } from '../../features/media/media.ts'
import { doChores } from '../../jobs/chores.ts'
import { client, clientScene, type Client, type Json } from '../../test/client.ts'

// The other side of the encryption, as browsers have it; web-push brings it along, without types.
const ece = createRequire(import.meta.url)('http_ece') as { decrypt(body: Buffer, keys: object): Buffer }

const post = async (who: Client, status: string, more: object = {}): Promise<Json> =>
  (await who.call('POST', '/api/v1/statuses', { status, ...more })).json

t.test('a scheduled post appears at its time, once; it can be moved or taken back', async (t) => {
  const { ctx, clock, alice, bea, anyone } = await clientScene(t)
  const at = (minutes: number): string => new Date(clock.now().getTime() + minutes * 60_000).toISOString()
  const wait = await alice.call('POST', '/api/v1/statuses', { status: 'Vœux du maire', visibility: 'unlisted', scheduled_at: at(60) })
  t.equal(wait.status, 200)
  t.match(wait.json, { scheduled_at: at(60), params: { text: 'Vœux du maire', visibility: 'unlisted' }, media_attachments: [] })
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: 'x', scheduled_at: at(1) })).status, 422)
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: 'x', scheduled_at: 'demain' })).status, 422)
  t.equal((await alice.call('POST', '/api/v1/statuses', { status: ' ', scheduled_at: at(60) })).status, 422)
  const other = (await alice.call('POST', '/api/v1/statuses', { status: 'Annulé', scheduled_at: at(10) })).json
  t.equal((await alice.call('GET', '/api/v1/scheduled_statuses')).json.length, 2)
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    t.equal(
      (await bea.call(method, `/api/v1/scheduled_statuses/${other.id}`, method === 'GET' ? undefined : { scheduled_at: at(60) })).status,
      404
    )
  await alice.call('DELETE', `/api/v1/scheduled_statuses/${other.id}`)
  t.match((await alice.call('PUT', `/api/v1/scheduled_statuses/${wait.json.id}`, { scheduled_at: at(120) })).json, {
    scheduled_at: at(120)
  })
  clock.advance(61 * 60_000)
  await doChores(ctx)
  t.same((await anyone('GET', `/api/v1/accounts/${alice.actor.id}/statuses`)).json, [])
  clock.advance(60 * 60_000)
  await doChores(ctx)
  await doChores(ctx)
  t.match((await anyone('GET', `/api/v1/accounts/${alice.actor.id}/statuses`)).json, [
    { content: '<p>Vœux du maire</p>', visibility: 'unlisted' }
  ])
  t.equal((await anyone('GET', `/api/v1/accounts/${alice.actor.id}/statuses`)).json.length, 1)
  t.same((await alice.call('GET', '/api/v1/scheduled_statuses')).json, [])
})

t.test('images of a scheduled post are kept until it appears', async (t) => {
  const { ctx, clock, alice } = await clientScene(t)
  const upload = async (id: string): Promise<string> => {
    await ctx.db('media').insert({
      id,
      actor_id: alice.actor.id,
      file: `${id}.webp`,
      media_type: 'image/webp',
      width: 1,
      height: 1,
      size_bytes: 1,
      created_at: clock.now()
    })
    return id
  }
  const [kept, orphan] = [await upload('101'), await upload('102')]
  const at = new Date(clock.now().getTime() + 5 * 86_400_000).toISOString()
  const { json } = await alice.call('POST', '/api/v1/statuses', { status: '', media_ids: [kept], scheduled_at: at })
  t.match(json.media_attachments, [{ id: kept }])
  clock.advance(3 * 86_400_000)
  await pruneOrphanMedia(ctx)
  t.same(await ctx.db('media').pluck('id'), [kept], `${orphan} is gone`)
})

t.test('Web Push: a device hears what it asked for, encrypted, and is forgotten when it is gone', async (t) => {
  const calls: { headers: IncomingHttpHeaders; body: Buffer }[] = []
  let status = 201
  const service = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      calls.push({ headers: request.headers, body: Buffer.concat(parts) })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void service.close(() => {}).closeAllConnections())
  const endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}/device/1`
  const { ctx, app, clock, alice, bea } = await clientScene(t, { origin: 'http://localhost:3000' })
  const device = createECDH('prime256v1')
  const secret = randomBytes(16)
  const keys = { p256dh: device.generateKeys('base64url'), auth: secret.toString('base64url') }
  const wishes = { alerts: { mention: true, favourite: true }, policy: 'all' }
  const stranger = await client(ctx, app, 'carl', 'read write')
  t.equal((await stranger.call('POST', '/api/v1/push/subscription', { subscription: { endpoint, keys } })).status, 403)
  t.equal((await alice.call('GET', '/api/v1/push/subscription')).status, 404)
  t.equal((await alice.call('POST', '/api/v1/push/subscription', { subscription: { endpoint, keys: { ...keys, auth: 'x' } } })).status, 422)
  t.equal((await alice.call('POST', '/api/v1/push/subscription', { subscription: { endpoint: 'https://10.0.0.1/', keys } })).status, 422)
  const made = await alice.call('POST', '/api/v1/push/subscription', { subscription: { endpoint, keys, standard: true }, data: wishes })
  t.match(made.json, {
    endpoint,
    standard: true,
    policy: 'all',
    alerts: { mention: true, favourite: true, follow: false },
    server_key: /^[\w-]{87}$/
  })
  const instance = (await alice.call('GET', '/api/v2/instance')).json
  t.equal(instance.configuration.vapid.public_key, made.json.server_key)

  const said = await post(bea, '@alice bonjour à tous')
  await bea.call('POST', `/api/v1/accounts/${alice.actor.id}/follow`)
  await doChores(ctx)
  t.equal(calls.length, 1, 'follows were not asked for')
  t.match(calls[0]!.headers, { 'content-encoding': 'aes128gcm', ttl: /^[0-9]+$/, authorization: /^vapid t=[\w.-]+, k=[\w-]+$/ })
  const message = JSON.parse(
    String(ece.decrypt(calls[0]!.body, { version: 'aes128gcm', privateKey: device, authSecret: keys.auth }))
  ) as Json
  const [notification] = (await alice.call('GET', '/api/v1/notifications?types[]=mention')).json
  t.match(message, {
    notification_id: notification.id,
    notification_type: 'mention',
    preferred_locale: 'fr',
    title: /vous mentionne$/,
    body: '@alice bonjour à tous'
  })

  t.match((await alice.call('PUT', '/api/v1/push/subscription', { data: { alerts: { mention: true }, policy: 'followed' } })).json, {
    policy: 'followed',
    alerts: { favourite: false }
  })
  await post(bea, '@alice encore', { in_reply_to_id: said.id })
  await doChores(ctx)
  t.equal(calls.length, 1, 'only of those one follows')
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/mute`)
  await post(bea, '@alice chut')
  await doChores(ctx)
  t.equal(calls.length, 1, 'nothing of whom one muted')
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/unmute`)
  status = 503
  await post(bea, '@alice un')
  await doChores(ctx)
  t.equal(calls.length, 2)
  status = 410
  clock.advance(61_000)
  await doChores(ctx)
  t.equal(calls.length, 3, 'asked again')
  t.equal((await alice.call('GET', '/api/v1/push/subscription')).status, 404)
  await post(bea, '@alice deux')
  await doChores(ctx)
  t.equal(calls.length, 3)

  status = 201
  await alice.call('POST', '/api/v1/push/subscription', { subscription: { endpoint, keys, standard: true }, data: wishes })
  await ctx.db('tokens').update({ revoked_at: ctx.clock.now() }).whereIn('id', ctx.db('push_subscriptions').select('token_id'))
  await post(bea, '@alice trois')
  await doChores(ctx)
  t.equal(calls.length, 3, 'a device that was logged out hears nothing')
  t.same(await ctx.db('push_subscriptions'), [])
})

t.test('people and subjects are found by counting what everybody may see', async (t) => {
  const { ctx, app, alice, bea, anyone } = await clientScene(t)
  const carl = await client(ctx, app, 'carl')
  await ctx.db('actors').whereIn('id', [alice.actor.id, bea.actor.id, carl.actor.id]).update({ discoverable: true })
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  await bea.call('POST', `/api/v1/accounts/${carl.actor.id}/follow`)
  t.match((await alice.call('GET', `/api/v1/accounts/familiar_followers?id[]=${carl.actor.id}`)).json, [
    { id: carl.actor.id, accounts: [{ acct: 'bea' }] }
  ])
  const names = (list: Json): string[] => list.map((one: Json) => one.account?.acct ?? one.acct)
  const suggested = async (): Promise<string[]> => names((await alice.call('GET', '/api/v2/suggestions')).json)
  t.ok((await suggested()).includes('carl'))
  t.notOk((await suggested()).includes('bea'), 'not whom one follows')
  await alice.call('DELETE', `/api/v1/suggestions/${carl.actor.id}`)
  t.notOk((await suggested()).includes('carl'))
  await post(alice, 'un #fete')
  const liked = await post(bea, 'deux #fete #rare')
  await post(carl, 'caché #secret', { visibility: 'private' })
  await carl.call('POST', `/api/v1/statuses/${liked.id}/favourite`)
  t.same(
    names((await anyone('GET', '/api/v1/directory?local=true&order=active')).json)
      .slice(0, 3)
      .sort(),
    ['alice', 'bea', 'carl']
  )
  t.match((await anyone('GET', '/api/v1/trends/tags')).json, [{ name: 'fete', history: [{ accounts: '2' }] }, { name: 'rare' }])
  t.match((await anyone('GET', '/api/v1/trends/statuses')).json, [{ id: liked.id }])
  for (const away of ['mute', 'block']) {
    await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/${away}`)
    t.same((await alice.call('GET', '/api/v1/trends/statuses')).json, [], away)
    t.notOk(names((await alice.call('GET', '/api/v1/directory')).json).includes('bea'), away)
    if (away === 'mute') await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/unmute`)
  }
  await ctx.db('actors').where({ id: bea.actor.id }).update({ limited_at: ctx.clock.now() })
  t.same((await anyone('GET', '/api/v1/trends/statuses')).json, [])
  t.notOk(names((await anyone('GET', '/api/v1/directory')).json).includes('bea'))
})

t.test('a pasted address shows words, never markup, and only what anyone may see', async (t) => {
  const { alice, anyone } = await clientScene(t)
  const embed = (url: string) => anyone('GET', `/api/oembed?url=${encodeURIComponent(url)}`)
  const open = await post(alice, '<script>alert(1)</script> & "bonjour"')
  const { status, json } = await embed(open.url)
  t.equal(status, 200)
  t.match(json, { type: 'rich', version: '1.0', author_name: 'alice', provider_url: 'https://commune.test' })
  t.match(json.html, /&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp; &quot;bonjour&quot;/)
  const hidden = await post(alice, 'privé', { visibility: 'private' })
  for (const url of [hidden.url, 'https://evil.test/@alice/1', 'https://commune.test/', 'javascript:alert(1)', ''])
    t.equal((await embed(url)).status, 404, url)
})
