// Reads a backup back into an empty database and data directory. The whole file is checked before anything is written.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createGunzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import { BACKUP_FORMAT, MANIFEST, secretCheck, type Manifest } from './backup.ts'
import type { Database } from './connect.ts'
import { migrate, readMigrations } from './migrate.ts'
import { SECRET_FILE } from './secrets.ts'
import { listTables } from './tables.ts'
import { readTar, type TarFile } from './tar.ts'

/** Puts the backup in place. Throws restore.corrupt, restore.not-empty, restore.newer or restore.secret, having changed nothing. */
export async function restoreBackup(config: Config, database: Database, file: string): Promise<Manifest> {
  const manifest = await checkBackup(file)
  await assertEmpty(database)
  await placeSecret(config, file, manifest)
  const mine = readMigrations()
  const theirs = new Set(manifest.migrations.map(({ name }) => name))
  const edited = manifest.migrations.find(({ name, checksum }) => mine.find((one) => one.name === name)?.checksum !== checksum)
  if (edited)
    throw new AppError(
      'restore.newer',
      409,
      `This backup was made by another version of Communer (${edited.name}). Restore it with that version, or a later one.`
    )
  await database.db.raw('drop schema public cascade; create schema public')
  await migrate(
    database.db,
    mine.filter(({ name }) => theirs.has(name))
  )
  await fill(config, database, file, manifest)
  await migrate(database.db, mine)
  return manifest
}

async function* filesOf(file: string): AsyncGenerator<TarFile> {
  const input = createReadStream(file)
  const gunzip = createGunzip()
  input.on('error', (error) => gunzip.destroy(error))
  yield* readTar(input.pipe(gunzip) as AsyncIterable<Buffer>)
}

/** Reads the whole file: every sum must be right, nothing may be missing or too much. */
async function checkBackup(file: string): Promise<Manifest> {
  if (!existsSync(file)) throw new AppError('restore.missing', 404, `There is no file ${file}.`)
  const sums: Record<string, string> = {}
  let manifest: Manifest | null = null
  try {
    for await (const { name, content } of filesOf(file)) {
      if (name === MANIFEST) manifest = JSON.parse(content.toString('utf8')) as Manifest
      else sums[name] = createHash('sha256').update(content).digest('hex')
    }
  } catch (cause) {
    throw corrupt(file, cause)
  }
  if (manifest === null) throw corrupt(file, new Error('no manifest'))
  if (manifest.format !== BACKUP_FORMAT)
    throw new AppError('restore.newer', 409, 'This backup was made by a newer Communer. Restore it with that version, or a later one.')
  const names = new Set([...Object.keys(sums), ...Object.keys(manifest.files)])
  for (const name of names) if (sums[name] !== manifest.files[name]) throw corrupt(file, new Error(`${name} does not match its sum`))
  return manifest
}

function corrupt(file: string, cause: unknown): AppError {
  return new AppError(
    'restore.corrupt',
    422,
    `${file} is damaged, or not a backup of Communer (${(cause as Error).message}). Nothing was changed; use another backup.`,
    { cause }
  )
}

/** A database with nobody in it: new, or migrated by a start that was not set up. */
async function assertEmpty({ db }: Database): Promise<void> {
  const exists = await db.schema.hasTable('actors')
  const tables = await db.raw<{ rows: { count: string }[] }>(
    "select count(*) from pg_tables where schemaname = 'public' and tablename <> 'schema_migrations'"
  )
  const foreign = !exists && Number(tables.rows[0]!.count) > 0
  if (!foreign && (!exists || (await db('actors').first('id')) === undefined)) return
  throw new AppError(
    'restore.not-empty',
    409,
    'This database is not empty; a restore never mixes two instances. Use a new DATA_DIR, or an empty database in DATABASE_URL.'
  )
}

/** The secret of the backup opens its keys: it must be the one that will be used. */
async function placeSecret(config: Config, file: string, manifest: Manifest): Promise<void> {
  if (config.secretKey !== null) {
    if (secretCheck(config.secretKey) === manifest.secret_check) return
    throw new AppError(
      'restore.secret',
      409,
      'SECRET_KEY is not the one of the backup: its private keys could not be opened. Set the SECRET_KEY that instance had, or remove it when the backup brings its own.'
    )
  }
  const saved = await findFile(file, SECRET_FILE)
  if (saved === null)
    throw new AppError(
      'restore.secret',
      409,
      'The instance of this backup had its secret in SECRET_KEY. Set the same SECRET_KEY and restore again.'
    )
  const place = join(config.dataDir, SECRET_FILE)
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 })
  // The key of an empty database opens nothing, but nothing of an operator's is ever overwritten.
  if (existsSync(place) && !(await readFile(place)).equals(saved)) await rename(place, `${place}.before-restore`)
  await writeFile(place, saved, { mode: 0o600 })
}

async function findFile(file: string, wanted: string): Promise<Buffer | null> {
  for await (const { name, content } of filesOf(file)) if (name === wanted) return content
  return null
}

async function fill(config: Config, database: Database, file: string, manifest: Manifest): Promise<void> {
  const client = new pg.Client({ ...database.connection, application_name: 'communer-restore' })
  await client.connect()
  try {
    await client.query('begin')
    const tables = await listTables(client)
    // Counters come with the rows; triggers would count them again.
    for (const { name } of tables) await client.query(`alter table ${client.escapeIdentifier(name)} disable trigger user`)
    await copyAll(config, client, file, manifest)
    for (const { name } of tables) await client.query(`alter table ${client.escapeIdentifier(name)} enable trigger user`)
    await makeHarmless(client)
    await client.query('commit')
  } finally {
    await client.end()
  }
}

/** One COPY per table, whatever the number of files: a table may refer to itself. The archive keeps the tables in an order that works. */
async function copyAll(config: Config, client: pg.Client, file: string, manifest: Manifest): Promise<void> {
  let open: { table: string; stream: CopyStreamQuery } | null = null
  const close = async (): Promise<void> => {
    if (open === null) return
    const { stream } = open
    open = null
    const finished = once(stream, 'finish')
    stream.end()
    await finished
  }
  for await (const { name, content } of filesOf(file)) {
    const table = /^tables\/([^/]+)\//.exec(name)?.[1]
    if (open !== null && (open as { table: string }).table !== table) await close()
    if (table === undefined) {
      if (name.startsWith('media/')) await placeMedia(config, name, content)
      continue
    }
    open ??= { table, stream: startCopy(client, table, manifest) }
    const { stream } = open as { stream: CopyStreamQuery }
    if (!stream.write(content)) await once(stream, 'drain')
  }
  await close()
}

function startCopy(client: pg.Client, table: string, manifest: Manifest): CopyStreamQuery {
  const columns = manifest.tables
    .find(({ name }) => name === table)!
    .columns.map((column) => client.escapeIdentifier(column))
    .join(', ')
  return client.query(copyFrom(`copy ${client.escapeIdentifier(table)} (${columns}) from stdin`))
}

async function placeMedia(config: Config, name: string, content: Buffer): Promise<void> {
  if (name.split('/').includes('..')) throw new Error(`refused: ${name}`)
  const path = join(config.dataDir, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** P11: what was open at the time of the backup must not come alive again: sessions and tokens end, codes are void, nothing is sent a second time. */
async function makeHarmless(client: pg.Client): Promise<void> {
  await client.query('delete from tokens')
  await client.query('delete from oauth_codes')
  await client.query('delete from one_time_links')
  await client.query('delete from personal_calendars')
  await client.query('delete from login_tickets')
  await client.query("delete from mails where state = 'waiting'")
  // Archives are no part of a backup, and what is half done was perhaps finished since.
  await client.query('delete from exports')
  await client.query('delete from imports where finished_at is null')
  await client.query("delete from chores where kind in ('mail', 'mail-reset', 'mail-confirm', 'export', 'import', 'push')")
  await client.query(
    "update deliveries set state = 'cancelled', finished_at = now(), last_error = 'restored from a backup' where state = 'waiting'"
  )
}
