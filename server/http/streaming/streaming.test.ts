// Streams over real sockets: who hears what, and who no longer does.
import t from 'tap'
import { WebSocket } from 'ws'
import { createToken, revokeOwnToken } from '../../features/accounts/tokens.ts'
import { saveFollow } from '../../db/links.ts'
import { tell } from '../../db/live.ts'
import { create, note, receive } from '../../test/arrivals.ts'
import { browserOf } from '../../test/browser.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { client, clientScene, type Client, type ClientScene, type Json } from '../../test/client.ts'
import { remotePerson } from '../../test/people.ts'
import { waitUntil } from '../../test/wait.ts'

type Tap = Parameters<typeof clientScene>[0]

interface Ear {
  heard: { event: string; payload: Json; stream: string[] }[]
  socket: WebSocket
  /** Events by name, with the id they speak of. */
  said(): string[]
}

async function scene(
  t: Tap
): Promise<
  ClientScene & { base: string; listen(query: string, options?: { headers?: Record<string, string>; protocol?: string }): Promise<Ear> }
> {
  const all = await clientScene(t)
  const base = (await all.app.listen({ port: 0, host: '127.0.0.1' })).replace('http', 'ws')
  const listen = async (query: string, options: { headers?: Record<string, string>; protocol?: string } = {}): Promise<Ear> => {
    const socket = new WebSocket(`${base}/api/v1/streaming${query}`, options.protocol ?? [], { headers: options.headers ?? {} })
    const heard: Ear['heard'] = []
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as Json
      const isJson = typeof message.payload === 'string' && message.payload.startsWith('{')
      heard.push({ ...message, payload: isJson ? JSON.parse(message.payload) : message.payload })
    })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    t.teardown(() => socket.terminate())
    return { heard, socket, said: () => heard.map(({ event, payload }) => `${event} ${payload?.id ?? payload}`) }
  }
  return { ...all, base, listen }
}

/** Waits until the server listens for this person: a message to an unknown stream is answered after that. */
async function settled({ heard, socket }: Ear): Promise<void> {
  const before = heard.length
  socket.send(JSON.stringify({ type: 'subscribe', stream: 'nowhere' }))
  await waitUntil('the unknown stream is refused', () => heard.length > before)
  heard.length = before
}

const post = async (who: Client, status: string, more: object = {}): Promise<Json> =>
  (await who.call('POST', '/api/v1/statuses', { status, ...more })).json

t.test('a home stream tells what the home shows: posts, edits, deletions, news, from here and elsewhere', async (t) => {
  const { ctx, alice, bea, listen } = await scene(t)
  const carl = await remotePerson(ctx, 'carl@elsewhere.example')
  await saveFollow(ctx, ctx.db, { iri: `${alice.actor.iri}#c`, follower: alice.actor, followedId: carl.id, state: 'accepted' })
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  await alice.call('POST', '/api/v2/filters', { title: 'Bruit', context: ['home'], keywords_attributes: [{ keyword: 'travaux' }] })
  const ear = await listen(`?stream=user&access_token=${alice.token}`)
  const other = await listen(`?stream=user`, { headers: { authorization: `Bearer ${bea.token}` } })
  await settled(ear)
  await settled(other)
  const said = await post(bea, 'Des travaux rue Basse')
  await waitUntil('both heard the post', () => ear.heard.length === 1 && other.heard.length === 1)
  t.match(ear.heard[0], { event: 'update', stream: ['user'], payload: { id: said.id, filtered: [{ filter: { title: 'Bruit' } }] } })
  t.same(other.heard[0]?.payload.filtered, [], 'each has their own filters')
  const secret = await post(bea, 'entre nous', { visibility: 'direct' })
  const named = await post(bea, '@alice bonjour', { visibility: 'direct' })
  await waitUntil('the direct post came', () => ear.heard.length === 3)
  t.same(ear.said().slice(1).sort(), [
    `notification ${ear.heard.find(({ event }) => event === 'notification')!.payload.id}`,
    `update ${named.id}`
  ])
  t.notOk(ear.said().includes(`update ${secret.id}`))
  ear.heard.length = 0
  await receive(ctx, create(carl, note(carl, { published: ctx.clock.now().toISOString() })))
  await receive(ctx, create(carl, note(carl, { published: '2020-01-01T00:00:00Z' })))
  await bea.call('PUT', `/api/v1/statuses/${said.id}`, { status: 'Fini' })
  await bea.call('DELETE', `/api/v1/statuses/${said.id}`)
  await waitUntil('three events came', () => ear.heard.length >= 3)
  t.match(ear.heard, [
    { event: 'update', payload: { account: { acct: 'carl@elsewhere.example' } } },
    { event: 'status.update', payload: { content: '<p>Fini</p>' } },
    { event: 'delete', payload: said.id }
  ])
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/mute`)
  await post(bea, 'sourdine')
  await alice.call('POST', '/api/v2/filters', { title: 'Autre', context: ['home'] })
  await waitUntil('the filter changed', () => ear.heard.length === 4)
  t.match(ear.heard[3], { event: 'filters_changed' }, 'nothing of whom one has muted')
})

t.test('one socket carries several streams; each keeps to its own', async (t) => {
  const { alice, bea, listen } = await scene(t)
  await alice.call('POST', `/api/v1/accounts/${bea.actor.id}/follow`)
  const list = (await alice.call('POST', '/api/v1/lists', { title: 'L' })).json
  await alice.call('POST', `/api/v1/lists/${list.id}/accounts`, { account_ids: [bea.actor.id] })
  const ear = await listen('', { protocol: alice.token })
  for (const question of [
    { stream: 'public:local' },
    { stream: 'hashtag', tag: 'Fête' },
    { stream: 'list', list: list.id },
    { stream: 'direct' },
    { stream: 'user:notification' },
    { stream: 'public' }
  ])
    ear.socket.send(JSON.stringify({ type: 'subscribe', ...question }))
  ear.socket.send(JSON.stringify({ type: 'unsubscribe', stream: 'public' }))
  await settled(ear)
  const tagged = await post(bea, 'Ce soir #fete')
  await waitUntil('three streams heard', () => ear.heard.length === 3)
  t.same(ear.heard.map(({ stream }) => stream.join(' ')).sort(), ['hashtag Fête', `list ${list.id}`, 'public:local'])
  t.ok(ear.heard.every(({ payload }) => payload.id === tagged.id))
  ear.heard.length = 0
  await post(bea, 'abonnés', { visibility: 'private' })
  await post(bea, '@alice viens', { visibility: 'direct' })
  await waitUntil(
    'conversation and notification came',
    () => ear.heard.some(({ event }) => event === 'conversation') && ear.heard.some(({ event }) => event === 'notification')
  )
  t.same(ear.heard.map(({ event, stream }) => `${event} ${stream[0]}`).sort(), [
    'conversation direct',
    'notification user:notification',
    'update list',
    'update list'
  ])
  ear.heard.length = 0
  ear.socket.send('no json')
  ear.socket.send(JSON.stringify({ type: 'subscribe', stream: 'list', list: '12' }))
  await waitUntil('two refusals came', () => ear.heard.length === 2)
  t.match(ear.heard, [
    { error: /./, status: 400 },
    { error: /./, status: 404 }
  ])
})

t.test('what is said in one’s groups and under a post is heard as it is read, members’ words by members only', async (t) => {
  const { alice, bea, app, ctx, listen } = await scene(t)
  const carl = await client(ctx, app, 'carl')
  await alice.call('POST', '/api/communer/v1/groups', { name: 'Jardin', username: 'jardin' })
  await bea.call('POST', '/api/communer/v1/groups/jardin/join')
  const mine = (who: Client) => who.call('GET', '/api/communer/v1/timelines/groups')
  t.same((await mine(bea)).json, [])
  const [member, stranger] = [
    await listen(`?stream=groups&access_token=${bea.token}`),
    await listen(`?stream=groups&access_token=${carl.token}`)
  ]
  await settled(member)
  await settled(stranger)
  const open = await post(alice, 'Semis demain', { as: 'jardin' })
  const inner = await post(alice, 'La clé est sous le pot', { as: 'jardin', visibility: 'members' })
  await waitUntil('both posts heard', () => member.heard.length === 2)
  t.same(member.said(), [`update ${open.id}`, `update ${inner.id}`])
  t.same(
    (await mine(bea)).json.map(({ id }: { id: string }) => id),
    [inner.id, open.id]
  )
  const thread = await listen(`?stream=thread&thread=${open.id}&access_token=${carl.token}`)
  await settled(thread)
  const answer = await post(bea, 'J’y serai', { in_reply_to_id: open.id })
  await waitUntil('the answer is heard under the post', () => thread.heard.length === 1)
  t.same(thread.said(), [`update ${answer.id}`])
  t.equal((await mine(bea)).json.length, 2, 'answers stay in their threads')
  thread.socket.send(JSON.stringify({ type: 'subscribe', stream: 'thread', thread: inner.id }))
  await waitUntil('refused', () => thread.heard.length === 2)
  t.match(thread.heard[1], { status: 400 })
  await bea.call('POST', '/api/communer/v1/groups/jardin/leave')
  t.same((await mine(bea)).json, [])
  t.same(stranger.heard, [])
})

t.test('V08, W19: a stream needs a living token with the scope, and the page of its own server', async (t) => {
  const { ctx, app, alice, base, listen } = await scene(t)
  // A refused socket is closed by the server: the test would not end otherwise.
  const status = async (query: string, headers: object = {}): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${base}/api/v1/streaming${query}`, { headers: headers as Record<string, string> })
      socket.once('unexpected-response', (_request, answer) => resolve(String(answer.statusCode)))
      socket.once('open', () => resolve('open'))
      socket.on('error', () => {})
      t.teardown(() => socket.terminate())
    })
  t.equal(await status('?stream=user'), '401')
  t.equal(await status('?stream=user&access_token=nonsense-nonsense-nonsense'), '401')
  const writer = await createToken(ctx, alice.account.id, 'write')
  t.equal(await status(`?stream=user&access_token=${writer}`), '403')
  const http = base.replace('ws', 'http')
  t.equal((await fetch(`${http}/api/v1/streaming/user`)).status, 401)
  t.equal((await fetch(`${http}/api/v1/streaming/list?list=1&access_token=${alice.token}`)).status, 404)
  t.equal((await fetch(`${http}/api/v1/timelines/home?access_token=${alice.token}`)).status, 401, 'in an address only for streams')
  t.equal(await (await fetch(`${http}/api/v1/streaming/health`)).text(), 'OK')
  const { streaming } = (await (await fetch(`${http}/api/v2/instance`)).json()).configuration.urls
  t.equal(streaming, 'wss://commune.test')

  await createAccount(ctx, { username: 'dora', email: 'dora@example.org', password: 'correct horse' })
  const dora = browserOf(app)
  await dora.post('/api/communer/v1/login', { login: 'dora', password: 'correct horse' })
  const cookie = [...dora.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  t.equal(await status('?stream=user', { cookie, origin: 'https://evil.test' }), '403')
  t.equal(await status('?stream=user', { cookie, origin: 'https://commune.test' }), 'open')

  const token = await createToken(ctx, alice.account.id, 'read')
  const ear = await listen(`?stream=user&access_token=${token}`)
  await settled(ear)
  const events = await fetch(`${http}/api/v1/streaming/user?access_token=${token}`)
  const ended = Promise.all([new Promise((resolve) => ear.socket.once('close', resolve)), events.text().catch(() => '')])
  const row = await ctx
    .db('tokens')
    .where({ token_hash: ctx.secrets.hash(token) })
    .first('id')
  const before = performance.now()
  await revokeOwnToken(ctx, alice.account.id, row.id)
  await ended
  t.ok(performance.now() - before < 5_000, 'the bound of V08: five seconds')
})

t.test('server-sent events say the same, and end with the server', async (t) => {
  const { app, alice, bea, base } = await scene(t)
  const answer = await fetch(`${base.replace('ws', 'http')}/api/v1/streaming/public/local`, {
    headers: { authorization: `Bearer ${alice.token}`, origin: 'https://phanpy.test' }
  })
  t.match(answer.headers.get('content-type'), /text\/event-stream/)
  t.equal(answer.headers.get('access-control-allow-origin'), '*')
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  t.match((await reader.read()).value, /^:\)/)
  const said = await post(bea, 'Bonjour')
  const { value } = await reader.read()
  const [event, line] = value!.split('\n')
  t.equal(event, 'event: update')
  t.equal(JSON.parse(line!.slice('data: '.length)).id, said.id)
  await app.close()
  let last = await reader.read()
  while (!last.done) last = await reader.read()
  t.ok(last.done)
})

/** How many connections to the database listen: none when nobody does. */
async function ears({ ctx }: ClientScene): Promise<number> {
  const { rows } = await ctx.db.raw<{ rows: unknown[] }>(
    "select 1 from pg_stat_activity where application_name = 'communer live' and datname = current_database()"
  )
  return rows.length
}

t.test('what one person or group says is heard on their page, as the page shows it', async (t) => {
  const { alice, bea, listen } = await scene(t)
  const ear = await listen(`?stream=account&account=${bea.actor.id}&access_token=${alice.token}`)
  await settled(ear)
  await post(alice, 'pas de Bea')
  await post(bea, 'pour ses abonnés', { visibility: 'private' })
  const said = await post(bea, 'Bonjour à tous')
  await waitUntil('the open post is heard', () => ear.heard.length > 0)
  t.same(ear.said(), [`update ${said.id}`])
  t.same(ear.heard[0]?.stream, ['account', bea.actor.id])
})

t.test('who leaves a stream, or does not read it, is kept no longer', async (t) => {
  const all = await scene(t)
  const { ctx, alice, base, listen } = all
  const gone = new AbortController()
  const http = base.replace('ws', 'http')
  await fetch(`${http}/api/v1/streaming/user?access_token=${alice.token}`, { signal: gone.signal })
  t.equal(await ears(all), 1)
  gone.abort()
  await waitUntil('the one who left is forgotten', async () => (await ears(all)) === 0)

  // Fifty streams say the same long word; none of it is read.
  const lazy = await listen('', { protocol: alice.token })
  for (let at = 0; at < 50; at += 1) lazy.socket.send(JSON.stringify({ type: 'subscribe', stream: 'hashtag', tag: `mot${at}` }))
  await settled(lazy)
  lazy.socket.pause()
  const word = '9'.repeat(7_000)
  for (let at = 0; at < 80 && (await ears(all)) === 1; at += 1) await tell(ctx.db, 'boost-ended', [word])
  await waitUntil('the socket nobody reads is closed', async () => (await ears(all)) === 0)

  const idle = await fetch(`${http}/api/v1/streaming/user?access_token=${alice.token}`)
  t.equal(await ears(all), 1)
  for (let at = 0; at < 60 && (await ears(all)) === 1; at += 1)
    await Promise.all(Array.from({ length: 100 }, () => tell(ctx.db, 'boost-ended', [word])))
  await waitUntil('the events nobody reads are ended', async () => (await ears(all)) === 0)
  await t.rejects(idle.text())
})
