// Messages being deleted: gone from the screen at once, asked of the server a few seconds later, so that one may change one's mind.
import { reactive } from 'vue'

/** Ids of what is hidden meanwhile. Changed in the browser alone. */
const hidden = reactive(new Set<string>())
const waiting = new Map<string, () => void>()
let listens = false

export interface Removals {
  isHidden(id: string): boolean
  /** Hides `id`; `send` runs by `go`, or when the page is left. */
  begin(id: string, send: () => void): void
  go(id: string): void
  /** Shows it again. */
  undo(id: string): void
}

export function useRemovals(): Removals {
  return { isHidden: (id) => hidden.has(id), begin, go, undo }
}

function begin(id: string, send: () => void): void {
  hidden.add(id)
  waiting.set(id, send)
  // Who leaves the page meant what they said.
  if (!listens) addEventListener('pagehide', () => [...waiting.keys()].forEach(go))
  listens = true
}

function go(id: string): void {
  const send = waiting.get(id)
  waiting.delete(id)
  send?.()
}

function undo(id: string): void {
  waiting.delete(id)
  hidden.delete(id)
}
