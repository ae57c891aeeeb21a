import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { insertLocalKey } from '../db/keys.ts'
import { testContext } from '../test/context.ts'
import { AS2, testInternet, type Host, type Internet } from '../test/internet.ts'
import { fetchDocument, fetchJson, fetchMedia, newBudget, postActivity, type FetchOptions } from './fetch.ts'

const note = (id: string): Record<string, unknown> => ({ id, type: 'Note', content: 'x' })
const outcome = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'ok'
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

async function start(t: Parameters<typeof testContext>[0]): Promise<{
  ctx: Ctx
  clock: { advance(ms: number): void }
  internet: Internet
  peer: Host
  read: (path: string, opts?: FetchOptions) => Promise<string>
}> {
  const { ctx, clock } = await testContext(t)
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  return { ctx, clock, internet, peer, read: (path, opts) => outcome(fetchDocument(ctx, `https://peer.test${path}`, opts)) }
}

t.test('[15] a document is read from its own address, signed by the instance actor', async (t) => {
  const { ctx, peer } = await start(t)
  await insertLocalKey(ctx, ctx.db, ctx.site!.instanceActorId, `${ctx.site!.origin}/ap/actor#main-key`)
  peer.on('/n/1', note('https://peer.test/n/1'))
  const document = await fetchDocument(ctx, 'https://peer.test/n/1#part')
  t.equal(document.iri, 'https://peer.test/n/1')
  t.match(
    peer.seen[0]?.headers.signature,
    /^keyId="https:\/\/commune\.test\/ap\/actor#main-key",algorithm="rsa-sha256",headers="\(request-target\) host date"/
  )
  t.match(peer.seen[0]?.headers.accept, /^application\/activity\+json, application\/ld\+json; profile=/)
})

t.test('a host that refuses one scheme is asked with the other, then without; what worked is remembered for a week', async (t) => {
  const { ctx, clock, peer } = await start(t)
  await insertLocalKey(ctx, ctx.db, ctx.site!.instanceActorId, `${ctx.site!.origin}/ap/actor#main-key`)
  peer.on('/n/1', (request, response) => {
    const status = request.headers['signature-input'] === undefined ? 401 : 200
    response.writeHead(status, { 'content-type': AS2 }).end(JSON.stringify(note('https://peer.test/n/1')))
  })
  await fetchDocument(ctx, 'https://peer.test/n/1')
  t.same(
    peer.seen.map((one) => one.headers['signature-input'] !== undefined),
    [false, true]
  )
  await fetchDocument(ctx, 'https://peer.test/n/1')
  t.equal(peer.seen.length, 3, 'straight to what worked')
  clock.advance(8 * 86_400_000)
  await fetchDocument(ctx, 'https://peer.test/n/1')
  t.equal(peer.seen.length, 5, 'after a week cavage first again')
  peer.on(
    '/n/2',
    (request, response) =>
      void (request.headers.signature === undefined
        ? response.writeHead(200, { 'content-type': AS2 }).end(JSON.stringify(note('https://peer.test/n/2')))
        : response.writeHead(401).end())
  )
  await fetchDocument(ctx, 'https://peer.test/n/2')
  t.equal(peer.seen.at(-1)?.headers.signature, undefined, 'a public document without signature as a last resort')
})

t.test('[29] F01, F05, F29: private answers, rebinding and our own host are refused', async (t) => {
  const { ctx, internet, peer, read } = await start(t)
  peer.on('/n/1', note('https://peer.test/n/1'))
  for (const addresses of [['127.0.0.1'], ['11.22.33.44', '10.0.0.1'], ['11.22.33.44', '::1'], ['::ffff:192.168.0.1']]) {
    internet.addresses.set('peer.test', addresses)
    t.equal(await read('/n/1'), 'fetch.refused', addresses.join(' '))
  }
  t.equal(peer.seen.length, 0, 'nothing was sent')
  internet.addresses.delete('peer.test')
  t.equal(await read('/n/1'), 'ok')
  t.equal(await outcome(fetchDocument(ctx, `${ctx.site!.origin}/ap/actor`)), 'fetch.refused', 'F29')
  t.equal(
    await outcome(postActivity(ctx, { inbox: `${ctx.site!.origin}/ap/inbox`, body: Buffer.from('{}'), headers: {} })),
    'fetch.refused',
    'F29 on POST'
  )
  t.equal(
    await outcome(postActivity(ctx, { inbox: 'https://10.0.0.1/inbox', body: Buffer.from('{}'), headers: {} })),
    'fetch.refused',
    'F01 on POST'
  )
})

t.test('F06, F07, F16: redirects are judged one by one and end after two', async (t) => {
  const { ctx, internet, peer, read } = await start(t)
  await insertLocalKey(ctx, ctx.db, ctx.site!.instanceActorId, `${ctx.site!.origin}/ap/actor#main-key`)
  const redirect = (path: string, location: string): void =>
    peer.on(path, (_request, response) => void response.writeHead(302, { location }).end())
  peer.on('/n/1', note('https://peer.test/n/1'))
  redirect('/old', '/n/1')
  t.equal(await read('/old'), 'ok')
  t.equal((await fetchDocument(ctx, 'https://peer.test/old')).iri, 'https://peer.test/n/1', 'F16 known by the id of where it ended')
  for (const to of [
    'https://127.0.0.1/',
    'http://peer.test/n/1',
    'https://localhost/',
    'file:///etc/passwd',
    'https://commune.test/ap/actor'
  ]) {
    redirect('/out', to)
    t.equal(await read('/out'), 'fetch.refused', to)
  }
  redirect('/loop', '/loop')
  const before = peer.seen.length
  t.equal(await read('/loop'), 'fetch.invalid')
  t.equal(peer.seen.length - before, 3, 'F07 three requests in all')
  const other = internet.host('other.test')
  other.on('/n/9', note('https://other.test/n/9'))
  other.on('/n/8', note('https://peer.test/n/8'))
  redirect('/moved', 'https://other.test/n/9')
  t.equal(await read('/moved'), 'ok', 'a hop to another host')
  t.equal(other.seen[0]?.headers.signature, undefined, 'carries no signature')
  redirect('/n/8', 'https://other.test/n/8')
  t.not(await read('/n/8'), 'ok', 'and the id must be of that host')
})

t.test('F13, F15: only ActivityStreams types, only under its own id', async (t) => {
  const { ctx, internet, peer, read } = await start(t)
  for (const type of [
    'image/png',
    'text/html',
    'text/plain',
    'application/json',
    'application/ld+json',
    'application/ld+json; profile="https://example.org"',
    'application/activity+jsonx',
    ''
  ]) {
    peer.on('/n/1', note('https://peer.test/n/1'), type)
    t.equal(await read('/n/1'), 'fetch.invalid', type)
  }
  for (const type of [
    'application/activity+json',
    'application/activity+json; charset=utf-8',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    'application/ld+json; charset=utf-8; profile="https://www.w3.org/ns/activitystreams"'
  ]) {
    peer.on('/n/1', note('https://peer.test/n/1'), type)
    t.equal(await read('/n/1'), 'ok', type)
  }
  peer.on('/@bob/1', note('https://peer.test/n/1'))
  t.equal((await fetchDocument(ctx, 'https://peer.test/@bob/1')).iri, 'https://peer.test/n/1', 'same host: read again at the id')
  peer.on('/liar', note('https://peer.test/n/404'))
  t.equal(await read('/liar'), 'fetch.gone', 'an id that is not there')
  peer.on('/a', note('https://peer.test/b'))
  peer.on('/b', note('https://peer.test/a'))
  t.equal(await read('/a'), 'fetch.invalid', 'one refetch, no chain')
  const victim = internet.host('victim.test')
  victim.on('/n/1', { ...note('https://victim.test/n/1'), content: 'true' })
  peer.on('/forged', { ...note('https://victim.test/n/1'), content: 'forged' })
  t.equal(await read('/forged'), 'fetch.invalid', 'another host')
  const asked = await fetchDocument(ctx, 'https://peer.test/forged', { allowCrossOriginId: true })
  t.equal(asked.json.content, 'true', 'when allowed, the id itself is asked')
  for (const id of ['', 'not an iri', 'data:x', 42, null]) {
    peer.on('/x', { id, type: 'Note' })
    t.equal(await read('/x'), 'fetch.invalid', String(id))
  }
})

t.test('F10, F11, F12: slow, endless and bombed answers end', async (t) => {
  const { peer, read } = await start(t)
  peer.on('/drip', (_request, response) => {
    response.writeHead(200, { 'content-type': AS2 })
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  t.equal(await read('/drip', { deadlineMs: 200 }), 'fetch.unreachable', 'F10 a total deadline')
  peer.on('/long', (_request, response) => void response.writeHead(200, { 'content-type': AS2 }).end(Buffer.alloc(1024 * 1024 + 1, 0x20)))
  t.equal(await read('/long'), 'fetch.invalid', 'F11')
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
  peer.on('/bomb', (_request, response) => void response.writeHead(200, { 'content-type': AS2, 'content-encoding': 'gzip' }).end(bomb))
  t.equal(await read('/bomb'), 'fetch.invalid', 'F12')
  peer.on(
    '/nested',
    (_request, response) =>
      void response.writeHead(200, { 'content-type': AS2, 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('{}')))
  )
  t.equal(await read('/nested'), 'fetch.invalid', 'F12 two encodings')
  peer.on(
    '/zip',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': AS2, 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(note('https://peer.test/zip'))))
  )
  t.equal(await read('/zip'), 'ok', 'one gzip is read')
  peer.on(
    '/deep',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': AS2 })
        .end(`{"id":"https://peer.test/deep","a":${'['.repeat(5000)}${']'.repeat(5000)}}`)
  )
  t.equal(await read('/deep'), 'fetch.invalid', 'J07')
})

t.test('F17: a budget ends the digging, and a host sees two fetches at a time', async (t) => {
  const { ctx, peer, read } = await start(t)
  const budget = newBudget(3)
  for (let at = 0; at < 5; at += 1) peer.on(`/n/${at}`, note(`https://peer.test/n/${at}`))
  const outcomes = []
  for (let at = 0; at < 5; at += 1) outcomes.push(await read(`/n/${at}`, { budget }))
  t.same(outcomes, ['ok', 'ok', 'ok', 'fetch.refused', 'fetch.refused'])
  let now = 0
  let most = 0
  const waiting: (() => void)[] = []
  peer.on('/busy', (request, response) => {
    now += 1
    most = Math.max(most, now)
    waiting.push(() => {
      now -= 1
      response.writeHead(200, { 'content-type': AS2 }).end(JSON.stringify(note(`https://peer.test${request.url}`)))
    })
    setImmediate(() => waiting.shift()?.())
  })
  await Promise.all(Array.from({ length: 20 }, (_, at) => fetchDocument(ctx, `https://peer.test/busy?${at}`)))
  t.ok(most <= 2, `${most} at a time`)
})

t.test('F26: a certificate for another name fails closed, and a failure is remembered a minute', async (t) => {
  const { ctx, clock, internet, peer, read } = await start(t)
  t.equal(await outcome(fetchDocument(ctx, 'https://wrong-name.test/n/1')), 'fetch.unreachable')
  internet.down.add('peer.test')
  peer.on('/n/1', note('https://peer.test/n/1'))
  t.equal(await read('/n/1'), 'fetch.unreachable')
  internet.down.delete('peer.test')
  t.equal(await read('/n/1'), 'fetch.unreachable')
  t.equal(peer.seen.length, 0, 'not asked again yet')
  clock.advance(61_000)
  t.equal(await read('/n/1'), 'ok')
  peer.on('/gone', 410)
  const gone = await fetchDocument(ctx, 'https://peer.test/gone').catch((error: unknown) => error)
  t.match(gone, { code: 'fetch.gone', details: { status: 410 } })
  peer.on('/busy', (_request, response) => void response.writeHead(429, { 'retry-after': '120' }).end())
  t.match(await fetchDocument(ctx, 'https://peer.test/busy').catch((error: unknown) => error), {
    code: 'fetch.unreachable',
    retryAfterSeconds: 120
  })
})

t.test('a delivery is one POST over a kept connection, and a redirect is only an answer', async (t) => {
  const { ctx, peer } = await start(t)
  const sockets = new Set<unknown>()
  peer.on('/inbox', (request, response) => {
    sockets.add(request.socket)
    response.writeHead(202).end()
  })
  const post = (path: string): ReturnType<typeof postActivity> =>
    postActivity(ctx, { inbox: `https://peer.test${path}`, body: Buffer.from('{"a":1}'), headers: { 'content-type': AS2 } })
  for (let at = 0; at < 20; at += 1) t.match(await post('/inbox'), { status: 202 })
  t.ok(sockets.size <= 4, `${sockets.size} connections for twenty`)
  t.equal(peer.seen[0]?.body.toString(), '{"a":1}')
  peer.on('/moved', (_request, response) => void response.writeHead(308, { location: '/inbox' }).end())
  const before = peer.seen.length
  t.match(await post('/moved'), { status: 308 })
  t.equal(peer.seen.length, before + 1, 'not followed')
  peer.on('/busy', (_request, response) => void response.writeHead(503, { 'retry-after': '7' }).end('x'.repeat(200_000)))
  t.match(await post('/busy'), { status: 503, retryAfterSeconds: 7 })
})

t.test('F23: files and JSON of other kinds go through the same guard and keep their own limits', async (t) => {
  const { ctx, peer } = await start(t)
  peer.on('/a.png', (_request, response) => void response.writeHead(200, { 'content-type': 'image/PNG; x=y' }).end('png'))
  t.match(await fetchMedia(ctx, 'https://peer.test/a.png', { maxBytes: 10 }), { mediaType: 'image/png', body: Buffer.from('png') })
  t.equal(await outcome(fetchMedia(ctx, 'https://peer.test/a.png', { maxBytes: 2 })), 'fetch.invalid')
  t.equal(await outcome(fetchMedia(ctx, 'https://169.254.169.254/latest/meta-data', { maxBytes: 2 })), 'fetch.refused', 'F23')
  peer.on('/jrd', { a: 1 }, 'application/jrd+json; charset=utf-8')
  t.same(await fetchJson(ctx, 'https://peer.test/jrd', { accept: 'application/jrd+json', maxBytes: 100 }), { a: 1 })
  peer.on('/page', { a: 1 }, 'text/html')
  t.equal(await outcome(fetchJson(ctx, 'https://peer.test/page', { accept: 'application/json', maxBytes: 100 })), 'fetch.invalid')
})
