// Waiting for something to become true, with a limit and a sentence; never a bare sleep.
import { setTimeout as pause } from 'node:timers/promises'

/** Asks `check` until it returns something truthy (its value) or `timeoutMs` pass (throws, naming `what` and the last answer). */
export async function waitUntil<T>(what: string, check: () => Promise<T> | T, timeoutMs = 15_000): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await check()
      if (value) return value as NonNullable<T>
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what} (last: ${describe(last)})`, { cause: last })
    await pause(60)
  }
}

function describe(value: unknown): string {
  if (value instanceof Error) return value.message
  return JSON.stringify(value)?.slice(0, 300) ?? String(value)
}
