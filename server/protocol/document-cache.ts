// Served documents ready as bytes: for a moment without asking the database, then for as long as their version stays. Bounded.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'

export interface Prepared {
  status: 200 | 410
  body: Buffer
  etag: string
  /** HTML page of the same thing, for browsers that ask the machine's address. */
  url: string | null
  version: string
  /** Made at the first reader who takes it. */
  gzipped: Buffer | null
}

/** What was found at an address, before its bytes are made. */
export interface Answer {
  version: string
  status: 200 | 410
  url: string | null
  build(): string
}

/**
 * How long an answer is given without a look at the database. Readers may keep our answers three minutes anyway (Cache-Control);
 * what this process publishes is seen at once (distrustDocuments).
 */
const TRUST_MS = 1_000
/** About 10 kB each with both forms: 20 MB at most. */
const MAX_DOCUMENTS = 2_000

interface Entry {
  prepared: Prepared
  trustedUntilMs: number
  generation: number
}

interface Cache {
  entries: Lru<string, Entry>
  /** Grows with every publication: an answer read before a change is looked at again after it. */
  generation: number
  /** Reads under way, by generation and address: when a hot document has to be looked at again, one reader looks for all. */
  reading: Map<string, Promise<Prepared | null>>
}

const caches = new WeakMap<Ctx, Cache>()
const compress = promisify(gzip)

/** The document at an address: from memory, or read again. `read` gives the version first, and builds the bytes only when they are needed. */
export async function cachedDocument(ctx: Ctx, iri: string, read: () => Promise<Answer | null>): Promise<Prepared | null> {
  const cache = cacheOf(ctx)
  const known = cache.entries.get(iri)
  const { generation } = cache
  if (known !== undefined && known.generation === generation && performance.now() < known.trustedUntilMs) return known.prepared
  const key = `${generation} ${iri}`
  const underWay = cache.reading.get(key)
  if (underWay !== undefined) return underWay
  const reading = refresh(cache, iri, generation, read).finally(() => cache.reading.delete(key))
  cache.reading.set(key, reading)
  return reading
}

async function refresh(cache: Cache, iri: string, generation: number, read: () => Promise<Answer | null>): Promise<Prepared | null> {
  const known = cache.entries.get(iri)
  const fresh = await read()
  if (fresh === null) {
    cache.entries.delete(iri)
    return null
  }
  const isSame = known?.prepared.version === fresh.version && known.prepared.status === fresh.status
  const prepared = isSame ? known.prepared : prepare(fresh.build(), fresh.version, fresh.status, fresh.url)
  cache.entries.set(iri, { prepared, generation, trustedUntilMs: performance.now() + TRUST_MS })
  return prepared
}

/** What may be answered at this moment without asking anyone, or null. For the fast path of hot documents. */
export function trustedDocument(ctx: Ctx, iri: string): Prepared | null {
  const cache = caches.get(ctx)
  const known = cache?.entries.get(iri)
  if (cache === undefined || known === undefined) return null
  return known.generation === cache.generation && performance.now() < known.trustedUntilMs ? known.prepared : null
}

/** Bytes, ETag and address of one answer. */
export function prepare(text: string, version: string, status: 200 | 410, url: string | null): Prepared {
  const body = Buffer.from(text)
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { status, body, etag, url, version, gzipped: null }
}

/** The compressed bytes, made once per version. */
export async function gzipped(prepared: Prepared): Promise<Buffer> {
  prepared.gzipped ??= (await compress(prepared.body, { level: 6 })) as Buffer
  return prepared.gzipped
}

/** After a publication of this process: a document, its activities and its parent's counters may have changed. Bytes stay while versions do. */
export function distrustDocuments(ctx: Ctx): void {
  const cache = caches.get(ctx)
  if (cache !== undefined) cache.generation += 1
}

function cacheOf(ctx: Ctx): Cache {
  const cache = caches.get(ctx) ?? { entries: createLru<string, Entry>(MAX_DOCUMENTS), generation: 0, reading: new Map() }
  caches.set(ctx, cache)
  return cache
}
