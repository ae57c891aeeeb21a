// Opens the database: the embedded PostgreSQL in DATA_DIR, or the one DATABASE_URL names. Gives a knex pool and the way to let go.
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'
import { HotStatements, prepareHot } from './prepare.ts'
import { startEmbedded, type ConnectionSettings, type Embedded } from './embedded.ts'

export interface Database {
  db: Knex
  /** For clients that make their own connections (the queue's, LISTEN, COPY). */
  connection: ConnectionSettings | { connectionString: string }
  embedded: Embedded | null
  close(): Promise<void>
}

/** Oldest PostgreSQL whose features the migrations use, times 10,000 as server_version_num counts. */
const MIN_VERSION = 140_000
const DATABASE_NAME = 'communer'

/** Connects, checks the version. `exclusive`: be the only server on the embedded cluster. Throws AppError database.* with a sentence that says what to do. */
export async function connectDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: Logger,
  options: { exclusive?: boolean } = {}
): Promise<Database> {
  if (config.databaseUrl !== null) {
    const connection = { connectionString: config.databaseUrl }
    const db = openPool(connection)
    try {
      await checkVersion(db)
    } catch (error) {
      await db.destroy()
      throw error
    }
    return { db, connection, embedded: null, close: () => db.destroy() }
  }
  const embedded = await startEmbedded({ home: join(config.dataDir, 'postgres'), log, ...options })
  const connection = { ...embedded.connection, database: DATABASE_NAME }
  await createDatabase(embedded.connection, DATABASE_NAME)
  const db = openPool(connection)
  const close = async (): Promise<void> => {
    await db.destroy()
    await embedded.release()
  }
  return { db, connection, embedded, close }
}

/** Knex prints what it also throws; whoever catches it says it better. */
const SILENT = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} }

/** A knex pool. Idle connections go, so that a small instance stays small; a lost one is replaced at the next query. */
export function openPool(connection: ConnectionSettings | { connectionString: string }, max = 16): Knex {
  const hot = new HotStatements()
  return knex({
    client: 'pg',
    log: SILENT,
    connection: {
      ...connection,
      application_name: 'communer',
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 120_000,
      keepAlive: true
    },
    pool: {
      min: 0,
      max,
      idleTimeoutMillis: 60_000,
      acquireTimeoutMillis: 15_000,
      afterCreate: (client: pg.Client, done: (error: Error | null, client: pg.Client) => void) => {
        prepareHot(client as unknown as Parameters<typeof prepareHot>[0], hot)
        done(null, client)
      }
    }
  })
}

/** Makes a database when it is not there. */
export async function createDatabase(maintenance: ConnectionSettings, name: string): Promise<void> {
  const client = new pg.Client(maintenance)
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    // 42P04, 23505: another process made it in between.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
  } finally {
    await client.end()
  }
}

async function checkVersion(db: Knex): Promise<void> {
  let version: number
  try {
    const answer = await db.raw<{ rows: { version: number }[] }>("select current_setting('server_version_num')::int as version")
    version = answer.rows[0]!.version
  } catch (cause) {
    throw new AppError(
      'database.unreachable',
      503,
      `PostgreSQL does not answer at DATABASE_URL (${reason(cause)}). Check that it runs, and the address, user, password and database name in DATABASE_URL.`,
      { cause }
    )
  }
  if (version < MIN_VERSION) {
    throw new AppError(
      'database.old',
      500,
      `The PostgreSQL at DATABASE_URL is version ${Math.floor(version / 10_000)}; Communer needs 14 or later.`
    )
  }
}

/** The driver's reason without anything of the address, which holds the password. */
function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  return code ?? message.replaceAll(/postgres(ql)?:\/\/\S+/g, 'DATABASE_URL')
}
