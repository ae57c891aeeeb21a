// Whoever is blocked reaches nobody and learns nothing (D03); whoever floods is held back (D06).
import t from 'tap'
import type { Ctx } from '../../context.ts'
import { listNotifications } from '../../features/notifications/list.ts'
import { blockHost } from '../../features/follows/domain-blocks.ts'
import { saveHostPolicy } from '../../features/moderation/hosts.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { loudHosts } from '../../db/floods.ts'
import { publicTimeline } from '../../db/timelines.ts'
import { accept, activity, create, localFollow, note, outcomeOf, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { localPerson, remotePerson } from '../../test/people.ts'
import { processInbox } from '../inbox.ts'

type Tap = Parameters<typeof testContext>[0]
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 80 }
/** Rows made by the test's helpers bear ids of the real time: the instance's clock starts with it. */
const START = new Date()

const seen = async (ctx: Ctx, ownerId: string): Promise<number> => (await listNotifications(ctx, ownerId, {}, PAGE)).rows.length

async function scene(t: Tap) {
  const context = await testContext(t, { startAt: START })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const mallory = await remotePerson(ctx, 'mallory@evil.example')
  const post = await createNote(ctx, alice, { text: 'Bonjour' })
  return { ...context, alice, mallory, post }
}

const mention = (owner: { iri: string; username: string }) => ({
  cc: [owner.iri],
  tag: [{ type: 'Mention', href: owner.iri, name: `@${owner.username}` }]
})

for (const how of ['by the citizen', 'with their whole server, by the citizen']) {
  t.test(`D03: someone blocked ${how} gets no answer, is not counted, and is not heard`, async (t) => {
    const { ctx, alice, mallory, post } = await scene(t)
    if (how === 'by the citizen') await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: mallory.id })
    else await blockHost(ctx, alice, 'EVIL.example.')
    const before = await ctx.db('activities').count({ n: '*' })
    const direct = note(mallory, { to: [alice.iri], cc: [], tag: mention(alice).tag })
    const tries: [string, Record<string, unknown>][] = [
      ['Follow', activity('Follow', mallory, alice.iri)],
      ['Like', activity('Like', mallory, post.iri)],
      ['Announce', activity('Announce', mallory, post.iri, { to: ['https://www.w3.org/ns/activitystreams#Public'] })],
      ['mention', create(mallory, note(mallory, mention(alice)))],
      ['reply', create(mallory, note(mallory, { inReplyTo: post.iri, ...mention(alice) }))],
      ['direct message', create(mallory, direct)],
      ['Join', activity('Join', mallory, post.iri)]
    ]
    for (const [what, json] of tries) {
      t.equal(await accept(ctx, json), 'accepted', `${what} is answered 202 like any other`)
      await processInbox(ctx)
      t.notMatch(await outcomeOf(ctx, json), /dead/, what)
    }
    t.same(await ctx.db('activities').count({ n: '*' }), before, 'nothing was answered')
    t.same(await ctx.db('notifications'), [])
    t.same(await ctx.db('follows').where({ followed_id: alice.id }), [])
    t.same(
      (await publicTimeline(ctx, { actorId: alice.id }, {}, PAGE)).map((row) => row.actor_id),
      [alice.id]
    )
    t.match(
      await ctx.db('object_stats').where({ object_id: post.id }).first('likes', 'shares'),
      how === 'by the citizen' ? { likes: 0, shares: 0 } : {}
    )
  })
}

t.test('D06: a thousand fresh accounts of one server mention a citizen: ten are heard, the rest is held back', async (t) => {
  const { ctx, alice } = await scene(t)
  for (let n = 0; n < 60; n += 1) {
    const stranger = await remotePerson(ctx, `spam${n}@flood.example`)
    await accept(ctx, create(stranger, note(stranger, mention(alice))))
  }
  while ((await processInbox(ctx)) > 0);
  t.equal(await seen(ctx, alice.id), 10)
  t.equal((await ctx.db('notifications').where({ owner_id: alice.id })).length, 60, 'nothing is lost')
  t.same(await loudHosts(ctx.db), [{ host: 'flood.example', held: 50 }])
  const friend = await remotePerson(ctx, 'friend@flood.example')
  await localFollow(ctx, alice, friend)
  await receive(ctx, create(friend, note(friend, mention(alice))))
  const other = await remotePerson(ctx, 'other@calm.example')
  await receive(ctx, create(other, note(other, mention(alice))))
  t.equal(await seen(ctx, alice.id), 12, 'whom she follows, and other servers, are heard')
  const maire = await localPerson(ctx, 'maire')
  await saveHostPolicy(ctx, maire.id, { host: 'flood.example', action: 'allow' })
  t.equal(await seen(ctx, alice.id), 62, 'a moderator who knows the server lets everything through')
})

t.test('D06: the budget comes back after an hour, and old acquaintances have none', async (t) => {
  const { ctx, clock, alice } = await scene(t)
  const people = []
  for (let n = 0; n < 12; n += 1) people.push(await remotePerson(ctx, `bob${n}@flood.example`))
  for (const person of people) await receive(ctx, create(person, note(person, mention(alice))))
  t.equal(await seen(ctx, alice.id), 10)
  clock.advance(61 * 60_000)
  await receive(ctx, create(people[0]!, note(people[0]!, mention(alice))))
  t.equal(await seen(ctx, alice.id), 11)
  clock.advance(8 * 86_400_000)
  for (const person of people) await receive(ctx, create(person, note(person, mention(alice))))
  t.equal(await seen(ctx, alice.id), 23)
})
