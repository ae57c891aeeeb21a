// What others say of a post without words: an emoji, a thumb down.
import t from 'tap'
import { insertObject } from '../../db/objects.ts'
import type { ActorRow } from '../../db/rows.ts'
import { buildApp } from '../../app.ts'
import { activity, localFollow, note, create, PUBLIC, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { localPerson, remotePerson } from '../../test/people.ts'

async function scene(t: Parameters<typeof testContext>[0]) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@pleroma.example')
  const carol = await remotePerson(ctx, 'carol@lemmy.example')
  const iri = 'https://commune.test/ap/objects/post'
  const post = (await insertObject(ctx, ctx.db, {
    row: { iri, type: 'Note', local: true, actor_id: alice.id, visibility: 'public', published: ctx.clock.now(), doc: {} }
  }))!
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const shown = async (id = post.id) => (await app.inject({ url: `/api/v1/statuses/${id}` })).json()
  return { ...context, alice, bob, carol, post, shown }
}

const react = (actor: ActorRow, object: string, content: string, more: object = {}) =>
  activity('EmojiReact', actor, object, { content, ...more })
const BLOBCAT = {
  type: 'Emoji',
  name: ':blobcat:',
  icon: { type: 'Image', mediaType: 'image/png', url: 'https://pleroma.example/blobcat.png' }
}

t.test('an emoji is a like with an emoji: shown as such, counted once, taken back', async (t) => {
  const { ctx, alice, bob, carol, post, shown } = await scene(t)
  const party = react(bob, post.iri, '🎉')
  const cat = react(bob, post.iri, ':blobcat:', { tag: [BLOBCAT] })
  t.equal(await receive(ctx, party), 'reacted')
  t.equal(await receive(ctx, { ...party, id: `${bob.iri}#again` }), 'unchanged')
  t.equal(await receive(ctx, cat), 'reacted')
  t.equal(await receive(ctx, activity('Like', carol, post.iri, { content: '🎉', _misskey_reaction: '🎉' })), 'reacted', 'Misskey')
  const status = await shown()
  t.equal(status.favourites_count, 2, 'two people')
  t.match(status.communer.reactions, [
    { name: '🎉', url: null, count: 2 },
    { name: ':blobcat:', url: /^https:\/\/commune\.test\/media\/proxy\//, count: 1 }
  ])
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }).pluck('type'), ['favourite', 'favourite'])
  t.equal(await receive(ctx, activity('Undo', carol, party.id)), 'refused-owner')
  t.equal(await receive(ctx, activity('Undo', bob, party)), 'undone')
  t.match(await shown(), { favourites_count: 2, communer: { reactions: [{ count: 1 }, { count: 1 }] } })
  t.equal(await receive(ctx, activity('Undo', bob, { ...cat, id: `${bob.iri}#never-seen` })), 'undone', 'by what it says')
  t.match(await shown(), { favourites_count: 1, communer: { reactions: [{ name: '🎉', count: 1 }] } })
})

t.test('what is no emoji is a plain like; what was liked for itself stays liked', async (t) => {
  const { ctx, bob, post, shown } = await scene(t)
  const like = activity('Like', bob, post.iri)
  t.equal(await receive(ctx, like), 'liked')
  for (const content of ['<script>alert(1)</script>', 'bravo', ':unknown:', ':blobcat:', '🎉🎉', '12'])
    t.equal(await receive(ctx, react(bob, post.iri, content)), 'unchanged', content)
  t.same((await shown()).communer.reactions, [])
  const heart = react(bob, post.iri, '❤')
  t.equal(await receive(ctx, heart), 'reacted')
  t.equal(await receive(ctx, activity('Undo', bob, heart)), 'undone')
  t.match(await shown(), { favourites_count: 1, communer: { reactions: [] } })
  t.equal(await receive(ctx, activity('Undo', bob, like)), 'undone')
  t.equal((await shown()).favourites_count, 0)
})

t.test('[51] a dislike counts against, once, and is taken back; nobody is told', async (t) => {
  const { ctx, alice, bob, carol, post, shown } = await scene(t)
  const against = activity('Dislike', carol, post.iri, { audience: 'https://commune.test/ap/actors/jardin' })
  t.equal(await receive(ctx, against), 'disliked')
  t.equal(await receive(ctx, { ...against, id: `${carol.iri}#again` }), 'unchanged')
  t.match(await shown(), { favourites_count: 0, communer: { dislikes_count: 1 } })
  t.same(await ctx.db('notifications').where({ owner_id: alice.id }), [])
  t.equal(await receive(ctx, activity('Undo', bob, against)), 'refused-owner')
  t.equal(await receive(ctx, activity('Undo', carol, { type: 'Dislike', actor: carol.iri, object: post.iri })), 'undone')
  t.match(await shown(), { communer: { dislikes_count: 0 } })
  const undone = activity('Dislike', carol, post.iri)
  t.equal(await receive(ctx, activity('Undo', carol, undone)), 'remembered', 'the Undo came first')
  t.equal(await receive(ctx, undone), 'undone-early')
})

t.test('[51] changing one’s mind: a vote against ends a like, and a like ends a vote against', async (t) => {
  const { ctx, carol, post, shown } = await scene(t)
  await receive(ctx, activity('Like', carol, post.iri))
  t.equal(await receive(ctx, activity('Dislike', carol, post.iri)), 'disliked')
  t.match(await shown(), { favourites_count: 0, communer: { dislikes_count: 1 } })
  t.equal(await receive(ctx, activity('Like', carol, post.iri)), 'liked')
  t.match(await shown(), { favourites_count: 1, communer: { dislikes_count: 0 } })
})

t.test('nobody reacts to what they may not see, or across a block (D03)', async (t) => {
  const { ctx, alice, bob, post } = await scene(t)
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: bob.id })
  t.equal(await receive(ctx, react(bob, post.iri, '🎉')), 'not-visible')
  t.equal(await receive(ctx, activity('Dislike', bob, post.iri)), 'not-visible')
  t.same(await ctx.db('reactions'), [])
  t.same(await ctx.db('dislikes'), [])
})

t.test('X04 a custom emoji is a picture through our proxy, or nothing', async (t) => {
  const { ctx, alice, bob, shown } = await scene(t)
  await localFollow(ctx, alice, bob)
  const evil = [
    { type: 'Emoji', name: ':a" onerror="alert(1):', icon: { url: 'https://pleroma.example/a.png' } },
    { type: 'Emoji', name: ':b:', icon: { url: 'https://pleroma.example/x" onerror="alert(1)' } },
    { type: 'Emoji', name: ':c:', icon: { url: 'javascript:alert(1)' } },
    { type: 'Emoji', name: ':d:', icon: { url: 'data:image/svg+xml,<svg onload=alert(1)>' } },
    BLOBCAT,
    BLOBCAT
  ]
  const post = note(bob, { tag: evil, content: '<p>:blobcat: :b:</p>', to: [PUBLIC] })
  t.equal(await receive(ctx, create(bob, post)), 'created')
  const { id } = await ctx.db('objects').where({ iri: post.id }).first('id')
  const status = await shown(id)
  t.equal(status.emojis.length, 1)
  t.match(status.emojis[0], { shortcode: 'blobcat', url: /^https:\/\/commune\.test\/media\/proxy\/[\w-]+/ })
  t.notMatch(JSON.stringify(status.emojis), /onerror|javascript|svg/)
})
