// The proxy of remote pictures against a real server on this machine: fetched once, re-encoded, bounded.
import t from 'tap'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { testContext } from '../../test/context.ts'
import { mediaProxyUrl, pruneProxyCache, readProxied } from './proxy.ts'

/** A server of pictures that counts how often it is asked. */
async function pictureServer(
  t: { teardown(work: () => void): void },
  body: Buffer,
  type: string
): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/avatar`, asked: () => asked }
}

function partsOf(url: string): [string, string] {
  const [signature, encoded] = new URL(url).pathname.split('/').slice(-2)
  return [signature!, encoded!]
}

t.test('a remote picture is fetched once for many readers, made small, and kept until there is no room', async (t) => {
  const { ctx } = await testContext(t, { origin: 'http://localhost:3000' })
  const picture = await sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#884422' } })
    .png()
    .toBuffer()
  const remote = await pictureServer(t, picture, 'image/png')
  const address = partsOf(mediaProxyUrl(ctx, remote.url))
  const answers = await Promise.all([1, 2, 3].map(() => readProxied(ctx, ...address)))
  t.match(await sharp(answers[0]).metadata(), { format: 'webp', width: 1280, height: 640 })
  await readProxied(ctx, ...address)
  t.equal(remote.asked(), 1)
  t.equal(await pruneProxyCache(ctx), 0)
  t.equal(await pruneProxyCache(ctx, 10), 1)
  await readProxied(ctx, ...address)
  t.equal(remote.asked(), 2)
})

t.test('what calls itself a picture and is none is refused, and not asked for again at once', async (t) => {
  const { ctx, clock } = await testContext(t, { origin: 'http://localhost:3000' })
  const remote = await pictureServer(t, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 'image/png')
  const address = partsOf(mediaProxyUrl(ctx, remote.url))
  await t.rejects(readProxied(ctx, ...address), { code: 'media.unknown' })
  await t.rejects(readProxied(ctx, ...address), { code: 'media.unknown' })
  t.equal(remote.asked(), 1)
  clock.advance(6 * 60_000)
  await t.rejects(readProxied(ctx, ...address), { code: 'media.unknown' })
  t.equal(remote.asked(), 2)
})

t.test('M07: a picture without end is given up at 16 MB, and nothing of it is kept', async (t) => {
  const { ctx } = await testContext(t, { origin: 'http://localhost:3000' })
  let sent = 0
  const chunk = Buffer.alloc(262_144, 0xff)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' })
    const more = (): void => {
      if (response.destroyed || sent > 400_000_000) return void response.destroy()
      sent += chunk.length
      if (response.write(chunk)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = partsOf(mediaProxyUrl(ctx, `http://127.0.0.1:${(server.address() as AddressInfo).port}/endless`))
  await t.rejects(readProxied(ctx, ...address), { code: 'media.unknown' })
  t.ok(sent < 40_000_000, `${sent} bytes were taken`)
  t.same(await readdir(join(ctx.config.dataDir, 'media-cache')).catch(() => []), [])
})
