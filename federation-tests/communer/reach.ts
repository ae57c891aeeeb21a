// Who was reached (a part of two-instances.test.ts): the other commune is down for a while and gets everything when it is back, each
// object in its order; and what an administrator gave up never leaves.
import type { Test } from 'tap'
import type { Client, Json } from '../harness/client.ts'
import { logIn } from '../harness/client.ts'
import { PASSWORD, type Communer } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import type { Network } from '../network/network.ts'

export interface Communes {
  network: Network
  alpha: Communer
  beta: Communer
}

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `reader` follows an account of the other commune from now on, whatever was before; its id there. */
export async function followAfresh(reader: Client, handle: string): Promise<string> {
  const { accounts } = await reader.get(`/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(handle)}`)
  const { id } = accounts[0]
  await reader.post(`/api/v1/accounts/${id}/unfollow`)
  await reader.post(`/api/v1/accounts/${id}/follow`)
  await until(`the follow of ${handle}`, async () => (await reader.get(`/api/v1/accounts/relationships?id[]=${id}`))[0].following)
  return id
}

/** Nothing of this commune waits to be sent. */
export const allSent = (commune: Communer): Promise<boolean> =>
  until(`${commune.host} has nothing left to send`, async () => {
    return (await commune.query("select 1 from deliveries where state = 'waiting'")).length === 0
  })

/** `alpha` with Alice, `beta` with Bob, who follows her at the end. */
export async function reachEachOther(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const maire = await logIn(network, alpha.origin, 'maire', PASSWORD)
  await followAfresh(bob, '@alice@alpha.test')
  await allSent(alpha)
  const say = (status: string): Promise<Json> => alice.post('/api/v1/statuses', { status })
  const panel = (post: Json): Promise<Json> => alice.get(`/api/communer/v1/objects/${post.id}/deliveries`)
  const ofBeta = (path = ''): Promise<Json> => maire.get(`/api/communer/v1/admin/federation/hosts/beta.test${path}`)
  const tried = (post: Json, times: number): Promise<Json> =>
    until(`attempt ${times} of ${post.content}`, async () => {
      const now = await panel(post)
      return now.list[0]?.attempts >= times ? now : null
    })
  const goDown = (): void => network.front.cut('beta.test')
  const comeBack = (): void => network.front.route('beta.test', beta.port)

  let first: Json
  await t.test('a commune that is down is waited for: the author reads it in plain words, and may try again', async (t) => {
    goDown()
    first = await say('Première version')
    const waiting = await tried(first, 1)
    t.match(waiting, { hosts: 1, reached: 0, waiting: 1, refused: 0 })
    t.match(waiting.list, [
      { host: 'beta.test', state: 'waiting', reached_at: null, reason: { code: 'unreachable', text: 'Ce serveur ne répond pas.' } }
    ])
    t.ok(Date.parse(waiting.list[0].next_at) > Date.now(), 'with the time of the next attempt')
    t.same(await alice.post(`/api/communer/v1/objects/${first.id}/deliveries/retry`), { retried: 1 })
    t.match(await tried(first, 2), { waiting: 1 })
    t.same(await beta.query("select 1 from inbox_log where body like '%' || $1 || '%'", [first.uri]), [], 'nothing arrived')
  })

  let [last, withdrawn]: Json[] = []
  await t.test('whoever runs the commune sees the server, its numbers and what waits', async (t) => {
    await alice.put(`/api/v1/statuses/${first.id}`, { status: 'Seconde version' })
    withdrawn = await say('Non, rien')
    await alice.delete(`/api/v1/statuses/${withdrawn.id}`)
    last = await say('Dernières nouvelles')
    await tried(last, 1)
    const host = await ofBeta()
    t.match(host, { state: /^(failing|paused)$/, software: 'communer', last_error: /./, last_success_at: /./ })
    t.ok(host.failures >= 2 && host.since !== null)
    const waiting = (await ofBeta('/deliveries?state=waiting')) as unknown as Json[]
    t.equal(waiting.length, host.waiting)
    const typesOf = (post: Json): string[] => waiting.filter(({ object }) => object === post.uri).map(({ type }) => type)
    t.same(typesOf(first).toSorted(), ['Create', 'Update'])
    t.same(typesOf(last), ['Create'])
    t.notOk(typesOf(withdrawn!).includes('Create'), 'what was taken back does not leave any more')
    const [said] = await alpha.cli('federation', 'status', 'beta.test', '--json')
    t.match(said, { host: 'beta.test', waiting: host.waiting })
    t.equal((await alice.request('GET', '/api/communer/v1/admin/federation/hosts/beta.test')).status, 403)
  })

  await t.test('back again it gets everything, each post as it stands, and nothing that was taken back', async (t) => {
    // An attempt that began while it was down and ends after the wake-up would count as one more failure.
    await until('no attempt is under way', async () => {
      const leased = await alpha.query("select 1 from deliveries where host = 'beta.test' and state = 'waiting' and lease_until > now()")
      return leased.length === 0
    })
    comeBack()
    const { waiting } = await ofBeta()
    const woken = await maire.post('/api/communer/v1/admin/federation/hosts/beta.test/wake')
    t.ok(woken.deliveries > 0 && woken.deliveries <= waiting)
    const home = await until('everything on beta', async () => {
      const posts: Json[] = await bob.get('/api/v1/timelines/home?limit=10')
      const found = [last!, first].map((post) => posts.findIndex(({ uri }) => uri === post.uri))
      return found.every((place) => place >= 0) && /Seconde/.test(posts[found[1]!]!.content) ? found : null
    })
    t.ok(home[0]! < home[1]!, 'in the order they were written')
    await allSent(alpha)
    t.equal((await beta.query('select 1 from objects where iri = $1 and deleted_at is null', [withdrawn!.uri])).length, 0)
    t.match(await panel(first), { hosts: 1, reached: 1, waiting: 0, refused: 0, list: [{ state: 'reached', reason: null }] })
    t.match(await ofBeta(), { state: 'ok', waiting: 0, failures: 0, open_until: null })
  })

  await t.test('a server that is forgotten is written to no more, even when it comes back', async (t) => {
    goDown()
    const dropped = await say('Pour personne')
    await tried(dropped, 1)
    const { waiting } = await ofBeta()
    t.match(await alpha.cli('federation', 'forget', 'beta.test', '--json'), { host: 'beta.test', deliveries: waiting })
    t.match(await panel(dropped), {
      refused: 1,
      list: [{ state: 'refused', reason: { code: 'forgotten', text: 'L’administration a cessé d’écrire à ce serveur.' } }]
    })
    t.equal((await maire.request('GET', '/api/communer/v1/admin/federation/hosts/beta.test')).status, 404)
    t.same(await alice.post(`/api/communer/v1/objects/${dropped.id}/deliveries/retry`), { retried: 0 }, 'not even by its author')
    comeBack()
    const { uri } = await say('Ni ceci')
    await allSent(alpha)
    t.same(await beta.query('select iri from objects where iri = any($1)', [[dropped.uri, uri]]), [])
  })
  await followAfresh(bob, '@alice@alpha.test')
}
