// A real Communer before its set-up, as its own process: what a browser test opens.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { testDatabase } from '../../server/test/postgres.ts'
import { startProcess, type Child } from '../harness/process.ts'
import { nodeArguments, ROOT } from '../harness/program.ts'
import { freePort } from '../network/ports.ts'

export interface Instance {
  origin: string
  setupUrl: string
  child: Child
  /** Runs a command of the instance (`communer …`); gives what it printed. */
  command(...words: string[]): Promise<string>
  /** Looks at rows, or lets time pass. */
  query<T = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>
  /** What `query` made due is done now, not at the next sweep. */
  wake(): Promise<void>
  dispose(): Promise<void>
}

/** Starts a Communer that is not set up yet, on a database of its own. */
export async function startEmpty(): Promise<Instance> {
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-browser-'))
  const database = await testDatabase({ empty: true })
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LANG: 'C.UTF-8',
    PORT: String(port),
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'warn',
    ...(process.env.REDIS_URL ? { REDIS_URL: process.env.REDIS_URL } : {})
  }
  const child = await startProcess(process.execPath, nodeArguments('main'), { env, cwd: ROOT, readyText: 'to set up your commune' })
  const pool = new pg.Pool({ connectionString: database.url, max: 1 })
  const setupUrl = /Open (\S+)/.exec(child.output())?.[1] ?? ''
  return {
    origin,
    setupUrl,
    child,
    async command(...words) {
      const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments('cli'), ...words], { env, cwd: ROOT })
      return stdout
    },
    async query<T>(sql: string, values: unknown[] = []) {
      return (await pool.query(sql, values)).rows as T[]
    },
    async wake() {
      const answer = await fetch(`${origin}/api/communer/v1/email/resend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login: 'nobody' })
      })
      if (answer.status !== 202) throw new Error(`waking the instance answered ${answer.status}`)
    },
    async dispose() {
      await child.stop()
      await pool.end()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
}

/** Sets the instance up through its API, as scripts may: the commune Saint-Leu, administrator `maire` with this password. */
export async function setUpByApi({ origin, setupUrl }: Instance, password: string, more: object = {}): Promise<void> {
  const answer = await fetch(`${origin}/api/communer/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      code: new URL(setupUrl).searchParams.get('code'),
      name: 'Saint-Leu',
      insee: '97413',
      latitude: -21.17,
      longitude: 55.29,
      public_url: origin,
      admin: { username: 'maire', email: 'maire@saint-leu.test', password, name: 'Marie Payet' },
      ...more
    })
  })
  if (answer.status !== 201) throw new Error(`set-up answered ${answer.status}: ${await answer.text()}`)
}
