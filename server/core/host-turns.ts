// Turns for asking servers of elsewhere: each server has a queue of its own, one turn every few seconds. Only a plan: whoever has a turn still
// looks whether the server was asked enough, for other programs plan too.
import { createLru } from './lru.ts'

export interface HostTurns {
  /** When it is somebody's turn with this server: some time within `spreadMs` after the turn begins, so that not all come at once. */
  take(host: string, now: Date): Date
}

/** More servers than that are not remembered: those that were asked for longest ago begin anew. */
const MAX_HOSTS = 5000

export function hostTurns({ everyMs, spreadMs }: { everyMs: number; spreadMs: number }): HostTurns {
  const next = createLru<string, number>(MAX_HOSTS)
  return {
    take(host, now) {
      const turn = Math.max(next.get(host) ?? 0, now.getTime())
      next.set(host, turn + everyMs)
      return new Date(turn + Math.random() * spreadMs)
    }
  }
}
