// Writes an instance into one file (tar.gz): every table from one snapshot, the media, the secret, and a manifest with SHA-256 sums.
// The server may go on writing meanwhile.
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { once } from 'node:events'
import { createGzip, type Gzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import type { Database } from './connect.ts'
import { readSecret, SECRET_FILE } from './secrets.ts'
import { listTables } from './tables.ts'
import { tarEnd, tarEntry } from './tar.ts'

export const BACKUP_FORMAT = 1
export const MANIFEST = 'manifest.json'

export interface Manifest {
  format: number
  made_at: string
  migrations: { name: string; checksum: string }[]
  tables: { name: string; columns: string[]; rows: number }[]
  /** SHA-256 of every file of the archive but this one, in hexadecimal. */
  files: Record<string, string>
  /** Recognises the instance's secret without telling it. */
  secret_check: string
}

/** A table is cut into files of this size, so that none needs to fit in memory whole. */
const PART_BYTES = 8 * 1024 * 1024

/** Tells a wrong secret from the right one; says nothing about it. */
export function secretCheck(secret: string): string {
  return createHash('sha256').update(`communer backup ${secret}`).digest('hex')
}

interface Archive {
  add(name: string, content: Buffer): Promise<void>
  files: Record<string, string>
  finish(manifest: Omit<Manifest, 'files'>): Promise<void>
}

/** Writes the backup to `file` (mode 0600, complete or not at all). Throws backup.exists, or what the system says. */
export async function writeBackup(config: Config, database: Database, file: string): Promise<Manifest> {
  if (existsSync(file)) throw new AppError('backup.exists', 409, `${file} already exists. Choose another name.`)
  const draft = `${file}.part`
  const madeAt = new Date()
  const secret_check = secretCheck(readSecret(config))
  const archive = openArchive(draft, madeAt)
  try {
    const { migrations, tables } = await addTables(database, archive)
    await addFiles(config, archive)
    const manifest = { format: BACKUP_FORMAT, made_at: madeAt.toISOString(), migrations, tables, secret_check }
    await archive.finish(manifest)
    await rename(draft, file)
    return { ...manifest, files: archive.files }
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function openArchive(file: string, madeAt: Date): Archive {
  const gzip: Gzip = createGzip({ level: 6 })
  const output = createWriteStream(file, { mode: 0o600, flags: 'w' })
  const written = once(output, 'finish')
  // A failure to write (disk full) must reach whoever waits on the compressor.
  output.on('error', (error) => gzip.destroy(error))
  written.catch(() => {})
  gzip.pipe(output)
  const files: Record<string, string> = {}
  const write = async (bytes: Buffer): Promise<void> => {
    if (gzip.destroyed) throw gzip.errored ?? new Error('the backup could not be written')
    if (!gzip.write(bytes)) await once(gzip, 'drain')
  }
  return {
    files,
    async add(name, content) {
      files[name] = createHash('sha256').update(content).digest('hex')
      await write(tarEntry(name, content, madeAt))
    },
    async finish(manifest) {
      await write(tarEntry(MANIFEST, Buffer.from(`${JSON.stringify({ ...manifest, files }, null, 1)}\n`), madeAt))
      gzip.end(tarEnd())
      await written
    }
  }
}

async function addTables(database: Database, archive: Archive): Promise<Pick<Manifest, 'migrations' | 'tables'>> {
  const client = new pg.Client({ ...database.connection, application_name: 'communer-backup' })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const migrations = await client.query<{ name: string; checksum: string }>('select name, checksum from schema_migrations order by name')
    const tables: Manifest['tables'] = []
    for (const table of await listTables(client)) tables.push({ ...table, rows: await addTable(client, archive, table) })
    await client.query('commit')
    return { migrations: migrations.rows, tables }
  } finally {
    await client.end()
  }
}

/** COPY in text form: it reads the same on every PostgreSQL. Gives the number of rows. */
async function addTable(client: pg.Client, archive: Archive, table: { name: string; columns: string[] }): Promise<number> {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const stream = client.query(copyTo(`copy ${client.escapeIdentifier(table.name)} (${columns}) to stdout`))
  let pending: Buffer[] = []
  let size = 0
  let part = 0
  const flush = async (): Promise<void> => {
    if (size === 0) return
    part += 1
    await archive.add(`tables/${table.name}/${String(part).padStart(6, '0')}.copy`, Buffer.concat(pending))
    pending = []
    size = 0
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    pending.push(chunk)
    size += chunk.length
    if (size >= PART_BYTES) await flush()
  }
  await flush()
  return stream.rowCount
}

/** Media and the secret. The cache of other servers' images is made again when needed. */
async function addFiles(config: Config, archive: Archive): Promise<void> {
  if (config.secretKey === null) await archive.add(SECRET_FILE, await readFile(join(config.dataDir, SECRET_FILE)))
  const media = join(config.dataDir, 'media')
  if (!existsSync(media)) return
  const entries = await readdir(media, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(config.dataDir, path).split(sep).join('/')
    if (/^media\/(cache|proxy)\//.test(name)) continue
    try {
      await archive.add(name, await readFile(path))
    } catch (error) {
      // Deleted since the list was made.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
