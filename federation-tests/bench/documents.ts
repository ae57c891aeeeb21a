// GET of an actor and of a public note as ActivityPub, beside a Fastify that answers a static buffer.
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { Json } from '../harness/client.ts'
import { startProcess } from '../harness/process.ts'
import { freePort } from '../network/ports.ts'
import { measure, printTable, type Line } from './measure.ts'
import { startStage } from './stage.ts'

const CONNECTIONS = 32

export async function benchDocuments(options: { rounds: number; perRound: number; warmUp: number }): Promise<void> {
  const stage = await startStage({ actors: [] })
  const { commune } = stage
  const port = await freePort()
  const anchor = await startProcess(
    process.execPath,
    ['--import=tsx', fileURLToPath(new URL('./anchor-static.ts', import.meta.url)), JSON.stringify({ port, bytes: 2500 })],
    { env: { ...process.env, NODE_OPTIONS: '' }, cwd: process.cwd(), readyText: 'anchor ready' }
  )
  try {
    const note: Json = await commune.clients.alice!.post('/api/v1/statuses', { status: 'Un mot de la commune', as: 'jardin' })
    const lines: (Line & { pool: Pool; path: string; pid: number })[] = [
      {
        name: 'Fastify, static buffer',
        rounds: [],
        pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }),
        path: '/actor',
        pid: anchor.pid
      },
      {
        name: 'Communer, actor',
        rounds: [],
        pool: new Pool(`http://127.0.0.1:${commune.port}`, { connections: CONNECTIONS }),
        path: new URL(stage.groupIri).pathname,
        pid: commune.child.pid
      },
      {
        name: 'Communer, public note',
        rounds: [],
        pool: new Pool(`http://127.0.0.1:${commune.port}`, { connections: CONNECTIONS }),
        path: new URL(note.uri).pathname,
        pid: commune.child.pid
      }
    ]
    for (let round = -1; round < options.rounds; round += 1) {
      for (const line of lines) {
        const result = await measure(
          {
            units: round < 0 ? options.warmUp : options.perRound,
            connections: CONNECTIONS,
            async one() {
              const answer = await line.pool.request({
                method: 'GET',
                path: line.path,
                headers: { host: 'bench.test', accept: 'application/activity+json', 'x-forwarded-proto': 'https' }
              })
              await answer.body.dump()
              if (answer.statusCode !== 200) throw new Error(`${line.name} answered ${answer.statusCode}`)
            }
          },
          { server: line.pid, postgres: stage.pids.postgres }
        )
        if (round >= 0) line.rounds.push(result)
      }
    }
    printTable(`Documents, ${CONNECTIONS} connections, ${options.rounds} rounds of ${options.perRound}`, lines, 'Fastify, static buffer')
    await Promise.all(lines.map((line) => line.pool.destroy()))
  } finally {
    await anchor.stop()
    await stage.close()
  }
}
