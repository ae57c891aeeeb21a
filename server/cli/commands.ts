// Every command, and the way from words to what is printed: text or JSON, and an exit code.
// 0: done; 1: refused or failed, with a sentence on standard error; 2: the command was not understood.
import type { Config } from '../config.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { accountCommands } from './account.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import { helpOf, parseCommand, type Command, type Parsed } from './command.ts'
import { doctorCommand } from './doctor.ts'
import { federationCommands } from './federation.ts'
import { groupCommands } from './group.ts'
import { migrateCommand } from './migrate.ts'
import { queueStatusCommand } from './queue.ts'
import { rotateKeyCommand } from './rotate-key.ts'
import { seedDemoCommand } from './seed-demo.ts'
import { setupCommand } from './setup.ts'
import { tokenCommands } from './token.ts'

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
  ...federationCommands,
  rotateKeyCommand,
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

export interface Printed {
  exitCode: number
  out: string
  err: string
}

/** Runs the words of a command line. Settings are read only when a command runs, so that help needs none. */
export async function runCommandLine(argv: string[], readConfig: () => Config): Promise<Printed> {
  try {
    if (argv.length === 0 || ['--help', '-h', 'help'].includes(argv[0]!)) return { exitCode: 0, out: overview(), err: '' }
    const { command, rest } = findCommand(argv)
    return await runCommand(command, parseCommand(command, rest), readConfig)
  } catch (error) {
    return failed(error, argv.includes('--json'))
  }
}

async function runCommand(command: Command, { input, json, help }: Parsed, readConfig: () => Config): Promise<Printed> {
  if (help) return { exitCode: 0, out: helpOf(command), err: '' }
  const outcome = await command.run({ ...input, config: readConfig() })
  return { exitCode: outcome.exitCode ?? 0, out: json ? JSON.stringify(outcome.json) : outcome.text, err: '' }
}

function failed(error: unknown, json: boolean): Printed {
  const known = isAppError(error)
  const message = known ? error.message : `Something unexpected happened: ${error instanceof Error ? error.stack : String(error)}`
  const exitCode = known && ['cli.usage', 'cli.unknown'].includes(error.code) ? 2 : 1
  return { exitCode, out: json ? JSON.stringify({ error: known ? error.code : 'unexpected', message }) : '', err: message }
}
