import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { AppError } from '../core/errors.ts'
import { testContext } from '../test/context.ts'
import { memoryOf } from '../protocol/keys-memory.ts'
import { unreadBodies } from './plugins/unread-bodies.ts'
import { edge, MAX_ACTIVITY_BYTES, readActivity, spendHostBudget } from './edge.ts'

/** An inbox that answers with what it read. */
async function inbox(t: Parameters<typeof testContext>[0]) {
  const { ctx, clock } = await testContext(t)
  const app = Fastify({ trustProxy: 'loopback' })
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof AppError ? error.status : (error.statusCode ?? 500)
    return reply.status(status).send({ code: error instanceof AppError ? error.code : error.message })
  })
  await app.register(unreadBodies)
  await app.register(async (scope) => {
    await edge(scope, { ctx })
    scope.post('/ap/inbox', async (request, reply) =>
      reply.status(202).send({ json: readActivity(request).json ?? null, bytes: readActivity(request).raw.length })
    )
  })
  t.teardown(() => app.close())
  const post = (payload: string | Buffer | undefined, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/ap/inbox',
      headers: { host: 'commune.test', 'content-type': 'application/activity+json', ...headers },
      ...(payload === undefined ? {} : { payload })
    })
  return { ctx, clock, app, post }
}

t.test('an activity arrives with its exact bytes, under the three media types', async (t) => {
  const { post } = await inbox(t)
  for (const type of [
    'application/activity+json',
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    'application/json; charset=utf-8'
  ]) {
    const response = await post('{ "type":"Like","é":1}', { 'content-type': type })
    t.equal(response.statusCode, 202, type)
    t.same(response.json(), { json: { type: 'Like', é: 1 }, bytes: 23 })
  }
  t.equal((await post('{}', { 'content-type': 'text/plain' })).statusCode, 415)
})

t.test('J05: bodies that are not one UTF-8 JSON text are refused with 400', async (t) => {
  const { post } = await inbox(t)
  const bodies: [string, Buffer | undefined][] = [
    ['nothing', undefined],
    ['zero bytes', Buffer.alloc(0)],
    ['BOM', Buffer.from('\ufeff{}')],
    ['UTF-16 LE', Buffer.from('\ufeff{}', 'utf16le')],
    ['UTF-16 without BOM', Buffer.from('{}', 'utf16le')],
    ['broken UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['not JSON', Buffer.from('{type:Like}')],
    ['cut', Buffer.from('{"type":"Li')]
  ]
  for (const [name, body] of bodies) t.match({ status: (await post(body)).statusCode }, { status: 400 }, name)
})

t.test('J07: 100,000 nested arrays are refused while scanning, 32 levels are read', async (t) => {
  const { post } = await inbox(t)
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.equal((await post(nested(32))).statusCode, 202)
  for (const depth of [33, 1_500, 100_000]) {
    const response = await post(nested(depth))
    t.equal(response.statusCode, 400, String(depth))
    t.equal(response.json().code, 'document.too-deep')
  }
  t.equal((await post(JSON.stringify({ text: '[{"'.repeat(50) }))).statusCode, 202, 'brackets in a text do not count')
})

t.test('J08: more than 1 MiB is refused with 413, announced or not, and a lying length with 400', async (t) => {
  const { app, post } = await inbox(t)
  t.equal((await post(`"${'x'.repeat(MAX_ACTIVITY_BYTES - 2)}"`)).statusCode, 202, 'exactly 1 MiB')
  t.equal((await post(`"${'x'.repeat(MAX_ACTIVITY_BYTES - 1)}"`)).statusCode, 413)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address() as { port: number }
  const head = 'POST /ap/inbox HTTP/1.1\r\nHost: commune.test\r\nContent-Type: application/activity+json\r\n'
  const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`
  t.match(await raw(address.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}0\r\n\r\n`), / 413 /, 'chunked')
  t.match(await raw(address.port, `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), / 400 /, 'two lengths')
  t.match(await raw(address.port, `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`), / 400 /, 'two different lengths')
})

t.test('J10, J13, S05: encodings, prototype keys and foreign hosts', async (t) => {
  const { post } = await inbox(t)
  for (const encoding of ['gzip', 'br', 'zstd', 'identity', ''])
    t.equal((await post('{}', { 'content-encoding': encoding })).statusCode, 415, `J10 ${encoding}`)
  const response = await post(
    '{"__proto__":{"polluted":1},"a":{"\\u005f_proto__":{"polluted":1},"b":1},"constructor":{"prototype":{"polluted":1}}}'
  )
  t.same(JSON.parse(response.body).json, JSON.parse('{"a":{"b":1},"constructor":{"prototype":{"polluted":1}}}'), 'J13')
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  for (const host of ['evil.test', 'commune.test.evil.test', 'xcommune.test', '', 'commune.test:8443'])
    t.equal((await post('{}', { host })).statusCode, 421, `S05 ${host}`)
  for (const host of ['COMMUNE.test', 'commune.test:443', 'commune.test.']) t.equal((await post('{}', { host })).statusCode, 202, host)
  t.equal(
    (await post('{}', { 'x-forwarded-host': 'evil.test', 'x-http-method-override': 'DELETE' })).statusCode,
    202,
    'S21 such headers change nothing'
  )
})

t.test('an address that is refused again and again is told to wait, a verified host has a wide budget', async (t) => {
  const { ctx, clock, post } = await inbox(t)
  const from = (address: string): Promise<number> =>
    post('not json', { 'x-forwarded-for': address }).then((response) => response.statusCode)
  const statuses = []
  for (let at = 0; at < 310; at += 1) statuses.push(await from('203.0.113.7'))
  t.same([...new Set(statuses)], [400, 429])
  t.equal(await from('203.0.113.8'), 400, 'others are not concerned')
  clock.advance(60_000)
  t.equal(await from('203.0.113.7'), 400, 'a minute later')
  for (let at = 0; at < 6_000; at += 1) spendHostBudget(ctx, 'peer.test')
  t.throws(() => spendHostBudget(ctx, 'peer.test'), { code: 'edge.too-many', status: 429, retryAfterSeconds: Number })
  t.doesNotThrow(() => spendHostBudget(ctx, 'other.test'))
  clock.advance(1_000)
  t.doesNotThrow(() => spendHostBudget(ctx, 'peer.test'))
})

t.test('who is refused unread hears so once the body is through: before, closing would reset the connection', async (t) => {
  const { app } = await inbox(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const head = 'POST /ap/inbox HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\nContent-Type: application/activity+json\r\n'
  const ask = (length: number): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).write(`${head}Content-Length: ${length}\r\n\r\n`)
    return socket
  }
  const waiting = ask(900_000)
  let early = true
  const answered = new Promise<string>((resolve) =>
    waiting.once('data', (chunk: Buffer) => resolve(`${early ? 'early ' : ''}${chunk.toString()}`))
  )
  // What nobody would read is not waited for; its answer shows that the one before had its time.
  const [refusal] = (await once(ask(100 * MAX_ACTIVITY_BYTES), 'data')) as [Buffer]
  t.match(refusal.toString(), /^HTTP\/1.1 421 /)
  early = false
  waiting.write(Buffer.alloc(900_000, 0x20))
  t.match(await answered, /^HTTP\/1.1 421 /)
})

t.test('Q03: a hundred thousand hosts and keys leave a bounded memory', async (t) => {
  const { ctx } = await inbox(t)
  const memory = memoryOf(ctx)
  const at = (index: number): string => `h${index}.test`
  for (let index = 0; index < 100_000; index += 1) {
    spendHostBudget(ctx, at(index))
    const iri = `https://${at(index)}/users/x#main-key`
    memory.dead.set(iri, { untilMs: 1, code: 'signature.key-gone' })
    memory.refreshed.set(iri, 1)
    memory.down.set(at(index), 1)
    memory.failures.set(at(index), { count: 1, sinceMs: 1 })
    ctx.sockets.negative.set(`https://${at(index)}/`, { untilMs: 1, code: 'fetch.unreachable' } as never)
    ctx.sockets.schemes.set(at(index), 'cavage' as never)
  }
  for (const [name, lru] of Object.entries({ ...memory, negative: ctx.sockets.negative, schemes: ctx.sockets.schemes }))
    t.ok(lru.size <= 10_000, `${name} holds ${lru.size}`)
  for (let index = 0; index < 6_000; index += 1) spendHostBudget(ctx, 'busy.test')
  t.throws(() => spendHostBudget(ctx, 'busy.test'), { code: 'edge.too-many' }, 'and still counts who is busy now')
})

/** The first line of the answer to bytes written as they are. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (data) => {
      text += data.toString()
      if (text.includes('\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text.split('\r\n')[0] ?? '')))
  })
}
