// The queue of tests: it remembers who was woken and runs nothing until drain() is asked.
import type { Ctx } from '../context.ts'
import type { Queue } from '../jobs/queue.ts'
import { deliverDue } from '../protocol/deliver.ts'
import { processInbox } from '../protocol/inbox.ts'

export type Wake = Parameters<Queue['wake']>[0]

export interface RecordingQueue extends Queue {
  wakes: Wake[]
}

/** A Queue whose wake() only records. */
export function recordingQueue(): RecordingQueue {
  const wakes: Wake[] = []
  return {
    wakes,
    wake: (kind) => void wakes.push(kind),
    start: async () => {},
    close: async () => {},
    status: async () => ({ engine: 'postgresql', ready: true, waiting: 0, problem: null })
  }
}

/** Rounds after which work that always makes new work is taken for a loop. */
const MAX_ROUNDS = 100

/** Processes the inbox and the deliveries until neither finds anything due. */
export async function drain(ctx: Ctx): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const done = (await processInbox(ctx)) + (await deliverDue(ctx))
    if (done === 0) return
  }
  throw new Error(`The queue is not empty after ${MAX_ROUNDS} rounds`)
}
