// A real Communer as its own process, with its own database and data directory, set up through the command line as an operator would.
// Black box: the tests speak to it over HTTP and by its commands; `query` looks at stored rows where a test must prove an absence.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Test } from 'tap'
import { testDatabase } from '../../server/test/postgres.ts'
import type { Network } from '../network/network.ts'
import { freePort } from '../network/ports.ts'
import { createClient, type Client } from './client.ts'
import { startProcess, type Child } from './process.ts'
import { nodeArguments, ROOT } from './program.ts'

export interface CommunerOptions {
  host: string
  /** Default: https://host, behind the front. `local`: http://localhost and its port, as on a developer's machine. */
  address?: 'local'
  name?: string
  env?: Record<string, string>
  /** `embedded`: its own PostgreSQL in the data directory, as `npm start` has it. Default: a database on the tests' cluster. */
  database?: 'embedded' | 'shared'
  /** Accounts beside the administrator `maire`; each gets a token and a client. */
  accounts?: string[]
  /** Groups, as `username: owner`. */
  groups?: Record<string, string>
  /** The test whose end disposes of the instance; without one the caller does. */
  test?: Pick<Test, 'teardown' | 'passing'>
}

export interface Communer {
  origin: string
  host: string
  port: number
  dataDir: string
  child: Child
  clients: Record<string, Client>
  anonymous: Client
  cli(...args: string[]): Promise<any>
  query<T = Record<string, any>>(sql: string, values?: unknown[]): Promise<T[]>
  /** What `query` made due is done now, not at the next sweep: any question of a stranger that takes a chore wakes the workers. */
  wake(): Promise<void>
  start(): Promise<void>
  /** Starts the server and kills it after that time, ready or not. */
  startAndKill(afterMs: number): Promise<void>
  stop(): Promise<void>
  /** Ends the process and removes everything; keeps the log in the temporary directory when the test failed. */
  dispose(failed?: boolean): Promise<void>
}

/** A busy machine is no failure. */
const START_MS = 180_000

export const PASSWORD = 'correct horse battery staple'

/** Sets an instance up, starts it, and returns once it is ready. */
export async function startCommuner(network: Network, options: CommunerOptions): Promise<Communer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-data-'))
  const shared = options.database === 'embedded' ? null : await testDatabase({ empty: true })
  const port = await freePort()
  const origin = options.address === 'local' ? `http://localhost:${port}` : `https://${options.host}`
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LANG: 'C.UTF-8',
    ...network.env(),
    PORT: String(port),
    PUBLIC_URL: origin,
    DATA_DIR: dataDir,
    MIN_FREE_MB: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'info',
    ...(shared === null ? {} : { DATABASE_URL: shared.url }),
    ...(process.env.REDIS_URL ? { REDIS_URL: process.env.REDIS_URL } : {}),
    ...options.env
  }
  const cli = async (...args: string[]): Promise<any> => {
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments('cli'), ...args], {
      env,
      cwd: ROOT,
      maxBuffer: 1e7
    })
    return args.includes('--json') ? JSON.parse(stdout) : stdout
  }
  network.front.route(options.host, port)
  let pool: pg.Pool | null = shared === null ? null : new pg.Pool({ connectionString: shared.url, max: 2 })
  const boot = (): Promise<Child> =>
    startProcess(process.execPath, nodeArguments('main'), { env, cwd: ROOT, readyText: 'Communer is ready at', timeoutMs: START_MS })
  let child: Child | null = null
  let disposed = false
  const instance: Communer = {
    origin,
    host: options.host,
    port,
    dataDir,
    clients: {},
    anonymous: createClient(network, origin, null),
    cli,
    get child() {
      return child!
    },
    async query<T>(sql: string, values: unknown[] = []) {
      pool ??= await embeddedPool(dataDir)
      return (await pool.query(sql, values)).rows as T[]
    },
    async wake() {
      const answer = await instance.anonymous.request('POST', '/api/communer/v1/email/resend', { login: 'nobody' })
      if (answer.status !== 202) throw new Error(`waking ${options.host} answered ${answer.status}`)
    },
    async start() {
      child = await boot()
      if (!disposed) return
      await child.stop()
      throw new Error(`${options.host} was disposed of while it started`)
    },
    async startAndKill(afterMs) {
      const doomed = spawn(process.execPath, nodeArguments('main'), { env, cwd: ROOT, stdio: 'ignore' })
      const ended = new Promise((resolve) => doomed.once('close', resolve))
      setTimeout(() => doomed.kill('SIGKILL'), afterMs)
      await ended
    },
    stop: async () => child?.stop(),
    async dispose(failed = false) {
      disposed = true
      await pool?.end()
      await child?.stop()
      await shared?.drop()
      if (failed || process.env.TEST_KEEP_LOGS) writeFileSync(join(tmpdir(), `${options.host}.log`), child?.output() ?? '')
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  const { test } = options
  test?.teardown(() => instance.dispose(!test.passing()))
  await cli(
    'setup',
    '--name',
    options.name ?? 'Saint-Leu',
    '--insee',
    '97413',
    '--lat=-21.17',
    '--lon=55.29',
    '--admin',
    'maire',
    '--email',
    'maire-courriel@mairie.example',
    '--password',
    PASSWORD
  )
  await instance.start()
  await populate(network, instance, options)
  return instance
}

/** The cluster that the running server owns, looked at without becoming one of its users: it must still stop with its server. */
async function embeddedPool(dataDir: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ ...embeddedSettings(dataDir), max: 2 })
  pool.on('error', () => {}) // the server may be killed under it
  return pool
}

/** Where the embedded PostgreSQL of this data directory listens. Throws when it does not run. */
export function embeddedSettings(dataDir: string): pg.ClientConfig {
  const home = realpathSync(join(dataDir, 'postgres'))
  const [, , , port, socketDirectory] = readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')
  const password = readFileSync(`${home}.password`, 'utf8').trim()
  return { host: socketDirectory!, port: Number(port), user: 'communer', password, database: 'communer' }
}

/** Process id of the embedded PostgreSQL of this data directory, or null when none runs. */
export function postgresPid(dataDir: string): number | null {
  try {
    const pid = Number(readFileSync(join(realpathSync(join(dataDir, 'postgres')), 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres') ? pid : null
  } catch {
    return null
  }
}

/** Accounts, then their groups and tokens, by the command line: each command is a process, those that may run at once do. */
async function populate(network: Network, instance: Communer, options: CommunerOptions): Promise<void> {
  const accounts = options.accounts ?? []
  await Promise.all(
    accounts.map((username) =>
      instance.cli('account', 'create', username, '--email', `${username}-courriel@mairie.example`, '--password', PASSWORD, '--confirmed')
    )
  )
  await Promise.all([
    ...Object.entries(options.groups ?? {}).map(([username, owner]) =>
      instance.cli('group', 'create', username, '--name', username, '--owner', owner)
    ),
    ...accounts.map(async (username) => {
      const made = await instance.cli('token', 'create', username, '--scopes', 'read write follow push', '--json')
      instance.clients[username] = createClient(network, instance.origin, String(made.token))
    })
  ])
}
