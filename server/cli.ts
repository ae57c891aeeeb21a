// The command line: finds the command, runs it, prints its outcome as text or JSON, ends with its exit code.
// 0: done; 1: refused or failed, with a sentence on standard error; 2: the command was not understood.
import { accountCommands } from './cli/account.ts'
import { backupCommand, restoreCommand } from './cli/backup.ts'
import { helpOf, parseCommand, type Command, type Outcome } from './cli/command.ts'
import { doctorCommand } from './cli/doctor.ts'
import { federationStatusCommand } from './cli/federation.ts'
import { groupCommands } from './cli/group.ts'
import { migrateCommand } from './cli/migrate.ts'
import { queueStatusCommand } from './cli/queue.ts'
import { seedDemoCommand } from './cli/seed-demo.ts'
import { setupCommand } from './cli/setup.ts'
import { tokenCommands } from './cli/token.ts'
import { readConfig } from './config.ts'
import { AppError, isAppError } from './core/errors.ts'

const COMMANDS: Command[] = [
  setupCommand,
  ...accountCommands,
  ...groupCommands,
  ...tokenCommands,
  migrateCommand,
  doctorCommand,
  backupCommand,
  restoreCommand,
  queueStatusCommand,
  federationStatusCommand,
  seedDemoCommand
]

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `Communer's commands:\n\n${lines.join('\n')}\n\nEach explains itself: npm run communer -- <command> --help`
}

function findCommand(argv: string[]): { command: Command; rest: string[] } {
  for (const length of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === argv.slice(0, length).join(' '))
    if (command) return { command, rest: argv.slice(length) }
  }
  throw new AppError('cli.unknown', 400, `There is no command "${argv.slice(0, 2).join(' ')}". See: npm run communer -- --help`)
}

async function run(argv: string[]): Promise<{ outcome: Outcome; json: boolean }> {
  if (argv.length === 0 || ['--help', '-h', 'help'].includes(argv[0]!)) return { outcome: { json: COMMANDS.map(({ name, summary }) => ({ name, summary })), text: overview() }, json: false }
  const { command, rest } = findCommand(argv)
  const { input, json, help } = parseCommand(command, rest)
  if (help) return { outcome: { json: null, text: helpOf(command) }, json: false }
  return { outcome: await command.run({ ...input, config: readConfig() }), json }
}

function report(error: unknown, json: boolean): number {
  const known = isAppError(error)
  const message = known ? error.message : `Something unexpected happened: ${error instanceof Error ? error.stack : String(error)}`
  if (json) console.log(JSON.stringify({ error: known ? error.code : 'unexpected', message }))
  console.error(message)
  return known && ['cli.usage', 'cli.unknown'].includes(error.code) ? 2 : 1
}

const argv = process.argv.slice(2)
try {
  const { outcome, json } = await run(argv)
  console.log(json ? JSON.stringify(outcome.json) : outcome.text)
  process.exitCode = outcome.exitCode ?? 0
} catch (error) {
  process.exitCode = report(error, argv.includes('--json'))
}
