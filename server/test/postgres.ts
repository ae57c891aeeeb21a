// One PostgreSQL for all test processes of a working copy, in memory where there is room; a database of its own for each test, copied from
// a template that is migrated once per schema. For tests only: durability is off.
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { openPool } from '../db/connect.ts'
import { startEmbedded, type ConnectionSettings, type Embedded } from '../db/embedded.ts'
import { migrate, schemaVersion } from '../db/migrate.ts'

const SETTINGS = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300', autovacuum: 'off' }
/** Advisory lock under which the template is made: 'TEMP' in ASCII. */
const TEMPLATE_LOCK = 0x54454d50

/** Bytes: a database is about 15 MB, some dozens at once. */
const MEMORY_NEEDED = 2 * 1024 ** 3

/** PostgreSQL's code for a template that is not there. */
const UNKNOWN_DATABASE = '3D000'

let shared: Promise<Embedded> | null = null

/** In memory a database is copied three times as fast (Linux). Containers often have 64 MiB there: too little. */
function roomyFolder(): string {
  const memory = '/dev/shm'
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= MEMORY_NEEDED ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** The cluster all tests share: started by the first process that asks, adopted by the others. */
export function testCluster(): Promise<Embedded> {
  const copy = createHash('sha256')
    .update(import.meta.url)
    .digest('hex')
    .slice(0, 8)
  const home = join(roomyFolder(), `communer-tests-${userInfo().username}-${copy}`, 'postgres')
  shared ??= startEmbedded({ home, log: pino({ level: 'silent' }), settings: SETTINGS })
  return shared
}

/** Runs `work` on the maintenance database, on a connection of its own. */
async function onMaintenance<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { connection } = await testCluster()
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

let template: Promise<string> | null = null

function templateName(): string {
  return `template_${schemaVersion().slice(0, 16)}`
}

/** Name of the migrated template; made under a lock when no process made it yet. */
function migratedTemplate(): Promise<string> {
  template ??= onMaintenance(async (client) => {
    const name = templateName()
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount !== 0) return name
    const draft = `${name}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    const db = openPool({ ...(await testCluster()).connection, database: draft }, 3)
    await migrate(db).finally(() => db.destroy())
    await client.query(`alter database ${draft} rename to ${name}`)
    return name
  })
  return template
}

export interface TestDatabase {
  connection: ConnectionSettings
  /** The same as an address, for a spawned Communer (DATABASE_URL). */
  url: string
  drop(): Promise<void>
}

/** A fresh database: migrated, or empty. */
export async function testDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `t_${process.pid}_${randomBytes(5).toString('hex')}`
  // Without durability, copying files costs a third of writing pages through the log (PostgreSQL's default).
  const copy = async (source: string): Promise<void> =>
    onMaintenance(async (client) => void (await client.query(`create database ${name} template ${source} strategy file_copy`)))
  await copy(options.empty ? 'template0' : await migratedTemplate()).catch(async (error: { code?: unknown }) => {
    if (error.code !== UNKNOWN_DATABASE || options.empty) throw error
    // The tests of another version cleaned up behind us.
    template = null
    await copy(await migratedTemplate())
  })
  const connection = { ...(await testCluster()).connection, database: name }
  const { user, password, host, port } = connection
  // `localhost` is a stand-in: an address without a host is none for URL parsers; pg lets the query's host win.
  const url = host.startsWith('/')
    ? `postgres://${user}:${password}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`
    : `postgres://${user}:${password}@${host}:${port}/${name}`
  return {
    connection,
    url,
    drop: () => onMaintenance(async (client) => void (await client.query(`drop database if exists ${name} with (force)`)))
  }
}

/** Removes databases that killed tests left, then stops the cluster when no other test run uses it. */
export async function stopTestCluster(): Promise<void> {
  await onMaintenance(async (client) => {
    const rows = await client.query<{ datname: string }>(
      "select datname from pg_database d where datname like 't\\_%' and not exists (select from pg_stat_activity a where a.datname = d.datname)"
    )
    // Another run may have just made one and not connected yet: only those of dead processes go.
    for (const { datname } of rows.rows) if (!lives(Number(datname.split('_')[1]))) await client.query(`drop database if exists ${datname}`)
    const old = await client.query<{ datname: string }>(
      "select datname from pg_database where datname like 'template\\_%' and not starts_with(datname, $1)",
      [templateName()]
    )
    // A run of another version may still use it.
    for (const { datname } of old.rows) await client.query(`drop database if exists ${datname}`).catch(() => {})
  })
  await (await testCluster()).release()
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
