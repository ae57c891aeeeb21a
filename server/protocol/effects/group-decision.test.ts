// Moderators of groups, ours and others’ (FEP-1b12, checklist 63): who may decide, what it changes here, and who hears of it.
import t from 'tap'
import { createNote } from '../../features/wall/create-note.ts'
import { saveModerators } from '../../db/group-moderation.ts'
import { saveSoftware } from '../../db/hosts.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import type { Ctx } from '../../context.ts'
import { activity, create, localFollow, note, outcomeOf, PUBLIC, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { testInternet } from '../../test/internet.ts'
import { localGroup, localPerson, remotePerson } from '../../test/people.ts'
import { processInbox } from '../inbox.ts'

type Json = Record<string, unknown>

async function scene(t: Parameters<typeof testContext>[0]) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const jardin = await localGroup(ctx, 'jardin', alice)
  await ctx
    .db('actors')
    .where({ id: jardin.id })
    .update({ featured_iri: `${jardin.iri}/featured` })
  const carol = await remotePerson(ctx, 'carol@lemmy.example')
  const dan = await remotePerson(ctx, 'dan@lemmy.example')
  await saveSoftware(ctx, 'lemmy.example', 'lemmy', '1.0.0')
  for (const actor of [carol, dan]) await receive(ctx, activity('Follow', actor, jardin.iri))
  await ctx.db('memberships').insert({ group_id: jardin.id, actor_id: carol.id, role: 'moderator', state: 'active' })
  const post = await createNote(ctx, alice, { text: 'Un compost ?', group: 'jardin', title: 'Compost' })
  await ctx.db('deliveries').delete()
  return { ...context, alice, jardin, carol, dan, post }
}

/** What the group announced since: types of the inner activities. */
async function announced(ctx: Ctx): Promise<string[]> {
  const rows: { body: string }[] = await ctx
    .db('activities')
    .whereIn('id', ctx.db('deliveries').select('activity_id'))
    .orderBy('id')
    .select('body')
  await ctx.db('deliveries').delete()
  return rows.map(({ body }) => {
    const json = JSON.parse(body) as Json
    const inner = json['object'] as Json | string
    return `${String(json['type'])} ${typeof inner === 'string' ? 'address' : String(inner['type'])}`
  })
}

const moderatorsOf = async (ctx: Ctx, group: ActorRow): Promise<string[]> =>
  (await ctx.db('memberships').where({ group_id: group.id, role: 'moderator' }).select('actor_id')).map((row) => row.actor_id as string)

t.test('[63] O19: Add to the moderators counts from a moderator only, and is announced as it came', async (t) => {
  const { ctx, jardin, carol, dan, alice } = await scene(t)
  const add = (by: ActorRow, object: string, type = 'Add') =>
    activity(type, by, object, { target: `${jardin.iri}/moderators`, to: [PUBLIC], cc: [jardin.iri], audience: jardin.iri })
  t.equal(await receive(ctx, add(dan, dan.iri)), 'refused-owner')
  t.same(await moderatorsOf(ctx, jardin), [carol.id])
  t.same(await announced(ctx), [])
  t.equal(await receive(ctx, add(carol, alice.iri, 'Remove')), 'refused-owner', 'nobody dismisses an owner from outside')
  t.equal(await receive(ctx, add(carol, dan.iri)), 'moderated')
  t.same((await moderatorsOf(ctx, jardin)).sort(), [carol.id, dan.id].sort())
  t.same(await announced(ctx), ['Announce Add'])
  t.equal(await receive(ctx, add(dan, carol.iri, 'Remove')), 'moderated')
  t.same(await moderatorsOf(ctx, jardin), [dan.id])
  t.equal(await receive(ctx, add(carol, carol.iri)), 'refused-owner', 'not any more')
})

t.test('[63] a moderator removes, restores, locks, pins and bans; who is none does not', async (t) => {
  const { ctx, jardin, carol, dan, post, alice } = await scene(t)
  const row = async (): Promise<ObjectRow> => (await ctx.db<ObjectRow>('objects').where({ id: post.id }).first())!
  const remove = (by: ActorRow) => activity('Delete', by, post.iri, { to: [PUBLIC], cc: [jardin.iri], summary: 'Hors sujet' })
  t.equal(await receive(ctx, remove(dan)), 'refused-owner')
  t.equal((await row()).group_id, jardin.id)
  const gone = remove(carol)
  t.equal(await receive(ctx, gone), 'moderated')
  t.match(await row(), { group_id: null, deleted_at: null, visibility: 'public' }, 'the post stays its author’s')
  t.match(await ctx.db('group_removals'), [{ object_id: post.id, reason: 'Hors sujet', by_id: carol.id }])
  t.same(await announced(ctx), ['Announce Delete'])
  t.equal(await receive(ctx, activity('Undo', dan, gone)), 'refused-owner')
  t.equal(await receive(ctx, activity('Undo', carol, gone)), 'moderated')
  t.equal((await row()).group_id, jardin.id)
  t.same(await announced(ctx), ['Announce Undo'])

  const lock = activity('Lock', carol, post.iri, { to: [PUBLIC], cc: [jardin.iri] })
  t.equal(await receive(ctx, activity('Lock', dan, post.iri)), 'refused-owner')
  t.equal(await receive(ctx, lock), 'moderated')
  t.equal(await receive(ctx, create(dan, note(dan, { cc: [jardin.iri], inReplyTo: post.iri }))), 'refused-locked')
  t.equal(await receive(ctx, activity('Undo', carol, lock.id)), 'moderated', 'by its id alone')
  t.equal(await receive(ctx, create(dan, note(dan, { cc: [jardin.iri], inReplyTo: post.iri }))), 'created')
  await announced(ctx)

  const pin = (by: ActorRow) => activity('Add', by, post.iri, { target: `${jardin.iri}/featured` })
  t.equal(await receive(ctx, pin(dan)), 'refused-owner')
  t.equal(await receive(ctx, pin(carol)), 'moderated')
  t.match(await ctx.db('featured'), [{ actor_id: jardin.id, object_id: post.id }])

  const ban = (by: ActorRow, who: ActorRow) =>
    activity('Block', by, who.iri, { target: jardin.iri, summary: 'Publicité', endTime: '2026-12-22T12:00:00Z' })
  t.equal(await receive(ctx, ban(dan, carol)), 'refused-owner')
  t.equal(await receive(ctx, ban(carol, alice)), 'refused-owner', 'an owner')
  t.same(await ctx.db('group_bans'), [])
  const banned = ban(carol, dan)
  t.equal(await receive(ctx, banned), 'moderated')
  t.match(await ctx.db('group_bans'), [{ actor_id: dan.id, reason: 'Publicité', until: new Date('2026-12-22T12:00:00Z') }])
  t.equal(await receive(ctx, create(dan, note(dan, { cc: [jardin.iri], inReplyTo: post.iri }))), 'refused-banned')
  t.same(await ctx.db('blocks'), [], 'a ban from a group is no block between people')
  t.equal(await receive(ctx, activity('Undo', carol, banned)), 'moderated')
  t.same(await announced(ctx), ['Announce Add', 'Announce Block', 'Announce Undo'])
})

t.test('[48] O13: a group elsewhere passes on votes and decisions; what it could not know is confirmed or refused', async (t) => {
  const { ctx, alice } = await scene(t)
  const internet = await testInternet(t, ctx)
  const other = internet.host('other.test')
  const cuisine = await remotePerson(ctx, 'cuisine@lemmy.example', { type: 'Group' })
  await ctx
    .db('actors')
    .where({ id: cuisine.id })
    .update({ doc: JSON.stringify({ id: cuisine.iri, attributedTo: `${cuisine.iri}/moderators` }) })
  const erin = await remotePerson(ctx, 'erin@lemmy.example')
  const frank = await remotePerson(ctx, 'frank@other.test')
  await localFollow(ctx, alice, cuisine)
  const post = await createNote(ctx, alice, { text: 'Rougail', group: 'cuisine@lemmy.example', title: 'Rougail' })
  const said = (inner: Json) => activity('Announce', cuisine, inner, { to: [PUBLIC], cc: [`${cuisine.iri}/followers`] })
  const stats = async () => (await ctx.db('likes').where({ object_id: post.id })).length

  t.equal(await receive(ctx, said(activity('Like', erin, post.iri))), 'liked', 'of the group’s own server')
  t.equal(await receive(ctx, said(activity('Like', alice, post.iri))), 'unchanged', 'ours speak for themselves')
  const like = { ...activity('Like', frank, post.iri), id: 'https://other.test/likes/1' }
  other.on('/likes/1', { ...like, object: 'https://other.test/n/other' })
  t.equal(await receive(ctx, said(like)), 'refused-owner', 'its server has another like there')
  t.equal(await stats(), 1)
  const real = { ...activity('Like', frank, post.iri), id: 'https://other.test/likes/2' }
  other.on('/likes/2', real)
  t.equal(await receive(ctx, said(real)), 'liked')
  t.equal(await stats(), 2)
  const foreign = await createNote(ctx, alice, { text: 'Ailleurs' })
  t.equal(await receive(ctx, said(activity('Like', erin, foreign.iri))), 'ignored-type', 'not said in that group')

  const decision = (type: string, by: ActorRow, object: string, more: Json = {}) => said({ ...activity(type, by, object, more) })
  await saveModerators(ctx, ctx.db, cuisine.id, ['https://third.test/users/mod'])
  t.equal(await receive(ctx, decision('Lock', frank, post.iri)), 'refused-owner')
  t.same(await ctx.db('group_locks'), [])
  await saveModerators(ctx, ctx.db, cuisine.id, [frank.iri])
  t.equal(await receive(ctx, decision('Lock', frank, post.iri)), 'moderated')
  t.match(await ctx.db('group_locks'), [{ object_id: post.id, group_id: cuisine.id }])
  t.equal(await receive(ctx, decision('Delete', frank, foreign.iri)), 'refused-owner', 'not in that group')
  t.equal(await receive(ctx, decision('Delete', frank, post.iri, { summary: 'Doublon' })), 'moderated')
  t.match(await ctx.db('objects').where({ id: post.id }).first(), { group_id: null, deleted_at: null })
  t.equal(await receive(ctx, decision('Block', frank, alice.iri, { target: cuisine.iri })), 'moderated')
  t.match(await ctx.db('group_bans'), [{ group_id: cuisine.id, actor_id: alice.id }])
})

/** A group elsewhere whose moderators are asked for, with somebody who claims to be one and a server that answers as told. */
async function foreignGroup(t: Parameters<typeof testContext>[0]) {
  const { ctx, clock, alice } = await scene(t)
  const peer = (await testInternet(t, ctx)).host('peer.test')
  const cuisine = await remotePerson(ctx, 'cuisine@peer.test', { type: 'Group' })
  await ctx
    .db('actors')
    .where({ id: cuisine.id })
    .update({ doc: JSON.stringify({ id: cuisine.iri, attributedTo: 'https://peer.test/moderators' }) })
  await localFollow(ctx, alice, cuisine)
  const post = await createNote(ctx, alice, { text: 'Rougail', group: 'cuisine@peer.test', title: 'Rougail' })
  const lock = (by: string): Json => {
    const inner = activity('Lock', { iri: by }, post.iri)
    return activity('Announce', cuisine, inner, { to: [PUBLIC], cc: [`${cuisine.iri}/followers`] })
  }
  const asked = (): number => peer.seen.filter(({ url }) => url === '/moderators').length
  return { ctx, clock, peer, cuisine, lock, asked }
}

t.test('a group’s server that does not show its moderators is asked once in ten minutes, and who was one stays one', async (t) => {
  const { ctx, clock, peer, cuisine, lock, asked } = await foreignGroup(t)
  const [mod, eve] = ['https://other.test/users/mod', 'https://third.test/users/eve']
  const answers: (number | Json)[] = [403, 404, { id: 'https://other.test/elsewhere', type: 'OrderedCollection' }]
  for (const [index, answer] of answers.entries()) {
    await saveModerators(ctx, ctx.db, cuisine.id, [mod])
    clock.advance(10 * 60_000)
    peer.on('/moderators', answer)
    const before = asked()
    t.equal(await receive(ctx, lock(eve)), 'refused-owner', `answer ${index}`)
    const first = asked()
    t.ok(first > before)
    clock.advance(9 * 60_000)
    t.equal(await receive(ctx, lock(eve)), 'refused-owner')
    t.equal(asked(), first, 'not again')
    clock.advance(60_000)
    t.equal(await receive(ctx, lock(eve)), 'refused-owner')
    t.ok(asked() > first, 'after its time')
  }
  t.equal(await receive(ctx, lock(mod)), 'moderated')
})

t.test('a group’s server that is down is asked once in five minutes; what its moderators decided waits for it', async (t) => {
  const { ctx, clock, peer, lock, asked } = await foreignGroup(t)
  const [mod, eve] = ['https://other.test/users/mod', 'https://third.test/users/eve']
  peer.on('/moderators', 503)
  const [decision, lie] = [lock(mod), lock(eve)]
  t.equal(await receive(ctx, decision), null, 'it waits')
  const first = asked()
  t.ok(first > 0)
  clock.advance(4 * 60_000)
  t.equal(await receive(ctx, lie), null)
  t.equal(asked(), first, 'not asked again, for whatever comes')
  peer.on('/moderators', { id: 'https://peer.test/moderators', type: 'OrderedCollection', orderedItems: [mod] })
  clock.advance(20 * 60_000)
  while ((await processInbox(ctx)) > 0);
  t.equal(await outcomeOf(ctx, decision), 'moderated')
  t.equal(await outcomeOf(ctx, lie), 'refused-owner')
})
