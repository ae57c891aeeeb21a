// Applies migrations/*.sql in order, forward only, each in its own transaction, one process at a time.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Knex } from 'knex'
import { AppError } from '../core/errors.ts'

export interface Migration {
  name: string
  sql: string
  checksum: string
}

/** Number of the advisory lock that lets one process migrate: 'MIGR' in ASCII. */
const MIGRATION_LOCK = 0x4d494752
/** A migration that waits longer for a table would hold up every writer behind it (P12: pause ≤ 5 s). */
const LOCK_TIMEOUT = '5s'

/** Directory of the migrations, from the sources and from dist/ alike. */
export function migrationsDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'migrations')) && dirname(directory) !== directory) directory = dirname(directory)
  return join(directory, 'migrations')
}

/** The migrations this program has, in order. */
export function readMigrations(directory: string = migrationsDirectory()): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => /^[0-9]{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
  return names.map((name) => {
    const sql = readFileSync(join(directory, name), 'utf8')
    return { name, sql, checksum: createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex') }
  })
}

/** One hash over all migrations: names the schema this program expects. */
export function schemaVersion(migrations: Migration[] = readMigrations()): string {
  return createHash('sha256')
    .update(migrations.map(({ name, checksum }) => `${name} ${checksum}\n`).join(''))
    .digest('hex')
}

/** Brings the database to this program's schema and gives the names it applied. Throws migrate.newer, migrate.edited or migrate.failed. */
export async function migrate(db: Knex, migrations: Migration[] = readMigrations()): Promise<string[]> {
  return db.transaction(async (gate) => {
    // Held by the transaction, so that it goes away with the connection whatever happens.
    await gate.raw('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK])
    await db.raw(
      'create table if not exists schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())'
    )
    const pending = await pendingMigrations(db, migrations)
    for (const migration of pending) await apply(db, migration)
    return pending.map(({ name }) => name)
  })
}

/** Migrations not applied yet; checks those that are. */
export async function pendingMigrations(db: Knex, migrations: Migration[] = readMigrations()): Promise<Migration[]> {
  const applied = await db('schema_migrations').select<{ name: string; checksum: string }[]>('name', 'checksum')
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = known.get(row.name)
    if (!migration) {
      throw new AppError(
        'migrate.newer',
        500,
        `This database was made by a newer Communer (it has ${row.name}). Install that version or a later one; a database never goes back.`
      )
    }
    if (migration.checksum !== row.checksum) {
      throw new AppError(
        'migrate.edited',
        500,
        `migrations/${row.name} is not the file this database was made with. Put the original back; a change belongs in a new migration.`
      )
    }
  }
  const done = new Set(applied.map(({ name }) => name))
  return migrations.filter(({ name }) => !done.has(name))
}

async function apply(db: Knex, migration: Migration): Promise<void> {
  try {
    await db.transaction(async (trx) => {
      await trx.raw(`set local lock_timeout = '${LOCK_TIMEOUT}'`)
      // A `?` in the file is an operator or text, not a binding. Without bindings the driver sends all statements at once.
      await trx.raw(migration.sql.replaceAll('?', '\\?'))
      await trx('schema_migrations').insert({ name: migration.name, checksum: migration.checksum })
    })
  } catch (cause) {
    throw new AppError(
      'migrate.failed',
      500,
      `migrations/${migration.name} could not be applied (${(cause as Error).message}). Nothing of it was kept; start again when the cause is gone.`,
      { cause }
    )
  }
}
