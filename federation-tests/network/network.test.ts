// The test network itself: every Node HTTP client obeys it, a program's own address guard still decides, and nothing gets out.
import { spawn } from 'node:child_process'
import t from 'tap'
import { NETWORK_MISSING, startNetwork, type Network } from './network.ts'

function run(network: Network, code: string): Promise<{ out: string; status: number | null }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, ...network.env() },
      cwd: process.cwd()
    })
    let out = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      out += chunk
    })
    child.on('close', (status) => resolve({ out, status }))
  })
}

t.test('the private internet', { skip: NETWORK_MISSING }, async (t) => {
  const network = await startNetwork()
  t.teardown(() => network.close())
  network.front.route('alpha.test', (request, response) => response.end(`alpha ${request.url}`))

  t.test('the test itself reaches a host by name', async (t) => {
    t.equal(await (await network.fetch('https://alpha.test/hello')).text(), 'alpha /hello')
    t.match(network.front.log.at(-1), { host: 'alpha.test', path: '/hello', method: 'GET' })
  })
  t.test('fetch, https and undici of a child reach it over real TLS', async (t) => {
    const { out } = await run(
      network,
      `
      import https from 'node:https'; import { request } from 'undici'; import { lookup } from 'node:dns/promises'
      console.log(await (await fetch('https://alpha.test/fetch')).text())
      console.log(await (await request('https://alpha.test/undici')).body.text())
      console.log(await new Promise((ok) => https.get('https://alpha.test/https', (r) => r.on('data', (d) => ok(String(d))))))
      console.log((await lookup('alpha.test')).address)`
    )
    t.match(out, /alpha \/fetch\nalpha \/undici\nalpha \/https\n11\.22\.\d+\.\d+\n/)
  })
  t.test("a guard in the caller's own lookup is asked, and its refusal holds", async (t) => {
    const { out } = await run(
      network,
      `
      import { lookup } from 'node:dns'; import { Agent, request } from 'undici'
      const seen = []
      const guard = (name, options, done) => lookup(name, { ...options, all: true }, (error, found) => {
        seen.push(found[0].address)
        if (!found[0].address.startsWith('11.')) return done(new Error('guard says no'))
        return options.all ? done(null, found) : done(null, found[0].address, found[0].family)
      })
      const dispatcher = new Agent({ connect: { lookup: guard } })
      console.log(await (await request('https://alpha.test/guarded', { dispatcher })).body.text())
      await request('https://ip-10-0-0-1.test/', { dispatcher }).catch((error) => console.log(error.message))
      console.log(seen.join())`
    )
    t.match(out, /alpha \/guarded\nguard says no\n11\.22\.\d+\.\d+,10\.0\.0\.1/)
  })
  t.test('private answers, other ports and the real internet are out of reach, and written down', async (t) => {
    const { out } = await run(
      network,
      `
      for (const url of ['https://ip-192-168-0-1.test/', 'https://alpha.test:8443/', 'https://communer.invalid/', 'http://93.184.216.34/'])
        await fetch(url).then(() => console.log('reached', url), (error) => console.log(error.cause?.code ?? error.message))`
    )
    t.equal(out, 'ENETUNREACH\nENETUNREACH\nENOTFOUND\nENETUNREACH\n')
    const tried = network.connections().map((one) => `${one.event} ${one.host}`)
    t.ok(tried.includes('connect ip-192-168-0-1.test'))
    t.ok(tried.includes('lookup-refused communer.invalid'))
  })
})
