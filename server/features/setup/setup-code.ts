// The one-time code that opens the set-up page: whoever can read the data directory (or the terminal) is the operator.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The code of an instance that is not set up, made when there is none. Stands in DATA_DIR/setup-code. */
export function readSetupCode(dataDir: string): string {
  const file = join(dataDir, 'setup-code')
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(12).toString('base64url')}\n`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

/** Removes the code: set-up is done. */
export function removeSetupCode(dataDir: string): void {
  rmSync(join(dataDir, 'setup-code'), { force: true })
}
