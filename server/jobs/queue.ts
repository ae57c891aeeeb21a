// Wake-ups for the workers, on BullMQ. A job carries no truth: losing every one of them only delays work until the next sweep.

export type WakeKind = 'inbox' | 'deliver' | 'media' | 'prune'

/** What a worker does when woken; gives back how many things it handled. */
export type Handlers = Partial<Record<WakeKind, () => Promise<number>>>

export interface QueueStatus {
  engine: 'postgresql' | 'redis' | 'memory'
  ready: boolean
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
  status(): Promise<QueueStatus>
}
