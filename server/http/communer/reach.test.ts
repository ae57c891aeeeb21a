// The delivery panel and the administrators' page of servers, over real deliveries to servers that behave well and badly.
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import type { ActorRow, DeliveryRow, FollowRow, HostRow, ObjectRow } from '../../db/rows.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { editNote } from '../../features/wall/edit-note.ts'
import { deliverDue, stopDelivering } from '../../protocol/deliver.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup } from '../../test/people.ts'
import { remoteActor, remoteFollow } from '../../test/publishers.ts'
import { startSink, type Sink } from '../../test/sink.ts'

type Teardown = Parameters<typeof testContext>[0]
const DAY = 86_400_000

async function commune(t: Teardown) {
  const test = await testContext(t, { origin: 'http://localhost:29999' })
  const app = await buildApp(test.ctx)
  t.teardown(async () => {
    await app.close()
    await stopDelivering(test.ctx, 1000)
  })
  const as = async (who: Awaited<ReturnType<typeof citizen>>, scopes = ['read', 'write', 'admin:read', 'admin:write']) => {
    const token = await createToken(test.ctx, who.account.id, scopes.join(' '))
    return async (method: 'GET' | 'POST', url: string) => {
      const answer = await app.inject({ method, url: `/api/communer/v1${url}`, headers: { authorization: `Bearer ${token}` } })
      return { status: answer.statusCode, body: answer.json(), link: answer.headers['link'] }
    }
  }
  return { ...test, app, as }
}

/** Somebody on that server follows the author. */
async function reader(ctx: Ctx, author: ActorRow, sink: Sink): Promise<ActorRow> {
  const follower = await remoteActor(ctx, sink.origin, 'bob')
  await remoteFollow(ctx, follower, author)
  return follower
}

const byHost = (list: { host: string; next_at: string | null }[], sink: Sink) => list.find(({ host }) => host === sink.host)!

t.test('strangers, other citizens and moderators of nothing are told nothing about who received a post', async (t) => {
  const { ctx, app, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const eve = await as(await citizen(ctx, 'eve'))
  const staff = await as(await citizen(ctx, 'staff', { role: 'moderator' }))
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  const hidden = await createNote(ctx, alice.actor, { text: 'Entre nous', visibility: 'followers' })
  t.equal((await app.inject(`/api/communer/v1/objects/${post.id}/deliveries`)).statusCode, 401)
  for (const ask of [eve, staff]) {
    t.equal((await ask('GET', `/objects/${post.id}/deliveries`)).status, 403)
    t.equal((await ask('POST', `/objects/${post.id}/deliveries/retry`)).status, 403)
    t.equal((await ask('GET', `/objects/${hidden.id}/deliveries`)).status, 404, 'what one may not see is not there')
  }
  t.equal((await (await as(alice))('GET', `/objects/1/deliveries`)).status, 404)
  t.equal((await (await as(alice, ['read:accounts']))('GET', `/objects/${post.id}/deliveries`)).status, 403)
})

t.test('the author reads who was reached, who is waiting and who refused, and why, in plain words', async (t) => {
  const { ctx, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const [well, ill, strict, closed] = [await startSink(t), await startSink(t), await startSink(t), await startSink(t)]
  ill.answer = () => ({ status: 503 })
  strict.answer = () => ({ status: 422, text: 'no' })
  closed.answer = () => ({ status: 403, text: 'blocked' })
  for (const sink of [well, ill, strict, closed]) await reader(ctx, alice.actor, sink)
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  const ask = await as(alice)
  const before = await ask('GET', `/objects/${post.id}/deliveries`)
  t.match(before.body, { hosts: 4, reached: 0, waiting: 4, refused: 0, next: null })
  t.match(before.body.list[0], { state: 'waiting', reason: { code: 'soon' } })
  await deliverDue(ctx)
  const { body } = await ask('GET', `/objects/${post.id}/deliveries`)
  t.match(body, { hosts: 4, reached: 1, waiting: 1, refused: 2 })
  t.match(byHost(body.list, well), { state: 'reached', reached_at: ctx.clock.now().toISOString(), next_at: null, reason: null })
  t.match(byHost(body.list, ill), {
    state: 'waiting',
    attempts: 1,
    reached_at: null,
    reason: { code: 'failing', text: 'Ce serveur est en panne.' }
  })
  t.equal(byHost(body.list, ill).next_at, new Date(ctx.clock.now().getTime() + 60_000).toISOString())
  t.match(byHost(body.list, strict), { state: 'refused', reason: { code: 'refused' } })
  t.match(byHost(body.list, closed), {
    state: 'refused',
    attempts: 1,
    next_at: null,
    reason: { code: 'signature', text: 'Ce serveur n’accepte pas les messages de notre commune.' }
  })
  t.same(
    body.list.map((line: { state: string }) => line.state),
    ['waiting', 'refused', 'refused', 'reached'],
    'what needs attention comes first'
  )
})

t.test('who manages a group sees how its posts travel; its other members do not', async (t) => {
  const { ctx, as } = await commune(t)
  const owner = await citizen(ctx, 'owner')
  const member = await citizen(ctx, 'member')
  const group = await localGroup(ctx, 'jardin', owner.actor)
  await ctx.db('memberships').insert({ group_id: group.id, actor_id: member.actor.id })
  await reader(ctx, group, await startSink(t))
  const post = await createNote(ctx, owner.actor, { text: 'Plantons', visibility: 'public', as: 'jardin' })
  t.equal((await (await as(member))('GET', `/objects/${post.id}/deliveries`)).status, 403)
  t.match((await (await as(owner))('GET', `/objects/${post.id}/deliveries`)).body, { hosts: 1, waiting: 1 })
})

t.test('trying again sends at once what waits and what was refused, once, and respects who asked for patience', async (t) => {
  const { ctx, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const [ill, strict, busy] = [await startSink(t), await startSink(t), await startSink(t)]
  ill.answer = (_letter, index) => ({ status: index === 0 ? 503 : 202 })
  strict.answer = (_letter, index) => ({ status: index === 0 ? 422 : 202 })
  busy.answer = (_letter, index) => (index === 0 ? { status: 429, headers: { 'retry-after': '600' } } : { status: 202 })
  for (const sink of [ill, strict, busy]) await reader(ctx, alice.actor, sink)
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  await deliverDue(ctx)
  const ask = await as(alice)
  t.match(await ask('POST', `/objects/${post.id}/deliveries/retry`), { status: 200, body: { retried: 2 } })
  await deliverDue(ctx)
  t.match((await ask('GET', `/objects/${post.id}/deliveries`)).body, { reached: 2, waiting: 1, refused: 0 })
  t.equal(busy.letters.length, 1)
  t.match((await ask('POST', `/objects/${post.id}/deliveries/retry`)).body, { retried: 0 })
  t.equal(await deliverDue(ctx), 0)
})

t.test('[76] trying again never brings an old version after the new one', async (t) => {
  const { ctx, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const sink = await startSink(t)
  sink.answer = (_letter, index) => ({ status: index === 0 ? 422 : 202 })
  await reader(ctx, alice.actor, sink)
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  await deliverDue(ctx)
  const row = (await ctx.db<ObjectRow>('objects').where({ id: post.id }).first())!
  await editNote(ctx, { role: 'member', actorId: alice.actor.id }, row, { text: 'Bonjour à tous' })
  await deliverDue(ctx)
  const ask = await as(alice)
  t.match((await ask('GET', `/objects/${post.id}/deliveries`)).body, { reached: 1, refused: 0 }, 'the newest word counts')
  t.match((await ask('POST', `/objects/${post.id}/deliveries/retry`)).body, { retried: 0 })
  t.same(
    sink.letters.map(({ json }) => json['type']),
    ['Create', 'Update']
  )
})

t.test('a paused server gets one probe per minute from an impatient author', async (t) => {
  const { ctx, clock, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const sink = await startSink(t)
  sink.answer = () => ({ status: 503 })
  await reader(ctx, alice.actor, sink)
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  for (let minute = 0; minute < 200 && sink.letters.length < 5; minute += 1) {
    await deliverDue(ctx)
    clock.advance(60_000 * 10)
  }
  await deliverDue(ctx)
  const sent = sink.letters.length
  const ask = await as(alice)
  for (let press = 0; press < 5; press += 1) {
    await ask('POST', `/objects/${post.id}/deliveries/retry`)
    await deliverDue(ctx)
  }
  t.ok(sink.letters.length <= sent + 1, `${sink.letters.length - sent} probes`)
})

t.test('only administrators and moderators read how the other servers are doing, and only administrators forget one', async (t) => {
  const { ctx, as } = await commune(t)
  await ctx.db('hosts').insert({ host: 'far.example' })
  const someone = await as(await citizen(ctx, 'someone'))
  const moderator = await as(await citizen(ctx, 'modo', { role: 'moderator' }))
  t.equal((await someone('GET', '/admin/federation/hosts')).status, 403)
  t.equal((await someone('GET', '/admin/federation/hosts/far.example')).status, 403)
  t.equal((await someone('GET', '/admin/federation/hosts/far.example/deliveries?state=waiting')).status, 403)
  t.equal((await someone('POST', '/admin/federation/hosts/far.example/wake')).status, 403)
  t.equal((await moderator('POST', '/admin/federation/hosts/far.example/forget')).status, 403)
  t.equal((await ctx.db('hosts')).length, 1)
  t.equal((await moderator('GET', '/admin/federation/hosts')).status, 200)
  t.match(await moderator('GET', '/admin/federation/hosts/never.example'), { status: 404, body: { code: 'host.unknown' } })
})

t.test('administrators read each server’s health, find one by a part of its name, and go through them page by page', async (t) => {
  const { ctx, as } = await commune(t)
  const day = ctx.clock.now().toISOString().slice(0, 10)
  await ctx
    .db('hosts')
    .insert([
      { host: 'alpha.example', software: 'mastodon', software_version: '4.5.0', last_success_at: ctx.clock.now() },
      { host: 'beta.example', failures: 2, failure_days: [day], last_error: '503 down' } as never,
      { host: 'gamma.example', asleep_since: ctx.clock.now(), failures: 40 },
      { host: 'under_score.example' }
    ])
  await ctx.db('domain_policies').insert({ host: 'alpha.example', action: 'limit' })
  const ask = await as(await citizen(ctx, 'chief', { role: 'admin' }))
  const all = await ask('GET', '/admin/federation/hosts')
  t.match(all.body, [
    { host: 'alpha.example', state: 'limited', software: 'mastodon', waiting: 0 },
    { host: 'beta.example', state: 'failing', failures: 2, since: `${day}T00:00:00.000Z`, last_error: '503 down' },
    { host: 'gamma.example', state: 'asleep' },
    { host: 'under_score.example', state: 'ok' }
  ])
  const hosts = async (query: string) =>
    (await ask('GET', `/admin/federation/hosts?${query}`)).body.map((one: { host: string }) => one.host)
  t.same(await hosts('troubled=true'), ['beta.example', 'gamma.example'])
  t.same(await hosts('q=GAM'), ['gamma.example'])
  t.same(await hosts('q=_'), ['under_score.example'], 'a name is a name, not a pattern')
  const first = await ask('GET', '/admin/federation/hosts?limit=3')
  t.match(first.link, /after=gamma\.example/)
  t.same(await hosts('limit=3&after=gamma.example'), ['under_score.example'])
})

t.test('waking a server closes its circuit and sends what waits; forgetting it drops the queue and the follows', async (t) => {
  const { ctx, clock, as } = await commune(t)
  const alice = await citizen(ctx, 'alice')
  const sink = await startSink(t)
  sink.answer = () => ({ status: 503 })
  const bob = await reader(ctx, alice.actor, sink)
  const post = await createNote(ctx, alice.actor, { text: 'Bonjour', visibility: 'public' })
  for (let day = 0; day < 8; day += 1) {
    await deliverDue(ctx)
    clock.advance(DAY)
  }
  await deliverDue(ctx)
  const ask = await as(await citizen(ctx, 'chief', { role: 'admin' }))
  const host = encodeURIComponent(sink.host)
  t.match((await ask('GET', `/admin/federation/hosts/${host}`)).body, { state: 'asleep', waiting: 1, last_error: '503' })
  t.match((await ask('GET', `/admin/federation/hosts/${host}/deliveries?state=waiting`)).body, [
    { type: 'Create', object: post.iri, from: 'alice', state: 'waiting', reason: { code: 'failing' } }
  ])
  t.match((await (await as(alice))('GET', `/objects/${post.id}/deliveries`)).body.list, [{ reason: { code: 'asleep' } }])
  t.equal(await deliverDue(ctx), 0)
  t.match((await ask('POST', `/admin/federation/hosts/${host}/wake`)).body, { deliveries: 1 })
  t.match(await ctx.db<HostRow>('hosts').where({ host: sink.host }).first(), { failures: 0, open_until: null, asleep_since: null })
  sink.answer = () => ({ status: 202 })
  t.equal(await deliverDue(ctx), 1)
  t.match((await ask('GET', `/admin/federation/hosts/${host}`)).body, {
    state: 'ok',
    waiting: 0,
    last_success_at: clock.now().toISOString()
  })

  sink.answer = () => ({ status: 503 })
  await createNote(ctx, alice.actor, { text: 'Encore', visibility: 'public' })
  await deliverDue(ctx)
  t.match((await ask('POST', `/admin/federation/hosts/${host}/forget`)).body, { deliveries: 1 })
  t.same(await ctx.db<FollowRow>('follows').where({ follower_id: bob.id }), [])
  t.same(await ctx.db('follower_inboxes'), [])
  t.same(await ctx.db<HostRow>('hosts').where({ host: sink.host }), [])
  t.match(await ctx.db<DeliveryRow>('deliveries').orderBy('id', 'desc').first(), { state: 'dead', last_error: 'forgotten' })
  const seen = sink.letters.length
  clock.advance(DAY)
  t.equal(await deliverDue(ctx), 0)
  t.equal(sink.letters.length, seen, 'nothing is sent any more')
})
