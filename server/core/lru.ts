// A map with a ceiling: what was used longest ago goes first. For every memory a stranger can make grow.

export interface Lru<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  readonly size: number
  clear(): void
}

/** An LRU map of at most `max` entries; `onEvict` sees what falls out (not what is deleted). */
export function createLru<K, V>(max: number, onEvict?: (value: V, key: K) => void): Lru<K, V> {
  const entries = new Map<K, V>()
  return {
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= max) return
      const [oldest] = entries.entries()
      if (oldest === undefined) return
      entries.delete(oldest[0])
      onEvict?.(oldest[1], oldest[0])
    },
    delete: (key) => void entries.delete(key),
    get size() {
      return entries.size
    },
    clear: () => entries.clear()
  }
}
