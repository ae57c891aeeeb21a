import t from 'tap'
import type { Ctx } from '../../context.ts'
import { insertObject } from '../../db/objects.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { accept, activity, create, localFollow, note, PUBLIC, receive } from '../../test/arrivals.ts'
import { testContext, type TestContext } from '../../test/context.ts'
import { localPerson, remotePerson } from '../../test/people.ts'
import { localActor, remoteFollow } from '../../test/publishers.ts'
import { processInbox } from '../inbox.ts'

interface Scene extends TestContext {
  alice: ActorRow
  bob: ActorRow
  /** On another server than Bob. */
  mallory: ActorRow
  /** A public note of Alice. */
  post: ObjectRow
}

async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@mastodon.example', { featured_iri: 'https://mastodon.example/users/bob/collections/featured' })
  const mallory = await remotePerson(ctx, 'mallory@evil.example')
  await localFollow(ctx, alice, bob)
  const post = await localPost(ctx, alice)
  return { ...context, alice, bob, mallory, post }
}

async function localPost(ctx: Ctx, author: ActorRow, visibility: ObjectRow['visibility'] = 'public'): Promise<ObjectRow> {
  const iri = `https://commune.test/ap/objects/${author.username}-${visibility}`
  return (await insertObject(ctx, ctx.db, {
    row: { iri, type: 'Note', local: true, actor_id: author.id, visibility, published: ctx.clock.now(), doc: {} }
  }))!
}

const stats = async (ctx: Ctx, object: ObjectRow): Promise<{ likes: number; shares: number }> =>
  (await ctx.db('object_stats').where({ object_id: object.id }).first('likes', 'shares')) ?? { likes: 0, shares: 0 }
const stored = async (ctx: Ctx, iri: string): Promise<ObjectRow | undefined> => ctx.db<ObjectRow>('objects').where({ iri }).first()
const news = async (ctx: Ctx, owner: ActorRow): Promise<string[]> =>
  (await ctx.db('notifications').where({ owner_id: owner.id }).orderBy('id').select('type')).map((row: { type: string }) => row.type)
const sent = async (ctx: Ctx): Promise<{ type: string; body: Record<string, unknown>; inbox: string }[]> => {
  const rows: { type: string; body: string; inbox: string }[] = await ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .orderBy('activities.id')
    .select('activities.type', 'activities.body', 'deliveries.inbox')
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as Record<string, unknown> }))
}

t.test(
  'checklist 31, 32: a Follow is answered with an Accept that repeats it word for word; a second one updates the same row',
  async (t) => {
    const { ctx, alice, mallory } = await scene(t)
    const first = activity('Follow', mallory, alice.iri)
    const second = activity('Follow', mallory, alice.iri)
    t.equal(await receive(ctx, first), 'followed')
    t.equal(await receive(ctx, second), 'followed')
    t.match(await ctx.db('follows').where({ followed_id: alice.id }), [
      { iri: second.id, state: 'accepted', delivery_inbox: mallory.shared_inbox }
    ])
    const answers = await sent(ctx)
    t.equal(answers.length, 2)
    t.match(answers[0], { type: 'Accept', inbox: mallory.inbox })
    t.same(answers[0]!.body.object, { id: first.id, type: 'Follow', actor: mallory.iri, object: alice.iri })
    t.same(await news(ctx, alice), ['follow'])
  }
)

t.test('checklist 33: someone who approves followers is asked first', async (t) => {
  const { ctx, mallory } = await scene(t)
  const locked = await localPerson(ctx, 'lea', { locked: true })
  t.equal(await receive(ctx, activity('Follow', mallory, locked.iri)), 'follow-requested')
  t.same(await sent(ctx), [])
  t.same(await news(ctx, locked), ['follow_request'])
  t.equal((await ctx.db('follows').where({ followed_id: locked.id }).first()).state, 'pending')
})

t.test('a group and the commune accept followers at once', async (t) => {
  const { ctx, mallory } = await scene(t)
  const group = await localActor(ctx, 'jardin', 'Group')
  t.equal(await receive(ctx, activity('Follow', mallory, group.iri)), 'followed')
})

t.test('[36] the instance’s own actor accepts a follow, as relays ask for', async (t) => {
  const { ctx, mallory } = await scene(t)
  const follow = activity('Follow', mallory, 'https://commune.test/ap/actor')
  t.equal(await receive(ctx, follow), 'followed')
  t.match(await sent(ctx), [
    { type: 'Accept', inbox: mallory.inbox, body: { actor: 'https://commune.test/ap/actor', object: { id: follow.id } } }
  ])
})

t.test('D03: a Follow by someone blocked is dropped without an answer', async (t) => {
  const { ctx, alice, mallory } = await scene(t)
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: mallory.id })
  t.equal(await receive(ctx, activity('Follow', mallory, alice.iri)), 'refused-blocked')
  t.same(await sent(ctx), [])
  t.same(await ctx.db('follows').where({ followed_id: alice.id }), [])
})

t.test('checklist 34, R5: a Follow is undone by its id, by an embedded copy with another id, and without inner actor', async (t) => {
  const { ctx, alice, bob, mallory } = await scene(t)
  const follow = activity('Follow', mallory, alice.iri)
  const ways: unknown[] = [
    follow.id,
    { id: `${mallory.iri}#never-seen`, type: 'Follow', actor: mallory.iri, object: alice.iri },
    { id: follow.id, type: 'Follow', object: alice.iri }
  ]
  for (const object of ways) {
    t.equal(await receive(ctx, follow), 'followed', 'the same id again, as Gancio sends it')
    t.equal(
      await receive(ctx, activity('Undo', bob, object)),
      object === ways[1] ? 'remembered' : 'refused-owner',
      'O11: not by another actor'
    )
    t.equal(await receive(ctx, activity('Undo', mallory, object)), 'undone')
    t.same(await ctx.db('follows').where({ followed_id: alice.id }), [])
  }
})

t.test('O12: an Undo with an inline object that borrows the id of someone else’s Like is refused', async (t) => {
  const { ctx, bob, mallory, post } = await scene(t)
  const like = activity('Like', bob, post.iri)
  t.equal(await receive(ctx, like), 'liked')
  t.equal(
    await receive(ctx, activity('Undo', mallory, { id: like.id, type: 'Like', actor: mallory.iri, object: post.iri })),
    'refused-owner'
  )
  t.match(await stats(ctx, post), { likes: 1 })
})

t.test('checklist 51: Like, the same again, Undo: 1, 1, 0', async (t) => {
  const { ctx, alice, bob, post } = await scene(t)
  t.equal(await receive(ctx, activity('Like', bob, post.iri)), 'liked')
  t.equal(await receive(ctx, activity('EmojiReact', bob, post.iri, { content: '🌱' })), 'reacted')
  t.match(await stats(ctx, post), { likes: 1 })
  t.same(await news(ctx, alice), ['favourite'])
  t.equal(await receive(ctx, activity('Undo', bob, { type: 'Like', id: `${bob.iri}#other`, actor: bob.iri, object: post.iri })), 'undone')
  t.match(await stats(ctx, post), { likes: 0 })
  t.same(await news(ctx, alice), [])
})

t.test('an Undo under an id of another server undoes nothing, whether that id is still known here or not', async (t) => {
  const { ctx, bob, mallory, post } = await scene(t)
  const hers = activity('Like', mallory, post.iri)
  t.equal(await receive(ctx, hers), 'liked')
  const borrowed = { id: `${bob.iri}#like/gone`, type: 'Like', actor: mallory.iri, object: post.iri }
  await receive(ctx, activity('Undo', mallory, borrowed))
  t.match(await stats(ctx, post), { likes: 1 })
})

t.test('an Undo whose id names one follow and whose object another ends neither', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const zoe = await localPerson(ctx, 'zoe')
  for (const followed of [alice, zoe]) await remoteFollow(ctx, bob, followed)
  const both = { id: `${bob.iri}#follow/${zoe.id}`, type: 'Follow', actor: bob.iri, object: alice.iri }
  for (let time = 0; time < 2; time++) t.equal(await receive(ctx, activity('Undo', bob, both)), 'unchanged')
  t.equal((await ctx.db('follows').where({ follower_id: bob.id })).length, 2)
})

t.test('an Undo that comes before its Like cancels it, once', async (t) => {
  const { ctx, bob, post } = await scene(t)
  const like = activity('Like', bob, post.iri)
  t.equal(await receive(ctx, activity('Undo', bob, { ...like })), 'remembered')
  t.equal(await receive(ctx, like), 'undone-early')
  t.equal(await receive(ctx, activity('Like', bob, post.iri)), 'liked', 'a later one counts')
})

t.test('a Like of what the actor may not see is not counted', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const secret = await localPost(ctx, alice, 'followers')
  t.equal(await receive(ctx, activity('Like', bob, secret.iri)), 'not-visible')
  t.match(await stats(ctx, secret), { likes: 0 })
})

t.test('O42: likes and boosts send nothing', async (t) => {
  const { ctx, bob, mallory, post } = await scene(t)
  for (const actor of [bob, mallory]) {
    await receive(ctx, activity('Like', actor, post.iri))
    await receive(ctx, activity('Announce', actor, post.iri, { to: [PUBLIC] }))
  }
  t.same(await sent(ctx), [])
  t.match(await stats(ctx, post), { likes: 2, shares: 2 })
})

t.test('O41: what asks to be forwarded to our followers is not sent on in anybody’s name', async (t) => {
  const { ctx, alice, bob, mallory, post } = await scene(t)
  await remoteFollow(ctx, bob, alice)
  const reply = note(mallory, { inReplyTo: post.iri, to: [PUBLIC], cc: [alice.followers_iri!, alice.iri] })
  t.equal(await receive(ctx, create(mallory, reply)), 'created')
  await receive(ctx, activity('Update', mallory, { ...reply, content: '<p>Achetez</p>', updated: '2026-11-22T13:00:00Z' }))
  await receive(ctx, activity('Announce', mallory, post.iri, { to: [PUBLIC], cc: [alice.followers_iri!] }))
  await receive(ctx, activity('Delete', mallory, reply.id, { to: [PUBLIC], cc: [alice.followers_iri!] }))
  t.same(await sent(ctx), [])
  t.same(await ctx.db('activities').whereIn('actor_id', [alice.id, mallory.id]).select('iri'), [], 'nothing said in our name')
})

t.test('a boost is shown to the booster’s followers, counted once, and taken back', async (t) => {
  const { ctx, alice, bob, post } = await scene(t)
  const boost = activity('Announce', bob, post.iri, { to: [PUBLIC], published: '2026-11-22T11:00:00Z' })
  t.equal(await receive(ctx, boost), 'boosted')
  t.equal(await receive(ctx, activity('Announce', bob, post.iri, { to: [PUBLIC] })), 'unchanged')
  const row = await stored(ctx, String(boost.id))
  t.match(row, { type: 'Announce', reblog_of_id: post.id, visibility: 'public' })
  t.equal((await ctx.db('home_items').where({ owner_id: alice.id, object_id: row!.id })).length, 1)
  t.same(await news(ctx, alice), ['reblog'])
  t.equal(await receive(ctx, activity('Undo', bob, boost)), 'undone')
  t.match(await stats(ctx, post), { shares: 0 })
  t.same(await ctx.db('home_items'), [])
})

t.test('private posts are not boosted by others', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const secret = await localPost(ctx, alice, 'followers')
  t.equal(await receive(ctx, activity('Announce', bob, secret.iri, { to: [PUBLIC] })), 'not-visible')
})

t.test('O40: a boost by someone nobody follows is dropped without asking anybody', async (t) => {
  const { ctx, mallory } = await scene(t)
  t.equal(await receive(ctx, activity('Announce', mallory, 'https://elsewhere.example/n/1', { to: [PUBLIC] })), 'not-related')
})

t.test('checklist 42, O08: an Update replaces what was said, an older one does not', async (t) => {
  const { ctx, bob } = await scene(t)
  const post = note(bob, { content: '<p>Un</p>' })
  await receive(ctx, create(bob, post))
  const update = (content: string, updated: string): Record<string, unknown> => activity('Update', bob, { ...post, content, updated })
  t.equal(await receive(ctx, update('<p>Trois</p>', '2026-11-22T11:30:00Z')), 'updated')
  t.equal(await receive(ctx, update('<p>Deux</p>', '2026-11-22T11:00:00Z')), 'unchanged')
  t.match(await stored(ctx, post.id), { content: '<p>Trois</p>', content_html: '<p>Trois</p>', updated: new Date('2026-11-22T11:30:00Z') })
  t.match(await ctx.db('object_edits'), [{ content_html: '<p>Un</p>' }])
})

t.test('checklist 43: an Update under the id of its Create is applied', async (t) => {
  const { ctx, bob } = await scene(t)
  const post = note(bob)
  const made = create(bob, post)
  await receive(ctx, made)
  t.equal(
    await receive(ctx, { ...made, type: 'Update', object: { ...post, content: '<p>Autre</p>', updated: '2026-11-22T11:00:00Z' } }),
    'updated'
  )
})

t.test('[45] O06, O07, O10: neither another server nor a neighbour changes or deletes a post', async (t) => {
  const { ctx, bob, mallory } = await scene(t)
  const neighbour = await remotePerson(ctx, 'eve@mastodon.example')
  const post = note(bob)
  await receive(ctx, create(bob, post))
  for (const actor of [mallory, neighbour]) {
    const outcome = await receive(
      ctx,
      activity('Update', actor, { ...post, attributedTo: actor.iri, content: '<p>volé</p>', updated: '2026-11-22T11:59:00Z' })
    )
    t.equal(outcome, actor === mallory ? 'refused-origin' : 'refused-owner')
  }
  t.equal(await receive(ctx, activity('Delete', mallory, post.id)), 'refused-owner')
  t.match(await stored(ctx, post.id), { content: post.content, deleted_at: null })
})

t.test('O04, O05, O30: nothing from outside writes under our own names', async (t) => {
  const { ctx, alice, mallory, post } = await scene(t)
  t.equal(await receive(ctx, create(mallory, note(mallory, { id: 'https://commune.test/o/arrete', to: [alice.iri] }))), 'refused-origin')
  t.equal(
    await receive(
      ctx,
      activity('Update', mallory, { id: alice.iri, type: 'Person', attributedTo: mallory.iri, inbox: 'https://evil.example/inbox' })
    ),
    'refused-owner'
  )
  t.equal(await receive(ctx, activity('Update', mallory, { ...note(mallory), id: post.iri })), 'refused-owner')
  t.equal(await receive(ctx, activity('Delete', mallory, post.iri)), 'refused-owner')
  t.equal(await receive(ctx, activity('Delete', mallory, alice.iri)), 'refused-owner')
  t.match(await stored(ctx, post.iri), { deleted_at: null, actor_id: alice.id })
  t.match(await ctx.db('actors').where({ id: alice.id }).first(), { inbox: alice.inbox, deleted_at: null })
})

t.test('O01, O02: a Create speaks only for its signer, on its own server', async (t) => {
  const { ctx, alice, bob, mallory } = await scene(t)
  t.equal(await receive(ctx, create(mallory, note(bob, { to: [alice.iri] }))), 'refused-origin')
  t.equal(await receive(ctx, create(mallory, note(mallory, { attributedTo: bob.iri, to: [alice.iri] }))), 'refused-owner')
  t.same(await ctx.db('objects').where({ local: false }), [])
})

t.test('checklist 44, 46, R7: Delete by id, by Tombstone, by the full object; nothing comes back', async (t) => {
  const { ctx, bob } = await scene(t)
  const forms: ((post: Record<string, unknown> & { id: string }) => unknown)[] = [
    (post) => post.id,
    (post) => ({ id: post.id, type: 'Tombstone' }),
    (post) => post
  ]
  for (const form of forms) {
    const post = note(bob)
    const made = create(bob, post)
    await receive(ctx, made)
    t.equal(await receive(ctx, activity('Delete', bob, form(post))), 'deleted')
    t.match(await stored(ctx, post.id), { content: '', content_html: '', doc: { type: 'Tombstone' } })
    t.ok((await stored(ctx, post.id))!.deleted_at)
    t.equal(await receive(ctx, { ...made, id: `${String(made.id)}-again` }), 'tombstoned')
    t.equal(await receive(ctx, activity('Update', bob, { ...post, updated: '2026-11-22T11:59:00Z' })), 'tombstoned')
  }
  const last = note(bob)
  await receive(ctx, create(bob, last))
  t.equal(
    await receive(ctx, { ...activity('Delete', bob, last.id), id: undefined }),
    'deleted',
    'R1: without an id of its own (GoToSocial)'
  )
  t.same(await ctx.db('home_items'), [])
})

t.test('checklist 46: a Delete that comes first keeps the Create out', async (t) => {
  const { ctx, bob } = await scene(t)
  const post = note(bob)
  t.equal(await receive(ctx, activity('Delete', bob, post.id)), 'remembered')
  t.equal(await receive(ctx, create(bob, post)), 'tombstoned')
})

t.test('in one batch too: Create, Update and Delete of one post end deleted', async (t) => {
  const { ctx, bob } = await scene(t)
  const post = note(bob)
  await accept(ctx, create(bob, post))
  await accept(ctx, activity('Update', bob, { ...post, content: '<p>2</p>', updated: '2026-11-22T11:00:00Z' }))
  await accept(ctx, activity('Delete', bob, post.id))
  await processInbox(ctx)
  t.ok((await stored(ctx, post.id))!.deleted_at)
})

t.test('an actor’s own Delete takes everything of theirs along', async (t) => {
  const { ctx, alice, bob, post } = await scene(t)
  const theirs = note(bob)
  await receive(ctx, create(bob, theirs))
  await receive(ctx, activity('Like', bob, post.iri))
  await receive(ctx, activity('Announce', bob, post.iri, { to: [PUBLIC] }))
  await receive(ctx, activity('Follow', bob, alice.iri))
  t.equal(await receive(ctx, activity('Delete', bob, bob.iri)), 'actor-deleted')
  t.match(await stats(ctx, post), { likes: 0, shares: 0 })
  t.same(await ctx.db('follows'), [])
  t.same(await news(ctx, alice), [])
  t.match(await stored(ctx, theirs.id), { content: '' })
  t.equal(await receive(ctx, create(bob, note(bob))), 'refused-suspended')
})

t.test('[35] O15, O16, O17: only the followed one answers our Follow', async (t) => {
  const { ctx, alice, bob, mallory } = await scene(t)
  const carol = await remotePerson(ctx, 'carol@lemmy.example')
  const iri = await localFollow(ctx, alice, carol, 'pending')
  const state = async (): Promise<string | undefined> => (await ctx.db('follows').where({ iri }).first())?.state
  t.equal(
    await receive(ctx, activity('Accept', mallory, { id: iri, type: 'Follow', actor: alice.iri, object: mallory.iri })),
    'refused-owner'
  )
  t.equal(await receive(ctx, activity('Reject', mallory, iri)), 'refused-owner')
  t.equal(
    await receive(ctx, activity('Accept', bob, { id: `${alice.iri}#never`, type: 'Follow', actor: alice.iri, object: carol.iri })),
    'unknown-follow'
  )
  t.equal(
    await receive(ctx, activity('Accept', mallory, { id: `${alice.iri}#never`, type: 'Follow', actor: alice.iri, object: mallory.iri })),
    'unknown-follow'
  )
  t.equal(await state(), 'pending')
  t.equal(
    await receive(ctx, activity('Accept', carol, { id: iri, type: 'Follow', actor: alice.iri, object: carol.iri })),
    'follow-accepted'
  )
  t.equal(await state(), 'accepted')
  t.equal(await receive(ctx, activity('Reject', carol, iri)), 'follow-rejected', 'checklist 35')
  t.equal(await state(), undefined)
})

t.test('a Block ends follows both ways; its Undo allows them again', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  await receive(ctx, activity('Follow', bob, alice.iri))
  const block = activity('Block', bob, alice.iri)
  t.equal(await receive(ctx, block), 'blocked')
  t.same(await ctx.db('follows'), [])
  t.equal(await receive(ctx, activity('Undo', bob, block)), 'undone')
  t.same(await ctx.db('blocks'), [])
})

t.test('O22: a report reaches moderators as plain text, and nobody is told', async (t) => {
  const { ctx, alice, mallory, post } = await scene(t)
  const flag = activity(
    'Flag',
    mallory,
    [alice.iri, post.iri, ...Array.from({ length: 500 }, (_item, at) => `https://evil.example/n/${at}`)],
    { content: '<b>Publicité</b>' }
  )
  t.equal(await receive(ctx, flag), 'reported')
  t.match(await ctx.db('reports'), [{ target_id: alice.id, reporter_id: mallory.id, object_iris: [post.iri], comment: 'Publicité' }])
  t.same(await news(ctx, alice), [])
})

t.test('O19: pins only on one’s own collection', async (t) => {
  const { ctx, bob, mallory } = await scene(t)
  const post = note(bob)
  await receive(ctx, create(bob, post))
  const pin = (actor: ActorRow, target: string, type = 'Add'): Promise<string | null> =>
    receive(ctx, activity(type, actor, post.id, { target, id: undefined }))
  t.equal(await pin(mallory, bob.featured_iri!), 'refused-owner')
  t.equal(await pin(bob, `${bob.iri}/followers`), 'refused-owner')
  t.equal(await pin(bob, bob.featured_iri!), 'featured', 'R1: without id')
  t.equal((await ctx.db('featured')).length, 1)
  t.equal(await pin(bob, bob.featured_iri!, 'Remove'), 'unfeatured')
})

t.test('an Event keeps its dates, place and organiser', async (t) => {
  const { ctx, bob } = await scene(t)
  const group = await remotePerson(ctx, 'velo@mastodon.example', { type: 'Group' })
  const event = note(bob, {
    type: 'Event',
    name: 'Vélorution',
    attributedTo: group.iri,
    actor: bob.iri,
    startTime: '2026-12-05T10:00:00+04:00',
    endTime: '2026-12-05T09:00:00+04:00',
    timezone: 'Indian/Reunion',
    'ical:status': 'TENTATIVE',
    location: {
      type: 'Place',
      name: 'Mairie',
      latitude: -21.17,
      longitude: 55.28,
      address: { type: 'PostalAddress', postalCode: '97436', addressLocality: 'Saint-Leu' }
    }
  })
  await localFollow(ctx, await localPerson(ctx, 'chloe'), group)
  t.equal(await receive(ctx, create(bob, event)), 'created')
  t.match(await stored(ctx, event.id), {
    actor_id: group.id,
    author_id: bob.id,
    group_id: group.id,
    start_time: new Date('2026-12-05T06:00:00Z'),
    end_time: null,
    timezone: 'Indian/Reunion',
    event_status: 'TENTATIVE',
    latitude: -21.17,
    longitude: 55.28,
    place: { name: 'Mairie', address: '97436 Saint-Leu' }
  })
  t.equal(
    await receive(ctx, activity('Update', bob, { ...event, name: 'Vélorution reportée', updated: '2026-11-22T11:00:00Z' })),
    'updated'
  )
})

t.test('O29: a post to a local group counts as said there only from its voices', async (t) => {
  const { ctx, bob, mallory } = await scene(t)
  const group = await localActor(ctx, 'jardin', 'Group')
  await ctx.db('groups').insert({ actor_id: group.id })
  await receive(ctx, activity('Follow', bob, group.iri))
  for (const actor of [bob, mallory]) {
    const post = note(actor, { cc: [group.iri], tag: [{ type: 'Mention', href: group.iri, name: '@jardin' }] })
    t.equal(await receive(ctx, create(actor, post)), actor === bob ? 'created' : 'held')
    t.equal((await stored(ctx, post.id))!.group_id, actor === bob ? group.id : null)
  }
})

t.test('Communecter: leaving a project by a Delete of oneself with a target ends no account', async (t) => {
  const { ctx, bob, mallory } = await scene(t)
  const project = 'https://communecter.example/api/activitypub/projects/p/jardin'
  t.equal(await receive(ctx, activity('Delete', mallory, bob.iri, { target: project })), 'refused-owner')
  t.equal(await receive(ctx, activity('Delete', bob, bob.iri, { target: project })), 'unknown-object')
  t.equal((await ctx.db('actors').where({ id: bob.id }).first('deleted_at')).deleted_at, null)
})

t.test('Communecter: instruments in every shape, projects and badges are read; what has no meaning here has no effect', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const project = 'https://mastodon.example/projects/p/jardin'
  for (const instrument of ['contributor', 'inviteWithRules', { as: 'adminandrole', rules: 'Financeur,Directeur' }, ['admin'], null])
    for (const type of ['Join', 'Invite', 'Offer', 'Leave'])
      t.notMatch(await receive(ctx, activity(type, bob, bob.iri, { target: project, instrument })), /^(dead-|refused-document)/, type)
  t.same(await ctx.db('memberships'), [], 'nobody became anything')
  const badge = note(bob, { type: 'Badge', name: 'Jardinier', cc: [alice.iri], content: '<p>Merci</p>' })
  t.equal(await receive(ctx, create(bob, badge)), 'created')
  t.match(await stored(ctx, badge.id), { type: 'Badge', name: 'Jardinier' }, 'an unknown type is kept as a card')
})
