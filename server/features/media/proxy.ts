// Pictures of other servers, shown through ours: the reader's address stays here and what we serve was re-encoded (security.md X11).
import { createHash, timingSafeEqual } from 'node:crypto'
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { hostOf, parseIri } from '../../core/iri.ts'
import { roomLeft } from '../../db/disk.ts'
import { policyOf } from '../../db/hosts.ts'
import { requireSite } from '../../db/site.ts'
import { fetchMedia } from '../../protocol/fetch.ts'
import { sealEnd, sealOf } from '../../protocol/media-address.ts'
import { writeWhole } from './files.ts'
import { shrinkImage } from './image.ts'

/** security.md M07. */
const MAX_BYTES = 16 * 1024 * 1024
/** All remote pictures together: the oldest in use go first. */
const MAX_CACHE_BYTES = 512 * 1024 * 1024
const PRUNE_EVERY = 100
const FAILURE_MS = 5 * 60_000
const MAX_FAILURES = 5_000

const running = new Map<string, Promise<Buffer>>()
const failures = new Map<string, number>()
let written = 0

/** Address on our server of a remote picture. Signed, so that only addresses we gave out are fetched; with an end when it is private. */
export function mediaProxyUrl(ctx: Ctx, url: string, isPrivate = false): string {
  const until = isPrivate ? sealEnd(ctx, 'reader') : null
  const address = `${requireSite(ctx).origin}/media/proxy/${sign(ctx, url, until)}/${Buffer.from(url).toString('base64url')}`
  return until === null ? address : `${address}?until=${until}`
}

/**
 * The picture behind such an address, as WebP. `until`: the end the address names, null when it has none.
 * Throws media.unknown (404) for anything that is not, has ended, or cannot be had now.
 */
export async function readProxied(ctx: Ctx, signature: string, encoded: string, until: number | null = null): Promise<Buffer> {
  const url = Buffer.from(encoded, 'base64url').toString()
  if (!isSame(signature, sign(ctx, url, until)) || parseIri(url) === null) throw unknown()
  if (until !== null && until <= ctx.clock.now().getTime()) throw unknown()
  if (await mediaRefused(ctx, url)) throw unknown()
  const path = cachePath(ctx, url)
  const cached = await readFile(path).catch(() => null)
  if (cached !== null) {
    const now = new Date()
    void utimes(path, now, now).catch(() => {})
    return cached
  }
  if ((failures.get(url) ?? 0) > ctx.clock.now().getTime()) throw unknown()
  const job = running.get(url) ?? fetchAndStore(ctx, url, path)
  running.set(url, job)
  return await job
}

/** Removes the least recently shown pictures until the cache fits. Returns how many went. */
export async function pruneProxyCache(ctx: Ctx, maxBytes: number = MAX_CACHE_BYTES): Promise<number> {
  const directory = cacheDirectory(ctx)
  const names = await readdir(directory).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(directory, name), stats: await stat(join(directory, name)).catch(() => null) }))
  )
  const known = files
    .flatMap(({ path, stats }) => (stats === null ? [] : [{ path, size: stats.size, at: stats.mtimeMs }]))
    .sort((a, b) => b.at - a.at)
  let total = 0
  const excess = known.filter((file) => (total += file.size) > maxBytes)
  for (const file of excess) await rm(file.path, { force: true })
  return excess.length
}

async function fetchAndStore(ctx: Ctx, url: string, path: string): Promise<Buffer> {
  try {
    const { body } = await fetchMedia(ctx, url, { maxBytes: MAX_BYTES })
    const image = await shrinkImage(body)
    // Shown all the same where there is no room to keep it (M07).
    if ((await roomLeft(ctx)) !== 'enough') return image.body
    await writeWhole(path, image.body)
    written += 1
    if (written % PRUNE_EVERY === 0) void pruneProxyCache(ctx).catch((error: unknown) => ctx.log.warn({ err: error }, 'media cache'))
    return image.body
  } catch (cause) {
    if (isAppError(cause, 'media.busy')) throw cause
    remember(ctx, url)
    throw unknown(cause)
  } finally {
    running.delete(url)
  }
}

/** True when a moderator refused this host's pictures, or the host altogether. */
async function mediaRefused(ctx: Ctx, url: string): Promise<boolean> {
  const action = await policyOf(ctx, hostOf(url) ?? '')
  return action === 'reject_media' || action === 'block'
}

function remember(ctx: Ctx, url: string): void {
  if (failures.size >= MAX_FAILURES) failures.clear()
  failures.set(url, ctx.clock.now().getTime() + FAILURE_MS)
}

function cacheDirectory(ctx: Ctx): string {
  return join(ctx.config.dataDir, 'media-cache')
}

function cachePath(ctx: Ctx, url: string): string {
  return join(cacheDirectory(ctx), `${createHash('sha256').update(url).digest('hex')}.webp`)
}

function sign(ctx: Ctx, url: string, until: number | null): string {
  if (until !== null) return sealOf(ctx, `proxy ${url}`, until)
  return ctx.secrets.hash(`media proxy ${url}`).subarray(0, 16).toString('base64url')
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function unknown(cause?: unknown): AppError {
  return new AppError('media.unknown', 404, 'This image does not exist.', { cause })
}
