// Where media files live on disk and on the web. Names are made here and nowhere else; nothing a client sends becomes a path.
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { roomLeft } from '../../db/disk.ts'

const NAME = /^[0-9a-f]{32}\.webp$/

/** A new name: 128 random bits, so that nobody finds a file without its address. */
export function newFileName(): string {
  return `${randomBytes(16).toString('hex')}.webp`
}

/** The path of a file of ours, or null for any name we would not have made (security.md M09). */
export function mediaPath(ctx: Ctx, name: string): string | null {
  return NAME.test(name) ? join(ctx.config.dataDir, 'media', name.slice(0, 2), name) : null
}

/** Path part of the address of a file: browsers and peers add the origin. */
export function mediaUrlPath(name: string): string {
  return `/media/${name}`
}

/** Writes a file whole or not at all. */
export async function writeWhole(path: string, body: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomBytes(4).toString('hex')}.part`
  try {
    await writeFile(draft, body, { mode: 0o600 })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Stores a file under a new name and returns the name. Throws media.no-room (507) before the disk is full: pictures are what fills it. */
export async function storeFile(ctx: Ctx, body: Buffer): Promise<string> {
  if ((await roomLeft(ctx)) !== 'enough') throw new AppError('media.no-room', 507, 'This server has no room for new images at the moment.')
  const name = newFileName()
  await writeWhole(mediaPath(ctx, name)!, body)
  return name
}

/** Removes files; those that are not there are none of our business. */
export async function removeFiles(ctx: Ctx, names: (string | null)[]): Promise<void> {
  for (const name of names) {
    const path = name === null ? null : mediaPath(ctx, name)
    if (path !== null) await rm(path, { force: true })
  }
}
