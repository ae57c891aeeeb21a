// Groups speak both ways: what is said in a local group is announced in the form each host reads (federation.md §3.6, checklist 39, 62, 64).
import t from 'tap'
import { lemmyPage, peerVerdicts } from '../test/predicates.ts'
import { createNote } from '../features/wall/create-note.ts'
import { deleteObject } from '../features/wall/delete-object.ts'
import { likeObject, unlikeObject } from '../features/wall/like.ts'
import { insertMembership } from '../db/memberships.ts'
import { actorTimeline, publicTimeline } from '../db/timelines.ts'
import { ANYONE } from '../db/visibility.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import type { Ctx } from '../context.ts'
import { activity, create, localFollow, note, PUBLIC, receive } from '../test/arrivals.ts'
import { documented } from '../test/documented.ts'
import { testContext, type TestContext } from '../test/context.ts'
import { localGroup, localPerson, remotePerson } from '../test/people.ts'
import { saveSoftware } from '../db/hosts.ts'

interface Scene extends TestContext {
  alice: ActorRow
  jardin: ActorRow
  /** Followers of the group: on Mastodon, on Lemmy, and on a server whose software we do not know. */
  bob: ActorRow
  carol: ActorRow
  dan: ActorRow
}

const PAGE = { maxId: null, sinceId: null, minId: null, limit: 10 }

type Json = Record<string, unknown>

async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const jardin = await localGroup(ctx, 'jardin', alice)
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  const carol = await remotePerson(ctx, 'carol@lemmy.example')
  const dan = await remotePerson(ctx, 'dan@unknown.example')
  await saveSoftware(ctx, 'mastodon.example', 'mastodon', '4.5.0')
  await saveSoftware(ctx, 'lemmy.example', 'lemmy', '1.0.0')
  for (const actor of [bob, carol, dan]) await receive(ctx, activity('Follow', actor, jardin.iri))
  await ctx.db('deliveries').delete()
  return { ...context, alice, jardin, bob, carol, dan }
}

/** What left since the scene was set: body and hosts, oldest first. */
async function sent(ctx: Ctx, type?: string): Promise<{ json: Json; raw: string; hosts: string[] }[]> {
  const rows: { body: string; type: string; hosts: string[] }[] = await ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .groupBy('activities.id')
    .orderBy('activities.id')
    .select('activities.body', 'activities.type', ctx.db.raw('array_agg(deliveries.host order by deliveries.host) as hosts'))
  return rows
    .filter((row) => type === undefined || row.type === type)
    .map(({ body, hosts }) => ({ json: documented(JSON.parse(body) as Json), raw: body, hosts }))
}

const stored = async (ctx: Ctx, iri: string): Promise<ObjectRow | undefined> => ctx.db<ObjectRow>('objects').where({ iri }).first()

/** A post to the group as Mastodon writes it. */
function toGroup(author: ActorRow, group: ActorRow, more: Json = {}): Json & { id: string } {
  return note(author, {
    cc: [`${author.iri}/followers`, group.iri, `${group.iri}/followers`],
    tag: [{ type: 'Mention', href: group.iri, name: `@${group.username}@commune.test` }],
    ...more
  })
}

t.test('[39] a Mastodon follower who mentions the group is stored once and announced to each host in the form it reads', async (t) => {
  const { ctx, jardin, bob } = await scene(t)
  const post = toGroup(bob, jardin)
  const sentByBob = {
    ...create(bob, post),
    'toot:unknown': { kept: [1, 2.5] },
    signature: { type: 'RsaSignature2017', signatureValue: 'é' }
  }
  t.equal(await receive(ctx, sentByBob), 'created')
  t.equal(await receive(ctx, sentByBob), 'created', 'a repetition is the same arrival')
  t.match(await stored(ctx, post.id), { group_id: jardin.id, visibility: 'public' })
  const [whole, address, ...more] = await sent(ctx)
  t.same(more, [])
  t.same(whole!.hosts, ['lemmy.example', 'unknown.example'])
  t.match(whole!.json, { type: 'Announce', actor: jardin.iri, to: [PUBLIC], cc: [jardin.followers_iri], audience: jardin.iri })
  t.ok(whole!.raw.includes(`"object":${JSON.stringify(sentByBob)}`), 'not one byte of the activity changed')
  t.same(address!.hosts, ['mastodon.example', 'unknown.example'])
  t.match(address!.json, { type: 'Announce', actor: jardin.iri, object: post.id, cc: [jardin.followers_iri, bob.iri] })
})

t.test(
  'O29, O13: strangers, private words and announces are not announced; a stranger waits for the moderators, seen by nobody',
  async (t) => {
    const { ctx, jardin, bob } = await scene(t)
    const mallory = await remotePerson(ctx, 'mallory@evil.example')
    const foreign = toGroup(mallory, jardin)
    t.equal(await receive(ctx, create(mallory, foreign)), 'held')
    t.match(await stored(ctx, foreign.id), { group_id: null, visibility: 'direct' })
    t.match(await ctx.db('group_holds'), [{ group_id: jardin.id, visibility: 'public' }])
    t.same(await publicTimeline(ctx, ANYONE, {}, PAGE), [])
    const secret = toGroup(bob, jardin, { to: [jardin.iri], cc: [] })
    t.equal(await receive(ctx, create(bob, secret)), 'created')
    const known = note(bob, { to: [`${bob.iri}/followers`], cc: [jardin.iri] })
    t.equal(await receive(ctx, create(bob, known)), 'created')
    t.equal(await receive(ctx, activity('Announce', bob, secret.id, { to: [PUBLIC], cc: [jardin.iri] })), 'not-related')
    t.same(await sent(ctx), [])
  }
)

t.test('[64] whom the group banned gets 202 and silence; the group is not mentioned to anybody by them', async (t) => {
  const { ctx, jardin, carol } = await scene(t)
  await ctx.db('group_bans').insert({ group_id: jardin.id, actor_id: carol.id })
  const post = toGroup(carol, jardin)
  t.equal(await receive(ctx, create(carol, post)), 'refused-banned')
  t.equal(await stored(ctx, post.id), undefined)
  t.same(await sent(ctx), [])
})

t.test(
  '[62] a comment from Lemmy is stored under the post and announced word for word, to those who read such announcements only',
  async (t) => {
    const { ctx, alice, jardin, carol } = await scene(t)
    const idea = await createNote(ctx, alice, { text: 'Un compost ?', group: 'jardin', title: 'Un compost collectif' })
    await ctx.db('deliveries').delete()
    const comment = note(carol, {
      id: 'https://lemmy.example/comment/1',
      to: [PUBLIC],
      cc: [jardin.iri, alice.iri],
      audience: jardin.iri,
      inReplyTo: idea.iri,
      source: { content: 'Bonne idée', mediaType: 'text/markdown' }
    })
    const arrived = { ...create(carol, comment), audience: jardin.iri }
    t.equal(await receive(ctx, arrived), 'created')
    t.match(await stored(ctx, comment.id), { in_reply_to_id: idea.id, group_id: jardin.id })
    const letters = await sent(ctx)
    t.equal(letters.length, 1)
    t.same(letters[0]!.hosts, ['lemmy.example'])
    t.ok(letters[0]!.raw.includes(`"object":${JSON.stringify(arrived)}`))
    // A stranger may answer in an open group; where the thread is closed, nobody but moderators.
    const mallory = await remotePerson(ctx, 'mallory@evil.example')
    await ctx.db('group_locks').insert({ object_id: idea.id, group_id: jardin.id })
    const late = note(mallory, { cc: [jardin.iri], inReplyTo: comment.id })
    t.equal(await receive(ctx, create(mallory, late)), 'refused-locked')
    t.equal(await stored(ctx, late.id), undefined)
  }
)

t.test('a member posts in the group: addressed to it, announced by it, shown once on the wall and on the group’s page', async (t) => {
  const { ctx, alice, jardin } = await scene(t)
  const row = await createNote(ctx, alice, { text: 'Semis ce samedi', group: 'jardin', title: 'Semis' })
  t.match(row, { type: 'Page', name: 'Semis', group_id: jardin.id, actor_id: alice.id })
  t.match(row.doc, {
    attributedTo: alice.iri,
    to: [jardin.iri, PUBLIC],
    cc: [alice.followers_iri, jardin.followers_iri],
    audience: jardin.iri
  })
  const letters = await sent(ctx, 'Announce')
  t.same(
    letters.map(({ hosts }) => hosts),
    [
      ['lemmy.example', 'unknown.example'],
      ['mastodon.example', 'unknown.example']
    ]
  )
  const inner = letters[0]!.json['object'] as Json
  t.match(inner, { type: 'Create', actor: alice.iri, audience: jardin.iri, object: { id: row.iri, type: 'Page' } })
  t.equal(inner['@context'], undefined)
  t.equal(letters[1]!.json['object'], row.iri)
  t.same(peerVerdicts(letters[0]!.json['object'] as never)['lemmyPage'] ?? true, true)
  t.same(
    (await publicTimeline(ctx, ANYONE, { local: true }, PAGE)).map(({ id }) => id),
    [row.id]
  )
  const page = await actorTimeline(ctx, ANYONE, jardin.id, {}, PAGE)
  t.same(
    page.map(({ reblog_of_id }) => reblog_of_id),
    [row.id]
  )
})

t.test('who may not post in the group is told why, and nothing is stored', async (t) => {
  const { ctx, alice, jardin } = await scene(t)
  const eve = await localPerson(ctx, 'eve')
  const say = (author: ActorRow, more: object = {}): Promise<ObjectRow> =>
    createNote(ctx, author, { text: 'Bonjour', group: 'jardin', ...more })
  await t.rejects(say(eve), { code: 'group.members-post', status: 403 })
  await insertMembership(ctx, ctx.db, {
    groupId: jardin.id,
    actorId: eve.id,
    role: 'member',
    state: 'active',
    origin: 'https://commune.test'
  })
  await t.rejects(say(eve, { as: 'jardin' }), { code: 'post.group-or-as', status: 422 })
  await t.rejects(say(eve, { visibility: 'followers' }), { code: 'post.group-visibility', status: 422 })
  await t.rejects(say(eve, { group: 'inconnu' }), { code: 'group.not-found', status: 404 })
  await ctx.db('groups').where({ actor_id: jardin.id }).update({ posting: 'moderators' })
  await t.rejects(say(eve), { code: 'group.moderators-post', status: 403 })
  await ctx.db('group_bans').insert({ group_id: jardin.id, actor_id: eve.id })
  await t.rejects(say(eve), { code: 'group.banned', status: 403 })
  t.equal((await ctx.db('objects').where({ actor_id: eve.id })).length, 0)
  t.equal((await say(alice)).group_id, jardin.id)
})

t.test('members-only words in a group reach members by their own inboxes, and nobody else', async (t) => {
  const { ctx, alice, jardin, carol } = await scene(t)
  await insertMembership(ctx, ctx.db, {
    groupId: jardin.id,
    actorId: carol.id,
    role: 'member',
    state: 'active',
    origin: 'https://commune.test'
  })
  await ctx.db('follows').where({ follower_id: carol.id }).update({ delivery_inbox: carol.shared_inbox })
  await createNote(ctx, alice, { text: 'Entre nous', group: 'jardin', visibility: 'members' })
  const rows = await ctx.db('deliveries').select('inbox')
  t.same(rows, [{ inbox: carol.inbox }])
})

t.test('O42: likes and their end go to hosts that read announced activities, never to Mastodon', async (t) => {
  const { ctx, alice, carol, bob } = await scene(t)
  const eve = await localPerson(ctx, 'eve')
  const row = await createNote(ctx, alice, { text: 'Semis', group: 'jardin' })
  await ctx.db('deliveries').delete()
  const like = activity('Like', carol, row.iri)
  t.equal(await receive(ctx, like), 'liked')
  t.equal(await receive(ctx, activity('Like', bob, row.iri)), 'liked')
  t.equal(await receive(ctx, activity('Undo', carol, like)), 'undone')
  await likeObject(ctx, eve, row)
  await unlikeObject(ctx, eve, row)
  const letters = await sent(ctx)
  t.same(
    letters.map(({ json, hosts }) => [(json['object'] as Json)['type'], (json['object'] as Json)['actor'], ...hosts]),
    [
      ['Like', carol.iri, 'lemmy.example'],
      ['Like', bob.iri, 'lemmy.example'],
      ['Undo', carol.iri, 'lemmy.example'],
      ['Like', eve.iri, 'lemmy.example'],
      ['Undo', eve.iri, 'lemmy.example']
    ]
  )
})

t.test('an edit and a deletion by the author are announced too; the boost is taken back', async (t) => {
  const { ctx, alice, jardin, bob } = await scene(t)
  const post = toGroup(bob, jardin)
  await receive(ctx, create(bob, post))
  await ctx.db('deliveries').delete()
  t.equal(await receive(ctx, activity('Update', bob, { ...post, content: '<p>mieux</p>', updated: '2026-11-22T11:00:00Z' })), 'updated')
  t.equal(await receive(ctx, activity('Delete', bob, post.id)), 'deleted')
  const kinds = (await sent(ctx)).map(({ json, hosts }) => [json['type'], (json['object'] as Json)['type'], ...hosts])
  t.same(kinds, [
    ['Announce', 'Update', 'lemmy.example'],
    ['Announce', 'Delete', 'lemmy.example'],
    ['Undo', 'Announce', 'mastodon.example', 'unknown.example']
  ])
  const row = await createNote(ctx, alice, { text: 'Semis', group: 'jardin' })
  await ctx.db('deliveries').delete()
  await deleteObject(ctx, { role: 'member', actorId: alice.id }, row)
  const last = (await sent(ctx)).find(({ json }) => json['type'] === 'Announce')
  t.match(last?.json['object'], { type: 'Delete', actor: alice.iri, object: { id: row.iri, type: 'Tombstone' } })
})

t.test('[61] a post in a group of Lemmy is a Page it takes, sent to the group, which announces it; comments go there too', async (t) => {
  const { ctx, alice } = await scene(t)
  const eve = await localPerson(ctx, 'eve')
  const cuisine = await remotePerson(ctx, 'cuisine@lemmy.example', { type: 'Group' })
  const say = (author: ActorRow, text: string, more: object): Promise<ObjectRow> => createNote(ctx, author, { text, ...more })
  await t.rejects(say(alice, 'Recette', { group: 'cuisine@lemmy.example' }), { code: 'group.not-followed', status: 403 })
  await localFollow(ctx, alice, cuisine)
  const post = await say(alice, 'Une recette de rougail', { group: 'cuisine@lemmy.example', title: 'Rougail' })
  const [letter, ...more] = await sent(ctx)
  t.same(more, [])
  t.same(letter!.hosts, ['lemmy.example'])
  t.match(letter!.json, { type: 'Create', actor: alice.iri, to: [cuisine.iri, PUBLIC], audience: cuisine.iri })
  t.equal(lemmyPage(letter!.json as never), true, 'Lemmy reads it')
  t.match(letter!.json['object'], { id: post.iri, type: 'Page', name: 'Rougail', attributedTo: alice.iri, audience: cuisine.iri })
  await ctx.db('deliveries').delete()
  const comment = await say(eve, 'Merci !', { inReplyToId: post.id })
  t.equal(comment.group_id, cuisine.id)
  const [answer] = await sent(ctx, 'Create')
  t.same(answer!.hosts, ['lemmy.example'], 'by who does not follow it, too')
  t.match(answer!.json, { audience: cuisine.iri, object: { type: 'Note', inReplyTo: post.iri, audience: cuisine.iri } })
})
