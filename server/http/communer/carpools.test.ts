// Rides to an event: offered, looked for, settled, said from elsewhere; who may and who may not.
import t from 'tap'
import { buildApp } from '../../app.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { activity, note, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { citizen, remotePerson } from '../../test/people.ts'

t.test('a ride is an answer to the event; people of elsewhere say theirs with the hashtag', async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const bea = await citizen(ctx, 'bea')
  const as = async (accountId: string) => ({ authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` })
  const event = (
    await app.inject({
      method: 'POST',
      url: '/api/communer/v1/events',
      headers: await as(alice.account.id),
      payload: { title: 'Bal', start: '2026-12-12T20:00', location: { name: 'Salle des fêtes' } }
    })
  ).json()
  const url = `/api/communer/v1/events/${event.id}/carpools`
  const say = async (accountId: string, payload: object) => app.inject({ method: 'POST', url, headers: await as(accountId), payload })
  const ride = { kind: 'offer', seats: 3, departure: 'Piton', leaves: '19 h' }
  t.equal((await app.inject({ method: 'POST', url, payload: ride })).statusCode, 401)
  t.match(await say(bea.account.id, { ...ride, departure: ' ' }), { statusCode: 422 })
  const said = await say(bea.account.id, { ...ride, note: 'Coffre plein' })
  t.match(said.json(), [{ kind: 'offer', seats: 3, departure: 'Piton', isMine: true, account: { acct: 'bea' } }])
  const [{ id }] = said.json()
  t.match(await ctx.db('objects').where({ id }).first(), { in_reply_to_id: event.id, visibility: 'public', type: 'Note' })

  const dora = await remotePerson(ctx, 'dora@mastodon.example')
  const answer = (name: string, more: object) =>
    activity('Create', dora, note(dora, { id: `https://mastodon.example/notes/${name}`, inReplyTo: event.uri, ...more }))
  const tag = { type: 'Hashtag', name: '#Covoiturage', href: 'https://mastodon.example/tags/covoiturage' }
  await receive(ctx, answer('1', { content: '<p>Une place depuis Saint-Paul</p>', tag: [tag] }))
  await receive(ctx, answer('2', { content: '<p>Chouette !</p>' }))
  const anyone = (await app.inject({ url })).json()
  t.match(anyone, [
    { kind: null, content: /Saint-Paul/, account: { acct: 'dora@mastodon.example' } },
    { kind: 'offer', isMine: false }
  ])
  t.equal(anyone.length, 2, 'what is about something else is none')
  await ctx.db('actors').where({ id: dora.id }).update({ limited_at: ctx.clock.now() })
  t.match((await app.inject({ url })).json(), [{ kind: 'offer' }], 'whom moderators limited stands in no list')
  await ctx.db('actors').where({ id: dora.id }).update({ limited_at: null })

  const settle = async (accountId: string, settled: boolean, ofId = id) =>
    app.inject({ method: 'PATCH', url: `${url}/${ofId}`, headers: await as(accountId), payload: { settled } })
  t.equal((await settle(alice.account.id, true)).statusCode, 403)
  t.equal((await settle(bea.account.id, true, event.id)).statusCode, 404)
  t.match((await settle(bea.account.id, true)).json(), [{}, { settled: true }])
  await app.inject({ method: 'DELETE', url: `/api/v1/statuses/${id}`, headers: await as(bea.account.id) })
  t.equal((await app.inject({ url })).json().length, 1)
  t.equal((await ctx.db('carpools')).length, 0, 'nothing of what was said stays')
  await ctx.db('objects').where({ id: event.id }).update({ event_status: 'CANCELLED' })
  t.match((await say(bea.account.id, ride)).json(), { code: 'event.cancelled' })
})
