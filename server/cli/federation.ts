// `federation status|wake|forget`: how the servers we talk to are doing, and what to do about one of them.
import { AppError } from '../core/errors.ts'
import { canonicalHost } from '../core/iri.ts'
import { readHosts, type HostStatus } from '../db/host-status.ts'
import { forgetHostNow, getHost, wakeHostNow } from '../features/admin/federation.ts'
import type { Command, Input, Outcome } from './command.ts'
import { withContext } from './run.ts'
import { table } from './table.ts'

const moment = (date: Date | null): string => (date === null ? '–' : date.toISOString().slice(0, 16).replace('T', ' '))

function hostIn(args: string[]): string | null {
  const host = args[0] === undefined ? null : canonicalHost(args[0])
  if (args[0] !== undefined && host === null)
    throw new AppError('cli.host', 422, `"${args[0]}" is not the name of a host, such as mastodon.social.`)
  return host
}

async function status({ config, args }: Input): Promise<Outcome> {
  const host = hostIn(args)
  return withContext(config, async (ctx) => {
    if (host !== null) {
      const one = await getHost(ctx, host)
      return { json: [one], text: details(one) }
    }
    const hosts = (await readHosts(ctx.db, {}, ctx.clock.now())).sort((a, b) => b.waiting - a.waiting)
    const rows = hosts.map((one) => [
      one.host,
      one.software,
      one.state,
      one.waiting,
      moment(one.lastSuccessAt),
      moment(one.lastInboundAt),
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

function details(one: HostStatus): string {
  const rows: [string, string | number][] = [
    ['host', one.host],
    ['software', [one.software, one.softwareVersion].filter(Boolean).join(' ') || '–'],
    ['state', one.state],
    ['since', moment(one.since)],
    ['failures in a row', one.failures],
    ['no attempt before', moment(one.openUntil)],
    ['waiting', one.waiting],
    ['given up (90 days)', one.dead],
    ['last sent', moment(one.lastSuccessAt)],
    ['last received', moment(one.lastInboundAt)],
    ['last failure', moment(one.lastFailureAt)],
    ['last error', one.lastError ?? '–']
  ]
  return rows.map(([name, value]) => `${name.padEnd(20)}${value}`).join('\n')
}

async function wake({ config, args }: Input): Promise<Outcome> {
  const host = hostIn(args)!
  return withContext(config, async (ctx) => {
    const deliveries = await wakeHostNow(ctx, host)
    return { json: { host, deliveries }, text: `${host}: the circuit is closed, ${deliveries} waiting deliveries leave now.` }
  })
}

async function forget({ config, args }: Input): Promise<Outcome> {
  const host = hostIn(args)!
  return withContext(config, async (ctx) => {
    const deliveries = await forgetHostNow(ctx, host)
    return { json: { host, deliveries }, text: `${host} is forgotten: ${deliveries} deliveries dropped, follows between it and us ended.` }
  })
}

export const federationCommands: Command[] = [
  { name: 'federation status', summary: 'Show how the servers we talk to are doing', words: ['[HOST]'], options: {}, run: status },
  { name: 'federation wake', summary: 'Send what waits for a server now', words: ['HOST'], options: {}, run: wake },
  {
    name: 'federation forget',
    summary: 'Give a server up: drop what waits, end the follows between it and us',
    words: ['HOST'],
    options: {},
    run: forget
  }
]
