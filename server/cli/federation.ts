// `federation status [HOST]`: how the servers we talk to are doing.
import { AppError } from '../core/errors.ts'
import { canonicalHost } from '../core/iri.ts'
import { readHosts } from '../db/status.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'
import { table } from './table.ts'

const day = (date: Date | null): string => (date === null ? '–' : date.toISOString().slice(0, 16).replace('T', ' '))

async function run({ config, args }: Input): Promise<Outcome> {
  const host = args[0] === undefined ? null : canonicalHost(args[0])
  if (args[0] !== undefined && host === null)
    throw new AppError('cli.host', 422, `"${args[0]}" is not the name of a host, such as mastodon.social.`)
  return withContext(config, async (ctx) => {
    const hosts = await readHosts(ctx.db, host)
    if (host !== null && hosts.length === 0) throw new AppError('cli.host-unknown', 404, `This instance has never exchanged with ${host}.`)
    const rows = hosts.map((one) => [
      one.host,
      one.software,
      one.state,
      one.waiting,
      day(one.lastSuccessAt),
      day(one.lastInboundAt),
      one.lastError
    ])
    return {
      json: hosts,
      text: table(
        ['host', 'software', 'state', 'waiting', 'last sent', 'last received', 'last error'],
        rows,
        'This instance has not exchanged with another server yet.'
      )
    }
  })
}

export const federationStatusCommand: Command = {
  name: 'federation status',
  summary: 'Show how the servers we talk to are doing',
  words: ['[HOST]'],
  options: {},
  run
}
