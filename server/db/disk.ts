// How much room is left where the data directory lies: pictures are refused first, then what other servers send; reading goes on to the
// last (security.md P9).
import { statfs } from 'node:fs/promises'
import type { Ctx } from '../context.ts'

/** `low`: no new pictures. `full`: other servers are told to come again later too. */
export type Room = 'enough' | 'low' | 'full'

export interface Space {
  freeBytes: number
  totalBytes: number
}

/** A twentieth of a small disk is little; of a large one it would be a waste. */
const RESERVED_SHARE = 0.05
const MAX_RESERVED_BYTES = 1024 ** 3
/** Made room is noticed within this. */
const FRESH_MS = 5_000

interface Look {
  space: Promise<Space>
  atMs: number
  /** What the log was told last. */
  said: Room
}

const looks = new WeakMap<Ctx, Look>()

/** What the file system of a directory has for us. Throws when there is no such directory. */
export async function readSpace(directory: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(directory)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** Below the reserve the disk counts as full, below twice as much it is low. `minFreeMib`: the reserve when the operator chose it. */
export function roomOf({ freeBytes, totalBytes }: Space, minFreeMib: number | null): Room {
  const reserve = minFreeMib === null ? Math.min(totalBytes * RESERVED_SHARE, MAX_RESERVED_BYTES) : minFreeMib * 1024 ** 2
  if (freeBytes < reserve) return 'full'
  return freeBytes < 2 * reserve ? 'low' : 'enough'
}

/** The same for the data directory of this instance, looked at every few seconds; a disk that cannot be asked is not in the way. */
export async function roomLeft(ctx: Ctx): Promise<Room> {
  const nowMs = performance.now()
  let look = looks.get(ctx)
  if (look === undefined || nowMs - look.atMs > FRESH_MS) {
    look = { space: readSpace(ctx.config.dataDir), atMs: nowMs, said: look?.said ?? 'enough' }
    looks.set(ctx, look)
  }
  try {
    const space = await look.space
    const room = roomOf(space, ctx.config.minFreeMib)
    if (room !== look.said) ctx.log.warn({ room, freeBytes: space.freeBytes }, 'the room left in the data directory changed')
    look.said = room
    return room
  } catch {
    return 'enough'
  }
}

/** The file system (ENOSPC, EDQUOT) or PostgreSQL (53100) has no room for what was written. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', '53100'].includes((error as { code?: string } | null)?.code ?? '')
}
