// Polls between servers: votes that arrive for ours, totals of others', and what leaves.
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Ctx } from '../../context.ts'
import { newId } from '../../core/ids.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { createNote } from '../../features/wall/create-note.ts'
import { voteInPoll, type PollInput } from '../../features/wall/poll.ts'
import { doChores } from '../../jobs/chores.ts'
import { activity, create, localFollow, note, receive } from '../../test/arrivals.ts'
import { testContext, type TestContext } from '../../test/context.ts'
import { localPerson, remotePerson } from '../../test/people.ts'
import { masto } from '../../test/predicates.ts'
import { assertWire } from '../../vocab/assert-wire.ts'

type Json = Record<string, unknown>

const wire = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/wire/${name}.json`, import.meta.url), 'utf8')) as Json
const OPTIONS = ['Samedi matin', 'Mercredi après-midi', 'Jamais']

interface Scene extends TestContext {
  commune: ActorRow
  bob: ActorRow
  eve: ActorRow
  /** A poll of the commune's whose IRI is the one of the recorded votes. */
  poll(more?: Partial<PollInput>): Promise<ObjectRow>
}

async function scene(t: Parameters<typeof testContext>[0]): Promise<Scene> {
  const context = await testContext(t, { startAt: new Date('2026-11-23T10:00:00Z'), origin: 'https://saint-leu.example' })
  const { ctx } = context
  const commune = await localPerson(ctx, 'mairie')
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  const eve = await remotePerson(ctx, 'eve@gts.example')
  const poll = async (more: Partial<PollInput> = {}): Promise<ObjectRow> => {
    const row = await createNote(ctx, commune, { text: 'Quand ouvrir ?', poll: { options: OPTIONS, expiresInSeconds: 86_400, ...more } })
    const iri = 'https://saint-leu.example/ap/objects/vote1'
    const [renamed] = await ctx
      .db<ObjectRow>('objects')
      .where({ id: row.id })
      .update({ iri, doc: JSON.stringify({ ...row.doc, id: iri }) as never })
      .returning('*')
    await ctx.db('activities').update({ object_iri: iri })
    return renamed!
  }
  return { ...context, commune, bob, eve, poll }
}

const totals = async (ctx: Ctx): Promise<unknown[]> => {
  const row = await ctx.db<ObjectRow>('objects').where({ type: 'Question', local: true }).first()
  return [...row!.poll!.options.map((option) => option.votes), row!.poll!.voters]
}
const votesOf = (voter: Pick<ActorRow, 'iri'>, name: string, number: number, more: Json = {}): Json => ({
  id: `${voter.iri}#votes/${number}/activity`,
  type: 'Create',
  actor: voter.iri,
  object: {
    id: `${voter.iri}#votes/${number}`,
    type: 'Note',
    name,
    attributedTo: voter.iri,
    inReplyTo: 'https://saint-leu.example/ap/objects/vote1',
    ...more
  }
})
const updates = async (ctx: Ctx): Promise<{ body: Json; inboxes: string[] }[]> => {
  const rows = await ctx.db('activities').where({ type: 'Update' }).orderBy('id').select<{ id: string; body: string }[]>('id', 'body')
  return Promise.all(
    rows.map(async (row) => ({
      body: JSON.parse(row.body) as Json,
      inboxes: await ctx.db('deliveries').where({ activity_id: row.id }).orderBy('inbox').pluck('inbox')
    }))
  )
}

t.test('[50] a vote from Mastodon is counted once and never becomes a post', async (t) => {
  const { ctx, poll } = await scene(t)
  await poll()
  t.equal(await receive(ctx, wire('in-vote-mastodon')), 'voted')
  t.same(await totals(ctx), [1, 0, 0, 1])
  t.equal(await ctx.db('objects').where({ type: 'Note' }).first(), undefined, 'no object')
  t.equal((await ctx.db('object_stats').where('replies', '>', 0)).length, 0, 'no reply')
  t.same(await ctx.db('notifications'), [])
})

t.test('[50] O25 the same vote with new ids, another option, an unknown option: counted once, whoever shares the inbox', async (t) => {
  const { ctx, bob, poll } = await scene(t)
  const carla = await remotePerson(ctx, 'carla@mastodon.example')
  await poll()
  t.equal(await receive(ctx, votesOf(bob, 'Samedi matin', 1)), 'voted')
  t.equal(await receive(ctx, votesOf(bob, 'Samedi matin', 2)), 'unchanged')
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 3)), 'unchanged')
  t.equal(await receive(ctx, votesOf(bob, 'samedi matin', 4)), 'vote-not-open', 'names are compared exactly')
  t.equal(await receive(ctx, votesOf(carla, 'Toujours', 5)), 'vote-not-open')
  t.equal(await receive(ctx, votesOf(carla, 'Jamais', 6)), 'voted')
  t.same(await totals(ctx), [1, 0, 1, 2])
})

t.test('[50] several votes in one Create: two counted where two are allowed, else only the first', async (t) => {
  const several = await scene(t)
  await several.poll({ multiple: true })
  t.equal(await receive(several.ctx, wire('in-vote-gts')), 'voted')
  t.same(await totals(several.ctx), [1, 1, 0, 1])
  const single = await scene(t)
  await single.poll()
  t.equal(await receive(single.ctx, wire('in-vote-gts')), 'voted')
  t.same(await totals(single.ctx), [1, 0, 0, 1])
})

t.test('[50] a vote after the end is not counted', async (t) => {
  const { ctx, clock, bob, poll } = await scene(t)
  await poll()
  clock.advance(86_400_000)
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 1)), 'vote-not-open')
  t.same(await totals(ctx), [0, 0, 0, 0])
})

t.test('nobody votes for somebody else, in a poll they may not see, or across a block (D03)', async (t) => {
  const { ctx, commune, bob, eve, poll } = await scene(t)
  const row = await poll()
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 1), eve.iri), 'refused-signer')
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 2, { attributedTo: eve.iri })), 'refused-owner')
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 3, { id: `${eve.iri}#votes/3` })), 'refused-origin')
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: commune.id, blocked_id: bob.id })
  t.equal(await receive(ctx, votesOf(bob, 'Jamais', 4)), 'not-visible')
  await ctx.db('objects').where({ id: row.id }).update({ visibility: 'followers' })
  t.equal(await receive(ctx, votesOf(eve, 'Jamais', 5)), 'not-visible')
  await ctx.db('objects').where({ id: row.id }).update({ visibility: 'public', kind: 'vote' })
  t.equal(await receive(ctx, votesOf(eve, 'Jamais', 6)), 'vote-not-open', 'a consultation says itself who votes')
  t.same(await totals(ctx), [0, 0, 0, 0])
  t.same(await ctx.db('poll_votes'), [])
})

t.test('O27 totals of our poll are ours: an Update from elsewhere changes nothing', async (t) => {
  const { ctx, bob, poll } = await scene(t)
  const row = await poll()
  const forged = { ...row.doc, id: row.iri, votersCount: 9000, oneOf: [{ type: 'Note', name: 'Jamais', replies: { totalItems: 9000 } }] }
  t.equal(await receive(ctx, activity('Update', bob, forged)), 'refused-owner')
  t.same(await totals(ctx), [0, 0, 0, 0])
  t.same((await ctx.db<ObjectRow>('objects').where({ id: row.id }).first())!.doc, row.doc, 'nor a word of it')
})

t.test('totals are told once for many votes, to who got the question and to who voted, naming no voter', async (t) => {
  const { ctx, clock, bob, eve, poll, commune } = await scene(t)
  await ctx.db('follows').insert({
    id: newId(),
    iri: 'https://follower.example/f',
    follower_id: (await remotePerson(ctx, 'fan@follower.example')).id,
    followed_id: commune.id,
    state: 'accepted',
    follower_local: false,
    delivery_inbox: 'https://follower.example/inbox'
  })
  await poll()
  await receive(ctx, votesOf(bob, 'Jamais', 1))
  await receive(ctx, votesOf(eve, 'Samedi matin', 2))
  t.same(await updates(ctx), [], 'not at each vote')
  clock.advance(3 * 60_000)
  await doChores(ctx)
  const [told, ...more] = await updates(ctx)
  t.same(more, [])
  t.same(told!.inboxes, ['https://follower.example/inbox', 'https://gts.example/inbox', 'https://mastodon.example/inbox'])
  for (const voter of [bob, eve]) t.notOk(JSON.stringify(told!.body).includes(voter.iri))
  assertWire(told!.body)
  t.equal(masto(told!.body), true)
  t.match(told!.body, {
    object: {
      type: 'Question',
      votersCount: 2,
      oneOf: [{ type: 'Note', name: 'Samedi matin', replies: { type: 'Collection', totalItems: 1 } }, {}, { replies: { totalItems: 1 } }]
    }
  })
  t.notOk('updated' in (told!.body['object'] as Json), 'the post was not edited')
  await receive(ctx, votesOf(await remotePerson(ctx, 'zoe@late.example'), 'Jamais', 3))
  clock.advance(3 * 60_000)
  await doChores(ctx)
  t.equal((await updates(ctx)).length, 2, 'a later vote is told later')
})

t.test('a poll ends by itself: last totals, closed, and news for who asked and who voted', async (t) => {
  const { ctx, clock, commune, bob, poll } = await scene(t)
  const lea = await localPerson(ctx, 'lea')
  const row = await poll({ hideTotals: true })
  await voteInPoll(ctx, lea, row, [1])
  await receive(ctx, votesOf(bob, 'Jamais', 1))
  const hidden = await ctx.db<ObjectRow>('objects').where({ id: row.id }).first()
  t.match(hidden!.doc, { votersCount: 0, oneOf: [{}, { replies: { totalItems: 0 } }] }, 'secret until the end')
  clock.advance(10 * 60_000)
  await doChores(ctx)
  t.same(await updates(ctx), [], 'nothing to tell yet')
  clock.advance(86_400_000)
  await doChores(ctx)
  await doChores(ctx)
  const [last, ...more] = await updates(ctx)
  t.same(more, [])
  t.match(last!.body, {
    object: { closed: '2026-11-24T10:00:00Z', votersCount: 2, oneOf: [{}, { replies: { totalItems: 1 } }, { replies: { totalItems: 1 } }] }
  })
  t.same(last!.inboxes, ['https://mastodon.example/inbox'])
  t.match(await ctx.db('notifications'), [
    { type: 'poll', from_id: commune.id },
    { type: 'poll', from_id: commune.id }
  ])
  t.same(new Set(await ctx.db('notifications').pluck('owner_id')), new Set([commune.id, lea.id]))
})

t.test('a poll from Mastodon is shown, voted in, and follows the totals its host declares (O27)', async (t) => {
  const { ctx, bob } = await scene(t)
  const lea = await localPerson(ctx, 'lea')
  await localFollow(ctx, lea, bob)
  const question = wire('in-create-question-mastodon')
  t.equal(await receive(ctx, question), 'created')
  const stored = async (): Promise<ObjectRow> => (await ctx.db<ObjectRow>('objects').where({ actor_id: bob.id }).first())!
  const doc = question['object'] as Json
  await voteInPoll(ctx, lea, await stored(), [0])
  t.match((await stored()).poll, { options: [{ name: 'Oui', votes: 1 }, { votes: 0 }], voters: 1 })
  const [sent] = await ctx.db('activities').where({ actor_id: lea.id })
  const vote = JSON.parse(sent.body) as Json
  assertWire(vote)
  t.match(vote, { type: 'Create', to: [bob.iri], cc: [], object: { type: 'Note', name: 'Oui', inReplyTo: doc['id'], to: [bob.iri] } })
  for (const field of ['content', 'published', 'url', 'tag']) t.notOk(field in (vote['object'] as Json), `no ${field}`)
  t.same(await ctx.db('deliveries').pluck('inbox'), [bob.inbox], 'to the author alone')
  t.equal(
    await ctx
      .db('objects')
      .where({ iri: (vote['object'] as Json)['id'] })
      .first(),
    undefined,
    'never a readable object'
  )
  const told = (yes: number, no: number, voters: number): Json => ({
    ...doc,
    votersCount: voters,
    oneOf: [
      { type: 'Note', name: 'Oui', replies: { type: 'Collection', totalItems: yes } },
      { type: 'Note', name: 'Non', replies: { type: 'Collection', totalItems: no } }
    ]
  })
  t.equal(await receive(ctx, activity('Update', bob, told(4, 3, 7))), 'updated')
  t.match((await stored()).poll, { options: [{ votes: 4 }, { votes: 3 }], voters: 7 })
  t.equal((await stored()).updated, null, 'not edited')
  t.equal(await receive(ctx, activity('Update', bob, told(-5, 3, -1))), 'updated')
  t.match((await stored()).poll, { options: [{ votes: 0 }, { votes: 3 }], voters: 0 })
  t.equal((await ctx.db('poll_votes')).length, 1)
  const other = {
    ...told(0, 0, 0),
    oneOf: [
      { type: 'Note', name: 'Peut-être' },
      { type: 'Note', name: 'Non' }
    ]
  }
  t.equal(await receive(ctx, activity('Update', bob, other)), 'updated')
  t.same(await ctx.db('poll_votes'), [], 'other options are another question')
})

t.test('a vote of another commune is a poll here, and is answered like one', async (t) => {
  const { ctx, bob } = await scene(t)
  const lea = await localPerson(ctx, 'lea')
  await localFollow(ctx, lea, bob)
  const question = wire('in-create-question-mastodon')
  t.equal(await receive(ctx, { ...question, object: { ...(question['object'] as Json), 'communer:kind': 'vote' } }), 'created')
  const row = (await ctx.db<ObjectRow>('objects').where({ actor_id: bob.id }).first())!
  t.equal(row.kind, 'vote')
  await voteInPoll(ctx, lea, row, [0])
  t.same(await ctx.db('deliveries').pluck('inbox'), [bob.inbox])
})

t.test('a poll from GoToSocial, as it was recorded, is a poll', async (t) => {
  const { ctx } = await scene(t)
  const lea = await localPerson(ctx, 'lea')
  const recorded = JSON.parse(
    readFileSync(new URL('../../test/fixtures/captured/inbox/gts-Create-Question-1.json', import.meta.url), 'utf8')
  ) as { json: Json }
  const document = recorded.json
  const author = new URL(String(document['actor']))
  const eve = await remotePerson(ctx, `x@${author.host}`, { iri: author.href })
  await localFollow(ctx, lea, eve)
  t.equal(await receive(ctx, document), 'created')
  const row = await ctx.db<ObjectRow>('objects').where({ actor_id: eve.id }).first()
  t.ok(row!.poll!.options.length >= 2)
})

t.test('J11, X01: a hostile question has at most 32 options, of plain text', async (t) => {
  const { ctx, bob } = await scene(t)
  await localFollow(ctx, await localPerson(ctx, 'lea'), bob)
  const oneOf = Array.from({ length: 10_000 }, (_, index) => ({ type: 'Note', name: `<img src=x onerror=alert(1)>Oui ${index}` }))
  t.equal(await receive(ctx, create(bob, note(bob, { type: 'Question', oneOf }))), 'created')
  const row = await ctx.db<ObjectRow>('objects').where({ actor_id: bob.id }).first()
  t.equal(row!.poll!.options.length, 32)
  t.equal(row!.poll!.options[0]!.name, 'Oui 0')
})
