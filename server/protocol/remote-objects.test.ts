import t from 'tap'
import type { Ctx } from '../context.ts'
import { forgetPolicies } from '../db/hosts.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { joinElsewhere } from '../features/groups/members.ts'
import { accept, activity, create, localFollow, note, outcomeOf, PUBLIC, receive } from '../test/arrivals.ts'
import { testContext, type TestContext } from '../test/context.ts'
import { testInternet, type Host, type Internet } from '../test/internet.ts'
import { localPerson } from '../test/people.ts'
import { getActorByIri } from './actors.ts'
import { processInbox } from './inbox.ts'
import { fetchAncestors } from './threads.ts'
import { fetchObject } from './remote-objects.ts'

interface Scene extends TestContext {
  internet: Internet
  /** Where Bob, whom Alice follows, lives. */
  peer: Host
  /** Where Carol, whom nobody follows, lives. */
  other: Host
  alice: ActorRow
  bob: ActorRow
  carol: ActorRow
}

async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const internet = await testInternet(t, ctx)
  const peer = internet.host('peer.test')
  const other = internet.host('other.test')
  const alice = await localPerson(ctx, 'alice')
  const bob = await getActorByIri(ctx, peer.actor('bob').iri)
  const carol = await getActorByIri(ctx, other.actor('carol').iri)
  await localFollow(ctx, alice, bob)
  return { ...context, internet, peer, other, alice, bob, carol }
}

/** A note that its own server serves. */
function served(host: Host, author: ActorRow, more: Record<string, unknown> = {}): Record<string, unknown> & { id: string } {
  const post = note(author, more)
  host.on(new URL(post.id).pathname, post)
  return post
}

const stored = async (ctx: Ctx, iri: string): Promise<ObjectRow | undefined> => ctx.db<ObjectRow>('objects').where({ iri }).first()

t.test('checklist 47: a boost of an unknown public post brings it from its origin; of a private one, nothing', async (t) => {
  const { ctx, other, alice, bob, carol } = await scene(t)
  const post = served(other, carol)
  t.equal(await receive(ctx, activity('Announce', bob, post.id, { to: [PUBLIC] })), 'boosted')
  const row = await stored(ctx, post.id)
  t.match(row, { actor_id: carol.id, content: post.content })
  t.equal((await ctx.db('home_items').where({ owner_id: alice.id })).length, 1)
  const secret = served(other, carol, { to: [`${carol.iri}/followers`], cc: [] })
  t.equal(await receive(ctx, activity('Announce', bob, secret.id, { to: [PUBLIC] })), 'not-visible')
})

t.test('O13, checklist 48: what a boost or a group embeds is not believed', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  const post = served(other, carol, { content: '<p>vrai</p>' })
  const forged = { ...post, content: '<p>faux</p>' }
  t.equal(
    await receive(
      ctx,
      activity('Announce', bob, { id: `${carol.iri}#c`, type: 'Create', actor: carol.iri, object: forged }, { to: [PUBLIC] })
    ),
    'boosted'
  )
  t.equal((await stored(ctx, post.id))!.content, '<p>vrai</p>')
  const missing = note(carol, { content: '<p>inventé</p>' })
  t.equal(await receive(ctx, activity('Announce', bob, missing, { to: [PUBLIC] })), 'gone')
  t.equal(await stored(ctx, missing.id), undefined)
})

t.test('a group’s comment goes to its thread, not into homes; its Update and Delete count when the origin confirms', async (t) => {
  const { ctx, other, alice, bob, carol } = await scene(t)
  const post = served(other, carol)
  const reply = served(other, carol, { inReplyTo: post.id })
  const passOn = (type: string, object: unknown): Promise<string | null> =>
    receive(ctx, activity('Announce', bob, { id: `${carol.iri}#${type}`, type, actor: carol.iri, object }, { to: [PUBLIC] }))
  await passOn('Create', post)
  t.equal(await passOn('Create', reply), 'created')
  t.equal((await ctx.db('home_items').where({ owner_id: alice.id })).length, 1)
  other.on(new URL(post.id).pathname, { ...post, content: '<p>Corrigé</p>', updated: '2026-11-22T11:00:00Z' })
  t.equal(await passOn('Update', { ...post, content: '<p>volé</p>' }), 'updated')
  t.equal((await stored(ctx, post.id))!.content, '<p>Corrigé</p>')
  t.equal(await passOn('Delete', post.id), 'refused-owner', 'still there')
  other.on(new URL(post.id).pathname, 410)
  t.equal(await passOn('Delete', { id: post.id, type: 'Tombstone' }), 'deleted')
  t.equal(await passOn('Like', reply.id), 'ignored-type')
})

t.test('checklist 49: a forwarded Create is read at its origin, and ignored when it is not there', async (t) => {
  const { ctx, other, alice, bob, carol } = await scene(t)
  const post = served(other, carol, { content: '<p>vrai</p>', cc: [alice.iri] })
  t.equal(await receive(ctx, create(carol, { ...post, content: '<p>faux</p>' }), bob.iri), 'created')
  t.equal((await stored(ctx, post.id))!.content, '<p>vrai</p>')
  t.equal(await receive(ctx, create(carol, note(carol, { cc: [alice.iri] })), bob.iri), 'gone')
  t.equal(await receive(ctx, activity('Follow', carol, alice.iri), bob.iri), 'refused-signer')
  t.equal(await receive(ctx, activity('Like', carol, post.id), bob.iri), 'refused-signer')
  const asked = other.seen.length
  t.equal(await receive(ctx, create(carol, served(other, carol)), bob.iri), 'not-related')
  t.equal(other.seen.length, asked, 'nobody is asked about what concerns nobody here')
})

t.test('F17: what concerns nobody here makes this server ask nobody, however it is told', async (t) => {
  const { ctx, other, alice, bob, carol, internet } = await scene(t)
  const victim = internet.host('victim.test')
  const post = served(other, carol)
  const asked = other.seen.length
  const fresh = { published: ctx.clock.now().toISOString() }
  const unsolicited = {
    'by its address': activity('Create', carol, post.id, { to: [PUBLIC] }),
    'in the name of a group nobody knows': create(carol, { ...post, actor: carol.iri, attributedTo: 'https://other.test/groups/new' }),
    'as the change of a post nobody saw': activity('Update', carol, { ...post, ...fresh }, { to: [PUBLIC] }),
    'passed on by somebody': create({ iri: 'https://other.test/users/nobody' }, post)
  }
  for (const [how, json] of Object.entries(unsolicited)) {
    t.equal(await receive(ctx, json, how === 'passed on by somebody' ? carol.iri : undefined), 'not-related', how)
    t.equal(other.seen.length, asked, how)
  }
  const elsewhere = note({ iri: 'https://victim.test/users/x' }, { attributedTo: bob.iri, to: [PUBLIC], cc: [alice.iri] })
  t.equal(await receive(ctx, create(bob, elsewhere), carol.iri), 'not-related', 'whose author lives on another server')
  t.same(victim.seen, [])
  t.same(await ctx.db('objects').where({ actor_id: carol.id }), [])
  const letter = served(other, carol, { cc: [alice.iri] })
  t.equal(await receive(ctx, activity('Create', carol, letter.id, { to: [PUBLIC], cc: [alice.iri] })), 'created', 'for somebody here')
})

t.test('Communecter: a Create by bare address is read at its origin, if that is the signer’s own', async (t) => {
  const { ctx, other, bob, peer, carol } = await scene(t)
  const post = served(peer, bob)
  t.equal(await receive(ctx, activity('Create', bob, post.id, { to: [PUBLIC] })), 'created')
  t.match(await stored(ctx, post.id), { actor_id: bob.id, content: post.content })
  const foreign = served(other, carol)
  const asked = other.seen.length
  t.equal(await receive(ctx, activity('Create', bob, foreign.id, { to: [PUBLIC] })), 'refused-origin')
  t.equal(other.seen.length, asked)
  t.notOk(await stored(ctx, foreign.id))
})

t.test('Communecter: a Project with an inbox is a group one can follow and join', async (t) => {
  const { ctx, alice, peer } = await scene(t)
  const { iri } = peer.actor('verger', { type: 'Project', members: 'https://peer.test/users/verger/members' })
  const project = await getActorByIri(ctx, iri)
  t.match(project, { type: 'Group', kind: 'project', username: 'verger' })
  t.equal(await fetchObject(ctx, iri), null, 'an actor is no post')
  const asked = await joinElsewhere(ctx, alice, project)
  const join = { type: 'Join', id: asked.iri, actor: alice.iri, object: alice.iri, target: iri, instrument: 'contributor' }
  t.equal(await receive(ctx, activity('Accept', project, join, { instrument: { as: 'contributor' } })), 'join-accepted')
  t.match(await ctx.db('memberships').where({ group_id: project.id }), [{ actor_id: alice.id, state: 'active' }])
})

t.test(
  'Discourse: a page that names its group and addresses nobody is for whom that group announces it to, on one server only',
  async (t) => {
    const { ctx, other, bob, carol, alice } = await scene(t)
    const group = await getActorByIri(ctx, other.actor('cafe', { type: 'Group' }).iri)
    await localFollow(ctx, alice, group)
    const page = (): Record<string, unknown> & { id: string } => served(other, carol, { to: undefined, cc: undefined, audience: group.iri })
    const announce = (by: ActorRow, id: string, to: string) => receive(ctx, activity('Announce', by, id, { to: [to] }))
    const [announced, boosted, kept, alone] = [page(), page(), page(), page()]
    t.equal(await announce(group, announced.id, PUBLIC), 'boosted')
    t.match(await stored(ctx, announced.id), { visibility: 'public', content: announced.content })
    t.equal(await announce(bob, boosted.id, PUBLIC), 'not-visible', 'another server does not open it')
    t.equal(await announce(group, kept.id, `${group.iri}/members`), 'not-visible', 'nor does a group that tells its members')
    await fetchObject(ctx, alone.id)
    for (const { id } of [boosted, kept, alone])
      t.notMatch(await stored(ctx, id), { visibility: /public|unlisted/ }, 'without a word it is nobody’s')
  }
)

t.test('O07: a neighbour’s Delete counts once the origin says that it is gone', async (t) => {
  const { ctx, peer, bob } = await scene(t)
  const eve = await getActorByIri(ctx, peer.actor('eve').iri)
  const post = served(peer, bob)
  await receive(ctx, create(bob, post))
  t.equal(await receive(ctx, activity('Delete', eve, post.id)), 'refused-owner')
  peer.on(new URL(post.id).pathname, 404)
  t.equal(await receive(ctx, activity('Delete', eve, post.id)), 'deleted')
})

t.test('J19: an Update of an actor is read from the actor’s own document', async (t) => {
  const { ctx, peer, bob } = await scene(t)
  peer.actor('bob', { name: 'Robert' })
  t.equal(
    await receive(ctx, activity('Update', bob, { id: bob.iri, type: 'Person', name: 'Voleur', inbox: 'https://evil.example/inbox' })),
    'actor-updated'
  )
  t.match(await ctx.db('actors').where({ id: bob.id }).first(), { name: 'Robert', inbox: bob.inbox })
})

t.test('an Update of an unknown recent post is its Create; of an old one, nothing', async (t) => {
  const { ctx, peer, bob } = await scene(t)
  const recent = served(peer, bob, { updated: '2026-11-22T11:00:00Z' })
  t.equal(await receive(ctx, activity('Update', bob, { ...recent, content: 'faux' })), 'created')
  t.equal((await stored(ctx, recent.id))!.content, recent.content)
  t.equal(await receive(ctx, activity('Update', bob, served(peer, bob, { published: '2026-11-01T00:00:00Z' }))), 'unknown-object')
})

/** Does what the replies asked for (jobs/ may not be imported here). */
async function completed(ctx: Ctx): Promise<void> {
  for (const { subject } of await ctx.db('chores').where({ kind: 'ancestors' })) await fetchAncestors(ctx, subject as string)
}

t.test('missing ancestors of a reply are fetched after it, and the thread is put together', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  const root = served(other, carol)
  const middle = served(other, carol, { inReplyTo: root.id })
  const reply = note(bob, { inReplyTo: middle.id })
  t.equal(await receive(ctx, create(bob, reply)), 'created')
  await completed(ctx)
  const row = await stored(ctx, reply.id)
  t.equal(row!.in_reply_to_id, (await stored(ctx, middle.id))!.id)
  t.equal(row!.root_id, (await stored(ctx, root.id))!.id)
})

t.test('a server that cannot answer now is asked again later, for a day', async (t) => {
  const { ctx, clock, internet, other, bob, carol } = await scene(t)
  const post = served(other, carol)
  const boost = activity('Announce', bob, post.id, { to: [PUBLIC] })
  internet.down.add('other.test')
  t.equal(await receive(ctx, boost), null)
  t.equal(await processInbox(ctx), 0, 'not before a minute')
  internet.down.delete('other.test')
  clock.advance(61_000)
  ctx.sockets.negative.clear()
  t.equal(await processInbox(ctx), 1)
  clock.advance(6 * 60_000)
  await processInbox(ctx)
  t.equal(await outcomeOf(ctx, boost), 'boosted')
  const lost = activity('Announce', bob, note(carol).id, { to: [PUBLIC] })
  internet.down.add('other.test')
  await accept(ctx, lost)
  for (let hour = 0; hour < 40; hour += 1) {
    await processInbox(ctx)
    clock.advance(3_600_000)
  }
  t.equal(await outcomeOf(ctx, lost), 'dead-unreachable')
})

t.test('O39: nobody’s boost brings in a suspended actor or a blocked server', async (t) => {
  const { ctx, other, bob, carol } = await scene(t)
  await ctx.db('actors').where({ id: carol.id }).update({ suspended_at: ctx.clock.now() })
  const post = served(other, carol)
  t.equal(await receive(ctx, activity('Announce', bob, post.id, { to: [PUBLIC] })), 'refused-fetch')
  t.equal(await stored(ctx, post.id), undefined)
  await ctx.db('actors').where({ id: carol.id }).update({ suspended_at: null })
  await ctx.db('domain_policies').insert({ host: 'other.test', action: 'block' })
  forgetPolicies(ctx)
  t.equal(await receive(ctx, activity('Announce', bob, post.id, { to: [PUBLIC] })), 'refused-blocked')
  t.equal(await receive(ctx, create(carol, note(carol))), 'refused-blocked')
  t.equal(await stored(ctx, post.id), undefined)
})

t.test('fetchObject: the same object once, never under another name, never one that is gone', async (t) => {
  const { ctx, other, carol } = await scene(t)
  const post = served(other, carol)
  const first = await fetchObject(ctx, post.id)
  const asked = other.seen.length
  t.equal((await fetchObject(ctx, post.id))!.id, first!.id)
  t.equal(other.seen.length, asked, 'stored: nobody is asked')
  other.on('/evil', { ...note(carol), id: 'https://peer.test/n/1', attributedTo: 'https://peer.test/users/bob' })
  await t.rejects(fetchObject(ctx, 'https://other.test/evil'), { code: 'fetch.invalid' })
  other.on('/stolen', { ...note(carol), id: 'https://other.test/stolen', attributedTo: 'https://peer.test/users/bob' })
  t.equal(await fetchObject(ctx, 'https://other.test/stolen'), null, 'an author of another server')
  other.on('/create', { id: 'https://other.test/create', type: 'Create', actor: carol.iri, object: post })
  t.equal((await fetchObject(ctx, 'https://other.test/create'))?.iri, post.id, 'W20')
  t.equal(await fetchObject(ctx, carol.iri), null, 'an actor is no object')
  t.equal(await fetchObject(ctx, 'https://commune.test/ap/objects/none'), null, 'ours come from the database')
})
