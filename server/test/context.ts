// The context of a test: real PostgreSQL, real sockets, a clock that stands still, a queue that runs when asked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { readConfig, type Config } from '../config.ts'
import type { Ctx } from '../context.ts'
import { openPool } from '../db/connect.ts'
import { createSecretBox } from '../db/secrets.ts'
import { createApex } from '../protocol/apex.ts'
import { closeSockets, createSockets } from '../protocol/fetch.ts'
import { fakeClock, type FakeClock } from './clock.ts'
import { testDatabase } from './postgres.ts'
import { drain, recordingQueue, type RecordingQueue } from './queue.ts'
import { makeSite } from './site.ts'

export { drain }

interface Teardown {
  teardown(work: () => Promise<void> | void): void
}

export interface TestContextOptions {
  /** False: an instance before set-up. */
  site?: boolean
  /** Public address of the instance. */
  origin?: string
  config?: Partial<Config>
  startAt?: Date
}

export interface TestContext {
  ctx: Ctx
  clock: FakeClock
  queue: RecordingQueue
  /** DATABASE_URL of the same database. */
  databaseUrl: string
}

/** A context on a database of its own; everything goes away with the test. The site is `https://commune.test` unless asked otherwise. */
export async function testContext(t: Teardown, options: TestContextOptions = {}): Promise<TestContext> {
  const database = await testDatabase()
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-test-'))
  const clock = fakeClock(options.startAt)
  const queue = recordingQueue()
  const config: Config = { ...readConfig({}), dataDir, databaseUrl: database.url, logLevel: 'silent', minFreeMib: 0, ...options.config }
  const ctx = {
    config,
    log: pino({ level: 'silent' }),
    db: openPool(database.connection, 8),
    clock,
    secrets: createSecretBox('a secret for tests, thirty-two characters long'),
    site: null,
    queue,
    count: () => {}
  } as unknown as Ctx
  ctx.sockets = createSockets(config)
  ctx.apex = createApex(ctx)
  t.teardown(async () => {
    await closeSockets(ctx.sockets)
    await ctx.db.destroy()
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  if (options.site !== false) await makeSite(ctx, options.origin ?? 'https://commune.test')
  return { ctx, clock, queue, databaseUrl: database.url }
}
