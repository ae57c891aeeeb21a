import t from 'tap'
import type { ActivityRow, ActorRow, DeliveryRow } from '../db/rows.ts'
import { newId } from '../core/ids.ts'
import type { Ctx } from '../context.ts'
import { localActor, remoteActor, remoteFollow } from '../test/publishers.ts'
import { testContext } from '../test/context.ts'
import { addressing, PUBLIC } from '../vocab/addressing.ts'
import { assertWire } from '../vocab/assert-wire.ts'
import { CONTEXT } from '../vocab/context.ts'
import { mintObjectIri } from '../vocab/iris.ts'
import { noteDocument } from '../vocab/note.ts'
import { tombstone } from '../vocab/activity.ts'
import { publish, type Publication } from './outbox.ts'

const NOTE = {
  type: 'Note',
  kind: null,
  visibility: 'public',
  in_reply_to_iri: null,
  name: null,
  summary: null,
  content: '<p>Bonjour</p>',
  language: 'fr',
  sensitive: false,
  url: null,
  start_time: null,
  end_time: null,
  timezone: null,
  event_status: null,
  place: null,
  attachments: [],
  tags: [],
  updated: null
}

function create(ctx: Ctx, actor: ActorRow, extra: Partial<Publication> = {}): Publication {
  const origin = ctx.site!.origin
  const audience = addressing({ visibility: 'public', followersIri: actor.followers_iri! })
  const object = noteDocument(
    { ...NOTE, iri: mintObjectIri(origin), published: ctx.clock.now() },
    { origin, actorIri: actor.iri, ...audience }
  )
  return { actor, type: 'Create', object, ...audience, visibility: 'public', ...extra }
}

async function inboxes(ctx: Ctx, activityId: string): Promise<string[]> {
  const rows = await ctx.db<DeliveryRow>('deliveries').where({ activity_id: activityId }).orderBy('inbox')
  return rows.map((row) => row.inbox)
}

t.test('publishing writes the activity and one delivery per distinct inbox, in one transaction', async (t) => {
  const { ctx, queue } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  for (const name of ['a', 'b', 'c']) await remoteFollow(ctx, await remoteActor(ctx, 'https://one.test', name), alice)
  await remoteFollow(ctx, await remoteActor(ctx, 'https://two.test', 'd', false), alice)
  const published = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice)))
  t.equal(published.deliveries, 2)
  t.same(await inboxes(ctx, published.id), ['https://one.test/inbox', 'https://two.test/users/d/inbox'])
  const row = await ctx.db<ActivityRow>('activities').where({ iri: published.iri }).first()
  const sent = JSON.parse(row!.body)
  t.same(sent['@context'], CONTEXT)
  t.equal(sent.id, published.iri)
  t.equal(sent.actor, alice.iri)
  t.same(sent.to, [PUBLIC])
  t.notOk('likes' in sent, 'the engine adds no collections of its own')
  t.doesNotThrow(() => assertWire(sent))
  t.same(queue.wakes, ['deliver'], 'the sender is woken after the commit')
})

t.test('a rolled back transaction leaves nothing and wakes nobody', async (t) => {
  const { ctx, queue } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  await remoteFollow(ctx, await remoteActor(ctx, 'https://one.test', 'a'), alice)
  await t.rejects(
    ctx.db.transaction(async (trx) => {
      await publish(ctx, trx, create(ctx, alice))
      throw new Error('something else failed')
    })
  )
  t.equal((await ctx.db('activities')).length, 0)
  t.equal((await ctx.db('deliveries')).length, 0)
  t.same(queue.wakes, [])
})

t.test('a Follow goes to the personal inbox, a mention in a public post to the shared one', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await remoteActor(ctx, 'https://one.test', 'bob')
  const follow = await ctx.db.transaction((trx) =>
    publish(ctx, trx, { actor: alice, type: 'Follow', object: bob.iri, to: [bob.iri], cc: [], visibility: 'direct' })
  )
  t.same(await inboxes(ctx, follow.id), [bob.inbox])
  const note = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice, { to: [PUBLIC], cc: [bob.iri] })))
  t.same(await inboxes(ctx, note.id), [bob.shared_inbox])
})

t.test('own, blocked and gone hosts get nothing; a sub-domain of a blocked domain is blocked', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const local = await localActor(ctx, 'bob')
  const names = ['https://bad.test', 'https://sub.bad.test', 'https://gone.test', 'https://notbad.test']
  const cc = [local.iri]
  for (const origin of names) cc.push((await remoteActor(ctx, origin, 'x')).iri)
  await ctx.db('domain_policies').insert({ host: 'bad.test', action: 'block' })
  await ctx.db('hosts').insert({ host: 'gone.test', gone_at: ctx.clock.now() })
  const published = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice, { cc })))
  t.same(await inboxes(ctx, published.id), ['https://notbad.test/inbox'])
})

t.test("another actor's followers collection is never expanded", async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const garden = await localActor(ctx, 'jardin', 'Group')
  await remoteFollow(ctx, await remoteActor(ctx, 'https://one.test', 'a'), garden)
  const published = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice, { cc: [garden.followers_iri!] })))
  t.equal(published.deliveries, 0)
})

t.test('a Delete reaches every inbox that got the original, and cancels what was never sent', async (t) => {
  const { ctx, clock } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await remoteActor(ctx, 'https://one.test', 'bob')
  const carl = await remoteActor(ctx, 'https://two.test', 'carl')
  await remoteFollow(ctx, bob, alice)
  await remoteFollow(ctx, carl, alice)
  const publication = create(ctx, alice)
  const first = await ctx.db.transaction((trx) => publish(ctx, trx, publication))
  await ctx.db('deliveries').where({ inbox: bob.shared_inbox }).update({ state: 'done' })
  await ctx.db('follows').where({ follower_id: bob.id }).delete()
  const iri = String((publication.object as Record<string, unknown>)['id'])
  const removed = await ctx.db.transaction((trx) =>
    publish(ctx, trx, {
      actor: alice,
      type: 'Delete',
      object: tombstone({ iri, formerType: 'Note', deleted: clock.now() }),
      to: [PUBLIC],
      cc: [alice.followers_iri!],
      visibility: 'public',
      alsoInboxesOf: iri
    })
  )
  t.same(await inboxes(ctx, removed.id), ['https://one.test/inbox', 'https://two.test/inbox'], 'bob left, but his server has the post')
  const states = await ctx.db<DeliveryRow>('deliveries').where({ activity_id: first.id }).orderBy('inbox')
  t.same(
    states.map((row) => row.state),
    ['done', 'cancelled']
  )
})

t.test('a local visibility never leaves, a remote actor cannot publish', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const bob = await remoteActor(ctx, 'https://one.test', 'bob')
  const published = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice, { cc: [bob.iri], visibility: 'local' })))
  t.equal(published.deliveries, 0)
  await t.rejects(publish(ctx, ctx.db, create(ctx, bob)), { code: 'outbox.actor' })
})

t.test('a breach of the wire profile does not leave the house', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const publication = create(ctx, alice)
  const object = { ...(publication.object as Record<string, unknown>), attributedTo: 'https://one.test/users/bob' }
  await t.rejects(publish(ctx, ctx.db, { ...publication, object }), { code: 'outbox.wire' })
})

t.test('the cost of publishing follows hosts, not followers', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  await ctx.db('follower_inboxes').insert(
    Array.from({ length: 100 }, (_, index) => ({
      followed_id: alice.id,
      inbox: `https://h${index}.test/inbox`,
      host: `h${index}.test`,
      followers: 1000
    }))
  )
  const statements: string[] = []
  ctx.db.on('query', (query: { sql: string }) => statements.push(query.sql))
  const published = await ctx.db.transaction((trx) => publish(ctx, trx, create(ctx, alice)))
  t.equal(published.deliveries, 100)
  t.ok(statements.length <= 4, `begin, activity, deliveries, commit: ${statements.length} statements`)
})

t.test('ids of deliveries keep the order of publications', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  await remoteFollow(ctx, await remoteActor(ctx, 'https://one.test', 'a'), alice)
  const first = await publish(ctx, ctx.db, create(ctx, alice))
  const second = await publish(ctx, ctx.db, create(ctx, alice))
  const rows = await ctx.db<DeliveryRow>('deliveries').orderBy('id')
  t.same(
    rows.map((row) => row.activity_id),
    [first.id, second.id]
  )
  t.ok(newId() > first.id)
})
