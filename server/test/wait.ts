// Waiting for something another process or socket does, without guessing how long it takes.
import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is neither false, null nor undefined, and gives it. Throws after the limit, with what was awaited. */
export async function waitUntil<T>(what: string, ask: () => T | Promise<T>, limitMs = 15_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer !== false && answer !== null && answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain until ${what}`)
    await delay(20)
  }
}
