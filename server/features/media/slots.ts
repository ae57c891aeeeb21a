// How many pictures are decoded at the same time in this process, and how many may wait.
import { AppError } from '../../core/errors.ts'

// Each decoding may take 160 MB and one core for a second: two, on the smallest machine we promise.
const SLOTS = 2
const MAX_WAITING = 40

let busy = 0
const waiting: (() => void)[] = []

/** Runs the work when one of the slots is free. Throws media.busy (503) when too many wait already. */
export async function withImageSlot<Result>(work: () => Promise<Result>): Promise<Result> {
  if (busy >= SLOTS) {
    if (waiting.length >= MAX_WAITING) {
      throw new AppError('media.busy', 503, 'Too many images are being processed. Please try again in a moment.', { retryAfterSeconds: 10 })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else busy += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    // The slot passes to who waits longest; it is free only when nobody waits.
    if (next !== undefined) next()
    else busy -= 1
  }
}
