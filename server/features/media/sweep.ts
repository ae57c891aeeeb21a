// Files no row names any more leave the disk: replaced portraits, pictures of deleted posts, what a crash left half written.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ctx } from '../../context.ts'
import { filesInUse } from '../../db/attachments.ts'
import { mediaPath } from './files.ts'

/** A file is written before its row: what is younger may still get one. */
const GRACE_MS = 3_600_000

/** Removes loose files. Returns how many. For the pruning job; one query per directory of about 1/256 of all files. */
export async function removeLooseFiles(ctx: Ctx): Promise<number> {
  const root = join(ctx.config.dataDir, 'media')
  let removed = 0
  for (const directory of await readdir(root).catch(() => [])) {
    if (!/^[0-9a-f]{2}$/.test(directory)) continue
    const names = await readdir(join(root, directory)).catch(() => [])
    const used = await filesInUse(
      ctx.db,
      names.filter((name) => mediaPath(ctx, name) !== null)
    )
    for (const name of names) {
      const path = join(root, directory, name)
      if (used.has(name) || !(await isOld(ctx, path))) continue
      await rm(path, { force: true })
      removed += 1
    }
  }
  return removed
}

async function isOld(ctx: Ctx, path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  return found !== null && found.isFile() && found.mtimeMs < ctx.clock.now().getTime() - GRACE_MS
}
