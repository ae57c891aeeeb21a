// Which program the tests start: the built one that `npm start` runs when it is newer than the sources, else the sources themselves.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

function newest(directory: string): number {
  let time = 0
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.ts')) time = Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs)
  }
  return time
}

function builtIsFresh(file: string): boolean {
  return existsSync(file) && statSync(file).mtimeMs >= newest(join(ROOT, 'server'))
}

const BUILT = join(ROOT, 'dist/server/main.js')
const fresh = builtIsFresh(BUILT)

/** Arguments for node: the server (`main`) or the command line (`cli`). */
export function nodeArguments(program: 'main' | 'cli'): string[] {
  return fresh ? ['--enable-source-maps', join(ROOT, `dist/server/${program}.js`)] : ['--import=tsx', join(ROOT, `server/${program}.ts`)]
}
