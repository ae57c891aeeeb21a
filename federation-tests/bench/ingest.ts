// Inbox ingest, side by side in one run: ours (accepted and committed; all effects done, in the homes of 50 local followers), a bare
// Fastify with RSA verify and one INSERT, the same with micro-batched INSERTs, and with object, columns and fan-in rows. 32 connections,
// rounds interleaved after a warm-up.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { Pool } from 'undici'
import { startProcess, type Child } from '../harness/process.ts'
import { embeddedSettings, postgresPid } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { freePort } from '../network/ports.ts'
import { makeActors, presign, type Signed } from './corpus.ts'
import { cpuOf, cpuOfPostgres, measure, printTable, rssMb, type Line, type Round } from './measure.ts'
import { startStage } from './stage.ts'

const CONNECTIONS = 32
const READERS = 50

export async function benchIngest(options: { rounds: number; perRound: number; warmUp: number }): Promise<void> {
  const actors = await makeActors(100, 10, (host) => `https://h${host}.test`)
  const stage = await startStage({ actors, readers: READERS })
  const anchors: Child[] = []
  try {
    const { commune } = stage
    const settings = embeddedSettings(commune.dataDir)
    const keysFile = join(stage.network.directory, 'keys.json')
    writeFileSync(keysFile, JSON.stringify(Object.fromEntries(actors.map((one) => [one.key.id, one.key.publicPem]))))
    const startAnchor = async (mode: string): Promise<{ child: Child; pool: Pool }> => {
      const port = await freePort()
      await admin(settings, `create database anchor_${mode}`)
      const child = await startProcess(
        process.execPath,
        [
          '--import=tsx',
          fileURLToPath(new URL('./anchor-ingest.ts', import.meta.url)),
          JSON.stringify({ port, mode, keysFile, readers: READERS, database: { ...settings, database: `anchor_${mode}` } })
        ],
        { env: { ...process.env, NODE_OPTIONS: '' }, cwd: process.cwd(), readyText: 'anchor ready' }
      )
      anchors.push(child)
      return { child, pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }) }
    }
    const [single, batched, effects] = [await startAnchor('single'), await startAnchor('batched'), await startAnchor('effects')]
    const targets: string[] = []
    for (let index = 0; index < 20; index += 1)
      targets.push((await commune.clients.alice!.post('/api/v1/statuses', { status: `Cible ${index}`, as: 'jardin' })).uri)
    const postgres = postgresPid(commune.dataDir)
    const lines: (Line & { pool: Pool; pid: number })[] = [
      { name: 'Fastify + verify + one INSERT', rounds: [], pool: single.pool, pid: single.child.pid },
      { name: 'Fastify + verify + micro-batched INSERT', rounds: [], pool: batched.pool, pid: batched.child.pid },
      { name: 'the same + object, columns, 50 homes', rounds: [], pool: effects.pool, pid: effects.child.pid },
      {
        name: 'Communer, accepted and committed',
        rounds: [],
        pool: new Pool(`http://127.0.0.1:${commune.port}`, { connections: CONNECTIONS }),
        pid: commune.child.pid
      }
    ]
    const drain: Round[] = []
    // Asked twenty times a second while it is measured: it must cost nothing.
    const isWaiting = async (): Promise<boolean> =>
      (await commune.query("select exists (select from inbox_log where state = 'waiting') as found"))[0]!['found'] as boolean
    let seed = 0
    for (let round = -1; round < options.rounds; round += 1) {
      // What autovacuum does within the first minutes of a new instance: plans made for empty tables end.
      if (round === 0) await commune.query('analyze')
      for (const line of lines) {
        const units = round < 0 ? options.warmUp : options.perRound
        const requests = presign(actors, units, (seed += 1), { inbox: stage.sharedInbox, targets })
        const refused: number[] = []
        const cpu = [cpuOf(line.pid), postgres === null ? 0 : cpuOfPostgres(postgres)] as const
        const result = await measure(
          { units, connections: CONNECTIONS, one: (index) => post(line.pool, requests[index]!, refused) },
          { server: line.pid, postgres }
        )
        if (refused.length > 0) console.log(`${line.name}: ${refused.length} refused (${[...new Set(refused)].join()})`)
        if (round >= 0) line.rounds.push(result)
        if (line.pid === commune.child.pid) {
          const begun = performance.now()
          await waitUntil('the backlog is applied', async () => !(await isWaiting()), 180_000)
          const drainMs = performance.now() - begun
          if (round >= 0) {
            drain.push({
              ...result,
              perSecond: units / (units / result.perSecond + drainMs / 1000),
              serverUs: (cpuOf(line.pid) - cpu[0]) / units,
              postgresUs: postgres === null ? 0 : (cpuOfPostgres(postgres) - cpu[1]) / units
            })
          }
        }
      }
    }
    const [one, many, effective, accepted] = lines as Line[] as [Line, Line, Line, Line]
    const title = `${CONNECTIONS} connections, ${options.rounds} rounds of ${options.perRound}`
    printTable(`Inbox ingest, accepted: ${title}`, [one, many, accepted], many.name)
    printTable(
      `Inbox ingest, in the homes of ${READERS} followers: ${title}`,
      [effective, { name: 'Communer, all effects done', rounds: drain }],
      effective.name
    )
    const [row] = await commune.query(
      "select count(*) as all, count(*) filter (where state = 'done') as done, count(distinct dedup_key) as keys from inbox_log"
    )
    console.log(`exactly once: ${row!.done} done of ${row!.all} rows; resident memory of the server ${rssMb(commune.child.pid)} MB`)
    const outcomes = await commune.query('select outcome, count(*) from inbox_log group by 1 order by 2 desc')
    console.log(`outcomes: ${outcomes.map((one) => `${one.outcome} ${one.count}`).join(', ')}`)
    await Promise.all(lines.map((line) => line.pool.destroy()))
  } finally {
    for (const child of anchors) await child.stop()
    await stage.close()
  }
}

async function post(pool: Pool, request: Signed, refused: number[]): Promise<void> {
  const answer = await pool.request({ method: 'POST', path: request.path, headers: request.headers, body: request.body })
  await answer.body.dump()
  if (answer.statusCode !== 202) refused.push(answer.statusCode)
}

async function admin(settings: pg.ClientConfig, sql: string): Promise<void> {
  const client = new pg.Client({ ...settings, database: 'postgres' })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}
