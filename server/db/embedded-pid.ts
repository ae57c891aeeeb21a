// Reads postmaster.pid and tells whether the PostgreSQL it names is alive. It removes the file only when it is surely stale.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface RunningServer {
  pid: number
  port: number
  /** Directory of its Unix socket, or '' when it only listens on TCP. */
  socketDirectory: string
  /** Address it listens on, or ''. */
  address: string
}

/** What postmaster.pid says (lines: pid, data directory, start time, port, socket directory, address), or null when there is none yet. */
export function readPidFile(dataDirectory: string): RunningServer | null {
  const file = join(dataDirectory, 'postmaster.pid')
  if (!existsSync(file)) return null
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Math.abs(Number(lines[0]))
  if (!Number.isInteger(pid) || pid === 0) return null
  return { pid, port: Number(lines[3] ?? 0), socketDirectory: (lines[4] ?? '').trim(), address: (lines[5] ?? '').trim() }
}

/** True when the process exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** True when the process is a PostgreSQL of this data directory; when the system does not tell, any process named postgres counts. */
export function isOurPostgres(pid: number, dataDirectory: string): boolean {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  try {
    if (existsSync(`/proc/${pid}/comm`)) {
      if (!readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')) return false
      try {
        // PostgreSQL's working directory is its data directory.
        return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory)
      } catch {
        return true
      }
    }
    return execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' }).includes('postgres')
  } catch {
    return false
  }
}

/** Removes a postmaster.pid whose process is dead or is another program (the pid was used again). PostgreSQL alone refuses to start on the latter. */
export function removeStalePidFile(dataDirectory: string): void {
  const server = readPidFile(dataDirectory)
  if (server !== null && !isOurPostgres(server.pid, dataDirectory)) rmSync(join(dataDirectory, 'postmaster.pid'), { force: true })
}
