// Who runs the embedded PostgreSQL: it refuses to run as root, so root hands it to an unprivileged user.
// This file changes owners below directories of ours only.
import { chmodSync, chownSync, existsSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError } from '../core/errors.ts'

export interface OsUser {
  name: string
  uid: number
  gid: number
}

/** In order of preference; `nobody` is on every system and owns nothing else of ours. */
const CANDIDATES = ['communer', 'postgres', 'nobody']

function knownUsers(): OsUser[] {
  if (!existsSync('/etc/passwd')) return []
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}

/**
 * The user PostgreSQL must run as, or null when we are an ordinary user and run it ourselves.
 * Root gives an existing `home` back to its owner, else takes the first of communer, postgres, nobody.
 * Throws database.no-user when root finds none of them.
 */
export function chooseUser(home: string): OsUser | null {
  if (process.getuid?.() !== 0) return null
  const users = knownUsers()
  const owner = existsSync(home) ? statSync(home).uid : 0
  const chosen =
    owner !== 0
      ? users.find((user) => user.uid === owner)
      : CANDIDATES.map((name) => users.find((user) => user.name === name)).find((user) => user && user.uid !== 0)
  if (chosen) return chosen
  throw new AppError(
    'database.no-user',
    500,
    'Communer runs as root here, and PostgreSQL refuses to run as root. Create an unprivileged user (useradd --system communer) and start again, or start Communer as an ordinary user, or set DATABASE_URL to a PostgreSQL server of yours.'
  )
}

/** Gives a tree to the user. Does nothing when we run PostgreSQL ourselves. */
export function changeOwner(path: string, user: OsUser | null): void {
  if (user === null) return
  lchownSync(path, user.uid, user.gid)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) changeOwner(child, user)
    else lchownSync(child, user.uid, user.gid)
  }
}

/** Gives one directory (not what is in it) to the user, for them alone. */
export function keepFor(path: string, user: OsUser | null): void {
  if (user !== null) chownSync(path, user.uid, user.gid)
  chmodSync(path, 0o700)
}

/** True when the user may walk from the root of the file system down to `path`, judged by mode bits. */
export function canReach(path: string, user: OsUser): boolean {
  const parent = dirname(path)
  const stat = statSync(path)
  const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001
  if ((stat.mode & bit) === 0) return false
  return parent === path || canReach(parent, user)
}
