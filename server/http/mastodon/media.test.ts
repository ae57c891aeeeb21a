// Pictures: what goes in, what comes out, what is refused (M01–M05, M09, X11).
import t from 'tap'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { mediaPath, newFileName } from '../../features/media/files.ts'
import { imageType } from '../../features/media/image.ts'
import { pruneOrphanMedia } from '../../features/media/media.ts'
import { mediaProxyUrl, pruneProxyCache } from '../../features/media/proxy.ts'
import { testContext } from '../../test/context.ts'

const MEDIA = '/api/v2/media'

function photo(width = 60, height = 40) {
  return sharp({ create: { width, height, channels: 3, background: '#338855' } })
}

/** A multipart body as clients make it. */
function form(parts: Record<string, string | Buffer>, filename = 'photo.jpg') {
  const boundary = 'a-boundary'
  const chunks = Object.entries(parts).flatMap(([name, value]) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${Buffer.isBuffer(value) ? `; filename="${filename}"\r\ncontent-type: image/png` : ''}\r\n\r\n`
    ),
    Buffer.from(value),
    Buffer.from('\r\n')
  ])
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }
  }
}

async function start(t: Parameters<typeof testContext>[0]): Promise<{
  ctx: Ctx
  app: FastifyInstance
  upload: (body: Buffer, fields?: Record<string, string>, filename?: string) => Promise<LightMyRequestResponse>
  authorization: string
  actorId: string
}> {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account, actor } = await createAccount(ctx, { username: 'alice', email: 'alice@example.org', password: 'correct horse' })
  const authorization = `Bearer ${await createToken(ctx, account.id, 'read write')}`
  const upload = (body: Buffer, fields: Record<string, string> = {}, filename?: string) => {
    const { payload, headers } = form({ ...fields, file: body }, filename)
    return app.inject({ method: 'POST', url: MEDIA, payload, headers: { ...headers, authorization } })
  }
  return { ctx, app, upload, authorization, actorId: actor.id }
}

t.test('M01, M05: a photo is turned upright, made smaller, freed of its metadata and served safely', async (t) => {
  const { app, upload, authorization } = await start(t)
  const body = await photo(2400, 1200)
    .withExif({ IFD0: { Artist: 'Alice', Copyright: 'secret place' }, IFD3: { GPSLatitude: '21/1 10/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  t.match(body.toString('latin1'), 'Exif')
  const answer = await upload(body, { description: 'Le marché du samedi', focus: '0.5,-2' })
  t.equal(answer.statusCode, 200, answer.body)
  const media = answer.json()
  t.match(media, {
    type: 'image',
    description: 'Le marché du samedi',
    remote_url: null,
    meta: { original: { width: 800, height: 1600 }, small: { width: 200, height: 400 }, focus: { x: 0.5, y: -1 } }
  })
  t.ok(media.blurhash)
  t.match(media.url, /^https:\/\/commune\.test\/media\/[0-9a-f]{32}\.webp\?until=\d+&seal=/)
  const { pathname, search } = new URL(media.url)
  const served = await app.inject({ url: pathname + search, headers: { accept: 'application/activity+json' } })
  t.equal(served.statusCode, 200)
  t.match(served.headers, {
    'content-type': 'image/webp',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-store'
  })
  const { format, width, exif, orientation } = await sharp(served.rawPayload).metadata()
  t.match({ format, width, exif, orientation }, { format: 'webp', width: 800, exif: undefined, orientation: undefined })
  t.notMatch(served.rawPayload.toString('latin1'), /Alice|secret place/)
  const preview = await app.inject({ url: media.preview_url.replace('https://commune.test', '') })
  t.match(await sharp(preview.rawPayload).metadata(), { format: 'webp', exif: undefined, xmp: undefined, iptc: undefined })
  t.notMatch(preview.rawPayload.toString('latin1'), /Exif|GPS|Alice|secret place/)

  const described = await app.inject({
    method: 'PUT',
    url: `/api/v1/media/${media.id}`,
    headers: { authorization },
    payload: { description: 'Le marché' }
  })
  t.match(described.json(), { description: 'Le marché', meta: { focus: { x: 0.5 } } })
  t.equal((await app.inject({ url: `/api/v1/media/${media.id}`, headers: { authorization } })).statusCode, 200)
})

t.test('each accepted format goes through, moving pictures too', async (t) => {
  const { upload } = await start(t)
  const frames = await sharp(
    [
      await photo(8, 8).png().toBuffer(),
      await sharp({ create: { width: 8, height: 8, channels: 3, background: '#ffffff' } })
        .png()
        .toBuffer()
    ],
    { join: { animated: true } }
  )
    .gif()
    .toBuffer()
  for (const body of [
    await photo().jpeg().toBuffer(),
    await photo().png().toBuffer(),
    await photo().webp().toBuffer(),
    await photo().avif().toBuffer(),
    frames
  ]) {
    const answer = await upload(body)
    t.equal(answer.statusCode, 200, `${imageType(body)} ${answer.body}`)
  }
})

t.test('M01, M03: what is no picture is refused, whatever it is called', async (t) => {
  const { ctx, upload } = await start(t)
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(64)])
  const bodies: [string, Buffer][] = [
    ['ActivityPub document', Buffer.from('{"@context":"https://www.w3.org/ns/activitystreams","type":"Person"}')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['SVG', svg],
    ['PDF', Buffer.from('%PDF-1.7 with some more bytes behind it')],
    ['TIFF', await photo().tiff().toBuffer()],
    ['HEIC', heic],
    ['truncated JPEG', (await photo(200, 200).jpeg().toBuffer()).subarray(0, 300)],
    ['JPEG head with HTML behind', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('<script>alert(1)</script>')])],
    ['nothing', Buffer.alloc(0)]
  ]
  for (const [name, body] of bodies) t.equal((await upload(body, {}, 'photo.png')).statusCode, 422, name)
  t.same(await ctx.db('media').select('id'), [])
})

t.test('M02: a picture with too many pixels is refused by its header, and 8 MB is the limit', async (t) => {
  const { ctx, upload } = await start(t)
  const bombs: [string, Buffer][] = [
    ['42 million pixels', await photo(7000, 6000).png({ compressionLevel: 9 }).toBuffer()],
    ['60,000 by 60,000', withSize(await photo().png().toBuffer(), 60_000, 60_000)],
    ['20,000 frames', framesOf(20_000)]
  ]
  const memory = process.memoryUsage.rss()
  const { user, system } = process.cpuUsage()
  for (const [name, bomb] of bombs) t.match(await upload(bomb), { statusCode: 422 }, `${name} in ${bomb.length} bytes`)
  const used = process.cpuUsage({ user, system })
  t.ok((used.user + used.system) / 1e6 < 5, 'in little time')
  t.ok(process.memoryUsage.rss() - memory < 300_000_000, 'and little memory')
  t.equal((await upload(Buffer.alloc(9 * 1024 * 1024))).statusCode, 413)
  t.equal((await upload(framesOf(3))).statusCode, 200, 'a moving picture made the same way is fine')
  t.equal((await ctx.db('media').select('id')).length, 1)
})

/** A PNG whose header promises another size. */
function withSize(png: Buffer, width: number, height: number): Buffer {
  const bent = Buffer.from(png)
  bent.writeUInt32BE(width, 16)
  bent.writeUInt32BE(height, 20)
  bent.writeUInt32BE(crc32(bent.subarray(12, 29)), 29)
  return bent
}

/** A GIF of one pixel and many frames, written by hand. */
function framesOf(count: number): Buffer {
  const head = Buffer.from('47494638396101000100800000000000ffffff', 'hex')
  const frame = Buffer.from('21f90400010000002c0000000001000100000202440100', 'hex')
  return Buffer.concat([head, ...Array.from({ length: count }, () => frame), Buffer.from([0x3b])])
}

t.test('M04, M09: names come from the server and no path leads out', async (t) => {
  const { ctx, app, upload } = await start(t)
  const { url } = (await upload(await photo().png().toBuffer(), {}, '../../etc/passwd.html')).json()
  const name = new URL(url).pathname.split('/').at(-1)!
  for (const path of [
    '/media/..%2fsecret.key',
    '/media/%2e%2e/secret.key',
    '/media/../secret.key',
    '/media/..;/secret.key',
    '/media/%2e%2e%2fsecret.key',
    `/media/${name}%00.html`,
    `/media/${name}/..`,
    `/media/${name.toUpperCase()}`,
    '/media/setup-code',
    '/media/'
  ]) {
    t.equal((await app.inject({ url: path })).statusCode, 404, path)
  }
  t.equal((await readdir(join(ctx.config.dataDir, 'media', name.slice(0, 2)))).length > 0, true)

  // A link in the media directory to the key of the instance: no row names it, so it is not there.
  const link = mediaPath(ctx, newFileName())!
  await writeFile(join(ctx.config.dataDir, 'secret.key'), 'the secret')
  await mkdir(dirname(link), { recursive: true })
  await symlink(join(ctx.config.dataDir, 'secret.key'), link)
  const answer = await app.inject({ url: `/media/${link.split('/').at(-1)}` })
  t.equal(answer.statusCode, 404)
  t.notMatch(answer.body, 'the secret')
})

t.test('M04, M08: no name of a file comes back, neither in an address nor in a header', async (t) => {
  const { upload, app } = await start(t)
  for (const filename of [
    'x\r\nSet-Cookie: a=b',
    "x.png'; filename*=UTF-8''evil.html",
    'é”.html',
    'CON',
    `${'n'.repeat(300)}.png`,
    '..\\..\\x'
  ]) {
    const answer = await upload(await photo().png().toBuffer(), {}, filename.replaceAll('\r\n', '%0d%0a'))
    t.equal(answer.statusCode, 200, filename)
    const { pathname, search } = new URL(answer.json().url)
    t.match(pathname, /^\/media\/[0-9a-f]{32}\.webp$/)
    const { headers } = await app.inject({ url: pathname + search })
    t.equal(headers['content-disposition'], 'inline')
    t.equal(headers['set-cookie'], undefined)
  }
})

t.test('somebody else’s upload cannot be seen or changed, and what nobody uses goes after a day', async (t) => {
  const { ctx, app, upload } = await start(t)
  const { id, url } = (await upload(await photo().png().toBuffer())).json()
  const { account } = await createAccount(ctx, { username: 'bruno', email: 'bruno@example.org', password: 'correct horse' })
  const authorization = `Bearer ${await createToken(ctx, account.id, 'write')}`
  t.equal((await app.inject({ url: `/api/v1/media/${id}`, headers: { authorization } })).statusCode, 404)
  t.equal(
    (await app.inject({ method: 'PUT', url: `/api/v1/media/${id}`, headers: { authorization }, payload: { description: 'x' } })).statusCode,
    404
  )
  t.equal(await pruneOrphanMedia(ctx), 0)
  await ctx.db('media').update({ created_at: new Date(ctx.clock.now().getTime() - 25 * 3_600_000) })
  t.equal(await pruneOrphanMedia(ctx), 1)
  t.equal((await app.inject({ url: new URL(url).pathname })).statusCode, 404)
})

t.test('P9: on a disk that fills up new pictures are refused, in words; what is there is read on', async (t) => {
  const { ctx, app, upload, authorization } = await start(t)
  const picture = await photo().png().toBuffer()
  const { url } = (await upload(picture)).json()
  const files = async () => (await readdir(join(ctx.config.dataDir, 'media'), { recursive: true })).length
  const before = await files()
  ctx.config.minFreeMib = 1e9
  const refused = await upload(picture)
  t.equal(refused.statusCode, 507)
  t.match(refused.json(), {
    code: 'media.no-room',
    error: 'Ce serveur n’a plus de place pour de nouvelles images. Publiez sans image, ou réessayez plus tard.'
  })
  t.equal(await files(), before)
  const { pathname, search } = new URL(url)
  t.equal((await app.inject({ url: pathname + search })).statusCode, 200)
  ctx.config.minFreeMib = 0
  t.equal((await upload(picture)).statusCode, 200, 'there is room again')

  // As PostgreSQL says it: writing fails with a sentence, and whoever only reads is let in without the note of it.
  await ctx.db.raw(`create function no_room() returns trigger language plpgsql as $$ begin raise sqlstate '53100'; end $$;
    create trigger no_room before insert or update on tokens for each statement execute function no_room();
    create trigger no_room before insert on objects for each statement execute function no_room()`)
  const lastUse = new Date(ctx.clock.now().getTime() - 30 * 3_600_000)
  await ctx.db.raw('alter table tokens disable trigger no_room')
  await ctx.db('tokens').update({ used_at: lastUse })
  await ctx.db.raw('alter table tokens enable trigger no_room')
  t.equal((await app.inject({ url: '/api/v1/timelines/home', headers: { authorization } })).statusCode, 200)
  t.same(await ctx.db('tokens').pluck('used_at'), [lastUse])
  const post = await app.inject({ method: 'POST', url: '/api/v1/statuses', headers: { authorization }, payload: { status: 'Bonjour' } })
  t.match(post.json(), { code: 'disk.full', error: /plus de place/ })
  t.equal(post.statusCode, 503)
})

t.test('X11: the proxy serves only addresses that we signed, and says nothing of the rest', async (t) => {
  const { ctx, app } = await start(t)
  const signed = new URL(mediaProxyUrl(ctx, 'https://remote.test/avatar.png')).pathname
  const [, , , signature] = signed.split('/')
  const forged = `/media/proxy/${signature}/${Buffer.from('http://127.0.0.1:5432/').toString('base64url')}`
  t.equal((await app.inject({ url: forged })).statusCode, 404)
  t.equal((await app.inject({ url: `/media/proxy/x/${'A'.repeat(2000)}` })).statusCode, 404)
  t.equal((await app.inject({ url: signed })).statusCode, 404, 'a host that does not answer is no picture')
  await ctx.db('domain_policies').insert({ host: 'remote.test', action: 'reject_media' })
  t.equal((await app.inject({ url: new URL(mediaProxyUrl(ctx, 'https://cdn.remote.test/a.png')).pathname })).statusCode, 404)
  t.equal(await pruneProxyCache(ctx), 0)
})

t.test('placeholders stand in for pictures that are missing', async (t) => {
  const { app } = await start(t)
  for (const kind of ['avatars', 'headers'])
    t.match((await app.inject({ url: `/${kind}/original/missing.png` })).headers, { 'content-type': 'image/png' })
})
