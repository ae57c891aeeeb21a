// What FEP-8fcf compares: one number for a set of followers, and the header that carries it, written and read. Compares nothing itself.
import { createHash } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { createLru, type Lru } from '../core/lru.ts'
import { remoteFollowers } from '../db/followers.ts'
import { actorIris } from '../vocab/iris.ts'

/** The header's name as it is signed. */
export const SYNC_HEADER = 'collection-synchronization'

const BYTES = 32

/** XOR of the SHA-256 of each id, in hexadecimal; an empty set is all zeros. */
export function digestOf(iris: Iterable<string>): string {
  const sum = Buffer.alloc(BYTES)
  for (const iri of iris) addTo(sum, iri)
  return sum.toString('hex')
}

function addTo(sum: Buffer, iri: string): void {
  const hash = createHash('sha256').update(iri).digest()
  for (let at = 0; at < BYTES; at += 1) sum[at]! ^= hash[at]!
}

export interface SyncClaim {
  collectionId: string
  url: string
  digest: string
}

/** Reads the header. Null when something is missing, unknown or given twice. */
export function readSyncHeader(text: string): SyncClaim | null {
  if (text.length > 4096) return null
  const found = new Map<string, string>()
  const parameter = /\s*([a-zA-Z]+)="([^"]*)"\s*(?:,|$)/y
  while (parameter.lastIndex < text.length) {
    const match = parameter.exec(text)
    if (match === null || found.has(match[1]!)) return null
    found.set(match[1]!, match[2]!)
  }
  const [collectionId, url, digest] = ['collectionId', 'url', 'digest'].map((name) => found.get(name))
  if (collectionId === undefined || url === undefined || digest === undefined || !/^[0-9a-f]{64}$/i.test(digest)) return null
  return { collectionId, url, digest: digest.toLowerCase() }
}

/** One post goes to many hosts within seconds: their numbers are counted together. */
const FRESH_MS = 10_000
const ACTORS = 100

interface Counted {
  atMs: number
  actorIri: string
  /** By host. */
  digests: Map<string, string>
}

const memories = new WeakMap<Ctx, Lru<string, Promise<Counted>>>()

/** The header for a host that gets a followers-only activity of this local actor. */
export async function syncHeader(ctx: Ctx, actorId: string, host: string): Promise<string> {
  const { actorIri, digests } = await freshCount(ctx, actorId)
  const { followers, followersSync } = actorIris(actorIri)
  return `collectionId="${followers}", url="${followersSync}", digest="${digests.get(host) ?? digestOf([])}"`
}

async function freshCount(ctx: Ctx, actorId: string): Promise<Counted> {
  const memory = memories.get(ctx) ?? createLru<string, Promise<Counted>>(ACTORS)
  memories.set(ctx, memory)
  const known = await memory.get(actorId)
  if (known !== undefined && performance.now() - known.atMs <= FRESH_MS) return known
  const counting = count(ctx, actorId)
  memory.set(actorId, counting)
  counting.catch(() => memory.delete(actorId))
  return counting
}

async function count(ctx: Ctx, actorId: string): Promise<Counted> {
  const atMs = performance.now()
  const actor = await ctx.db('actors').where({ id: actorId }).first<{ iri: string }>('iri')
  const sums = new Map<string, Buffer>()
  for (const { iri, host } of await remoteFollowers(ctx.db, actorId)) {
    const sum = sums.get(host) ?? Buffer.alloc(BYTES)
    sums.set(host, sum)
    addTo(sum, iri)
  }
  return { atMs, actorIri: actor.iri, digests: new Map([...sums].map(([host, sum]) => [host, sum.toString('hex')])) }
}
