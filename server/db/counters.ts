// Named counters: kept in memory, added to the table `counters` from time to time, never in a request's way.
import type { Knex } from 'knex'
import type { Logger } from 'pino'
import type { Clock } from '../context.ts'

export interface Counters {
  count(name: string): void
  /** Writes what was counted since the last time. */
  flush(): Promise<void>
  /** Flushes a last time and stops. */
  close(): Promise<void>
}

/** What a crash may lose; counters are for reading, not for accounts. */
const FLUSH_INTERVAL_MS = 10_000
/** Names come from code, but some carry a reason; a runaway must not fill memory. */
const MAX_NAMES = 2000

/** Counters that flush themselves every 10 seconds. */
export function createCounters(db: Knex, clock: Clock, log: Logger): Counters {
  let pending = new Map<string, number>()
  const flush = async (): Promise<void> => {
    if (pending.size === 0) return
    const batch = pending
    pending = new Map()
    try {
      await addAll(db, clock, batch)
    } catch (error) {
      for (const [name, count] of batch) pending.set(name, (pending.get(name) ?? 0) + count)
      log.warn({ err: error }, 'counters could not be written; they are kept for the next time')
    }
  }
  const timer = setInterval(() => void flush(), FLUSH_INTERVAL_MS)
  timer.unref()
  return {
    count(name) {
      if (pending.size < MAX_NAMES || pending.has(name)) pending.set(name, (pending.get(name) ?? 0) + 1)
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    }
  }
}

async function addAll(db: Knex, clock: Clock, batch: Map<string, number>): Promise<void> {
  const hour = new Date(Math.floor(clock.now().getTime() / 3_600_000) * 3_600_000)
  // Sorted, so that two processes lock the rows in one order.
  const names = [...batch.keys()].sort()
  await db.raw(
    `insert into counters (name, hour, count) select name, ?::timestamptz, count from unnest(?::text[], ?::bigint[]) as t (name, count)
     on conflict (name, hour) do update set count = counters.count + excluded.count`,
    [hour, names, names.map((name) => batch.get(name)!)]
  )
}
