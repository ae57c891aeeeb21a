// A clock that moves only when a test moves it.
import type { Clock } from '../context.ts'

export interface FakeClock extends Clock {
  set(at: Date | string): void
  advance(milliseconds: number): void
}

/** Starts at the real now (signatures and ids made elsewhere agree with it) or at `start`. */
export function fakeClock(start: Date = new Date()): FakeClock {
  let nowMs = start.getTime()
  return {
    now: () => new Date(nowMs),
    set: (at) => void (nowMs = new Date(at).getTime()),
    advance: (milliseconds) => void (nowMs += milliseconds)
  }
}
