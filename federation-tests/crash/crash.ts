// kill -9 of the server, of its PostgreSQL, or of both, at random moments under a stream of signed posts. At the end: nothing that
// was answered 2xx is missing, nothing is there twice, and nobody but this loop's plain restart did anything.
import { setTimeout as pause } from 'node:timers/promises'
import type { Json } from '../harness/client.ts'
import { postgresPid, startCommuner, type Communer } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { startNetwork } from '../network/network.ts'
import { createMockHost } from '../peers/mock/host.ts'
import { startFlood } from './flood.ts'
import { seeded } from './random.ts'

export interface CrashReport {
  kills: number
  acknowledged: number
  missing: string[]
  twice: string[]
  likes: { acknowledged: number; counted: number }
  /** Notes of our own citizen that were answered 200 and never reached the follower. */
  undelivered: string[]
  unfinished: number
  doctor: string
  slowestRecoveryMs: number
}

/** Runs `kills` crashes with the chance of `seed`; `say` gets a line for each. */
export async function runCrashes(kills: number, seed: number, say: (line: string) => void): Promise<CrashReport> {
  const random = seeded(seed)
  const network = await startNetwork()
  const commune = await startCommuner(network, {
    host: 'saint-leu.test',
    database: 'embedded',
    accounts: ['alice'],
    groups: { jardin: 'alice' }
  })
  let slowestRecoveryMs = 0
  try {
    const host = createMockHost(network, 'flood.test')
    const people = Array.from({ length: 8 }, (_, index) => host.actor(`person${index}`))
    const jrd = (await (await network.fetch(`${commune.origin}/.well-known/webfinger?resource=acct:jardin@saint-leu.test`)).json()) as Json
    const group = (await (
      await network.fetch(jrd.links.find((one: Json) => one.rel === 'self').href, { headers: { accept: 'application/activity+json' } })
    ).json()) as Json
    const liked: Json = await commune.clients.alice!.post('/api/v1/statuses', { status: 'Aimez ceci', as: 'jardin' })
    const follower = people[0]!
    await follower.post(group.inbox, {
      '@context': 'https://www.w3.org/ns/activitystreams',
      id: `${follower.iri}#f`,
      type: 'Follow',
      actor: follower.iri,
      object: group.id
    })
    await waitUntil('the Accept', () => host.activitiesOf('Accept').length > 0)
    const flood = startFlood(people, group.endpoints.sharedInbox, group.id, liked.uri, 20)
    const written = citizenWrites(commune)

    for (let kill = 1; kill <= kills; kill += 1) {
      await pause(300 + random() * 2700)
      const victim = ['server', 'postgres', 'both'][Math.floor(random() * 3)]!
      const started = Date.now()
      await crash(commune, victim, random)
      await waitUntil('the instance is ready again', async () => (await commune.anonymous.request('GET', '/readyz')).status === 200, 45_000)
      slowestRecoveryMs = Math.max(slowestRecoveryMs, Date.now() - started)
      say(`kill ${kill}/${kills}: ${victim}, ready again after ${Date.now() - started} ms, ${flood.notes.size} notes acknowledged`)
    }
    await Promise.all([flood.finish(), written.finish()])
    const waiting = async (): Promise<number> =>
      Number((await commune.query("select count(*) from inbox_log where state = 'waiting'"))[0]!.count)
    const unsent = async (): Promise<number> =>
      Number((await commune.query("select count(*) from deliveries where state = 'waiting'"))[0]!.count)
    await waitUntil(
      'leases run out and everything is applied and sent',
      async () => (await waiting()) + (await unsent()) === 0,
      150_000
    ).catch((error: unknown) => say(String(error)))

    const rows = await commune.query<{ iri: string; count: string }>(
      'select iri, count(*) from objects where deleted_at is null and not local group by iri'
    )
    const stored = new Set(rows.map((one) => one.iri))
    const reached = new Set(host.activitiesOf('Create').map((one) => String((one.object as Json).id)))
    const uris = [...written.uris]
    const times = await commune.query<{ uri: string }>(
      'select content as uri from objects where not local group by content having count(*) > 1'
    )
    const counted = Number(
      (await commune.query('select likes from object_stats s join objects o on o.id = s.object_id where o.iri = $1', [liked.uri]))[0]
        ?.likes ?? 0
    )
    return {
      kills,
      acknowledged: flood.notes.size,
      missing: [...flood.notes].filter((iri) => !stored.has(iri)),
      twice: [...rows.filter((one) => Number(one.count) > 1).map((one) => one.iri), ...times.map((one) => one.uri)],
      likes: { acknowledged: flood.likes.size, counted },
      undelivered: uris.filter((uri) => !reached.has(uri)),
      unfinished: (await waiting()) + (await unsent()),
      doctor: await commune
        .cli('doctor')
        .catch((error: { stdout?: string; stderr?: string }) => `doctor failed: ${error.stdout ?? ''}${error.stderr ?? ''}`),
      slowestRecoveryMs
    }
  } catch (error) {
    say(commune.child.output().slice(-4000))
    throw error
  } finally {
    await commune.dispose()
    await network.close()
  }
}

/** One crash, and a restart by the same command when it was the server's. */
async function crash(commune: Communer, victim: string, random: () => number): Promise<void> {
  const postgres = postgresPid(commune.dataDir)
  if (victim !== 'server' && postgres !== null) process.kill(postgres, 'SIGKILL')
  if (victim === 'postgres') return
  if (victim === 'both') await pause(random() * 200)
  await commune.child.stop('SIGKILL')
  // Now and then it dies again while it starts.
  if (random() < 0.3) await commune.startAndKill(random() * 2000)
  await commune.start()
}

/** Our own citizen publishes as the group once a second; what was answered 200 must leave. */
function citizenWrites(commune: Communer): { uris: Set<string>; finish(): Promise<void> } {
  const uris = new Set<string>()
  let stopped = false
  let serial = 0
  const loop = (async () => {
    while (!stopped) {
      serial += 1
      await commune.clients.alice!.post('/api/v1/statuses', { status: `Nouvelle ${serial}`, as: 'jardin' }).then(
        (made: Json) => uris.add(made.uri),
        () => {}
      )
      await pause(1000)
    }
  })()
  return {
    uris,
    finish: () => {
      stopped = true
      return loop
    }
  }
}
