// What a process remembers of other people's keys, good and bad, within bounds. No network, no database.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'
import type { VerifyKey } from '../db/keys.ts'
import type { Sockets } from './fetch-sockets.ts'

/** About 4 kB each: a busy instance hears from fewer actors a day. */
const MAX_KEYS = 10_000
const MAX_HOSTS = 2_000

export interface KeyMemory {
  keys: Lru<string, { key: VerifyKey; readAtMs: number }>
  /** Last refresh after a failed verification, by key. */
  refreshed: Lru<string, number>
  /** Keys that are gone or invalid, and until when that is believed. */
  dead: Lru<string, { untilMs: number; code: string }>
  /** Hosts that do not answer, and until when they are left alone. */
  down: Lru<string, number>
  /** Failed fetches of the current minute, by host. */
  failures: Lru<string, { count: number; sinceMs: number }>
  underWay: Map<string, Promise<VerifyKey>>
  slots: Sockets['slots']
}

const memories = new WeakMap<Knex, KeyMemory>()

/** The memory that goes with a context's database. */
export function memoryOf(ctx: Ctx): KeyMemory {
  const known = memories.get(ctx.db)
  if (known !== undefined) return known
  const memory: KeyMemory = {
    keys: createLru(MAX_KEYS),
    refreshed: createLru(MAX_KEYS),
    dead: createLru(MAX_KEYS),
    down: createLru(MAX_HOSTS),
    failures: createLru(MAX_HOSTS),
    underWay: new Map(),
    slots: new Map()
  }
  memories.set(ctx.db, memory)
  return memory
}

/** Drops keys after their actor changed. */
export function forgetKeys(ctx: Ctx, keyIris: string[]): void {
  const memory = memoryOf(ctx)
  for (const keyIri of keyIris) {
    memory.keys.delete(keyIri)
    memory.dead.delete(keyIri)
  }
}
