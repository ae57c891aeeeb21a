// Moderating a group over HTTP: only those who look after it, and what its followers' servers hear of it.
import t from 'tap'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { saveSoftware } from '../../db/hosts.ts'
import { publicTimeline } from '../../db/timelines.ts'
import { ANYONE } from '../../db/visibility.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { createAccount } from '../../features/accounts/create.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { activity, create, note, PUBLIC, receive } from '../../test/arrivals.ts'
import { browserOf, type Browser } from '../../test/browser.ts'
import { testContext } from '../../test/context.ts'
import { remotePerson } from '../../test/people.ts'

const V1 = '/api/communer/v1'

async function person(ctx: Ctx, app: FastifyInstance, username: string): Promise<{ browser: Browser; actor: ActorRow }> {
  const { actor } = await createAccount(ctx, { username, email: `${username}@example.org`, password: 'correct horse' })
  const browser = browserOf(app)
  await browser.post(`${V1}/login`, { login: username, password: 'correct horse' })
  return { browser, actor }
}

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await person(ctx, app, 'alice')
  const bruno = await person(ctx, app, 'bruno')
  await alice.browser.post(`${V1}/groups`, { username: 'jardin', name: 'Jardin' })
  await bruno.browser.post(`${V1}/groups/jardin/join`)
  const jardin = (await ctx.db<ActorRow>('actors').where({ username: 'jardin', local: true }).first())!
  const carol = await remotePerson(ctx, 'carol@lemmy.example')
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await saveSoftware(ctx, 'lemmy.example', 'lemmy', '1.0.0')
  await saveSoftware(ctx, 'mastodon.example', 'mastodon', '4.5.0')
  for (const actor of [carol, bob]) await receive(ctx, activity('Follow', actor, jardin.iri))
  await ctx.db('deliveries').delete()
  return { ctx, alice, bruno, jardin, carol, bob }
}

/** What left, and to whom: outer and inner type, hosts. Forgets it. */
async function sent(ctx: Ctx): Promise<string[]> {
  const rows: { body: string; hosts: string[] }[] = await ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .groupBy('activities.id')
    .orderBy('activities.id')
    .select('activities.body', ctx.db.raw('array_agg(deliveries.host order by deliveries.host) as hosts'))
  await ctx.db('deliveries').delete()
  return rows.map(({ body, hosts }) => {
    const json = JSON.parse(body) as Record<string, unknown>
    const inner = json['object'] as { type?: string } | string
    return `${String(json['type'])} ${typeof inner === 'string' ? 'address' : String(inner.type)} ${hosts.join(',')}`
  })
}

t.test('held posts are let in by a moderator and announced, or refused and forgotten', async (t) => {
  const { ctx, alice, bruno, jardin } = await scene(t)
  const mallory = await remotePerson(ctx, 'mallory@evil.example')
  const posts = [1, 2].map(() => note(mallory, { to: [PUBLIC], cc: [jardin.iri] }))
  const arrived = posts.map((post) => create(mallory, post))
  for (const one of arrived) t.equal(await receive(ctx, one), 'held')
  t.equal((await bruno.browser.get(`${V1}/groups/jardin/held`)).statusCode, 403)
  const held = (await alice.browser.get(`${V1}/groups/jardin/held`)).json()
  t.equal(held.length, 2)
  t.match(held[1], { account: { acct: 'mallory@evil.example' }, text: /^Note \d+$/ })
  const [second, first] = held.map((one: { id: string }) => one.id)
  t.equal((await bruno.browser.post(`${V1}/groups/jardin/held/${first}/accept`)).statusCode, 403)
  t.same(await sent(ctx), [])
  t.equal((await alice.browser.post(`${V1}/groups/jardin/held/${first}/accept`)).statusCode, 200)
  t.match(await ctx.db<ObjectRow>('objects').where({ id: first }).first(), { group_id: jardin.id, visibility: 'public' })
  t.same(await sent(ctx), ['Announce Create lemmy.example', 'Announce address evil.example,mastodon.example'])
  t.equal((await alice.browser.post(`${V1}/groups/jardin/held/${second}/refuse`)).statusCode, 200)
  t.match(await ctx.db<ObjectRow>('objects').where({ id: second }).first(), { content: '' }, 'nothing of it is kept')
  t.equal((await alice.browser.post(`${V1}/groups/jardin/held/${second}/accept`)).statusCode, 404)
  t.same(await sent(ctx), [])
})

t.test('a post is taken out and put back, a thread closed and opened, by moderators, and Lemmy hears of it', async (t) => {
  const { ctx, alice, bruno, jardin, carol } = await scene(t)
  const post = await createNote(ctx, bruno.actor, { text: 'Mes prix !', group: 'jardin', title: 'Publicité' })
  const answer = note(carol, { cc: [jardin.iri], inReplyTo: post.iri })
  await receive(ctx, create(carol, answer))
  await ctx.db('deliveries').delete()
  const act = (who: Browser, verb: string, id = post.id) => who.post(`${V1}/groups/jardin/posts/${id}/${verb}`, { reason: 'Publicité' })
  for (const verb of ['remove', 'lock', 'pin']) t.equal((await act(bruno.browser, verb)).statusCode, 403, verb)
  const elsewhere = await createNote(ctx, bruno.actor, { text: 'Ailleurs' })
  t.equal((await act(alice.browser, 'remove', elsewhere.id)).json().code, 'group.post-elsewhere')
  await ctx.db('deliveries').delete()

  t.equal((await act(alice.browser, 'lock')).statusCode, 200)
  await t.rejects(createNote(ctx, bruno.actor, { text: 'Encore', inReplyToId: post.id }), { code: 'group.thread-locked' })
  t.match((await alice.browser.get(`${V1}/groups/jardin/locked`)).json(), [{ id: post.id, reason: 'Publicité', status: { id: post.id } }])
  t.equal((await act(alice.browser, 'unlock')).statusCode, 200)
  t.same((await alice.browser.get(`${V1}/groups/jardin/locked`)).json(), [])
  const pin = (verb: string) => alice.browser.post(`${V1}/groups/jardin/posts/${post.id}/${verb}`)
  for (const verb of ['pin', 'unpin']) t.equal((await pin(verb)).statusCode, 200, `${verb} needs no reason`)
  t.same(await sent(ctx), [
    'Announce Lock lemmy.example',
    'Announce Undo lemmy.example',
    'Announce Add lemmy.example',
    'Announce Remove lemmy.example'
  ])
  t.equal((await act(alice.browser, 'pin')).statusCode, 200)
  t.same(await sent(ctx), ['Announce Add lemmy.example'])

  t.equal((await act(alice.browser, 'remove')).statusCode, 200)
  t.same(await sent(ctx), ['Announce Delete lemmy.example', 'Undo Announce mastodon.example'])
  const wall = await publicTimeline(ctx, ANYONE, { local: true }, { maxId: null, sinceId: null, minId: null, limit: 10 })
  t.ok(
    wall.some(({ id }) => id === post.id),
    'it stays its author’s'
  )
  t.same(await ctx.db('featured').where({ actor_id: jardin.id }), [])
  const news = async () => (await bruno.browser.get('/api/v1/notifications?types[]=group_removed')).json()
  t.match(await news(), [{ account: { acct: 'jardin' }, status: { id: post.id }, communer: { reason: 'Publicité' } }], 'told, and why')
  t.equal((await act(alice.browser, 'restore')).statusCode, 200)
  t.same(await news(), [])
  t.same(await sent(ctx), ['Announce Undo lemmy.example', 'Announce address mastodon.example'])

  const comment = (await ctx.db<ObjectRow>('objects').where({ iri: answer.id }).first())!
  const thread = async () => (await bruno.browser.get(`/api/v1/statuses/${post.id}/context`)).json().descendants.length
  t.equal(await thread(), 1)
  t.equal((await act(alice.browser, 'remove', comment.id)).statusCode, 200)
  t.equal(await thread(), 0, 'an answer taken out stands in no thread')
  t.same(await sent(ctx), ['Delete address lemmy.example', 'Announce Delete lemmy.example'], 'its author’s server is told too')
})

t.test('who is excluded loses membership and follow, and may come back when it ends; owners are not excluded', async (t) => {
  const { ctx, alice, bruno, jardin, carol } = await scene(t)
  const ban = (who: Browser, id: string) => who.post(`${V1}/groups/jardin/bans/${id}`, { reason: 'Insultes' })
  t.equal((await ban(bruno.browser, carol.id)).statusCode, 403)
  t.equal((await ban(alice.browser, alice.actor.id)).json().code, 'group.owner-stays')
  t.equal((await ban(alice.browser, carol.id)).statusCode, 200)
  t.same(await ctx.db('follows').where({ follower_id: carol.id }), [])
  t.same(await sent(ctx), ['Block address lemmy.example', 'Announce Block lemmy.example', 'Reject Follow lemmy.example'])
  t.equal(await receive(ctx, create(carol, note(carol, { cc: [jardin.iri] }))), 'refused-banned')
  t.equal((await ban(alice.browser, bruno.actor.id)).statusCode, 200)
  await t.rejects(createNote(ctx, bruno.actor, { text: 'Ah', group: 'jardin' }), { code: 'group.banned' })
  t.equal((await bruno.browser.post(`${V1}/groups/jardin/join`)).json().code, 'group.banned')
  const list = (await alice.browser.get(`${V1}/groups/jardin/bans`)).json()
  t.same(list.map((one: { account: { username: string }; reason: string }) => [one.account.username, one.reason]).sort(), [
    ['bruno', 'Insultes'],
    ['carol', 'Insultes']
  ])
  t.equal((await alice.browser.send('DELETE', `${V1}/groups/jardin/bans/${bruno.actor.id}`)).statusCode, 200)
  t.equal((await bruno.browser.post(`${V1}/groups/jardin/join`)).json().state, 'active')
})
