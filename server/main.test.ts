// The program as an operator meets it: a process, its sentences, its signals.
import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readPidFile } from './db/embedded-pid.ts'
import { testContext } from './test/context.ts'
import { waitUntil } from './test/wait.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

interface Running {
  child: ChildProcess
  out: string
  err: string
  exit: Promise<number | null>
  /** Address of its ready line; fails when it ends before. */
  ready(): Promise<string>
}

function run(t: Teardown, env: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--import=tsx', MAIN], { env: { PATH: process.env['PATH'], PORT: '0', ...env } })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const running: Running = {
    child,
    out: '',
    err: '',
    exit,
    ready: () =>
      waitUntil(
        'the ready line',
        () => {
          if (child.exitCode !== null) throw new Error(`ended: ${running.err}`)
          return /^Listening on (\S+)$/m.exec(running.out)?.[1] ?? /^Communer is ready at (\S+)$/m.exec(running.out)?.[1]
        },
        60_000
      )
  }
  child.stdout.on('data', (chunk) => (running.out += chunk))
  child.stderr.on('data', (chunk) => (running.err += chunk))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exit
  })
  return running
}

function temporaryDirectory(t: Teardown): string {
  const directory = mkdtempSync(join(tmpdir(), 'communer-main-'))
  chmodSync(directory, 0o711)
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function get(url: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url)
  return { status: response.status, json: await response.json() }
}

t.test(
  'the first start, with nothing at all, leads to the set-up page; a killed server starts again on the PostgreSQL it left',
  async (t) => {
    const dataDir = temporaryDirectory(t)
    const first = run(t, { DATA_DIR: dataDir })
    const url = await first.ready()
    await waitUntil('the way to the set-up', () =>
      /^Open http:\/\/localhost:\d+\/installation\?code=\S{16} to set up your commune$/m.test(first.out)
    )
    t.same(await get(`${url}/livez`), { status: 200, json: { status: 'ok' } })
    t.same(await get(`${url}/readyz`), { status: 200, json: { status: 'ok', checks: { database: true, migrations: true, queue: true } } })
    const postgres = readPidFile(join(dataDir, 'postgres', 'data'))!.pid

    first.child.kill('SIGKILL')
    await first.exit
    const second = run(t, { DATA_DIR: dataDir })
    const again = await second.ready()
    t.equal(readPidFile(join(dataDir, 'postgres', 'data'))!.pid, postgres)

    process.kill(postgres, 'SIGKILL')
    await waitUntil(
      'the server is ready on a new PostgreSQL',
      async () => {
        const server = readPidFile(join(dataDir, 'postgres', 'data'))
        return server !== null && server.pid !== postgres && (await get(`${again}/readyz`)).status === 200
      },
      30_000
    )

    second.child.kill('SIGTERM')
    t.equal(await second.exit, 0, 'a graceful stop')
    t.equal(readPidFile(join(dataDir, 'postgres', 'data')), null, 'PostgreSQL has stopped with it')
  }
)

t.test('requests under way are answered before a graceful stop', async (t) => {
  const { databaseUrl } = await testContext(t)
  const server = run(t, { DATA_DIR: temporaryDirectory(t), DATABASE_URL: databaseUrl })
  const url = await server.ready()
  // The server says 100 when it has the headers: the request is under way.
  const sent = request(`${url}/api/v1/apps`, { method: 'POST', headers: { expect: '100-continue', 'content-type': 'application/json' } })
  const answer = new Promise<number | undefined>((resolve, reject) =>
    sent.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject)
  )
  sent.flushHeaders()
  await new Promise((resolve) => sent.once('continue', resolve))
  server.child.kill('SIGTERM')
  await waitUntil('nobody else gets in', () =>
    fetch(`${url}/livez`).then(
      (response) => response.status === 503,
      () => true
    )
  )
  sent.end(JSON.stringify({ client_name: 'app', redirect_uris: 'urn:ietf:wg:oauth:2.0:oob' }))
  t.equal(await answer, 200)
  t.equal(await server.exit, 0)
})

t.test('what is wrong is said in a sentence that says what to do', async (t) => {
  const { databaseUrl } = await testContext(t)
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const dataDir = temporaryDirectory(t)
  const file = join(dataDir, 'file')
  writeFileSync(file, '')

  const cases: [Record<string, string>, RegExp][] = [
    [
      { DATA_DIR: dataDir, DATABASE_URL: databaseUrl, PORT: String(port) },
      /Port \d+ on 127\.0\.0\.1 is taken by another program.*choose another port/
    ],
    [{ DATA_DIR: join(file, 'data'), DATABASE_URL: databaseUrl }, /data directory .* is not writable.*set DATA_DIR/],
    [{ DATA_DIR: dataDir, PORT: 'many', ROLE: 'mayor' }, /PORT +must be a number[^]*ROLE +must be all, web or worker/],
    [{ DATA_DIR: dataDir, DATABASE_URL: 'postgres://x:y@127.0.0.1:9/z' }, /PostgreSQL does not answer at DATABASE_URL/],
    [
      { DATA_DIR: dataDir, DATABASE_URL: databaseUrl, PUBLIC_URL: 'https://other.test' },
      /was set up as https:\/\/commune\.test, and its address can never change/
    ]
  ]
  for (const { refused, sentence } of cases.map(([env, sentence]) => ({ refused: run(t, env), sentence }))) {
    t.equal(await refused.exit, 1)
    t.match(refused.err, sentence)
    t.notMatch(refused.err, /\n {4}at /, 'no stack')
  }
})

t.test('web and worker run apart on one database', async (t) => {
  const { databaseUrl } = await testContext(t)
  const env = { DATA_DIR: temporaryDirectory(t), DATABASE_URL: databaseUrl }
  const worker = run(t, { ...env, ROLE: 'worker' })
  const web = run(t, { ...env, ROLE: 'web' })
  t.equal((await get(`${await web.ready()}/livez`)).status, 200)
  await waitUntil('the worker says so', () => worker.out.includes('Communer worker is ready'), 60_000)
})
