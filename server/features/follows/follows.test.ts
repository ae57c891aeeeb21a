// Following, being followed, blocking and muting, here and across servers.
import t from 'tap'
import { acceptFollow, findFollow, saveFollow } from '../../db/links.ts'
import { homeTimeline, publicTimeline } from '../../db/timelines.ts'
import { testContext } from '../../test/context.ts'
import { localGroup, localPerson, remotePerson } from '../../test/people.ts'
import { createNote } from '../wall/create-note.ts'
import { blockActor, muteActor, unblockActor, unmuteActor } from './block.ts'
import { followActor, unfollowActor } from './follow.ts'
import { acceptRequest, rejectFollower } from './requests.ts'

type Tap = Parameters<typeof testContext>[0]
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 20 }

async function scene(t: Tap) {
  const { ctx } = await testContext(t)
  const [alice, bea, bob] = [
    await localPerson(ctx, 'alice'),
    await localPerson(ctx, 'bea'),
    await remotePerson(ctx, 'bob@mastodon.example')
  ]
  const sent = async (): Promise<{ type: string; inbox: string; json: ReturnType<typeof JSON.parse> }[]> => {
    const rows = await ctx
      .db('deliveries')
      .join('activities', 'activities.id', 'deliveries.activity_id')
      .orderBy('activities.id')
      .select('type', 'inbox', 'body')
    return rows.map((row: { type: string; inbox: string; body: string }) => ({
      type: row.type,
      inbox: row.inbox,
      json: JSON.parse(row.body)
    }))
  }
  return { ctx, alice, bea, bob, sent }
}

t.test('following someone elsewhere asks their server, once, and waits; stopping takes back the very same Follow', async (t) => {
  const { ctx, alice, bob, sent } = await scene(t)
  await Promise.all([followActor(ctx, alice, bob), followActor(ctx, alice, bob)])
  t.match(await findFollow(ctx.db, alice.id, bob.id), { state: 'pending', delivery_inbox: null })
  const [follow, ...others] = await sent()
  t.same(others, [])
  t.match(follow, { type: 'Follow', inbox: `${bob.inbox}`, json: { actor: alice.iri, object: bob.iri, to: [bob.iri] } })
  await unfollowActor(ctx, alice, bob)
  await unfollowActor(ctx, alice, bob)
  const undos = (await sent()).filter((one) => one.type === 'Undo')
  t.equal(undos.length, 1)
  t.match(undos[0], { inbox: bob.inbox, json: { object: { id: follow!.json['id'], type: 'Follow', actor: alice.iri, object: bob.iri } } })
  t.equal(await findFollow(ctx.db, alice.id, bob.id), undefined)
})

t.test('[33] groups accept at once; a person who wants to be asked decides, and the answer repeats the Follow', async (t) => {
  const { ctx, alice, bea, bob, sent } = await scene(t)
  const jardin = await localGroup(ctx, 'jardin', alice)
  await ctx.db('actors').update({ locked: true }).whereIn('id', [jardin.id, alice.id])
  await followActor(ctx, bea, { ...jardin, locked: true })
  t.match(await findFollow(ctx.db, bea.id, jardin.id), { state: 'accepted' })
  await followActor(ctx, bea, { ...alice, locked: true })
  t.match(await findFollow(ctx.db, bea.id, alice.id), { state: 'pending' })
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }).pluck('type'), ['follow_request'])
  await createNote(ctx, alice, { text: 'Avant', visibility: 'followers' })
  await acceptRequest(ctx, alice, bea)
  await acceptRequest(ctx, alice, bea)
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }).pluck('type'), ['follow'])
  t.equal((await homeTimeline(ctx, bea.id, PAGE)).length, 1, 'earlier posts come at once')
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f/1', follower: bob, followedId: alice.id, state: 'pending' })
  await acceptRequest(ctx, alice, bob)
  await rejectFollower(ctx, alice, bob)
  const embedded = { id: 'https://mastodon.example/f/1', type: 'Follow', actor: bob.iri, object: alice.iri }
  t.match((await sent()).slice(-2), [
    { type: 'Accept', inbox: bob.inbox, json: { object: embedded } },
    { type: 'Reject', inbox: bob.inbox, json: { object: embedded } }
  ])
})

t.test('a block ends follows both ways, hides each from the other, tells the other server, and can be taken back', async (t) => {
  const { ctx, alice, bea, bob, sent } = await scene(t)
  await followActor(ctx, alice, bob)
  await acceptFollow(ctx, ctx.db, (await findFollow(ctx.db, alice.id, bob.id))!.id)
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f/1', follower: bob, followedId: alice.id, state: 'accepted' })
  await Promise.all([blockActor(ctx, alice, bob), blockActor(ctx, alice, bob)])
  t.same(await ctx.db('follows'), [])
  t.same(
    (await sent()).map((one) => one.type),
    ['Follow', 'Undo', 'Reject', 'Block']
  )
  t.match((await sent()).at(-1), { inbox: bob.inbox, json: { object: bob.iri } })
  t.match(await ctx.db('actor_stats').where({ actor_id: alice.id }).first(), { followers: 0, following: 0 })
  await t.rejects(followActor(ctx, alice, bob), { code: 'follow.refused', status: 403 })
  await unblockActor(ctx, alice, bob)
  t.match((await sent()).at(-1), { type: 'Undo', json: { object: { type: 'Block', object: bob.iri } } })
  await blockActor(ctx, bea, alice)
  await createNote(ctx, bea, { text: 'coucou' })
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, { local: true }, PAGE)).length, 0)
  t.equal((await sent()).filter((one) => one.type === 'Block').length, 1, 'a local block goes nowhere')
})

t.test('muting hides posts from the one who mutes alone, and is told to nobody', async (t) => {
  const { ctx, alice, bea, sent } = await scene(t)
  await createNote(ctx, bea, { text: 'coucou' })
  await muteActor(ctx, alice, bea)
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, { local: true }, PAGE)).length, 0)
  t.equal((await publicTimeline(ctx, { actorId: bea.id }, { local: true }, PAGE)).length, 1)
  await unmuteActor(ctx, alice, bea)
  t.equal((await publicTimeline(ctx, { actorId: alice.id }, { local: true }, PAGE)).length, 1)
  t.same(await sent(), [])
  await t.rejects(muteActor(ctx, alice, alice), { code: 'mute.self' })
  await t.rejects(blockActor(ctx, alice, alice), { code: 'block.self' })
  await t.rejects(followActor(ctx, alice, alice), { code: 'follow.self' })
})
