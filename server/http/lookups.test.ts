// What a person can make this server ask others: only who may act, so many times, and never a word about what was found (F24).
import t from 'tap'
import { buildApp } from '../app.ts'
import { createToken } from '../features/accounts/tokens.ts'
import { createEvent } from '../features/events/create-event.ts'
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

  const look = (who: typeof alice, query: string) =>
    app.inject({ url: `/api/v2/search?q=@nobody&${query}`, headers: { authorization: tokens.get(who)! } })
  let answered = 0
  while ((await look(mallory, 'resolve=true')).statusCode === 200 && answered < 1_000) answered += 1
  t.equal(answered, 150)
  const asked = victim.seen.length
  t.match(await app.inject({ url: '/api/v2/search?q=x@victim.test&resolve=true', headers: { authorization: tokens.get(mallory)! } }), {
    statusCode: 429,
    headers: { 'retry-after': /^\d+$/ }
  })
  t.equal(victim.seen.length, asked, 'what is too much asks nobody')
  t.equal((await look(mallory, 'resolve=false')).statusCode, 200, 'what is stored here may still be searched')
  t.equal((await look(alice, 'resolve=true')).statusCode, 200, 'others have their own count')
})
