// What commands run in: a whole context, or only the database. Both adopt the running PostgreSQL, or start it for the time of the command.
import type { Config } from '../config.ts'
import type { Ctx } from '../context.ts'
import { createContext, createLog } from '../create-context.ts'
import { connectDatabase, type Database } from '../db/connect.ts'

/** Commands speak on standard output; the log keeps quiet unless asked for. */
function quiet(config: Config): Config {
  return process.env['LOG_LEVEL'] ? config : { ...config, logLevel: 'error' }
}

/** Runs `work` with a context, migrated, and closes it. */
export async function withContext<T>(config: Config, work: (ctx: Ctx) => Promise<T>): Promise<T> {
  const { ctx, close } = await createContext(quiet(config))
  try {
    return await work(ctx)
  } finally {
    await close()
  }
}

/** Runs `work` with the database as it is, not migrated, and closes it. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await connectDatabase(config, createLog(quiet(config).logLevel))
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
