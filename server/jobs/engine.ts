// BullMQ on PostgreSQL (same database, schema `bullmq`) or on Redis when REDIS_URL is set. Only jobs/queue.ts uses it.
import { createHash } from 'node:crypto'
import { createPostgresBackend, Queue, withBackend, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import type { Ctx } from '../context.ts'
import type { WakeKind } from './queue.ts'

export type EngineName = 'postgresql' | 'redis'

export interface Engine {
  name: EngineName
  add(kind: WakeKind): Promise<void>
  /** Begins to take jobs. */
  listen(): Promise<void>
  waiting(): Promise<number>
  close(): Promise<void>
}

/** Both engines' BullMQ objects, as far as we use them. */
interface BullQueue {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  add(name: string, data: object, options: object): Promise<unknown>
  getWaitingCount(): Promise<number>
  close(): Promise<void>
}

interface BullWorker {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  close(force?: boolean): Promise<void>
}

interface Parts {
  name: EngineName
  queue: BullQueue
  worker(process: (job: { name: string }) => Promise<void>): BullWorker
  release(): Promise<void>
}

const QUEUE_NAME = 'communer'
/** One line in the log per this time, however often a dead engine complains. */
const COMPLAIN_EVERY_MS = 60_000
/** Jobs last a millisecond: a lock of ten seconds and a check as often bring back what a killed worker held. */
const WORKER_OPTIONS = { concurrency: 1, lockDuration: 10_000, stalledInterval: 10_000, maxStalledCount: 1_000 }
/** Never kept; one waiting per kind, one more when the present one is already being answered: no wake-up falls in between. */
const jobOptions = (kind: WakeKind): object => ({
  removeOnComplete: true,
  removeOnFail: true,
  deduplication: { id: kind, keepLastIfActive: true }
})

/** Connects lazily. `onJob` is called for every wake-up taken; it must return at once. */
export function openEngine(ctx: Ctx, onJob: (kind: WakeKind) => void): Engine {
  const parts = ctx.config.redisUrl === null ? onPostgres(ctx) : onRedis(ctx, ctx.config.redisUrl)
  const complain = complainer(ctx)
  parts.queue.on('error', complain)
  let worker: BullWorker | null = null
  return {
    name: parts.name,
    async add(kind) {
      await parts.queue.add(kind, {}, jobOptions(kind))
    },
    async listen() {
      if (worker !== null) return
      // The tables must be there before a worker asks for jobs.
      await parts.queue.waitUntilReady()
      worker = parts.worker(async (job) => onJob(job.name as WakeKind))
      worker.on('error', complain)
      await worker.waitUntilReady()
    },
    waiting: () => parts.queue.getWaitingCount(),
    async close() {
      await worker?.close()
      await parts.queue.close()
      await parts.release()
    }
  }
}

/** Config objects, not a shared pool: BullMQ pins connections for LISTEN. Wake-ups need not survive a power cut. */
function onPostgres(ctx: Ctx): Parts {
  const own = connectionOf(ctx)
  const base = { host: own['host'], port: own['port'], user: own['user'], password: own['password'], database: own['database'] }
  const address = own['connectionString'] === undefined ? base : { connectionString: own['connectionString'] as string }
  const connection: object = {
    ...address,
    schema: 'bullmq',
    migrate: true,
    max: 2,
    keepAlive: true,
    application_name: 'communer queue',
    options: '-c synchronous_commit=off'
  }
  const bull = withBackend(createPostgresBackend)
  const options = { connection: connection as never }
  return {
    name: 'postgresql',
    queue: new bull.Queue(QUEUE_NAME, options) as unknown as BullQueue,
    worker: (process) => new bull.Worker(QUEUE_NAME, process, { ...options, ...WORKER_OPTIONS }) as unknown as BullWorker,
    release: async () => {}
  }
}

function onRedis(ctx: Ctx, url: string): Parts {
  // BullMQ waits on a blocking connection of its own, which must retry without end.
  const connect = (): Redis => new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: false })
  const clients: Redis[] = []
  const connection = (): never => {
    const client = connect()
    client.on('error', () => {})
    clients.push(client)
    return client as never
  }
  // Several instances may share one Redis: each hears only the wake-ups of its own database.
  const own = connectionOf(ctx)
  const database = [own['connectionString'], own['host'], own['port'], own['database']].join(' ')
  const prefix = `communer-${createHash('sha256').update(database).digest('hex').slice(0, 12)}`
  return {
    name: 'redis',
    queue: new Queue(QUEUE_NAME, { connection: connection(), prefix }) as unknown as BullQueue,
    worker: (process) => new Worker(QUEUE_NAME, process, { connection: connection(), prefix, ...WORKER_OPTIONS }) as unknown as BullWorker,
    async release() {
      for (const client of clients) client.disconnect()
    }
  }
}

function connectionOf(ctx: Ctx): Record<string, unknown> {
  return (ctx.db.client.config as { connection: Record<string, unknown> }).connection
}

function complainer(ctx: Ctx): (error: Error) => void {
  let quietUntilMs = 0
  return (error) => {
    const nowMs = performance.now()
    if (nowMs < quietUntilMs) return
    quietUntilMs = nowMs + COMPLAIN_EVERY_MS
    ctx.log.warn({ err: error }, 'the queue engine is in trouble; the sweeper works meanwhile')
  }
}
