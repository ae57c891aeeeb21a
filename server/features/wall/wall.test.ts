// What citizens do on the wall, and what leaves for other servers.
import t from 'tap'
import type { ObjectRow } from '../../db/rows.ts'
import { homeTimeline, publicTimeline } from '../../db/timelines.ts'
import { ANYONE } from '../../db/visibility.ts'
import { saveFollow } from '../../db/links.ts'
import { localGroup, localPerson, remotePerson } from '../../test/people.ts'
import { testContext } from '../../test/context.ts'
import { assertWire } from '../../vocab/assert-wire.ts'
import { PUBLIC } from '../../vocab/addressing.ts'
import { boostObject, unboostObject } from './boost.ts'
import { createNote } from './create-note.ts'
import { deleteObject } from './delete-object.ts'
import { editNote } from './edit-note.ts'
import { likeObject, unlikeObject } from './like.ts'

const FIRST_PAGE = { maxId: null, sinceId: null, minId: null, limit: 20 }

async function scene(t: Tap) {
  const { ctx, clock } = await testContext(t)
  const [alice, bea, bob] = [
    await localPerson(ctx, 'alice'),
    await localPerson(ctx, 'bea'),
    await remotePerson(ctx, 'bob@mastodon.example')
  ]
  await saveFollow(ctx, ctx.db, { iri: 'https://commune.test/ap/activities/f1', follower: bea, followedId: alice.id, state: 'accepted' })
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f2', follower: bob, followedId: alice.id, state: 'accepted' })
  const sent = async () => {
    const rows = await ctx
      .db('activities')
      .leftJoin('deliveries', 'deliveries.activity_id', 'activities.id')
      .orderBy('activities.id')
      .select('activities.type', 'activities.body', 'deliveries.inbox')
    return rows.map((row: { type: string; body: string; inbox: string | null }) => ({
      type: row.type,
      inbox: row.inbox,
      json: JSON.parse(row.body)
    }))
  }
  return { ctx, clock, alice, bea, bob, sent }
}
type Tap = Parameters<typeof testContext>[0]

t.test('a note reaches the wall, the home of local followers, and the servers of remote ones', async (t) => {
  const { ctx, alice, bea, sent } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Le composteur est plein #Compost @bob@mastodon.example' })
  t.match(note, { type: 'Note', local: true, visibility: 'public', url: `https://commune.test/@alice/${note.id}` })
  t.match(note.content_html, /<a href="https:\/\/mastodon.example\/@bob" class="u-url mention"[^>]*>@<span>bob<\/span>/)
  t.same(
    (await publicTimeline(ctx, ANYONE, { local: true }, FIRST_PAGE)).map((row) => row.id),
    [note.id]
  )
  t.same(
    (await homeTimeline(ctx, bea.id, FIRST_PAGE)).map((row) => row.id),
    [note.id]
  )
  const [create] = await sent()
  t.match(create, {
    type: 'Create',
    inbox: 'https://mastodon.example/inbox',
    json: { to: [PUBLIC], object: { id: note.iri, inReplyTo: undefined } }
  })
  t.ok(create!.json.cc.includes('https://mastodon.example/users/bob'))
  t.same(
    create!.json.object.tag.map((tag: { name: string }) => tag.name),
    ['@bob@mastodon.example', '#Compost']
  )
  assertWire(create!.json)
  t.equal((await sent()).length, 1, 'one delivery: follower and mention share an inbox')
  t.same(await ctx.db('object_tags').pluck('tag'), ['compost'])
})

t.test('the same Idempotency-Key twice, even at once, is one note', async (t) => {
  const { ctx, alice } = await scene(t)
  const input = { text: 'Une seule fois', idempotencyKey: 'k1' }
  const [one, two] = await Promise.all([createNote(ctx, alice, input), createNote(ctx, alice, input)])
  const three = await createNote(ctx, alice, input)
  t.equal(one.id, two.id)
  t.equal(one.id, three.id)
  t.same(await ctx.db('activities').count({ count: '*' }).first(), { count: '1' })
})

t.test('nothing to say, too much to say, or an image that is not mine are refused', async (t) => {
  const { ctx, alice } = await scene(t)
  await t.rejects(createNote(ctx, alice, { text: '  ' }), { code: 'post.empty', status: 422 })
  await t.rejects(createNote(ctx, alice, { text: 'x'.repeat(5001) }), { code: 'post.too-long', status: 422 })
  await t.rejects(createNote(ctx, alice, { text: 'x', mediaIds: ['1'] }), { code: 'media.not-found', status: 422 })
})

t.test('a member speaks in the name of a group; a stranger cannot', async (t) => {
  const { ctx, alice, bea, sent } = await scene(t)
  const jardin = await localGroup(ctx, 'jardin', alice)
  const note = await createNote(ctx, alice, { text: 'Samedi au jardin', as: 'jardin' })
  t.match(note, { actor_id: jardin.id, author_id: alice.id, group_id: jardin.id })
  const create = (await sent()).find((one) => one.json.type === 'Create')!
  t.match(create.json, { actor: jardin.iri, object: { attributedTo: jardin.iri } })
  t.notOk('audience' in create.json.object)
  await t.rejects(createNote(ctx, bea, { text: 'x', as: 'jardin' }), { code: 'group.publish-denied', status: 403 })
  await t.rejects(createNote(ctx, bea, { text: 'x', as: 'nope' }), { code: 'group.not-found', status: 404 })
})

t.test('members-only words of a group are sent to nobody outside and seen by no stranger', async (t) => {
  const { ctx, alice, bea, bob, sent } = await scene(t)
  const jardin = await localGroup(ctx, 'jardin', alice)
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f3', follower: bob, followedId: jardin.id, state: 'accepted' })
  await createNote(ctx, alice, { text: 'Entre nous', as: 'jardin', visibility: 'members' })
  t.same(
    (await sent()).map((one) => one.inbox),
    [null]
  )
  t.same(await publicTimeline(ctx, { actorId: bea.id }, { local: true }, FIRST_PAGE), [])
  t.equal((await homeTimeline(ctx, alice.id, FIRST_PAGE)).length, 1)
  await t.rejects(createNote(ctx, alice, { text: 'x', visibility: 'members' }), { code: 'post.members-only' })
})

t.test('a reply tells the author, joins the thread, and never goes further than what it answers (V12)', async (t) => {
  const { ctx, alice, bea, sent } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Bonjour' })
  const reply = await createNote(ctx, bea, { text: 'Salut', inReplyToId: note.id })
  t.match(reply, { in_reply_to_id: note.id, root_id: note.id })
  t.match(await ctx.db('notifications').where({ owner_id: alice.id }).first(), { type: 'mention', from_id: bea.id, object_id: reply.id })
  t.match((await sent()).find((one) => one.json.actor === bea.iri)!.json.object, {
    inReplyTo: note.iri,
    context: `${note.iri}/context`,
    tag: [{ name: '@alice@commune.test' }]
  })
  const secret = await createNote(ctx, alice, { text: 'Pour mes abonnés', visibility: 'followers' })
  const answer = await createNote(ctx, bea, { text: 'Public ?', inReplyToId: secret.id, visibility: 'public' })
  t.equal(answer.visibility, 'direct')
  const direct = (await sent()).at(-1)!
  t.same([direct.json.to, direct.json.cc], [[alice.iri], []])
  const stranger = await localPerson(ctx, 'carl')
  await t.rejects(createNote(ctx, stranger, { text: 'x', inReplyToId: secret.id }), { code: 'post.parent-gone', status: 404 })
})

t.test('an edit keeps the former text and sends a strictly later Update to who got the original', async (t) => {
  const { ctx, alice, sent } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Avant #un' })
  const edited = await editNote(ctx, { role: 'member', actorId: alice.id }, note, { text: 'Après #deux' })
  const again = await editNote(ctx, { role: 'member', actorId: alice.id }, edited, { text: 'Encore' })
  t.ok(again.updated! > edited.updated! && edited.updated! > edited.published)
  t.same(
    (await ctx.db('object_edits').where({ object_id: note.id }).orderBy('at').pluck('content_html')).map((html) => html.includes('Avant')),
    [true, false]
  )
  t.same(await ctx.db('object_tags').pluck('tag'), [])
  const update = (await sent()).at(-1)!
  t.match(update, { type: 'Update', inbox: 'https://mastodon.example/inbox' })
  assertWire(update.json)
  await t.rejects(editNote(ctx, { role: 'member', actorId: '1' }, note, { text: 'x' }), { code: 'permission.denied', status: 403 })
})

t.test('a deleted note leaves nothing readable and a Delete for who got it', async (t) => {
  const { ctx, alice, bea, sent } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Erreur' })
  await t.rejects(deleteObject(ctx, { role: 'member', actorId: bea.id }, note), { code: 'permission.denied' })
  await ctx.db('deliveries').update({ state: 'done' })
  await deleteObject(ctx, { role: 'member', actorId: alice.id }, note)
  await deleteObject(ctx, { role: 'member', actorId: alice.id }, note)
  t.match(await ctx.db<ObjectRow>('objects').where({ id: note.id }).first(), { content: '', content_html: '', source: null })
  t.same(await publicTimeline(ctx, ANYONE, { local: true }, FIRST_PAGE), [])
  const deletes = (await sent()).filter((one) => one.type === 'Delete')
  t.equal(deletes.length, 1)
  t.match(deletes[0], { inbox: 'https://mastodon.example/inbox', json: { object: { type: 'Tombstone', formerType: 'Note' } } })
})

t.test('likes and boosts count once, tell the author, and are taken back', async (t) => {
  const { ctx, alice, bea, bob, sent } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Bonjour' })
  await Promise.all([likeObject(ctx, bea, note), likeObject(ctx, bea, note)])
  const boosts = await Promise.all([boostObject(ctx, bea, note), boostObject(ctx, bea, note)])
  t.equal(boosts[0].id, boosts[1].id)
  t.match(await ctx.db('object_stats').where({ object_id: note.id }).first(), { likes: 1, shares: 1 })
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }).orderBy('id').pluck('type'), ['favourite', 'reblog'])
  await unlikeObject(ctx, bea, note)
  await unboostObject(ctx, bea, note)
  await unboostObject(ctx, bea, note)
  t.match(await ctx.db('object_stats').where({ object_id: note.id }).first(), { likes: 0, shares: 0 })
  t.same(
    (await sent()).map((one) => one.type),
    ['Create', 'Announce', 'Undo']
  )
  const remote = await ctx
    .db<ObjectRow>('objects')
    .insert({
      id: '99',
      iri: 'https://mastodon.example/users/bob/statuses/1',
      type: 'Note',
      local: false,
      actor_id: bob.id,
      visibility: 'public',
      published: ctx.clock.now(),
      doc: {}
    } as never)
    .returning('*')
  await likeObject(ctx, bea, remote[0]!)
  await unlikeObject(ctx, bea, remote[0]!)
  const [like, undo] = (await sent()).slice(-2)
  t.match(like, { type: 'Like', inbox: `${bob.iri}/inbox`, json: { object: remote[0]!.iri, to: [bob.iri] } })
  t.match(undo, {
    type: 'Undo',
    inbox: `${bob.iri}/inbox`,
    json: { object: { type: 'Like', id: like!.json.id, actor: bea.iri, object: remote[0]!.iri } }
  })
})

t.test('what is not public cannot be passed on', async (t) => {
  const { ctx, alice } = await scene(t)
  const note = await createNote(ctx, alice, { text: 'Entre nous', visibility: 'followers' })
  await t.rejects(boostObject(ctx, alice, note), { code: 'post.not-boostable', status: 422 })
})
