// Puts the context together: secrets, database, migrations, site, sockets, queue, apex. The same in the server, the workers and the CLI.
import { pino, type Logger } from 'pino'
import type { Config } from './config.ts'
import type { Clock, Ctx } from './context.ts'
import { AppError } from './core/errors.ts'
import { connectDatabase, type Database } from './db/connect.ts'
import { createCounters } from './db/counters.ts'
import { migrate } from './db/migrate.ts'
import { createSecretBox, readSecret } from './db/secrets.ts'
import { loadSite } from './db/site.ts'
import { createQueue } from './jobs/queue.ts'
import { createApex } from './protocol/apex.ts'
import { closeSockets, createSockets } from './protocol/fetch.ts'

export interface ContextOverrides {
  clock?: Clock
  log?: Logger
  /** Be the only server on the embedded cluster. */
  exclusive?: boolean
}

export interface Instance {
  ctx: Ctx
  database: Database
  /** Closes everything in the opposite order; PostgreSQL stops when nobody else uses it. */
  close(): Promise<void>
}

/** What must never stand in a log, wherever a request or an error brings it. */
const REDACTED = [
  'req.headers.authorization',
  'req.headers.cookie',
  'headers.authorization',
  'headers.cookie',
  '*.password',
  '*.token',
  '*.client_secret',
  'password',
  'token'
]

/** The log of the process: JSON lines on standard error; standard output is for people. */
export function createLog(level: string): Logger {
  return pino({ level, redact: { paths: REDACTED, censor: '[redacted]' } }, pino.destination({ dest: 2, sync: true }))
}

/** A context on the configured database, migrated. Throws AppError with a sentence that says what to do. */
export async function createContext(config: Config, overrides: ContextOverrides = {}): Promise<Instance> {
  const log = overrides.log ?? createLog(config.logLevel)
  const clock = overrides.clock ?? { now: () => new Date() }
  const secrets = createSecretBox(readSecret(config))
  const database = await connectDatabase(config, log, { exclusive: overrides.exclusive ?? false })
  const closers: (() => Promise<void>)[] = [() => database.close()]
  const close = async (): Promise<void> => {
    for (const step of closers.splice(0).toReversed()) await step()
  }
  try {
    await migrate(database.db)
    const counters = createCounters(database.db, clock, log)
    closers.push(() => counters.close())
    // The parts below need the context they belong to; each is set before anyone can ask for it.
    const ctx = { config, log, db: database.db, clock, secrets, site: null, count: counters.count } as unknown as Ctx
    checkAddress(config, await loadSite(ctx))
    ctx.sockets = createSockets(config)
    closers.push(() => closeSockets(ctx.sockets))
    ctx.queue = await createQueue(ctx)
    closers.push(() => ctx.queue.close())
    ctx.apex = await createApex(ctx)
    return { ctx, database, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** IRIs hang on the origin chosen at set-up for ever: another address in the environment would make every one of them a lie. */
function checkAddress(config: Config, site: Ctx['site']): void {
  if (site === null) return
  if (config.publicUrl !== null && config.publicUrl !== site.origin) {
    throw new AppError(
      'config.public-url',
      500,
      `PUBLIC_URL is ${config.publicUrl}, but this instance was set up as ${site.origin}, and its address can never change: other servers know its people by it. Set PUBLIC_URL=${site.origin}, or remove it.`
    )
  }
  if (config.accountDomain !== null && config.accountDomain !== site.accountDomain) {
    throw new AppError(
      'config.account-domain',
      500,
      `ACCOUNT_DOMAIN is ${config.accountDomain}, but this instance was set up with ${site.accountDomain}, which can never change. Set ACCOUNT_DOMAIN=${site.accountDomain}, or remove it.`
    )
  }
}
