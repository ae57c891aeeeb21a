// A Communer for benchmarks: started as users do (embedded PostgreSQL, fsync as shipped), with the corpus' actors and followers already
// stored, as they are on an instance that has lived a while. Nothing leaves loopback.
import type { Knex } from 'knex'
import { createContext } from '../../server/create-context.ts'
import { readConfig } from '../../server/config.ts'
import { newId } from '../../server/core/ids.ts'
import { upsertRemoteActor } from '../../server/protocol/actors.ts'
import type { Json } from '../harness/client.ts'
import { postgresPid, startCommuner, type Communer } from '../harness/communer.ts'
import { startNetwork, type Network } from '../network/network.ts'
import type { CorpusActor } from './corpus.ts'

export interface Stage {
  network: Network
  commune: Communer
  groupIri: string
  sharedInbox: string
  pids: { server: number; postgres: number | null }
  close(): Promise<void>
}

export interface StageOptions {
  /** Stored before the server starts. */
  actors: CorpusActor[]
  /** All of them follow the group. */
  followers?: boolean
  /** People of this instance who follow each of the actors: so many homes to write into. */
  readers?: number
  /** http://localhost, so that deliveries go to plain loopback sinks. */
  local?: boolean
}

/** Sets up, fills and starts the instance. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const network = await startNetwork()
  const commune = await startCommuner(network, {
    host: 'bench.test',
    database: 'embedded',
    accounts: ['alice'],
    groups: { jardin: 'alice' },
    env: { LOG_LEVEL: 'warn' },
    ...(options.local ? { address: 'local' as const } : {})
  })
  const jrd = (await (
    await network.fetch(`${commune.origin}/.well-known/webfinger?resource=acct:jardin@${new URL(commune.origin).host}`)
  ).json()) as Json
  const group = (await (
    await network.fetch(jrd.links.find((one: Json) => one.rel === 'self').href, { headers: { accept: 'application/activity+json' } })
  ).json()) as Json
  await commune.stop()
  await fill(commune, group.id, options)
  await commune.start()
  return {
    network,
    commune,
    groupIri: group.id,
    sharedInbox: group.endpoints.sharedInbox,
    pids: { server: commune.child.pid, postgres: postgresPid(commune.dataDir) },
    async close() {
      await commune.dispose()
      await network.close()
    }
  }
}

async function fill(commune: Communer, groupIri: string, options: StageOptions): Promise<void> {
  const instance = await createContext({ ...readConfig({}), dataDir: commune.dataDir, logLevel: 'silent' })
  const { ctx } = instance
  try {
    for (const { document } of options.actors) await upsertRemoteActor(ctx, ctx.db, document)
    await addReaders(ctx.db, options)
    if (options.followers !== true) return
    const group = await ctx.db('actors').where({ iri: groupIri }).first('id')
    const rows = await ctx
      .db('actors')
      .whereIn(
        'iri',
        options.actors.map((one) => one.iri)
      )
      .select('id', 'iri', 'shared_inbox')
    await ctx.db.batchInsert(
      'follows',
      rows.map((row: { id: string; iri: string; shared_inbox: string }) => ({
        id: newId(),
        iri: `${row.iri}#follow`,
        follower_id: row.id,
        followed_id: group.id,
        state: 'accepted',
        follower_local: false,
        delivery_inbox: row.shared_inbox,
        accepted_at: new Date()
      })),
      500
    )
  } finally {
    await instance.close()
  }
}

/** People as rows only: nobody logs in, nothing is sent in their name. Their follows stand since long. */
async function addReaders(db: Knex, { actors, readers = 0 }: StageOptions): Promise<void> {
  await db.raw(
    `insert into actors (id, iri, type, local, username, domain, host, inbox, doc)
     select n, 'https://bench.test/ap/actors/reader-' || n, 'Person', true, 'reader' || n, 'bench.test', 'bench.test', 'https://bench.test/ap/inbox', '{}'
     from generate_series(1, ?::int) n`,
    [readers]
  )
  await db.raw(
    `insert into follows (id, iri, follower_id, followed_id, state, follower_local, accepted_at)
     select row_number() over (), f.iri || '#follow-' || a.id, f.id, a.id, 'accepted', true, now()
     from actors a, actors f where a.iri = any(?::text[]) and f.id <= ?::int`,
    [actors.map((one) => one.iri), readers]
  )
}
