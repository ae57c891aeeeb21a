// How two communes moderate (a part of two-instances.test.ts): a report that crosses over and what is decided there; what a policy about
// a server changes on either side, and its lifting; a person who moves.
import { FormData } from 'undici'
import sharp from 'sharp'
import type { Test } from 'tap'
import { logIn, type Client, type Json } from '../harness/client.ts'
import { PASSWORD } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { allSent, followAfresh, type Communes } from './reach.ts'

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** The post with that IRI in a timeline as `client` sees it. */
async function inTimeline(client: Client, timeline: string, post: Json): Promise<Json | undefined> {
  return ((await client.get(`/api/v1/timelines/${timeline}?limit=40`)) as Json[]).find(({ uri }) => uri === post.uri)
}

/** `alpha` with Alice, `beta` with Bob; they follow each other at the end. */
export async function judgeEachOther(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const [here, there] = await Promise.all([alpha, beta].map(({ origin }) => logIn(network, origin, 'maire', PASSWORD)))
  const bobHere = await followAfresh(alice, '@bob@beta.test')
  const say = (status: string, more: object = {}): Promise<Json> => bob.post('/api/v1/statuses', { status, ...more })
  const arrived = (post: Json): Promise<Json> => until(`“${post.content}” at Alice’s`, () => inTimeline(alice, 'home', post))
  const judge = (action: string): Promise<Json> =>
    here!.request('PUT', '/api/communer/v1/admin/hosts/beta.test', { action, reason: 'Essai' }).then((answer) => answer.json() as Json)
  const lift = (): Promise<unknown> => here!.delete('/api/communer/v1/admin/hosts/beta.test')
  const stored = (posts: Json[]): Promise<Json[]> =>
    alpha.query('select iri from objects where iri = any($1)', [posts.map(({ uri }) => uri)])

  await t.test('a report crosses over without its author’s name; what is decided there is done on both sides, and told', async (t) => {
    const insult = await say('Une insulte')
    const { id } = await arrived(insult)
    const report = { account_id: bobHere, status_ids: [id], comment: 'Insulte', category: 'violation', forward: true }
    t.match(await alice.post('/api/v1/reports', report), { forwarded: true })
    t.match(await here!.get('/api/communer/v1/admin/reports'), [
      { from: 'citizen', reporter: { acct: 'alice' }, forwarded: true, posts: 1 }
    ])
    const [received] = await until('the report at beta’s', async () => {
      const open: Json[] = await there!.get('/api/communer/v1/admin/reports')
      return open.length > 0 ? open : null
    })
    t.match(received, { from: 'server', target: { acct: 'bob' }, comment: 'Insulte', posts: 1 })
    t.match(received!.reporter.acct, /@alpha\.test$/)
    t.notMatch(JSON.stringify(received), /alice/i, 'by the commune, not by her')
    const { posts } = await there!.get(`/api/communer/v1/admin/reports/${received!.id}`)
    t.match(posts, [{ text: 'Une insulte', local: true }])
    t.same(await bob.get('/api/v1/notifications?types[]=moderation_warning'), [], 'a report alone is nobody’s news')

    await there!.post(`/api/communer/v1/admin/reports/${received!.id}/decide`, { action: 'delete', reason: 'Restez courtois.' })
    t.match(await bob.get('/api/v1/notifications?types[]=moderation_warning'), [
      { account: { acct: 'beta' }, moderation_warning: { action: 'delete_statuses', text: 'Restez courtois.' } }
    ])
    await until('the post is gone on alpha', async () => (await inTimeline(alice, 'home', insult)) === undefined)
    t.equal((await network.fetch(insult.uri, { headers: { accept: 'application/activity+json' } })).status, 410)
    const [ours] = await here!.get('/api/communer/v1/admin/reports')
    await here!.post(`/api/communer/v1/admin/reports/${ours.id}/decide`, { action: 'none', reason: '' })
    t.same(await here!.get('/api/communer/v1/admin/reports/count'), { open: 0 })
  })

  await t.test('a server shown less is read by those who follow, not on public pages', async (t) => {
    await judge('limit')
    const post = await say('Sous limite')
    await arrived(post)
    t.notOk(await inTimeline(alpha.anonymous, 'public', post))
    t.notMatch((await alpha.anonymous.page('/')).html, /Sous limite/)
    await lift()
    t.ok(await inTimeline(alpha.anonymous, 'public', post), 'and everywhere once that is lifted')
  })

  await t.test('a server without pictures: its words arrive, its pictures are neither shown nor fetched', async (t) => {
    const form = new FormData()
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#0a7' } })
      .png()
      .toBuffer()
    form.set('file', new File([new Uint8Array(png)], 'carre.png', { type: 'image/png' }))
    form.set('description', 'Un carré')
    const upload = await network.fetch(`${beta.origin}/api/v2/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bob.token}` },
      body: form
    })
    const media = (await upload.json()) as Json
    await judge('reject_media')
    const post = await say('Avec une image', { media_ids: [media.id] })
    t.same((await arrived(post)).media_attachments, [])
    await alpha.anonymous.page(new URL(`/@bob@beta.test`, alpha.origin).pathname)
    const path = new URL(media.url).pathname
    t.notOk(
      network.front.log.some((one) => one.host === 'beta.test' && one.path.startsWith(path)),
      'nobody asked for the file'
    )
    await lift()
    t.match((await arrived(post)).media_attachments, [{ type: 'image', description: 'Un carré' }])
  })

  await t.test(
    'a blocked server: nothing comes in, nothing goes out, nothing is shown; lifted, both write to each other again',
    async (t) => {
      const before = await say('Avant le blocage')
      const { id } = await arrived(before)
      await followAfresh(bob, '@alice@alpha.test')
      await allSent(alpha)
      t.match(await judge('block'), { host: 'beta.test', action: 'block' })
      const since = Date.now()
      const refused = await say('Pendant le blocage')
      const panel = await until('alpha refuses', async () => {
        const reach: Json = await bob.get(`/api/communer/v1/objects/${refused.id}/deliveries`)
        return reach.list[0]?.attempts > 0 ? reach : null
      })
      t.match(panel, { reached: 0, list: [{ reason: { text: 'Ce serveur n’accepte pas les messages de notre commune.' } }] })
      t.same(await stored([refused]), [])
      t.same(await alpha.query('select 1 from inbox_log where iri like $1', [`${refused.uri}%`]), [])
      const unheard: Json = await alice.post('/api/v1/statuses', { status: '@bob@beta.test tu m’entends ?' })
      await allSent(alpha)
      t.notOk(
        network.front.log.some((one) => one.host === 'beta.test' && one.method === 'POST' && one.path.includes('inbox') && one.at >= since),
        'nothing is sent'
      )
      t.same((await bob.get(`/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(unheard.uri)}`)).statuses, [])
      t.equal((await alice.request('GET', `/api/v1/statuses/${id}`)).status, 404, 'what stands here is hidden')
      t.same((await alice.get('/api/v2/search?resolve=true&type=accounts&q=%40bob%40beta.test')).accounts, [])

      await lift()
      t.match(await alice.get(`/api/v1/statuses/${id}`), { uri: before.uri }, 'lifted, it shows again')
      t.notOk((await alice.get(`/api/v1/accounts/relationships?id[]=${bobHere}`))[0].following, 'follows stay ended')
      await followAfresh(alice, '@bob@beta.test')
      await followAfresh(bob, '@alice@alpha.test')
      await arrived(await say('Après le blocage'))
      await bob.post(`/api/communer/v1/objects/${refused.id}/deliveries/retry`)
      await arrived(refused)
      const answer: Json = await alice.post('/api/v1/statuses', { status: 'De nouveau là' })
      await until('Alice at Bob’s', () => inTimeline(bob, 'home', answer))
      t.match(
        (await here!.get('/api/communer/v1/admin/decisions')).slice(0, 2).map((one: Json) => [one.action, one.host]),
        [
          ['host-free', 'beta.test'],
          ['host-block', 'beta.test']
        ]
      )
    }
  )
}

/** Alice of `alpha` becomes Eve of `beta`; a reader on either side goes along. */
export async function moveAcross(t: Test, { network, alpha, beta }: Communes): Promise<void> {
  const bob = beta.clients.bob!
  const eve = beta.clients.eve!
  const [alice, neighbour, newEve] = await Promise.all([
    logIn(network, alpha.origin, 'alice', PASSWORD),
    logIn(network, alpha.origin, 'maire', PASSWORD),
    logIn(network, beta.origin, 'eve', PASSWORD)
  ])
  await followAfresh(bob, '@alice@alpha.test')
  await followAfresh(neighbour!, '@alice@alpha.test')
  const go = { handle: '@eve@beta.test', password: PASSWORD }
  const early = await alice!.request('POST', '/api/communer/v1/account/move', go)
  t.match(await early.json(), { status: 422, code: 'move.no-alias' }, 'the other account must say so too')
  t.match(await newEve!.post('/api/communer/v1/account/aliases', { handle: '@alice@alpha.test' }), {
    aliases: [{ acct: 'alice@alpha.test' }]
  })
  t.match(await alice!.post('/api/communer/v1/account/move', go), { moved_to: { acct: 'eve@beta.test' } })
  for (const [reader, oldName, newName] of [
    [bob, '@alice@alpha.test', '@eve'],
    [neighbour!, '@alice', '@eve@beta.test']
  ] as const) {
    const idOf = async (name: string): Promise<string> => (await reader.get(`/api/v1/accounts/lookup?acct=${name.slice(1)}`)).id
    const [before, after] = await Promise.all([idOf(oldName), idOf(newName)])
    const following = async (id: string): Promise<boolean> => (await reader.get(`/api/v1/accounts/relationships?id[]=${id}`))[0].following
    await until(`a reader goes along to ${newName}`, async () => (await following(after)) && !(await following(before)))
    t.match(await reader.get(`/api/v1/accounts/${before}`), { moved: { acct: newName.slice(1) } })
  }
  const post: Json = await eve.post('/api/v1/statuses', { status: 'Me voici à Beta' })
  await until('Eve’s post at the old neighbour’s', () => inTimeline(neighbour!, 'home', post))
  t.ok(await inTimeline(bob, 'home', post))
}
