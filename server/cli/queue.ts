// `queue status`: what waits, and whether the wake-ups work.
import { readWork } from '../db/status.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'
import { table } from './table.ts'

async function run({ config }: Input): Promise<Outcome> {
  return withContext(config, async (ctx) => {
    const work = await readWork(ctx.db)
    const engine = await ctx.queue.status()
    const rows = work.map((one) => [one.work, one.waiting, one.due, one.lateSeconds === null ? '–' : `${one.lateSeconds} s`, one.dead])
    return { json: { engine, work }, text: `Wake-ups: ${engine.engine}\n${table(['work', 'waiting', 'due', 'late', 'given up'], rows)}` }
  })
}

export const queueStatusCommand: Command = {
  name: 'queue status',
  summary: 'Show what waits to be received and sent',
  words: [],
  options: {},
  run
}
