// Wake-ups for the workers, on BullMQ. A job carries no truth: losing every one of them only delays work until the next sweep.
import type { Ctx } from '../context.ts'
import { openEngine, type Engine, type EngineName } from './engine.ts'

export type WakeKind = 'inbox' | 'deliver' | 'chores' | 'media' | 'prune'

/** What a worker does when woken: starts working, and returns at once. */
export type Handlers = Partial<Record<WakeKind, () => void>>

export interface QueueStatus {
  engine: EngineName
  ready: boolean
  /** Wake-ups nobody took yet; not the work itself, which is in the tables. */
  waiting: number
  /** Why it is not ready, when known. */
  problem: string | null
}

export interface Queue {
  /** Says that there is work. Coalesced, never throws, never waits. */
  wake(kind: WakeKind): void
  /** Begins to answer wake-ups, in workers. */
  start(handlers: Handlers): Promise<void>
  close(): Promise<void>
  /** Never throws. */
  status(): Promise<QueueStatus>
}

/** At most one job per kind in this time: a burst of thousands of activities is one wake-up. */
const COALESCE_MS = 50
/** Where the process does the work itself, others are called only to help with what lasts. */
const HELP_AFTER_MS = 1_000
/** A queue that does not answer must not hold up a stop or a health check. */
const PATIENCE_MS = 2_000

interface Bell {
  timer: NodeJS.Timeout | null
  adding: Promise<void> | null
  again: boolean
}

/** The queue of a process. The engine is opened at the first use: a command that publishes nothing never connects. */
export async function createQueue(ctx: Ctx): Promise<Queue> {
  const bells = new Map<WakeKind, Bell>()
  let handlers: Handlers = {}
  let engine: Engine | null = null
  let closed = false
  const open = (): Engine => (engine ??= openEngine(ctx, (kind) => handlers[kind]?.()))

  const ring = (kind: WakeKind, bell: Bell): void => {
    bell.timer = null
    bell.again = false
    bell.adding = open()
      .add(kind)
      .catch((error: unknown) => ctx.log.warn({ err: error, kind }, 'a wake-up could not be queued; the sweeper will find the work'))
      .then(() => {
        bell.adding = null
        if (bell.again && !closed) ring(kind, bell)
      })
  }

  return {
    wake(kind) {
      // Here at once, whatever the engine does; elsewhere through the engine.
      handlers[kind]?.()
      if (closed) return
      const bell = bells.get(kind) ?? { timer: null, adding: null, again: false }
      bells.set(kind, bell)
      if (bell.adding !== null) bell.again = true
      else bell.timer ??= setTimeout(() => ring(kind, bell), handlers[kind] === undefined ? COALESCE_MS : HELP_AFTER_MS)
    },
    async start(given) {
      handlers = given
      await patiently(open().listen()).catch((error: unknown) =>
        ctx.log.warn({ err: error }, 'the queue engine does not answer yet; the sweeper works meanwhile')
      )
    },
    async close() {
      closed = true
      handlers = {}
      for (const [kind, bell] of bells) {
        if (bell.timer === null) continue
        clearTimeout(bell.timer)
        ring(kind, bell)
      }
      await patiently(Promise.all([...bells.values()].map((bell) => bell.adding))).catch(() => null)
      if (engine !== null) await patiently(engine.close()).catch(() => null)
    },
    async status() {
      const { name } = open()
      try {
        return { engine: name, ready: true, waiting: await patiently(open().waiting()), problem: null }
      } catch (error) {
        return { engine: name, ready: false, waiting: 0, problem: (error as Error).message }
      }
    }
  }
}

/** Rejects after PATIENCE_MS. */
async function patiently<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the queue engine does not answer')), PATIENCE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
