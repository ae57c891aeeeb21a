import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import t from 'tap'
import { waitUntil } from '../test/wait.ts'
import { startEmbedded, type Embedded } from './embedded.ts'
import { isAlive } from './embedded-pid.ts'

const log = pino({ level: 'silent' })

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

function newHome(t: Teardown, ...parts: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'communer-embedded-'))
  chmodSync(directory, 0o711)
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, ...parts, 'postgres')
}

async function start(t: Teardown, home: string, exclusive = false): Promise<Embedded> {
  const embedded = await startEmbedded({ home, log, exclusive })
  t.teardown(() => embedded.release())
  return embedded
}

/** The column `value` of the first row, or undefined. */
async function ask<T>(embedded: Embedded, sql: string): Promise<T | undefined> {
  const client = new pg.Client(embedded.connection)
  client.on('error', () => {})
  await client.connect()
  try {
    const answer = await client.query<{ value: T }>(sql)
    return answer.rows[0]?.value
  } finally {
    await client.end()
  }
}

t.test('a new cluster is private: socket only, a random password, checksums, one owner', async (t) => {
  const home = newHome(t)
  const embedded = await start(t, home)
  t.equal(embedded.adopted, false)
  t.equal(await ask(embedded, "select current_setting('listen_addresses') as value"), '')
  t.equal(await ask(embedded, "select current_setting('data_checksums') as value"), 'on')
  t.equal(await ask(embedded, "select lower('ÉCOLE') as value"), 'école')
  t.equal(statSync(`${home}.password`).mode & 0o777, 0o600)
  t.equal(statSync(home).mode & 0o777, 0o700)
  const wrong = new pg.Client({ ...embedded.connection, password: 'password' })
  await t.rejects(wrong.connect(), { code: '28P01' })
})

t.test('the last to leave stops PostgreSQL, the others leave it running', async (t) => {
  const home = newHome(t)
  const [first, second] = await Promise.all([startEmbedded({ home, log }), startEmbedded({ home, log })])
  const pid = first.pid()
  t.equal(second.pid(), pid, 'two that start at once share one server')
  await first.release()
  t.equal(await ask(second, 'select 1 as value'), 1)
  await second.release()
  t.equal(isAlive(pid), false)
})

t.test('a server whose Node was killed is adopted', async (t) => {
  const home = newHome(t)
  const program = `import { startEmbedded } from '${new URL('embedded.ts', import.meta.url).href}'
    import { pino } from 'pino'
    const embedded = await startEmbedded({ home: ${JSON.stringify(home)}, log: pino({ level: 'silent' }), exclusive: true })
    console.log(embedded.pid())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (line) => resolve(Number(line))))
  child.kill('SIGKILL')
  const embedded = await start(t, home, true)
  t.equal(embedded.adopted, true)
  t.equal(embedded.pid(), pid)
})

t.test('a second server on the same cluster is refused with a sentence', async (t) => {
  const home = newHome(t)
  await start(t, home, true)
  await t.rejects(startEmbedded({ home, log, exclusive: true }), { code: 'database.in-use', message: /already runs/ })
})

t.test('a stale lock file is removed, even when its number is another program now', async (t) => {
  const home = newHome(t)
  const before = await startEmbedded({ home, log })
  await before.release()
  writeFileSync(
    join(home, 'data', 'postmaster.pid'),
    `${process.pid}\n${join(home, 'data')}\n1700000000\n5432\n${join(home, 'run')}\n\n  1 1\nready\n`
  )
  const embedded = await start(t, home)
  t.equal(await ask(embedded, 'select 1 as value'), 1)
})

t.test('PostgreSQL killed under us comes back by itself, at the same address, with its data', async (t) => {
  const home = newHome(t)
  const embedded = await start(t, home)
  await ask(embedded, "create table kept as select 'kept' as value")
  const pid = embedded.pid()
  process.kill(pid, 'SIGKILL')
  await waitUntil('PostgreSQL is back', () => embedded.pid() !== pid)
  t.equal(await ask(embedded, 'select value from kept'), 'kept')
})

t.test('a path too long for a socket gets one elsewhere', async (t) => {
  const home = newHome(t, 'a'.repeat(60), 'b'.repeat(60))
  const embedded = await start(t, home)
  t.notOk(embedded.connection.host.startsWith(home))
  t.ok(embedded.connection.host.length < 90)
  t.equal(await ask(embedded, 'select 1 as value'), 1)
})

t.test('root keeps its data where PostgreSQL cannot walk', { skip: process.getuid?.() !== 0 && 'only root can' }, async (t) => {
  const closed = mkdtempSync(join(tmpdir(), 'communer-closed-'))
  t.teardown(() => rmSync(closed, { recursive: true, force: true }))
  mkdirSync(join(closed, 'data'))
  const embedded = await start(t, join(closed, 'data', 'postgres'))
  const real = (await ask<string>(embedded, "select current_setting('data_directory') as value"))!
  t.match(real, /^\/var\/lib\/communer\//)
  await embedded.release()
  rmSync(join(real, '..'), { recursive: true, force: true })
})
