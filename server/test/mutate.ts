// Damages documents at random places in the ways servers and attackers do: other types, repeats, nesting, giants, odd characters, parts
// of other documents. Pure: the same mutations always give the same document, so that a failure can be shrunk and kept.
import fc from 'fast-check'

type Json = Record<string, unknown>

export interface Mutation {
  /** Which node, in order of reading; counted round when there are fewer. */
  at: number
  how: number
  what: number
}

/** Where a node hangs. */
interface Place {
  parent: Json | unknown[]
  key: string | number
}

/** Values nobody expects where they come. */
const ODD_VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  '',
  ' ',
  '\u0000',
  '\ud800',
  'a\u0000b',
  '\u202e\u2066<b>x</b>',
  'é'.repeat(700),
  'x'.repeat(200_000),
  '<'.repeat(5000),
  '<a href="'.repeat(2000),
  '&'.repeat(3000),
  'https://peer.example',
  'https://peer.example/\u0000',
  'https://commune.test/ap/objects/0198c0de-0000-7000-8000-000000000000',
  'https://[::1',
  'http://127.0.0.1:1/',
  'javascript:alert(1)',
  'acct:bob@peer.example',
  '9999-12-31T23:59:60Z',
  '-271821-04-20T00:00:00Z',
  '2026-02-30T25:61:61+99:99',
  'P1E9Y',
  'NaN',
  [],
  {},
  [[]],
  [null],
  [{}],
  { type: [] },
  { id: null, type: {} },
  { type: 'Link', href: 'https://peer.example/x' },
  { type: 'Collection', items: [{ type: 'Collection', items: [] }] },
  { '@graph': [] },
  { '@value': 'x', '@language': 'fr' },
  { toString: 1, constructor: { prototype: { polluted: 1 } } }
]

const ODD_KEYS = ['@graph', '@context', '@id', '__proto__', 'constructor', 'as:type', 'type', 'id', 'actor', 'object', 'nameMap', 'toot:x']

const WAYS: ((place: Place, what: number, donors: Json[]) => void)[] = [
  ({ parent, key }, what) => write(parent, key, odd(what)),
  ({ parent, key }) => void (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]),
  ({ parent, key }) => write(parent, key, [readAt(parent, key)]),
  ({ parent, key }) => write(parent, key, unwrapped(readAt(parent, key))),
  ({ parent, key }, what) => write(parent, key, repeated(readAt(parent, key), [2, 17, 300, 3000][what % 4]!)),
  ({ parent, key }, what) => write(parent, key, nested(readAt(parent, key), [1, 5, 30, 200][what % 4]!, what % 2 === 0)),
  ({ parent, key }, what) => {
    const value = readAt(parent, key)
    if (typeof value === 'string') write(parent, key, ['\u0000', '\ud83d', 'İ', '\u0301'][what % 4]! + value + value.slice(0, what % 9))
    else write(parent, key, JSON.stringify(value))
  },
  ({ parent, key }, what, donors) => write(parent, key, copy(nodeOf(donors[what % donors.length]!, what))),
  ({ parent, key }, what) => {
    if (Array.isArray(parent)) return void parent.push(odd(what))
    write(parent, ODD_KEYS[what % ODD_KEYS.length]!, copy(parent[key]))
  },
  ({ parent, key }, what) => {
    const value = readAt(parent, key)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      (value as Json).type = ['Person', 'Question', 'Undo', 'Tombstone'][what % 4]
    else write(parent, key, { id: value, type: 'Event' })
  }
]

/** The document with all mutations applied to a copy. */
export function mutate(json: Json, mutations: readonly Mutation[], donors: Json[]): Json {
  const box: Json = { document: copy(json) }
  for (const { at, how, what } of mutations) {
    const places = placesOf(box)
    if (places.length === 0) break
    WAYS[how % WAYS.length]!(places[at % places.length]!, what, donors)
  }
  const result = box.document
  return (typeof result === 'object' && result !== null ? result : { '@value': result }) as Json
}

/** One to four mutations. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({ at: fc.nat(400), how: fc.nat(WAYS.length - 1), what: fc.nat(1000) }),
  { minLength: 1, maxLength: 4 }
)

const MAX_PLACES = 2000

/** Every node below the top except the @context's insides, which have their own tests and would otherwise be most of a document. */
function placesOf(top: Json): Place[] {
  const places: Place[] = []
  const visit = (parent: Json | unknown[]): void => {
    for (const key of Object.keys(parent)) {
      if (places.length >= MAX_PLACES) return
      places.push({ parent, key })
      const value = readAt(parent, key)
      if (typeof value === 'object' && value !== null && key !== '@context') visit(value as Json)
    }
  }
  visit(top)
  return places
}

function odd(what: number): unknown {
  return copy(ODD_VALUES[what % ODD_VALUES.length])
}

/** Shared parts would make circles. */
function copy(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}

/** Above a megabyte the edge refuses unread, so repeats end about there. */
function repeated(value: unknown, times: number): unknown[] {
  const text = JSON.stringify(value) ?? 'null'
  const length = Math.max(2, Math.min(times, Math.floor(600_000 / (text.length + 1))))
  return Array.from({ length }, () => JSON.parse(text) as unknown)
}

function nodeOf(json: Json, what: number): unknown {
  const places = placesOf(json)
  if (places.length === 0) return json
  const { parent, key } = places[what % places.length]!
  return readAt(parent, key)
}

function readAt(parent: Json | unknown[], key: string | number): unknown {
  return (parent as Json)[key]
}

/** As JSON.parse would: `__proto__` becomes a property of its own. */
function write(parent: Json | unknown[], key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, writable: true, configurable: true })
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value[0]
  return typeof value === 'object' && value !== null ? ((value as Json).id ?? (value as Json).href) : { id: value }
}

function nested(value: unknown, depth: number, asArray: boolean): unknown {
  let result = value
  for (let level = 0; level < depth; level += 1) result = asArray ? [result] : { object: result }
  return result
}
