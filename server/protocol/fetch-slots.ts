// At most two fetches at a time to one host, the others wait their turn: a document full of links must not hammer a small server.
import { AppError } from '../core/errors.ts'
import type { Sockets } from './fetch-sockets.ts'

const PER_HOST = 2
/** Beyond this the host is certainly in trouble, or someone makes us dig: say so at once instead of keeping everyone waiting. */
const MAX_WAITING = 200

/** Runs `work` when a slot of the host is free. Throws fetch.unreachable when too many wait. */
export async function withSlot<T>(slots: Sockets['slots'], host: string, work: () => Promise<T>): Promise<T> {
  await takeSlot(slots, host)
  try {
    return await work()
  } finally {
    freeSlot(slots, host)
  }
}

async function takeSlot(slots: Sockets['slots'], host: string): Promise<void> {
  const slot = slots.get(host) ?? { active: 0, waiting: [] }
  slots.set(host, slot)
  if (slot.active < PER_HOST) {
    slot.active += 1
    return
  }
  if (slot.waiting.length >= MAX_WAITING)
    throw new AppError('fetch.unreachable', 503, 'The other server is busy.', { retryAfterSeconds: 60 })
  await new Promise<void>((resolve) => slot.waiting.push(resolve))
}

/** The slot passes straight to the next one waiting; a host without any is forgotten. */
function freeSlot(slots: Sockets['slots'], host: string): void {
  const slot = slots.get(host)
  if (slot === undefined) return
  const next = slot.waiting.shift()
  if (next !== undefined) return next()
  slot.active -= 1
  if (slot.active === 0) slots.delete(host)
}
