// Clients that drip, and clients that hoard connections, against a listening server (Q01).
import t from 'tap'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { buildApp } from '../app.ts'
import { testContext } from '../test/context.ts'
import { waitUntil } from '../test/wait.ts'
import { limitConnections } from './connection-limit.ts'

t.test('Q01: two hundred clients that drip their headers are cut off, and others are served meanwhile', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  t.equal(app.server.headersTimeout, 10_000, 'an honest slow phone has ten seconds')
  app.server.headersTimeout = 1_500
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const closed: number[] = []
  const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'))
  const startedAt = performance.now()
  for (const [index, socket] of sockets.entries()) {
    socket.on('error', () => {})
    socket.on('close', () => closed.push(performance.now() - startedAt))
    socket.on('data', () => {})
    // Half drip their headers, half say how much comes and send nothing.
    socket.write(index % 2 === 0 ? 'POST /ap/inbox HTTP/1.1\r\nHost: commune.test\r\n' : 'GET /livez HTTP/1.1\r\nHost:')
  }
  const drip = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('X-A: b\r\n')), 500)
  t.teardown(() => {
    clearInterval(drip)
    sockets.forEach((socket) => socket.destroy())
  })
  let served = 0
  await waitUntil(
    'all are cut off',
    async () => {
      t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
      served += 1
      await delay(200)
      return closed.length === sockets.length
    },
    30_000
  )
  t.ok(Math.min(...closed) > 1_000)
  t.ok(served > 3)
  t.same(await ctx.db('inbox_log').select('id'), [])
})

t.test('Q01: an address has its share of connections and no more; when one closes the next may come', async (t) => {
  const server = createServer()
  limitConnections(server, { trustProxy: 'false' }, 5)
  server.on('connection', (socket) => socket.on('error', () => {}) && !socket.destroyed && socket.write('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  t.teardown(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  const isServed = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => resolve(false))
      socket.on('data', () => resolve(true))
      socket.on('close', () => resolve(false))
    })
  for (let at = 0; at < 5; at += 1) t.equal(await isServed(), true)
  for (let at = 0; at < 3; at += 1) t.equal(await isServed(), false, 'the sixth is closed')
  sockets[0]!.destroy()
  await waitUntil('its place is free', isServed)
})

t.test('Q01: a reverse proxy speaks for everybody and is not counted', async (t) => {
  let listeners = 0
  const server = { on: () => (listeners += 1) } as unknown as Parameters<typeof limitConnections>[0]
  for (const trustProxy of ['true', '1', '10.0.0.0/8']) limitConnections(server, { trustProxy })
  t.equal(listeners, 0)
})
