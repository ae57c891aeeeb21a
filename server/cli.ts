// The process of the command line: runs one command and prints what came of it.
import { runCommandLine } from './cli/commands.ts'
import { readConfig } from './config.ts'

const { exitCode, out, err } = await runCommandLine(process.argv.slice(2), readConfig)
if (out !== '') console.log(out)
if (err !== '') console.error(err)
process.exitCode = exitCode
