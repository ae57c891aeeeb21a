// Prepares the directory of the embedded PostgreSQL: place, owner, password, first cluster. Two processes may do it at once:
// everything is made beside and then put in place by one atomic rename or link.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '../core/errors.ts'
import type { Program } from './embedded-program.ts'
import { canReach, changeOwner, keepFor, type OsUser } from './embedded-user.ts'

export const SUPERUSER = 'communer'

/** A Unix socket's path may have 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` and a lock suffix. */
const MAX_SOCKET_DIRECTORY = 85

/**
 * Makes `home` for the user alone and gives its real path. When root keeps its data where the user may not walk (such as /root),
 * `home` becomes a link to a directory of its own under /var/lib/communer.
 */
export function prepareHome(home: string, user: OsUser | null): string {
  try {
    mkdirSync(dirname(home), { recursive: true, mode: 0o711 })
    if (!existsSync(home)) {
      const parent = realpathSync(dirname(home))
      // The parent is Communer's own data directory: others may pass through it, not look around.
      if (user !== null) chmodSync(parent, statSync(parent).mode | 0o011)
      if (user === null || canReach(parent, user)) mkdirSync(home, { recursive: true, mode: 0o700 })
      else linkElsewhere(home)
    }
    const real = realpathSync(home)
    if (user === null && statSync(real).uid !== process.getuid?.()) throw notOurs(real)
    keepFor(real, user)
    return real
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError(
      'database.directory',
      500,
      `The data directory ${dirname(home)} is not writable (${(cause as Error).message}). Give it to the user that runs Communer, or set DATA_DIR to another directory.`,
      { cause }
    )
  }
}

function notOurs(real: string): AppError {
  return new AppError(
    'database.directory',
    500,
    `${real} belongs to another user. Start Communer as that user (or as root), or set DATA_DIR to another directory.`
  )
}

function linkElsewhere(home: string): void {
  mkdirSync('/var/lib/communer', { recursive: true, mode: 0o711 })
  const elsewhere = mkdtempSync('/var/lib/communer/postgres-')
  try {
    symlinkSync(elsewhere, home)
  } catch (error) {
    rmSync(elsewhere, { recursive: true, force: true })
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** The superuser's password: made once, kept beside `home` in a file only we may read. */
export function readPassword(home: string): string {
  const file = `${home}.password`
  if (!existsSync(file)) {
    const fresh = `${file}.${randomBytes(6).toString('hex')}`
    writeFileSync(fresh, randomBytes(24).toString('base64url'), { mode: 0o600 })
    try {
      linkSync(fresh, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(fresh, { force: true })
    }
  }
  return readFileSync(file, 'utf8').trim()
}

/** Makes the cluster in `home`/data when there is none: UTF-8, checksums, scram only. Gives its path. */
export async function prepareCluster(home: string, program: Program, user: OsUser | null, password: string): Promise<string> {
  const cluster = join(home, 'data')
  if (existsSync(join(cluster, 'PG_VERSION'))) return cluster
  const fresh = mkdtempSync(`${cluster}.`)
  const passwordFile = `${fresh}.password`
  writeFileSync(passwordFile, password, { mode: 0o600 })
  keepFor(fresh, user)
  changeOwner(passwordFile, user)
  const ids = user === null ? {} : { uid: user.uid, gid: user.gid }
  const options = [
    '-D',
    fresh,
    '-U',
    SUPERUSER,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--data-checksums',
    '--no-instructions'
  ]
  // The builtin provider knows every letter and does not depend on the locales of the machine.
  options.push('--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  try {
    await promisify(execFile)(program.initdb, options, { ...ids, cwd: home, env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' } })
    renameSync(fresh, cluster)
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true })
    // Another process was first: its cluster has the same password.
    if (existsSync(join(cluster, 'PG_VERSION'))) return cluster
    const said = String((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim()
    throw new AppError('database.initdb', 500, `PostgreSQL could not make its files in ${home}: ${said}`, { cause })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  return cluster
}

/** Where the private Unix socket stands: in `home` when the path is short enough, else in a directory of its own. Null where there are no Unix sockets. */
export function prepareSocketDirectory(home: string, user: OsUser | null): string | null {
  if (process.platform === 'win32') return null
  let directory = join(home, 'run')
  if (Buffer.byteLength(directory) <= MAX_SOCKET_DIRECTORY) mkdirSync(directory, { recursive: true })
  else directory = mkdtempSync(join(Buffer.byteLength(tmpdir()) <= MAX_SOCKET_DIRECTORY - 16 ? tmpdir() : '/tmp', 'communer-'))
  keepFor(directory, user)
  return directory
}
