// One kind of work, run whenever poked until nothing is left; survives errors with a growing pause. Knows nothing of the work.
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'

export interface Loop {
  /** Starts a run, or makes the present one look again. Never throws. */
  poke(): void
  /** No new run; resolves when the present one has ended. */
  stop(): Promise<void>
}

export interface LoopOptions {
  name: string
  log: Logger
  /** Does some of the work; how much was done. Called again until it returns 0. */
  run(): Promise<number>
  /** After a run that did less than `full`, the next one waits: what trickles in meanwhile costs little more together than one alone. */
  gather?: { full: number; restMs: number }
  /** Told of a poke while a run is under way. */
  nudge?: () => void
}

/** The database may be restarting: half a second, doubling, up to half a minute. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

export function createLoop({ name, log, run, gather = { full: 0, restMs: 0 }, nudge }: LoopOptions): Loop {
  let running: Promise<void> | null = null
  let again = false
  let stopped = false
  let failures = 0
  let pause: NodeJS.Timeout | null = null

  const cycle = async (): Promise<void> => {
    try {
      do {
        again = false
        while (!stopped) {
          const done = await run()
          if (done === 0) break
          if (done < gather.full && !stopped) await wait(gather.restMs)
        }
        failures = 0
      } while (again && !stopped)
    } catch (error) {
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
      failures += 1
      log.warn({ err: error, loop: name, pauseMs }, 'a worker failed and will try again')
      if (!stopped) pause = setTimeout(begin, pauseMs)
    } finally {
      running = null
    }
  }

  const begin = (): void => {
    pause = null
    if (!stopped && running === null) running = cycle()
  }

  return {
    poke() {
      if (stopped) return
      if (running !== null) {
        again = true
        return nudge?.()
      }
      // While it recovers from an error, the pause decides, not the pokes.
      if (pause === null) begin()
    },
    async stop() {
      stopped = true
      if (pause !== null) clearTimeout(pause)
      await running
    }
  }
}
