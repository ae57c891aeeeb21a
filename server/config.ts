// The environment, read once, checked, frozen. Nothing is required on the first run (interface.md).
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from './core/errors.ts'
import { parseIri } from './core/iri.ts'

export type Role = 'all' | 'web' | 'worker'

export interface Config {
  port: number
  host: string
  /** Origin of every IRI when the environment fixes it; otherwise the one chosen at set-up, or http://localhost:PORT. */
  publicUrl: string | null
  accountDomain: string | null
  /** Absolute path. */
  dataDir: string
  databaseUrl: string | null
  redisUrl: string | null
  role: Role
  secretKey: string | null
  smtpUrl: string | null
  mailFrom: string | null
  trustProxy: string
  logLevel: string
  /** Room kept free in the data directory, in MiB; null: db/disk.ts chooses by the disk. */
  minFreeMib: number | null
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Reads `.env` (when present) and the environment. Throws one AppError that lists everything that is wrong. */
export function readConfig(env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): Config {
  if (env === process.env && existsSync(resolve(cwd, '.env'))) process.loadEnvFile(resolve(cwd, '.env'))
  const problems: string[] = []
  const text = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]!)
  const problem = (name: string, why: string): null => {
    problems.push(`  ${name.padEnd(15)} ${why}`)
    return null
  }
  const url = (name: string, protocols: string[]): string | null => {
    const value = text(name)
    if (value === null) return null
    // Not `new URL`: PostgreSQL's own form for Unix sockets, postgres://user@/name?host=/run/postgresql, has no host there.
    if (protocols.some((protocol) => value.toLowerCase().startsWith(`${protocol}//`))) return value
    return problem(name, `must start with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`)
  }
  const port = Number(text('PORT') ?? 3000)
  if (!Number.isInteger(port) || port < 0 || port > 65535) problem('PORT', 'must be a number between 0 and 65535')
  const role = text('ROLE') ?? 'all'
  if (!['all', 'web', 'worker'].includes(role)) problem('ROLE', 'must be all, web or worker')
  const logLevel = text('LOG_LEVEL') ?? 'info'
  if (!LOG_LEVELS.includes(logLevel)) problem('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`)
  const publicUrl = readPublicUrl(text('PUBLIC_URL'), problem)
  const accountDomain = text('ACCOUNT_DOMAIN')
  if (accountDomain !== null && !/^[a-z0-9.-]+(:[0-9]+)?$/i.test(accountDomain))
    problem('ACCOUNT_DOMAIN', 'must be a bare domain, such as saint-leu.fr')
  const secretKey = text('SECRET_KEY')
  if (secretKey !== null && secretKey.length < 32) problem('SECRET_KEY', 'must have at least 32 characters')
  const minFree = text('MIN_FREE_MB')
  if (minFree !== null && !/^\d{1,9}$/.test(minFree)) problem('MIN_FREE_MB', 'must be a number of megabytes')
  const config: Config = {
    port,
    host: text('HOST') ?? '127.0.0.1',
    publicUrl,
    accountDomain: accountDomain?.toLowerCase() ?? null,
    dataDir: resolve(cwd, text('DATA_DIR') ?? 'data'),
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    role: role as Role,
    secretKey,
    smtpUrl: url('SMTP_URL', ['smtp:', 'smtps:']),
    mailFrom: text('MAIL_FROM'),
    trustProxy: text('TRUST_PROXY') ?? 'loopback',
    logLevel,
    minFreeMib: minFree === null ? null : Number(minFree)
  }
  if (problems.length > 0) {
    throw new AppError(
      'config.invalid',
      500,
      `The settings below are wrong; correct them in the environment or in .env and start again:\n${problems.join('\n')}`
    )
  }
  return Object.freeze(config)
}

function readPublicUrl(value: string | null, problem: (name: string, why: string) => null): string | null {
  if (value === null) return null
  const parsed = parseIri(value)
  if (parsed === null) return problem('PUBLIC_URL', 'must be an address such as https://participer.saint-leu.fr')
  if (parsed.pathname !== '/' || parsed.search || parsed.hash) return problem('PUBLIC_URL', 'must be an origin only, without a path')
  return parsed.origin
}
