// Table J: the document itself: shapes, sizes, JSON-LD tricks. Everything is signed by a known actor; a 5xx would make peers retry for
// days, so none may come, and none may stall the server.
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { Json } from '../harness/client.ts'
import { NETWORK_MISSING } from '../network/network.ts'
import { PUBLIC } from '../peers/mock/host.ts'
import { sha256Digest, signCavage } from '../peers/mock/sign.ts'
import { setScene } from './scene.ts'

t.test('hostile documents', { skip: NETWORK_MISSING, timeout: 180_000 }, async (t) => {
  const scene = await setScene(t)
  const { commune, mallory, sharedInbox, network } = scene

  /** Sends the raw body signed; proves the status, that nothing changed, and that the answer was quick. */
  const refused = async (t: Test, body: string | Buffer, statuses = [400], headers: Record<string, string> = {}): Promise<void> => {
    await scene.settled()
    const before = await scene.snapshot()
    const bytes = Buffer.from(body)
    const started = Date.now()
    const answer = await network.fetch(sharedInbox, {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/activity+json', ...signCavage(mallory.key, 'POST', sharedInbox, bytes), ...headers }
    })
    t.ok(statuses.includes(answer.status), `${answer.status} is one of ${statuses} for ${bytes.subarray(0, 60).toString()}`)
    t.ok(Date.now() - started < 2000, 'at once')
    await scene.settled()
    t.same(await scene.snapshot(), before)
  }
  const send = (t: Test, activity: Json, statuses?: number[]): Promise<void> => refused(t, JSON.stringify(activity), statuses)
  const AS = 'https://www.w3.org/ns/activitystreams'

  await t.test('J01 a context that redefines whose activity it is', async (t) => {
    await send(t, {
      ...scene.create(mallory),
      '@context': [AS, { actor: 'as:attributedTo', zzz: { '@id': 'as:actor', '@type': '@id' } }],
      zzz: scene.bob.iri
    })
    await send(t, { ...scene.create(mallory), '@context': [AS, { id: 'as:url' }] })
    await send(t, { ...scene.create(mallory), '@context': { '@vocab': 'https://evil.test/ns#' } })
  })
  await t.test('J02 foreign and dead contexts are never fetched, and do no harm', async (t) => {
    const asked = scene.evil.requests.length
    for (const context of ['https://evil.test/context', 'https://dead.test/context']) {
      const activity: Json = { ...scene.create(mallory), '@context': [AS, 'https://w3id.org/security/v1', context] }
      t.equal((await mallory.post(sharedInbox, activity)).status, 202)
      await scene.settled()
      t.ok(await scene.stored(activity.object.id), 'the honest rest is read by our own terms')
    }
    t.equal(scene.evil.requests.length, asked)
    t.notOk(network.connections().some((one) => one.host === 'dead.test' || one.host === 'w3id.org' || one.host === 'www.w3.org'))
  })
  await t.test('J03 graph keywords anywhere', async (t) => {
    const plain: Json = scene.create(mallory)
    for (const word of ['@included', '@reverse', '@nest', '@index']) {
      await send(t, { ...plain, [word]: [{ id: `${mallory.iri}/x` }] })
      await send(t, { ...plain, object: { ...plain.object, [word]: { a: 1 } } })
    }
    await send(t, { ...plain, '@graph': [plain, plain] })
    await send(t, { ...plain, object: { ...plain.object, '@graph': [{}] } })
  })
  await t.test('J05 types and bodies that are none', async (t) => {
    const plain = scene.create(mallory)
    await send(t, { ...plain, type: ['Create', 'Delete'] })
    await send(t, { ...plain, type: 42 })
    await send(t, { ...plain, type: undefined })
    for (const body of ['[]', 'null', '"x"', '42', '', '{', '{"a":1}{"b":2}']) await refused(t, body)
    await refused(t, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(plain))]))
    await refused(t, Buffer.from(JSON.stringify(plain), 'utf16le'))
  })
  await t.test('J06 types are exact: another case is another, unknown type', async (t) => {
    for (const type of ['create', 'CREATE', 'Frobnicate']) await send(t, { ...scene.create(mallory), type }, [202])
  })
  await t.test('[53] J07 deep nesting is found before it is parsed', async (t) => {
    for (const depth of [40, 1500, 100_000]) {
      await refused(t, `{"type":"Create","x":${'['.repeat(depth)}${']'.repeat(depth)}}`)
      await refused(t, `{"type":"Create","x":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`)
    }
  })
  await t.test('[53] J08 too large, without length, with a lying length', async (t) => {
    const before = await scene.snapshot()
    const big = JSON.stringify(scene.create(mallory, { content: 'x'.repeat(1_048_577) }))
    t.equal(await raw(`Content-Length: ${big.length}\r\n\r\n${big}`), 413)
    t.ok([400, 413].includes(await raw(`Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(17)}0\r\n\r\n`)))
    t.ok([400, 401, 408, 413, 0].includes(await raw(`Content-Length: 10\r\n\r\n${JSON.stringify(scene.create(mallory))}`)))
    t.same(await scene.snapshot(), before)
    t.equal((await commune.anonymous.request('GET', '/livez')).status, 200)
  })
  await t.test('J09 hundreds of contexts cost nothing', async (t) => {
    await send(t, {
      ...scene.create(mallory),
      '@context': [AS, ...Array.from({ length: 600 }, (_, index) => ({ [`t${index}`]: `https://evil.test/${index}#` }))]
    })
    await send(t, {
      ...scene.create(mallory),
      '@context': [AS, Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`t${index}`, `https://evil.test/${index}#`]))]
    })
    const tag = Array.from({ length: 1500 }, (_, index) => ({
      '@context': { [`t${index}`]: 'https://evil.test/#' },
      type: 'Hashtag',
      name: `#t${index}`
    }))
    await send(t, scene.create(mallory, { tag }))
  })
  await t.test('J10 compressed bodies', async (t) => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, 0x20))
    for (const encoding of ['gzip', 'br', 'zstd', 'deflate']) await refused(t, bomb, [415], { 'content-encoding': encoding })
  })
  await t.test('J11 thousands of everything are cut or refused', async (t) => {
    const many = Array.from({ length: 3000 }, (_, index) => `https://evil.test/users/${index}`)
    for (const change of [
      { tag: many.map((href) => ({ type: 'Hashtag', name: `#${href.slice(-5)}`, href })) },
      { cc: [scene.groupIri, ...many] },
      { attachment: many.map((url) => ({ type: 'Document', mediaType: 'image/png', url })) },
      { name: 'x'.repeat(500_000) }
    ]) {
      const activity = scene.create(mallory, change)
      const { status } = await mallory.post(sharedInbox, activity)
      t.ok([202, 400].includes(status), `answered ${status}`)
      await scene.settled()
      const [row] = await commune.query(
        'select length(name) name, jsonb_array_length(attachments) attachments, jsonb_array_length(tags) tags from objects where iri = $1',
        [activity.object.id]
      )
      t.ok(row === undefined || ((row.name ?? 0) <= 512 && row.attachments <= 16 && row.tags <= 256), JSON.stringify(row))
    }
    t.ok(scene.evil.requests.length < 100, 'and nobody is asked about them all')
  })
  await t.test('J13 prototype keys do nothing', async (t) => {
    const plain = scene.create(mallory)
    const body = JSON.stringify(plain).replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},')
    const answer = await mallory.post(sharedInbox, null, { body })
    t.ok([202, 400].includes(answer.status))
  })
  await t.test('J14, J16 impossible numbers, dates and ids', async (t) => {
    for (const change of [
      { published: '9999-12-31T23:59:59Z' },
      { published: '-271821-04-20T00:00:00Z' },
      { published: 'hier' },
      { startTime: '2030-01-02T00:00:00Z', endTime: '2029-01-01T00:00:00Z', type: 'Event', name: 'À rebours' },
      {
        type: 'Event',
        name: 'Nulle part',
        startTime: '2030-01-02T00:00:00Z',
        location: { type: 'Place', latitude: 9999, longitude: 'NaN' }
      },
      { replies: { totalItems: -1 } },
      { duration: 'P1E9Y' }
    ]) {
      const { status } = await mallory.post(sharedInbox, scene.create(mallory, change))
      t.ok([202, 400].includes(status), `answered ${status} to ${JSON.stringify(change)}`)
    }
    for (const id of ['', {}, 'relative', 'data:text/html,x', 'javascript:alert(1)', `https://evil.test/${'x'.repeat(10_000)}`])
      await send(t, scene.create(mallory, { id }), [400, 202])
    await scene.settled()
    t.equal((await commune.query("select 1 from objects where published > now() + interval '1 hour' or latitude > 90")).length, 0)
    const wall = await commune.anonymous.get('/api/v1/timelines/public')
    t.ok(wall.every((one: Json) => Date.parse(one.created_at) <= Date.now() + 60_000))
  })
  await t.test('J19 an embedded copy of another actor is not believed', async (t) => {
    const before = await scene.snapshot()
    const copy = { ...scene.bob.document, inbox: 'https://evil.test/inbox', name: 'Mallory' }
    await mallory.post(
      sharedInbox,
      scene.create(
        mallory,
        { tag: [{ type: 'Mention', href: scene.bob.iri, name: '@bob@victim.test' }], inReplyTo: { ...scene.bobNote, attributedTo: copy } },
        { target: copy, to: [PUBLIC, copy] }
      )
    )
    await scene.settled()
    t.equal((await scene.snapshot()).victims, before.victims)
  })
  await t.test('the server is as well as before', async (t) => {
    t.equal((await commune.anonymous.request('GET', '/readyz')).status, 200)
    t.notMatch(commune.child.output(), /unhandledRejection|"level":60/)
    t.equal((await commune.query("select 1 from inbox_log where state = 'dead'")).length, 0, 'no poison in the inbox')
  })

  /** A hand-written POST on a bare socket; the answer's status, 0 when the connection was just closed. */
  function raw(rest: string): Promise<number> {
    return new Promise((resolve) => {
      const socket = connect(commune.port, '127.0.0.1')
      let answer = ''
      socket.on('data', (chunk) => {
        answer += chunk.toString()
        if (answer.includes('\r\n')) socket.end()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)))
      socket.setTimeout(15_000, () => socket.destroy())
      const head = {
        host: 'commune.test',
        date: new Date().toUTCString(),
        digest: sha256Digest(Buffer.from('x')),
        'content-type': 'application/activity+json'
      }
      socket.write(
        `POST ${new URL(sharedInbox).pathname} HTTP/1.1\r\n${Object.entries(head)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}${rest}`
      )
    })
  }
})
