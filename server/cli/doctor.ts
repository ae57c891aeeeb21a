// `doctor`: looks the instance over and says what is wrong, in sentences. Changes nothing.
import type { Config } from '../config.ts'
import { isAppError } from '../core/errors.ts'
import { checkInvariants, clockDifference, secretFits, type Finding } from '../db/doctor.ts'
import type { Database } from '../db/connect.ts'
import { readSpace, roomOf } from '../db/disk.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { createSecretBox, readSecret } from '../db/secrets.ts'
import { checkSmtp } from '../jobs/smtp.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withDatabase } from './run.ts'

/** Signatures carry dates; peers refuse those minutes off. */
const MAX_CLOCK_SECONDS = 60

async function checkDisk(config: Config): Promise<Finding[]> {
  const space = await readSpace(config.dataDir)
  const room = roomOf(space, config.minFreeMib)
  if (room === 'enough') return []
  const refused = room === 'low' ? 'New images are refused' : 'New images and what other servers send are refused'
  const free = Math.round(space.freeBytes / 1024 ** 2)
  return [
    {
      code: `disk.${room}`,
      text: `Only ${free} MiB are free in ${config.dataDir}. ${refused}. Make room, or move DATA_DIR to a larger disk.`
    }
  ]
}

async function checkDatabase(config: Config, { db }: Database): Promise<Finding[]> {
  const exists = await db.schema.hasTable('schema_migrations')
  const pending = exists ? await pendingMigrations(db) : []
  if (!exists || pending.length > 0)
    return [{ code: 'migrations.pending', text: 'The database is not up to date. Run: npm run communer -- migrate' }]
  const findings = await checkInvariants(db)
  const ahead = await clockDifference(db)
  if (Math.abs(ahead) > MAX_CLOCK_SECONDS)
    findings.push({
      code: 'clock.difference',
      text: `The clocks of this machine and of PostgreSQL differ by ${Math.round(Math.abs(ahead))} seconds. Set both by NTP.`
    })
  const box = createSecretBox(readSecret(config))
  if (!(await secretFits(db, box.open)))
    findings.push({
      code: 'secret.wrong',
      text: 'SECRET_KEY (or secret.key in the data directory) does not open the private keys in this database: nothing can be signed. Put back the key they were made with.'
    })
  if ((await db('settings').where({ key: 'site' }).first('key')) === undefined)
    findings.push({
      code: 'site.not-set-up',
      text: 'The instance is not set up yet. Open the address npm start prints, or run: npm run communer -- setup --help'
    })
  return findings
}

/** A mail server that does not let us in: people wait for links. */
async function checkMail(config: Config): Promise<Finding[]> {
  if (config.smtpUrl === null) return []
  const problem = await checkSmtp(config)
  return problem === null ? [] : [{ code: 'mail.refused', text: `The mail server of SMTP_URL does not let us in: ${problem}` }]
}

/** The database being unreachable is a finding like another. */
async function look(config: Config): Promise<Finding[]> {
  try {
    return await withDatabase(config, async (database) => [
      ...(await checkDisk(config)),
      ...(await checkMail(config)),
      ...(await checkDatabase(config, database))
    ])
  } catch (error) {
    if (isAppError(error)) return [{ code: error.code, text: error.message }]
    throw error
  }
}

async function run({ config }: Input): Promise<Outcome> {
  const findings = await look(config)
  const text =
    findings.length === 0 ? 'Everything is in order.' : findings.map((finding) => `• ${finding.text} [${finding.code}]`).join('\n')
  return { json: { ok: findings.length === 0, findings }, text, exitCode: findings.length === 0 ? 0 : 1 }
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Look the instance over: database, disk, clocks, queues, counters',
  words: [],
  options: {},
  run
}
