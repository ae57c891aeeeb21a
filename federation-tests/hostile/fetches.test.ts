// Table F: what strangers make the server fetch. Judged by the network's own record of every connection tried, and by a trap that
// listens on loopback.
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Json } from '../harness/client.ts'
import { NETWORK_MISSING } from '../network/network.ts'
import { CONTEXT, PUBLIC } from '../peers/mock/host.ts'
import { createKey, signCavage } from '../peers/mock/sign.ts'
import { freePort } from '../network/ports.ts'
import { setScene } from './scene.ts'

t.test('hostile addresses and answers', { skip: NETWORK_MISSING, timeout: 240_000 }, async (t) => {
  const scene = await setScene(t, { citizens: ['bruno', 'chloe', 'dora'] })
  const { commune, mallory, evil, victim, sharedInbox, network } = scene
  const trapPort = await freePort()
  let trapped = 0
  const trap = createServer((socket) => {
    trapped += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => trap.listen(trapPort, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        trap.close(() => resolve())
      })
  )

  const anyKey = createKey('')
  // Each may ask ten times a minute; what may not be asked at all is not counted.
  const { dora, ...searching } = commune.clients
  const citizens = Object.values(searching)
  const search = async (url: string): Promise<Json> => {
    const path = `/api/v2/search?resolve=true&q=${encodeURIComponent(url)}`
    let answer = await citizens[0]!.request('GET', path)
    for (let others = citizens.length - 1; answer.status === 429 && others > 0; others -= 1) {
      citizens.push(citizens.shift()!)
      answer = await citizens[0]!.request('GET', path)
    }
    t.ok(answer.status < 500 || answer.status === 503, `search answered ${answer.status}`)
    t.not(answer.status, 429, 'the search is really done')
    return answer.ok ? ((await answer.json()) as Json) : { accounts: [], statuses: [] }
  }
  const found = async (url: string): Promise<number> => {
    const { accounts, statuses } = await search(url)
    return accounts.length + statuses.length
  }
  /** Every way a stranger's address comes in: search box, key, the parent of a reply, a boosted object, a mention. */
  const everyWay = async (url: string): Promise<void> => {
    await found(url)
    const body = Buffer.from(JSON.stringify(scene.create(mallory, {}, { actor: url })))
    // Headers are Latin-1: what is not goes in percent-encoded.
    const signed = signCavage(anyKey, 'POST', sharedInbox, body, { keyId: encodeURI(`${url}#main-key`) })
    const answer = await network.fetch(sharedInbox, {
      method: 'POST',
      body,
      headers: { ...signed, 'content-type': 'application/activity+json' }
    })
    t.ok([400, 401, 403, 503].includes(answer.status), `keyId ${url}: ${answer.status}`)
    await mallory.post(sharedInbox, scene.create(mallory, { inReplyTo: url, tag: [{ type: 'Mention', href: url, name: '@x' }] }))
    await mallory.post(sharedInbox, {
      '@context': CONTEXT,
      id: `${mallory.iri}#b${Math.random()}`,
      type: 'Announce',
      actor: mallory.iri,
      to: [PUBLIC],
      cc: [scene.groupIri],
      object: url
    })
    await scene.settled()
  }
  /** Connections out of the server to anything but the front's hosts and its own database. */
  const privateConnections = (): string[] =>
    network
      .connections()
      .filter(
        (one) =>
          one.event === 'connect' && !one.address.startsWith('11.22.') && (one.port === trapPort || one.port === 443 || one.port === 80)
      )
      .map((one) => `${one.host} ${one.address}:${one.port}`)
  const neverConnects = (name: string, urls: string[]): Promise<void> =>
    t
      .test(name, async (t) => {
        const before = privateConnections().length
        for (const url of urls) await everyWay(url)
        t.same(privateConnections().slice(before), [])
        t.equal(trapped, 0, 'the trap on loopback heard nothing')
      })
      .then(() => {})
  const named = (address: string): string => `https://ip-${address.replace(/[.:]/g, '-')}.private.test/x`

  await neverConnects(
    'F01 loopback in every spelling, by literal and by name',
    ['127.0.0.1', '127.0.0.2', 'localhost', 'localhost.', '[::1]', '0.0.0.0', '[::]', '0']
      .map((host) => `https://${host}:${trapPort}/x`)
      .concat(named('127.0.0.1'), named('0.0.0.0'), `http://localhost:${trapPort}/x`)
  )
  await neverConnects(
    'F02 IPv4 hidden in IPv6',
    ['[::ffff:127.0.0.1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]']
      .map((host) => `https://${host}:${trapPort}/x`)
      .concat('https://ip---ffff-7f00-1.private.test/x')
  )
  await neverConnects(
    'F03 decimal, octal, hexadecimal, short and full-width',
    ['2130706433', '0177.0.0.1', '0x7f.1', '127.1', '①②⑦.⓪.⓪.①'].map((host) => `https://${host}:${trapPort}/x`)
  )
  await neverConnects(
    'F04 private, shared, link-local, documentation and multicast ranges',
    [
      '10.0.0.1',
      '172.16.0.1',
      '192.168.0.1',
      '100.64.0.1',
      '169.254.169.254',
      '192.0.0.8',
      '198.18.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '[fc00::1]',
      '[fe80::1]',
      '[3fff::1]',
      '[2001:db8::1]'
    ]
      .map((host) => `https://${host}/x`)
      .concat(['10.0.0.1', '169.254.169.254'].map(named))
  )
  await t.test('F05 a name that answers publicly first and privately at the connection, or both at once', async (t) => {
    await everyWay(`https://both-127-0-0-1.rebind.test/x`)
    await everyWay(`https://flip-127-0-0-1.rebind.test/x`)
    await everyWay(`https://flip-127-0-0-1.rebind.test/y`)
    t.same(
      network.connections().filter((one) => /rebind/.test(one.host) && one.address === '127.0.0.1'),
      [],
      'the address judged is the address connected'
    )
    t.equal(trapped, 0)
  })
  await t.test('F06 redirects to loopback, to plain http, to another host', async (t) => {
    const before = privateConnections().length
    const go = (path: string, location: string): void =>
      evil.serve(path, (_request, response) => {
        response.writeHead(302, { location }).end()
      })
    go('/r/loopback', `https://127.0.0.1:${trapPort}/x`)
    go('/r/http', 'http://victim.test/users/bob')
    go('/r/name', named('10.0.0.1'))
    go('/r/file', 'file:///etc/passwd')
    for (const path of ['loopback', 'http', 'name', 'file']) t.equal(await found(`https://evil.test/r/${path}`), 0, path)
    t.same(privateConnections().slice(before), [])
    const carol = victim.actor('carol')
    go('/r/carol', carol.iri)
    const signedBefore = victim.requests.length
    await search('https://evil.test/r/carol')
    t.equal(
      (await commune.query("select 1 from actors where iri = 'https://evil.test/r/carol'")).length,
      0,
      'nothing is bound to the address asked'
    )
    t.notOk(
      victim.requests.slice(signedBefore).find((one) => one.path === '/users/carol')?.signed,
      'no signature crosses hosts by redirect'
    )
    t.equal(trapped, 0)
  })
  await t.test('F07 endless redirects', async (t) => {
    evil.serve('/loop', (_request, response) => {
      response.writeHead(302, { location: '/loop' }).end()
    })
    for (let index = 0; index < 50; index += 1)
      evil.serve(`/chain/${index}`, (_request, response) => {
        response.writeHead(302, { location: `/chain/${index + 1}` }).end()
      })
    for (const path of ['/loop', '/chain/0']) {
      const before = evil.requests.filter((one) => one.path.startsWith(path.slice(0, 5))).length
      t.equal(await found(`https://evil.test${path}`), 0)
      const asked = evil.requests.filter((one) => one.path.startsWith(path.slice(0, 5))).length - before
      t.ok(asked > 0 && asked <= 9, `${path} was asked ${asked} times`)
    }
  })
  await neverConnects('F08 other schemes', [
    'http://unix:/var/run/docker.sock:/x',
    'file:///etc/passwd',
    'gopher://127.0.0.1/x',
    'data:application/activity+json,{}',
    'ftp://evil.test/x',
    'http://evil.test/users/mallory'
  ])
  await t.test('F10, F11 an answer that drips, and one that never ends, are given up', async (t) => {
    let bytes = 0
    evil.serve('/drip', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/activity+json' })
      const timer = setInterval(() => response.write(' '), 1000)
      response.on('close', () => clearInterval(timer))
    })
    evil.serve('/endless', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/activity+json' })
      const chunk = Buffer.alloc(65_536, 0x20)
      const more = (): void => {
        if (response.destroyed || bytes > 300_000_000) return void response.destroy()
        bytes += chunk.length
        if (response.write(chunk)) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    })
    const memory = rss(commune.child.pid)
    const started = Date.now()
    await Promise.all([found('https://evil.test/drip'), found('https://evil.test/endless')])
    t.ok(Date.now() - started < 40_000, `given up after ${Date.now() - started} ms`)
    t.ok(bytes < 40_000_000, `${bytes} bytes were taken`)
    t.ok(rss(commune.child.pid) - memory < 150_000_000, 'memory stays')
    t.equal((await commune.anonymous.request('GET', '/livez')).status, 200)
  })
  await t.test('F12 a small answer that unpacks to a huge one', async (t) => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20))
    evil.serve('/bomb', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/activity+json', 'content-encoding': 'gzip' }).end(bomb)
    })
    evil.serve('/nested', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/activity+json', 'content-encoding': 'gzip, gzip' }).end(gzipSync(bomb))
    })
    const memory = rss(commune.child.pid)
    t.equal((await found('https://evil.test/bomb')) + (await found('https://evil.test/nested')), 0)
    t.ok(rss(commune.child.pid) - memory < 150_000_000, 'memory stays')
  })
  await t.test('F13 ActivityPub under another media type is no ActivityPub', async (t) => {
    for (const type of ['image/png', 'text/html', 'text/plain', 'application/json', 'application/ld+json']) {
      const path = `/upload/${type.replace('/', '-')}`
      evil.serve(
        path,
        {
          '@context': CONTEXT,
          id: `https://evil.test${path}`,
          type: 'Note',
          attributedTo: mallory.iri,
          to: [PUBLIC],
          cc: [],
          content: 'un fichier',
          published: new Date().toISOString()
        },
        type
      )
      t.equal(await found(`https://evil.test${path}`), 0, type)
      t.notOk(await scene.stored(`https://evil.test${path}`))
    }
  })
  await t.test('F15 a document that names another id', async (t) => {
    evil.serve('/lie', { ...scene.bob.document, name: 'Pwned' })
    const before = await scene.snapshot()
    await search('https://evil.test/lie')
    t.equal((await scene.snapshot()).victims, before.victims)
    t.equal((await commune.query("select 1 from actors where name = 'Pwned'")).length, 0)
  })
  await t.test('F17 two hundred mentions cost a handful of fetches', async (t) => {
    const before = evil.requests.length
    for (let index = 0; index < 200; index += 1) evil.actor(`crowd${index}`, { key: mallory.key })
    await mallory.post(
      sharedInbox,
      scene.create(mallory, {
        tag: Array.from({ length: 60 }, (_, index) => ({
          type: 'Mention',
          href: `https://evil.test/users/crowd${index}`,
          name: `@crowd${index}@evil.test`
        }))
      })
    )
    await scene.settled()
    t.ok(evil.requests.length - before <= 20, `${evil.requests.length - before} requests`)
  })
  await t.test('F24 only citizens make the server fetch, ten times a minute, and every failure sounds the same', async (t) => {
    const path = (url: string): string => `/api/v2/search?resolve=true&q=${encodeURIComponent(url)}`
    const before = victim.requests.length
    t.equal((await commune.anonymous.request('GET', path('https://victim.test/users/bob2'))).status, 401)
    t.equal(victim.requests.length, before)
    const client = citizens[0]!
    let answers = 0
    while ((await client.request('GET', path(`https://victim.test/nobody/${answers}`))).status === 200 && answers <= 10) answers += 1
    t.ok(answers <= 10, `${answers} questions`)
    const asked = victim.requests.length
    t.equal((await client.request('GET', path('https://victim.test/nobody/more'))).status, 429)
    t.equal(victim.requests.length, asked, 'what is too much asks nobody')
    const words = new Set<string>()
    for (const url of [`https://127.0.0.1:${trapPort}/x`, named('10.0.0.1'), 'https://victim.test:25/', 'https://nobody.invalid/x'])
      words.add(await (await dora!.request('GET', path(url))).text())
    t.equal(words.size, 1, 'no word tells an open port from a closed one')
  })
  await t.test('F29 an address of ours is looked up, never fetched', async (t) => {
    const self = network.front.log.filter((one) => one.host === 'commune.test' && /communer/i.test(one.userAgent)).length
    await found(scene.groupIri)
    await found(`${commune.origin}/ap/objects/does-not-exist`)
    t.equal(network.front.log.filter((one) => one.host === 'commune.test' && /communer/i.test(one.userAgent)).length, self)
  })
})

function rss(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}
