// Effects give way to accepting in a flood: peers are answered first, what they sent is applied right after. Neither starves.
import { setTimeout as sleep } from 'node:timers/promises'

export interface GiveWayOptions {
  /** Whether something more urgent is going on. */
  busy(): boolean
  /** Longest wait in one go, and the time of working that it buys, in ms. */
  turnMs: number
  lookEveryMs: number
  now?: () => number
  wait?: (ms: number) => Promise<unknown>
}

/**
 * Waits while it is busy, at most a turn; then does not wait again for as long as it has waited. In a flood that does not end, half of the
 * time is for each.
 */
export function giveWay({ busy, turnMs, lookEveryMs, now = () => performance.now(), wait = sleep }: GiveWayOptions): () => Promise<void> {
  let mineUntil = Number.NEGATIVE_INFINITY
  return async () => {
    const since = now()
    if (since < mineUntil) return
    while (busy() && now() - since < turnMs) await wait(lookEveryMs)
    const waited = now() - since
    if (waited > 0) mineUntil = now() + waited
  }
}
