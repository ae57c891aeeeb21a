import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommandLine, type Printed } from './cli/commands.ts'
import { readConfig } from './config.ts'
import { testDatabase } from './test/postgres.ts'

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

type Communer = (...argv: string[]) => Promise<Printed>

/** The command line on a database and a data directory of its own, without the cost of a process. */
async function commandLine(t: Teardown): Promise<Communer> {
  const database = await testDatabase({ empty: true })
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-cli-'))
  t.teardown(async () => {
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const config = readConfig({ DATABASE_URL: database.url, DATA_DIR: dataDir, PORT: '3999' })
  return (...argv) => runCommandLine(argv, () => config)
}

const SETUP = [
  'setup',
  '--name',
  'Saint-Leu',
  '--insee',
  '97413',
  '--lat',
  '-21.17',
  '--lon',
  '55.29',
  '--admin',
  'maire',
  '--email',
  'm@x.fr',
  '--password',
  'un mot de passe sûr'
]

t.test('an operator sets an instance up and runs it from the terminal', async (t) => {
  const communer = await commandLine(t)

  const early = await communer('account', 'create', 'amina', '--email', 'a@x.fr')
  t.match(early, { exitCode: 1, err: /not set up/ })

  const setup = await communer(...SETUP, '--json')
  t.match(JSON.parse(setup.out), { name: 'Saint-Leu', origin: 'http://localhost:3999', admin: 'maire' })
  t.match(await communer(...SETUP), { exitCode: 1, err: /already set up/ })

  const account = JSON.parse((await communer('account', 'create', 'amina', '--email', 'a@x.fr', '--role', 'moderator', '--json')).out)
  t.match(account, { username: 'amina', role: 'moderator', confirmed: true })
  t.ok(account.password.length >= 20, 'a password is made and shown when none is given')
  t.match(await communer('account', 'create', 'amina', '--email', 'b@x.fr'), { exitCode: 1, err: /taken/ })
  t.match(await communer('account', 'create', 'paul', '--email', 'p@x.fr', '--role', 'king'), { exitCode: 1, err: /--role must be one of/ })

  t.match(await communer('group', 'create', 'jardin', '--name', 'Jardin', '--owner', 'amina', '--kind', 'project'), {
    exitCode: 0,
    out: /@jardin/
  })
  t.match(await communer('group', 'create', 'velo', '--name', 'Vélo', '--owner', 'nobody'), { exitCode: 1 })
  t.match(await communer('token', 'create', 'amina'), { exitCode: 0, out: /^[A-Za-z0-9_-]{43}$/ })

  t.match(await communer('account', 'disable', 'amina'), { exitCode: 0, out: /can no longer log in/ })
  const list = JSON.parse((await communer('account', 'list', '--json')).out) as { username: string; status: string }[]
  t.match(
    list.find(({ username }) => username === 'amina'),
    { status: 'disabled' }
  )
  t.match(await communer('account', 'reset-password', 'maire'), { exitCode: 0, out: /new password: / })

  t.match(JSON.parse((await communer('queue', 'status', '--json')).out), {
    work: [
      { work: 'inbox', waiting: 0 },
      { work: 'deliveries', waiting: 0 }
    ]
  })
  t.match(await communer('federation', 'status'), { exitCode: 0, out: /not exchanged/ })
  t.match(await communer('federation', 'status', 'unknown.example'), { exitCode: 1, err: /never exchanged with unknown\.example/ })
  t.match(await communer('doctor'), { exitCode: 0, out: /Everything is in order/ })
})

t.test('the doctor says what is wrong, and its exit code too', async (t) => {
  const communer = await commandLine(t)
  const before = await communer('doctor', '--json')
  t.equal(before.exitCode, 1)
  t.match(JSON.parse(before.out), { ok: false, findings: [{ code: 'migrations.pending' }] })
  t.match(await communer('migrate'), { exitCode: 0, out: /Applied 0001_spine\.sql/ })
  t.match(await communer('migrate'), { exitCode: 0, out: /up to date/ })
  t.match(await communer('doctor'), { exitCode: 1, out: /not set up/ })
})

t.test('a backup goes into a new instance from the terminal', async (t) => {
  const first = await commandLine(t)
  const second = await commandLine(t)
  const directory = mkdtempSync(join(tmpdir(), 'communer-backup-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'backup.tar.gz')
  await first(...SETUP)
  t.match(await first('backup', file), { exitCode: 0, out: /private keys/ })
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(await second('restore', join(directory, 'other')), { exitCode: 1, err: /There is no file/ })
  t.match(await second('restore', file), { exitCode: 0, out: /log in again/ })
  t.match(await second('account', 'list'), { exitCode: 0, out: /maire/ })
  t.match(await second('doctor'), { exitCode: 0 })
  t.match(await second('restore', file), { exitCode: 1, err: /not empty/ })
})

t.test('words that are not understood end with 2 and say where to look', async (t) => {
  const communer = await commandLine(t)
  t.match(await communer('acount'), { exitCode: 2, err: /no command "acount".*--help/ })
  t.match(await communer('account', 'create'), { exitCode: 2, err: /USER is missing/ })
  t.match(await communer('account', 'create', 'amina'), { exitCode: 2, err: /--email is missing/ })
  t.match(await communer('doctor', '--colour'), { exitCode: 2, err: /--colour/ })
  t.match(await communer('--help'), { exitCode: 0, out: /federation status/ })
  t.match(await communer('setup', '--help'), { exitCode: 0, out: /--public-url.*it can never change/ })
})

t.test('a database that does not answer is said without its password', async (t) => {
  const cli = fileURLToPath(new URL('cli.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import=tsx', cli, 'migrate'], {
    env: { PATH: process.env['PATH'], DATA_DIR: tmpdir(), DATABASE_URL: 'postgres://u:topsecret@127.0.0.1:9/x' }
  })
  let err = ''
  child.stderr.on('data', (chunk) => (err += chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.equal(code, 1)
  t.match(err, /does not answer at DATABASE_URL/)
  t.notMatch(err, /topsecret/)
})
