import t from 'tap'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { accept, activity, create, localFollow, note, outcomeOf, PUBLIC, receive } from '../test/arrivals.ts'
import { testContext, type TestContext } from '../test/context.ts'
import { localPerson, remotePerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { createNote } from '../features/wall/create-note.ts'
import { processInbox } from './inbox.ts'

interface Scene extends TestContext {
  alice: ActorRow
  bob: ActorRow
}

/** Alice of this commune, who follows Bob of mastodon.example. */
async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const alice = await localPerson(context.ctx, 'alice')
  const bob = await remotePerson(context.ctx, 'bob@mastodon.example')
  await localFollow(context.ctx, alice, bob)
  return { ...context, alice, bob }
}

const objectsOf = (ctx: Ctx): Promise<ObjectRow[]> => ctx.db<ObjectRow>('objects').orderBy('id')
const homeOf = async (ctx: Ctx, owner: ActorRow): Promise<string[]> =>
  (await ctx.db('home_items').where({ owner_id: owner.id }).select('object_id')).map((row: { object_id: string }) => row.object_id)
const newsOf = (ctx: Ctx, owner: ActorRow): Promise<{ type: string; from_id: string }[]> =>
  ctx.db('notifications').where({ owner_id: owner.id }).orderBy('id').select('type', 'from_id')

t.test('a post of someone followed from here appears in the follower’s home', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const post = note(bob, { content: '<p>Bonjour <script>alert(1)</script></p>', tag: [{ type: 'Hashtag', name: '#Fête' }] })
  t.equal(await receive(ctx, create(bob, post)), 'created')
  const [row] = await objectsOf(ctx)
  t.match(row, { iri: post.id, visibility: 'public', local: false, actor_id: bob.id, content_html: '<p>Bonjour </p>' })
  t.equal(row!.root_id, row!.id)
  t.same(await homeOf(ctx, alice), [row!.id])
  t.same(await ctx.db('object_tags').select('tag'), [{ tag: 'fete' }])
})

t.test('O40: a post that concerns nobody here is dropped and counted', async (t) => {
  const { ctx } = await scene(t)
  const eve = await remotePerson(ctx, 'eve@elsewhere.example')
  t.equal(await receive(ctx, create(eve, note(eve))), 'not-related')
  t.same(await objectsOf(ctx), [])
})

t.test('checklist 40: the same activity on two inboxes makes one object and one notification', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const post = note(bob, { tag: [{ type: 'Mention', href: alice.iri, name: '@alice' }], cc: [alice.iri] })
  const answers = await Promise.all([accept(ctx, create(bob, post)), accept(ctx, create(bob, post)), accept(ctx, create(bob, post))])
  t.same(answers.sort(), ['accepted', 'duplicate', 'duplicate'])
  await processInbox(ctx)
  t.equal(await receive(ctx, create(bob, post)), 'created', 'still the first outcome')
  t.equal((await objectsOf(ctx)).length, 1)
  t.same(await newsOf(ctx, alice), [{ type: 'mention', from_id: bob.id }])
})

t.test('P1: many activities at the same moment share few commits, and every one is answered', async (t) => {
  const { ctx, bob, queue } = await scene(t)
  const seen: string[] = []
  ctx.db.on('query', ({ sql }: { sql: string }) => void (sql.startsWith('insert into inbox_log') && seen.push(sql)))
  const answers = await Promise.all(Array.from({ length: 300 }, () => accept(ctx, create(bob, note(bob)))))
  t.ok(answers.every((answer) => answer === 'accepted'))
  t.ok(seen.length <= 4, `${seen.length} statements`)
  t.ok(queue.wakes.includes('inbox'))
  let processed = 0
  for (let round = await processInbox(ctx); round > 0; round = await processInbox(ctx)) processed += round
  t.equal(processed, 300)
  t.equal((await objectsOf(ctx)).length, 300, 'ids do not collide within one second')
})

t.test('P1: when the log cannot be written the peer is asked to come back', async (t) => {
  const { ctx, bob } = await scene(t)
  await ctx.db.raw('alter table inbox_log rename to inbox_gone')
  await t.rejects(accept(ctx, create(bob, note(bob))), { code: 'inbox.unavailable', status: 503 })
  await ctx.db.raw('alter table inbox_gone rename to inbox_log')
  t.equal(await accept(ctx, create(bob, note(bob))), 'accepted')
})

t.test('a batch costs a number of statements that does not grow with it', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const count = async (posts: number): Promise<number> => {
    await Promise.all(Array.from({ length: posts }, () => accept(ctx, create(bob, note(bob, { cc: [alice.iri] })))))
    let queries = 0
    const listener = (): void => void (queries += 1)
    ctx.db.on('query', listener)
    await processInbox(ctx)
    ctx.db.removeListener('query', listener)
    return queries
  }
  await count(1) // domain policies are read now and then
  const few = await count(2)
  const many = await count(60)
  t.equal(many, few, `${few} statements for 2, ${many} for 60`)
  t.ok(many <= 22, `${many} statements`)
})

t.test('a poisoned row does not stop the others', async (t) => {
  const { ctx, bob } = await scene(t)
  await accept(ctx, create(bob, note(bob)))
  await accept(ctx, create(bob, note(bob, { content: 'poison' })))
  await accept(ctx, create(bob, note(bob)))
  await ctx.db.raw("alter table objects add constraint no_poison check (content <> 'poison')")
  await processInbox(ctx)
  t.equal((await objectsOf(ctx)).length, 2)
  const [left] = await ctx.db('inbox_log').where({ state: 'waiting' })
  t.ok(left, 'the bad one waits for another try')
})

t.test('a row that fails again and again is given up, with an outcome', async (t) => {
  const { ctx, clock, bob } = await scene(t)
  const bad = create(bob, note(bob, { content: 'poison' }))
  await ctx.db.raw("alter table objects add constraint no_poison check (content <> 'poison')")
  await accept(ctx, bad)
  for (let round = 0; round < 4; round += 1) {
    await processInbox(ctx)
    clock.advance(16 * 60_000)
  }
  t.equal(await outcomeOf(ctx, bad), 'dead-failed')
  t.equal(await processInbox(ctx), 0)
})

t.test('a claimed row belongs to its worker until the lease ends', async (t) => {
  const { ctx, clock, bob } = await scene(t)
  await accept(ctx, create(bob, note(bob)))
  await ctx.db('inbox_log').update({ lease_until: new Date(clock.now().getTime() + 60_000) })
  t.equal(await processInbox(ctx), 0)
  clock.advance(61_000)
  t.equal(await processInbox(ctx), 1)
})

t.test('two workers at once apply everything exactly once', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const posts = Array.from({ length: 40 }, () => note(bob))
  await Promise.all(posts.map((post) => accept(ctx, create(bob, post))))
  const done = await Promise.all([processInbox(ctx, 10), processInbox(ctx, 10), processInbox(ctx, 10), processInbox(ctx, 10)])
  t.equal(
    done.reduce((sum, one) => sum + one, 0),
    40
  )
  t.equal((await objectsOf(ctx)).length, 40)
  t.equal((await homeOf(ctx, alice)).length, 40)
})

t.test('an object whose row id is taken gets another one', async (t) => {
  const { ctx, bob } = await scene(t)
  const { insertObjects } = await import('../db/objects.ts')
  const row = (iri: string) => ({
    row: {
      id: '77',
      iri,
      type: 'Note',
      local: false,
      actor_id: bob.id,
      visibility: 'public' as const,
      published: ctx.clock.now(),
      doc: {}
    },
    hashtags: ['a']
  })
  const rows = await insertObjects(
    ctx,
    ctx.db,
    ['https://mastodon.example/1', 'https://mastodon.example/2', 'https://mastodon.example/3', 'https://mastodon.example/1'].map(row)
  )
  t.same(
    rows.map(({ iri }) => iri.slice(-1)),
    ['1', '2', '3']
  )
  t.equal(new Set(rows.map(({ id }) => id)).size, 3)
  t.ok(rows.every(({ id, root_id: root }) => id === root))
  t.equal((await ctx.db('object_tags')).length, 3)
})

t.test('J21: blind recipients are never kept', async (t) => {
  const { ctx, bob } = await scene(t)
  await receive(
    ctx,
    create(bob, note(bob, { bto: ['https://mastodon.example/users/secret'], bcc: ['https://mastodon.example/users/secret'] }))
  )
  t.notMatch(JSON.stringify(await objectsOf(ctx)), /secret/)
})

t.test('J14: a date in the future does not pin a post on top', async (t) => {
  const { ctx, clock, bob } = await scene(t)
  await receive(ctx, create(bob, note(bob, { published: '2027-01-01T00:00:00Z' })))
  const [row] = await objectsOf(ctx)
  t.same(row!.published, clock.now())
  t.ok(BigInt(row!.id) < BigInt(new Date('2026-11-22T12:00:02Z').getTime()) << 16n)
})

t.test('text PostgreSQL cannot hold is cleaned, not refused', async (t) => {
  const { ctx, bob } = await scene(t)
  t.equal(await receive(ctx, create(bob, note(bob, { content: 'a\u0000b\ud800c', extra: 'x\u0000\udfff', name: 'n\u0000' }))), 'created')
  const [row] = await objectsOf(ctx)
  t.equal(row!.content, 'ab\ufffdc')
})

t.test('[53] R11: an unknown type of activity is counted, an unknown type of object is kept as a card', async (t) => {
  const { ctx, bob } = await scene(t)
  t.equal(await receive(ctx, activity('View', bob, 'https://commune.test/ap/objects/1')), 'ignored-type')
  t.equal(await receive(ctx, activity('Dislike', bob, 'https://commune.test/ap/objects/1')), 'unknown-object')
  t.equal(await receive(ctx, create(bob, note(bob, { type: 'Recipe', name: 'Gratin' }))), 'created')
  t.match((await objectsOf(ctx))[0], { type: 'Recipe', name: 'Gratin' })
})

t.test('a vote is never stored as an object, alone or in an array', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const vote = { type: 'Note', attributedTo: bob.iri, inReplyTo: 'https://commune.test/ap/objects/vote', name: 'Samedi', to: alice.iri }
  t.equal(await receive(ctx, activity('Create', bob, { ...vote, id: `${bob.iri}#votes/1` })), 'vote-not-open')
  t.equal(
    await receive(
      ctx,
      activity('Create', bob, [
        { ...vote, id: `${bob.iri}#votes/2` },
        { ...vote, id: `${bob.iri}#votes/3` }
      ])
    ),
    'vote-not-open'
  )
  t.same(await objectsOf(ctx), [])
})

t.test('visibility follows the addresses', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const followers = `${bob.iri}/followers`
  const cases: [string[], string[], string][] = [
    [[PUBLIC], [followers], 'public'],
    [['as:Public'], [], 'public'],
    [[followers], [PUBLIC], 'unlisted'],
    [[followers], [alice.iri], 'followers'],
    [[alice.iri], [], 'direct']
  ]
  for (const [to, cc, visibility] of cases) {
    const post = note(bob, { to, cc })
    t.equal(await receive(ctx, create(bob, post)), 'created')
    t.equal((await ctx.db<ObjectRow>('objects').where({ iri: post.id }).first())!.visibility, visibility)
  }
  t.equal((await homeOf(ctx, alice)).length, cases.length)
})

t.test('a reply before its parent finds its place when the parent comes', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const parent = note(bob)
  const child = note(bob, { inReplyTo: parent.id })
  const grandchild = note(bob, { inReplyTo: child.id })
  for (const post of [grandchild, child]) await receive(ctx, create(bob, post))
  t.same(
    await homeOf(ctx, alice),
    [(await ctx.db('objects').where({ iri: grandchild.id }).first('id')).id],
    'an answer to something unknown stays out of the home'
  )
  await receive(ctx, create(bob, parent))
  const rows = new Map((await objectsOf(ctx)).map((row) => [row.iri, row]))
  const root = rows.get(parent.id)!.id
  t.match(rows.get(child.id), { in_reply_to_id: root, root_id: root })
  t.match(rows.get(grandchild.id), { in_reply_to_id: rows.get(child.id)!.id, root_id: root })
  t.equal((await homeOf(ctx, alice)).length, 3)
})

t.test('replies that answer each other do not make a circle', async (t) => {
  const { ctx, bob } = await scene(t)
  const one = note(bob)
  const two = note(bob, { inReplyTo: one.id })
  await receive(ctx, create(bob, { ...one, inReplyTo: two.id }))
  await receive(ctx, create(bob, two))
  const rows = new Map((await objectsOf(ctx)).map((row) => [row.iri, row]))
  t.equal(rows.get(two.id)!.in_reply_to_id, rows.get(one.id)!.id)
  t.equal(rows.get(one.id)!.in_reply_to_id, null)
})

t.test('an answer to a local post notifies its author, from strangers too', async (t) => {
  const { ctx, alice } = await scene(t)
  const eve = await remotePerson(ctx, 'eve@elsewhere.example')
  const post = await localPost(ctx, alice)
  t.equal(await receive(ctx, create(eve, note(eve, { inReplyTo: post.iri }))), 'created')
  t.same(await newsOf(ctx, alice), [{ type: 'mention', from_id: eve.id }])
  t.equal((await ctx.db('object_stats').where({ object_id: post.id }).first()).replies, 1)
})

t.test('O39: nothing of a suspended actor comes in', async (t) => {
  const { ctx, bob } = await scene(t)
  await ctx.db('actors').where({ id: bob.id }).update({ suspended_at: ctx.clock.now() })
  t.equal(await receive(ctx, create(bob, note(bob))), 'refused-suspended')
  t.same(await objectsOf(ctx), [])
})

t.test('blocks keep posts out of homes and notifications', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  await ctx.db('blocks').insert({ id: '1', iri: `${alice.iri}#block`, blocker_id: alice.id, blocked_id: bob.id })
  await receive(ctx, create(bob, note(bob, { cc: [alice.iri], tag: [{ type: 'Mention', href: alice.iri, name: '@alice' }] })))
  t.same(await homeOf(ctx, alice), [])
  t.same(await newsOf(ctx, alice), [])
})

t.test('refusals are AppErrors of the document family', async (t) => {
  const { ctx } = await scene(t)
  const error: unknown = await accept(ctx, { type: 'Create' }).catch((cause: unknown) => cause)
  t.ok(isAppError(error, 'document.object'))
})

/** A public note of a local actor, as a bare row. */
async function localPost(ctx: Ctx, author: ActorRow): Promise<ObjectRow> {
  const { insertObject } = await import('../db/objects.ts')
  const iri = `https://commune.test/ap/objects/${author.username}`
  return (await insertObject(ctx, ctx.db, {
    row: { iri, type: 'Note', local: true, actor_id: author.id, visibility: 'public', published: ctx.clock.now(), doc: {} }
  }))!
}

t.test('O41 a reply that wants to reach the followers of one of ours is kept here, and never sent on under our name', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const carol = await remotePerson(ctx, 'carol@other.example')
  await remoteFollow(ctx, carol, alice)
  const post = await createNote(ctx, alice, { text: 'Bonjour' })
  const before = await ctx.db('deliveries').pluck('id')
  const reply = note(bob, { inReplyTo: post.iri, to: [PUBLIC], cc: [alice.iri, alice.followers_iri!] })
  t.equal(await receive(ctx, create(bob, reply)), 'created')
  t.equal((await objectsOf(ctx)).find(({ iri }) => iri === reply.id)!.in_reply_to_id, post.id)
  t.same(await ctx.db('deliveries').pluck('id'), before, 'nothing leaves')
  t.same(await ctx.db('activities').whereNot({ type: 'Create' }), [])
})
