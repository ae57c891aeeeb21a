// What a person can make this server ask others: only who may act, so many times, and never a word about what was found (F24).
import t from 'tap'
import { buildApp } from '../app.ts'
import { hashPassword } from '../core/password.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { createEvent } from '../features/events/create-event.ts'
import { doChores } from '../jobs/chores.ts'
import { browserOf } from '../test/browser.ts'
import { testContext } from '../test/context.ts'
import { testInternet } from '../test/internet.ts'
import { citizen } from '../test/people.ts'

t.test('F24: only organisers make the server look an invitee up, only so often, and every failure sounds the same', async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const victim = (await testInternet(t, ctx)).host('victim.test')
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const mallory = await citizen(ctx, 'mallory')
  const event = await createEvent(ctx, alice.actor, { title: 'Fête', start: '2026-12-12T14:00:00Z' })
  const tokens = new Map([
    [alice, `Bearer ${await createToken(ctx, alice.account.id, 'read write')}`],
    [mallory, `Bearer ${await createToken(ctx, mallory.account.id, 'read write')}`]
  ])
  const invite = (who: typeof alice, acct: string) =>
    app.inject({
      method: 'POST',
      url: `/api/communer/v1/events/${event.id}/invitations`,
      headers: { authorization: tokens.get(who)! },
      payload: { acct }
    })
  t.equal((await invite(mallory, 'bob@victim.test')).statusCode, 403)
  t.same(victim.seen, [], 'nobody was asked for somebody who may not invite')
  const answers = [await invite(alice, 'bob@victim.test'), await invite(alice, 'https://victim.test/admin'), await invite(alice, '@nobody')]
  t.ok(victim.seen.length > 0)
  for (const answer of answers) {
    t.equal(answer.statusCode, 404)
    t.equal(answer.body, answers[0]!.body)
  }
  t.same(await ctx.db('event_invitations').select('id'), [])
  t.same(await ctx.db('deliveries').select('id'), [])

  const look = (who: typeof alice, url: string) => app.inject({ url, headers: { authorization: tokens.get(who)! } })
  const resolve = (q: string): string => `/api/v2/search?resolve=true&q=${encodeURIComponent(q)}`
  /** Every route by which a person makes the server ask somebody. */
  const routes = [
    resolve('x@victim.test'),
    resolve('https://victim.test/x'),
    '/api/v1/accounts/search?resolve=true&q=x@victim.test',
    '/api/communer/v1/interaction?uri=https://victim.test/x'
  ]
  // What is known here, and what may not be asked at all, is no question.
  for (const free of [alice.actor.iri, '@nobody', '@alice@commune.test', 'https://127.0.0.1:5432/', 'https://localhost/x'])
    for (let time = 0; time < 3; time += 1) t.equal((await look(mallory, resolve(free))).statusCode, 200, free)
  const answered: number[] = []
  for (let time = 0; time < 10; time += 1) answered.push((await look(mallory, routes[time % routes.length]!)).statusCode)
  t.same([...new Set(answered)].sort(), [200, 404])
  const asked = victim.seen.length
  for (const route of routes)
    t.match(await look(mallory, route), { statusCode: 429, headers: { 'retry-after': /^\d+$/ } }, `${route}: ten a minute, all together`)
  t.equal(victim.seen.length, asked, 'what is too much asks nobody')
  for (const free of [resolve(alice.actor.iri), '/api/v2/search?q=x@victim.test'])
    t.equal((await look(mallory, free)).statusCode, 200, 'what is stored here may still be searched')
  t.equal((await look(alice, routes[0]!)).statusCode, 200, 'others have their own count')
})

t.test('F24: whoever asked enough still writes and moves, but the server asks nobody for it', async (t) => {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const victim = (await testInternet(t, ctx)).host('victim.test')
  for (const name of ['bob', 'carol', 'dan', 'erin']) victim.actor(name)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const password = 'correct horse'
  const { account, actor } = await citizen(ctx, 'mallory', { password_hash: await hashPassword(password) })
  const desk = browserOf(app)
  await desk.post('/api/communer/v1/login', { login: account.email, password })
  const mentioned = async (answer: Promise<{ statusCode: number; json(): { id: string; mentions: { acct: string }[] } }>) => {
    const { statusCode, json } = await answer
    t.equal(statusCode, 200)
    return json().mentions.map(({ acct }) => acct)
  }
  const say = (status: string) => desk.post('/api/v1/statuses', { status })
  t.same(await mentioned(say('Bonjour @bob@victim.test')), ['bob@victim.test'], 'within the limit')
  const post = (await say('Bonjour')).json() as { id: string }
  for (let time = 0; time < 9; time += 1) await desk.get(`/api/v2/search?resolve=true&q=nobody${time}@victim.test`)

  const asked = victim.seen.length
  t.ok(asked > 9)
  t.same(await mentioned(say('Bonjour @bob@victim.test et @carol@victim.test')), ['bob@victim.test'], 'who is known may be named')
  t.same(await mentioned(desk.send('PUT', `/api/v1/statuses/${post.id}`, { status: 'Bonjour @dan@victim.test' })), [])
  const later = new Date(clock.now().getTime() + 3_600_000).toISOString()
  t.equal((await desk.post('/api/v1/statuses', { status: 'Bonjour @erin@victim.test', scheduled_at: later })).statusCode, 200)
  t.equal((await desk.post('/api/communer/v1/account/aliases', { handle: '@carol@victim.test' })).statusCode, 429)
  t.equal((await desk.post('/api/communer/v1/account/move', { handle: '@bob@victim.test', password })).statusCode, 429, 'read again')
  t.equal(victim.seen.length, asked)

  clock.advance(3_600_000)
  await doChores(ctx)
  const published = await ctx.db('objects').where({ actor_id: actor.id }).whereLike('content_html', '%erin%').select('content_html')
  t.equal(published.length, 1, 'what was scheduled appears')
  t.equal(victim.seen.length, asked, 'and asks nobody at its time')
  await desk.get('/api/v2/search?resolve=true&q=bob@victim.test')
  t.equal(victim.seen.length, asked, 'an hour old is fresh')
  clock.advance(86_400_000)
  t.match((await desk.get('/api/v2/search?resolve=true&q=bob@victim.test')).json(), { accounts: [{ acct: 'bob@victim.test' }] })
  t.equal(victim.seen.length, asked, 'who is known is shown as known, however old')
})

t.test('whom a scheduled post mentions is looked up when it is written, and told at its time', async (t) => {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const peer = (await testInternet(t, ctx)).host('peer.test')
  peer.actor('bob')
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const { account } = await citizen(ctx, 'alice')
  const headers = { authorization: `Bearer ${await createToken(ctx, account.id, 'read write')}` }
  const scheduled_at = new Date(clock.now().getTime() + 3_600_000).toISOString()
  const schedule = (status: string) => app.inject({ method: 'POST', url: '/api/v1/statuses', headers, payload: { status, scheduled_at } })
  t.equal((await schedule('x'.repeat(100_000))).statusCode, 422, 'what is too long is refused at once')
  t.equal((await schedule('Bonjour @bob@peer.test')).statusCode, 200)
  const asked = peer.seen.length
  clock.advance(3_600_000)
  await doChores(ctx)
  t.equal(peer.seen.length, asked)
  t.match(await ctx.db('deliveries').select('inbox'), [{ inbox: 'https://peer.test/inbox' }])
})
