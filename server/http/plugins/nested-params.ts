// Forms and queries as Rails writes them, which is what Mastodon's clients send: a[]=1&a[]=2, fields[0][name]=x, source[privacy]=y.

export type Nested = { [key: string]: NestedValue }
export type NestedValue = string | NestedValue[] | Nested

// Deeper or longer input is nobody's form: it is left out rather than refused, as unknown parameters are.
const MAX_DEPTH = 4
const MAX_PARAMS = 500
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype'])

/** Parses urlencoded text into plain objects and arrays of strings. Never throws. */
export function parseNested(text: string): Nested {
  const entries: [string, string][] = []
  for (const entry of new URLSearchParams(text)) {
    if (entries.length >= MAX_PARAMS) break
    entries.push(entry)
  }
  return nestEntries(entries)
}

/** Nests flat pairs, such as the fields of a multipart form. A plain name given twice keeps the last value. */
export function nestEntries(entries: Iterable<[string, string]>): Nested {
  const root: Nested = Object.create(null) as Nested
  for (const [name, value] of entries) {
    const path = pathOf(name)
    if (path !== null) assign(root, path, value)
  }
  return arraysOf(root) as Nested
}

/** `fields[0][name]` gives ['fields', '0', 'name']; `id[]` gives ['id', '']. Null when malformed or too deep. */
function pathOf(name: string): string[] | null {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name)
  if (match === null) return null
  const path = [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1]!)]
  return path.length > MAX_DEPTH || path.some((part) => UNSAFE.has(part)) ? null : path
}

function assign(root: Nested, path: string[], value: string): void {
  let at = root
  for (const [index, part] of path.entries()) {
    const key = part === '' ? String(Object.keys(at).length) : part
    if (index === path.length - 1) {
      at[key] = value
      return
    }
    const next = at[key]
    if (typeof next !== 'object' || Array.isArray(next)) at[key] = Object.create(null) as Nested
    at = at[key] as Nested
  }
}

/** Objects whose keys are all numbers become arrays, in the order of the numbers. */
function arraysOf(value: NestedValue, isRoot = true): NestedValue {
  if (typeof value === 'string' || Array.isArray(value)) return value
  const keys = Object.keys(value)
  if (!isRoot && keys.length > 0 && keys.every((key) => /^[0-9]{1,4}$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => arraysOf(value[key]!, false))
  }
  return Object.fromEntries(keys.map((key) => [key, arraysOf(value[key]!, false)]))
}
