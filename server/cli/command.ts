// What a command is, and how its words become values. Knows nothing of any particular command.
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import { AppError } from '../core/errors.ts'

export interface Option {
  text: string
  /** A switch takes no value. */
  isSwitch?: boolean
  required?: boolean
}

export interface Outcome {
  /** What --json prints. */
  json: unknown
  /** What people read. */
  text: string
  /** 0 unless said otherwise. */
  exitCode?: number
}

export interface Input {
  config: Config
  args: string[]
  /** An option's value, or undefined. */
  value(name: string): string | undefined
  /** A required option's value. */
  need(name: string): string
  isSet(name: string): boolean
}

export interface Command {
  /** One or two words, such as `account create`. */
  name: string
  summary: string
  /** Names of the words after it; one in brackets may be left out. */
  words: string[]
  options: Record<string, Option>
  run(input: Input): Promise<Outcome>
}

export interface Parsed {
  input: Omit<Input, 'config'>
  json: boolean
  help: boolean
}

/** Reads a command's words. Throws cli.usage with a sentence. */
export function parseCommand(command: Command, argv: string[]): Parsed {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, json: { text: '', isSwitch: true }, help: { text: '', isSwitch: true } }).map(([name, option]) => [
      name,
      { type: option.isSwitch ? ('boolean' as const) : ('string' as const) }
    ])
  )
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: joinNegativeNumbers(argv), options, allowPositionals: true, strict: true })
  } catch (error) {
    throw usage(command, (error as Error).message.split('. ')[0]!)
  }
  const { values, positionals } = parsed
  const help = values['help'] === true
  if (!help) check(command, values, positionals)
  const value = (name: string): string | undefined => (typeof values[name] === 'string' ? (values[name] as string) : undefined)
  return {
    json: values['json'] === true,
    help,
    input: { args: positionals, value, need: (name) => value(name)!, isSet: (name) => values[name] === true }
  }
}

function check(command: Command, values: Record<string, unknown>, positionals: string[]): void {
  const needed = command.words.filter((word) => !word.startsWith('['))
  if (positionals.length < needed.length) throw usage(command, `${needed[positionals.length]} is missing`)
  if (positionals.length > command.words.length) throw usage(command, `"${positionals[command.words.length]}" is one word too many`)
  for (const [name, option] of Object.entries(command.options)) {
    if (option.required && !values[name]) throw usage(command, `--${name} is missing`)
  }
}

/** `--lat -21.17`: parseArgs takes the number for an option. */
function joinNegativeNumbers(argv: string[]): string[] {
  const joined: string[] = []
  for (const word of argv) {
    const last = joined.at(-1)
    if (/^-[0-9.]/.test(word) && last?.startsWith('--') && !last.includes('=')) joined[joined.length - 1] = `${last}=${word}`
    else joined.push(word)
  }
  return joined
}

function usage(command: Command, problem: string): AppError {
  return new AppError('cli.usage', 400, `${problem}. See: npm run communer -- ${command.name} --help`)
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const rows = Object.entries({ ...command.options, json: { text: 'print JSON instead of text', isSwitch: true } as Option })
  const left = rows.map(([name, option]) => `--${name}${option.isSwitch ? '' : ' …'}`)
  const width = Math.max(...left.map((cell) => cell.length))
  const lines = rows.map(([, option], index) => `  ${left[index]!.padEnd(width)}  ${option.text}${option.required ? ' (required)' : ''}`)
  const line = [command.name, ...command.words, '[options]'].join(' ')
  return `${command.summary}\n\nUsage: npm run communer -- ${line}\n\n${lines.join('\n')}`
}
