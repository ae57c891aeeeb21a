// Fan-out to 1,000 followers on 100 hosts, against loopback sinks that check every signature, beside a minimal claim + sign + POST.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Json } from '../harness/client.ts'
import { embeddedSettings, postgresPid } from '../harness/communer.ts'
import { startProcess, type Child } from '../harness/process.ts'
import { waitUntil } from '../harness/wait.ts'
import { freePort } from '../network/ports.ts'
import { makeActors } from './corpus.ts'
import { cpuOf, cpuOfPostgres, median, printTable, type Line, type Round } from './measure.ts'
import { startStage } from './stage.ts'

interface Counts {
  deliveries: number
  twice: number
  bad: number
}

export async function benchFanout(options: {
  rounds: number
  postsPerRound: number
  hosts: number
  followersPerHost: number
}): Promise<void> {
  const ports: number[] = []
  for (let host = 0; host < options.hosts; host += 1) ports.push(await freePort())
  const actors = await makeActors(options.hosts, options.followersPerHost, (host) => `http://127.0.0.1:${ports[host]}`)
  const stage = await startStage({ actors, followers: true, local: true })
  const children: Child[] = []
  try {
    const { commune } = stage
    const settings = embeddedSettings(commune.dataDir)
    const client = new pg.Client({ ...settings, database: 'postgres' })
    await client.connect()
    await client.query('create database anchor').finally(() => client.end())
    const group = (await (await fetch(stage.groupIri, { headers: { accept: 'application/activity+json' } })).json()) as Json
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const [control, anchorPort] = [await freePort(), await freePort()]
    const start = async (file: string, argument: unknown, readyText: string): Promise<Child> => {
      const child = await startProcess(
        process.execPath,
        ['--import=tsx', fileURLToPath(new URL(file, import.meta.url)), JSON.stringify(argument)],
        { env: { ...process.env, NODE_OPTIONS: '' }, cwd: process.cwd(), readyText }
      )
      children.push(child)
      return child
    }
    await start(
      './sink.ts',
      { ports, control, publicPem: [group.publicKey.publicKeyPem, pair.publicKey.export({ type: 'spki', format: 'pem' })] },
      'sink ready'
    )
    const anchor = await start(
      './anchor-fanout.ts',
      {
        port: anchorPort,
        inboxes: ports.map((port) => `http://127.0.0.1:${port}/inbox`),
        keyId: 'https://anchor.test/key',
        privatePem: createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'pkcs8', format: 'pem' }),
        database: { ...settings, database: 'anchor' }
      },
      'anchor ready'
    )
    const counts = async (): Promise<Counts> => (await (await fetch(`http://127.0.0.1:${control}/`)).json()) as Counts
    const postgres = postgresPid(commune.dataDir)!
    const alice = commune.clients.alice!
    const lines: (Line & { pid: number; enqueue: number[]; calm: number[]; publish(): Promise<unknown> })[] = [
      {
        name: 'claim + sign + POST keep-alive',
        rounds: [],
        pid: anchor.pid,
        enqueue: [],
        calm: [],
        publish: async () => (await fetch(`http://127.0.0.1:${anchorPort}/`, { method: 'POST' })).text()
      },
      {
        name: 'Communer, a post of the group',
        rounds: [],
        pid: commune.child.pid,
        enqueue: [],
        calm: [],
        publish: () => alice.post('/api/v1/statuses', { status: `Nouvelles du quartier ${Math.random()}`, as: 'jardin' })
      }
    ]
    for (let round = -1; round < options.rounds; round += 1) {
      // What autovacuum does within the first minutes of a new instance: plans made for empty tables end.
      if (round === 0) await commune.query('analyze')
      for (const line of lines) {
        const units = options.postsPerRound * options.hosts
        const target = (await counts()).deliveries + units
        const [cpu, db, begun] = [cpuOf(line.pid), cpuOfPostgres(postgres), performance.now()]
        for (let post = 0; post < options.postsPerRound; post += 1) {
          const asked = performance.now()
          await line.publish()
          if (round >= 0) (post === 0 ? line.calm : line.enqueue).push(performance.now() - asked)
        }
        await waitUntil('all deliveries', async () => (await counts()).deliveries >= target, 120_000)
        const seconds = (performance.now() - begun) / 1000
        const result: Round = {
          perSecond: units / seconds,
          serverUs: (cpuOf(line.pid) - cpu) / units,
          postgresUs: (cpuOfPostgres(postgres) - db) / units,
          p50: median(line.enqueue),
          p99: Math.max(...line.enqueue)
        }
        if (round >= 0) line.rounds.push(result)
      }
    }
    printTable(
      `Fan-out: ${options.hosts * options.followersPerHost} followers on ${options.hosts} hosts, ${options.rounds} rounds of ${options.postsPerRound} posts (p50, p99: time until the citizen has his answer)`,
      lines,
      'claim + sign + POST keep-alive'
    )
    for (const line of lines)
      console.log(`${line.name}: answered after ${median(line.calm).toFixed(1)} ms when nothing else was being sent`)
    const end = await counts()
    console.log(`sink: ${end.deliveries} deliveries, ${end.twice} twice, ${end.bad} badly signed`)
  } finally {
    for (const child of children) await child.stop()
    await stage.close()
  }
}
