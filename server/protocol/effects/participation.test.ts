// Taking part in events: what arrives from Mobilizon, Gancio, Friendica and other communes, and what leaves for them.
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Ctx } from '../../context.ts'
import { findEvent } from '../../db/events.ts'
import { takeSeat } from '../../db/participations.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { createEvent, type NewEvent } from '../../features/events/create-event.ts'
import { editEvent } from '../../features/events/edit-event.ts'
import { decideRequest, inviteTo } from '../../features/events/organise.ts'
import { declineInvitation, joinEvent, leaveEvent } from '../../features/events/participate.ts'
import { deleteObject } from '../../features/wall/delete-object.ts'
import { doChores } from '../../jobs/chores.ts'
import { activity, receive } from '../../test/arrivals.ts'
import { documented } from '../../test/documented.ts'
import { testContext } from '../../test/context.ts'
import { localGroup, localPerson, remotePerson } from '../../test/people.ts'
import { peerVerdicts } from '../../test/predicates.ts'
import { assertWire } from '../../vocab/assert-wire.ts'
import { objectBytes } from '../documents.ts'

/** As much of a recorded activity as the tests change. */
interface Json extends Record<string, unknown> {
  actor: string
  object: Record<string, unknown> & { id: string }
}
const recorded = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/wire/${name}.json`, import.meta.url), 'utf8')) as Json
const captured = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/captured/inbox/${name}.json`, import.meta.url), 'utf8')).json as Json

const MOBILIZON = 'https://mobilizon.example'

async function scene(t: Parameters<typeof testContext>[0]) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const alice = await localPerson(ctx, 'alice')
  const jardin = await localGroup(ctx, 'jardin', alice)
  // Mobilizon's people have no /users/ in their addresses.
  const dora = await remotePerson(ctx, 'dora@mobilizon.example', {
    iri: `${MOBILIZON}/@dora`,
    inbox: `${MOBILIZON}/@dora/inbox`,
    shared_inbox: `${MOBILIZON}/inbox`
  })
  const velo = await remotePerson(ctx, 'collectif_velo@mobilizon.example', {
    iri: `${MOBILIZON}/@collectif_velo`,
    inbox: `${MOBILIZON}/@collectif_velo/inbox`,
    type: 'Group'
  })
  const eve = await remotePerson(ctx, 'eve@evil.example')
  const event = (more: Partial<NewEvent> = {}): Promise<ObjectRow> =>
    createEvent(ctx, alice, {
      title: 'Chantier au jardin',
      start: '2026-12-12T14:00',
      end: '2026-12-12T17:00',
      timezone: 'Indian/Reunion',
      location: { name: 'Jardin des Colimaçons' },
      as: 'jardin',
      ...more
    })
  return { ...context, alice, jardin, dora, velo, eve, event }
}

const join = (event: ObjectRow): Record<string, unknown> => ({ ...recorded('in-join-mobilizon'), object: event.iri })
const stateOf = async (ctx: Ctx, event: ObjectRow, actor: ActorRow): Promise<string | null> =>
  (await ctx.db('participations').where({ object_id: event.id, actor_id: actor.id }).first('state'))?.state ?? null
const participants = async (ctx: Ctx, event: ObjectRow): Promise<number> => (await findEvent(ctx.db, event.id))!.participants
const news = async (ctx: Ctx, owner: ActorRow): Promise<string[]> =>
  (await ctx.db('notifications').where({ owner_id: owner.id }).orderBy('id').select('type')).map((row: { type: string }) => row.type)
const sent = async (ctx: Ctx, type?: string): Promise<{ body: Json; inbox: string }[]> => {
  const query = ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .orderBy('activities.id')
    .orderBy('deliveries.id')
    .select('activities.body', 'deliveries.inbox')
  if (type !== undefined) query.where('activities.type', type)
  return (await query).map((row: { body: string; inbox: string }) => ({ body: documented(JSON.parse(row.body) as Json), inbox: row.inbox }))
}
const askedBy = async (ctx: Ctx, event: ObjectRow, actor: ActorRow): Promise<string> =>
  (await ctx.db('participations').where({ object_id: event.id, actor_id: actor.id }).first('id')).id

const who = (actor: ActorRow) => ({ role: 'member' as const, actorId: actor.id })
/** An event as Mobilizon published it, stored because Alice follows the group. */
async function velorution(ctx: Ctx, alice: ActorRow, velo: ActorRow): Promise<ObjectRow> {
  await ctx.db('follows').insert({
    id: '77',
    iri: `${alice.iri}#follow-velo`,
    follower_id: alice.id,
    followed_id: velo.id,
    state: 'accepted',
    follower_local: true,
    accepted_at: ctx.clock.now()
  })
  await receive(ctx, recorded('in-create-event-mobilizon'))
  return (await ctx.db<ObjectRow>('objects').where({ type: 'Event', local: false }).first())!
}

t.test('[55] an event of Mobilizon has its organiser, group, place, hours, picture and site; what is no file is left out', async (t) => {
  const { ctx, alice, dora, velo } = await scene(t)
  const event = await velorution(ctx, alice, velo)
  t.match(event, {
    name: 'Vélorution',
    actor_id: velo.id,
    author_id: dora.id,
    start_time: new Date('2026-12-05T06:00:00Z'),
    end_time: new Date('2026-12-05T08:00:00Z'),
    timezone: 'Indian/Reunion',
    event_status: 'CONFIRMED',
    place: { name: 'Place de la mairie', latitude: -21.1701 }
  })
  t.match(event.attachments, [
    { type: 'Document', name: 'Banner' },
    { type: 'Link', name: 'Website' }
  ])
  t.equal(event.attachments.length, 2)
  t.match(await findEvent(ctx.db, event.id), { local: false, join_mode: 'free', capacity: null, participants: 3 })
})

t.test('[56] an event of Gancio is stored with its place, moved and deleted with it; nobody can register there', async (t) => {
  const { ctx, alice } = await scene(t)
  const create = captured('gancio-Create-Event-1')
  const gancio = await remotePerson(ctx, 'gancio@gancio.test', { iri: create.actor, type: 'Application', inbox: `${create.actor}/inbox` })
  await ctx.db('follows').insert({
    id: '78',
    iri: `${alice.iri}#follow-gancio`,
    follower_id: alice.id,
    followed_id: gancio.id,
    state: 'accepted',
    follower_local: true,
    accepted_at: ctx.clock.now()
  })
  t.equal(await receive(ctx, create), 'created')
  const event = (await ctx.db<ObjectRow>('objects').where({ iri: create.object.id }).first())!
  t.equal(event.type, 'Event')
  t.ok(event.start_time)
  t.ok(event.place?.name)
  t.match(await findEvent(ctx.db, event.id), { join_mode: 'none', capacity: null, participants: 0 })
  await t.rejects(joinEvent(ctx, alice, { ...event, start_time: new Date('2027-01-01T00:00:00Z'), end_time: null }, {}), {
    code: 'event.no-registrations'
  })
  t.equal(await receive(ctx, captured('gancio-Update-Event-1')), 'updated')
  t.equal(await receive(ctx, captured('gancio-Delete-Event-1')), 'deleted')
  t.same(await ctx.db('events').where({ object_id: event.id }), [])
})

t.test('[56] a list of places with an address on line and no end is read', async (t) => {
  const { ctx, alice } = await scene(t)
  const create = recorded('in-create-event-gancio')
  const gancio = await remotePerson(ctx, 'gancio@gancio.example', { iri: create.actor, type: 'Application' })
  await ctx.db('follows').insert({
    id: '79',
    iri: `${alice.iri}#f`,
    follower_id: alice.id,
    followed_id: gancio.id,
    state: 'accepted',
    follower_local: true
  })
  t.equal(await receive(ctx, create), 'created')
  const event = (await ctx.db<ObjectRow>('objects').where({ iri: create.object.id }).first())!
  t.equal(event.end_time, null)
  t.ok(event.place?.name)
  t.match(event.place?.url, /^https:/)
})

t.test('[57] a Join from Mobilizon on a free event: an Accept by the event’s own actor that repeats it, then the new number', async (t) => {
  const { ctx, clock, jardin, dora, alice, event } = await scene(t)
  const row = await event({ capacity: 10 })
  t.equal(await receive(ctx, join(row)), 'joined')
  const [accept] = await sent(ctx, 'Accept')
  assertWire(accept!.body)
  t.match(accept, {
    inbox: dora.inbox,
    body: {
      actor: jardin.iri,
      to: [dora.iri],
      object: { id: `${MOBILIZON}/join/event/9c0d`, type: 'Join', actor: dora.iri, object: row.iri }
    }
  })
  t.same(await news(ctx, alice), ['event_join'])
  t.same(await sent(ctx, 'Update'), [], 'the number waits three minutes')
  clock.advance(3 * 60_000)
  await doChores(ctx)
  const [update] = await sent(ctx, 'Update')
  assertWire(update!.body)
  t.match(update, {
    inbox: dora.shared_inbox,
    body: { object: { id: row.iri, participantCount: 1, remainingAttendeeCapacity: 9, attendees: { totalItems: 1 } } }
  })
  t.equal(update!.body.object.updated, undefined, 'nothing was edited')
  t.notMatch(JSON.stringify(update!.body), /dora/, 'decision 6: no name')
  const served = JSON.parse((await objectBytes(ctx, row.iri))!.body.toString()) as Json
  t.match(served, { participantCount: 1, attendees: { id: `${row.iri}/attendees`, totalItems: 1 } })
  await doChores(ctx)
  t.equal((await sent(ctx, 'Update')).length, 1, 'the same number is not told twice')
})

t.test('[57] the same Join again is accepted again and takes no second seat', async (t) => {
  const { ctx, event, alice } = await scene(t)
  const row = await event({ capacity: 1 })
  t.equal(await receive(ctx, join(row)), 'joined')
  t.equal(await receive(ctx, { ...join(row), id: `${MOBILIZON}/join/event/again` }), 'unchanged')
  t.equal(await participants(ctx, row), 1)
  t.match((await sent(ctx, 'Accept')).at(-1)!.body.object, { id: `${MOBILIZON}/join/event/again` })
  t.same(await news(ctx, alice), ['event_join'])
})

t.test(
  'a waiting list holds for people elsewhere: no answer while they wait, Accept when a seat is free, and a hundred at once keep to the seats',
  async (t) => {
    const { ctx, event, eve } = await scene(t)
    const full = await event({ capacity: 1, waitingList: true })
    t.equal(await receive(ctx, join(full)), 'joined')
    const asked = activity('Join', eve, full.iri)
    t.equal(await receive(ctx, asked), 'join-requested')
    t.equal(await stateOf(ctx, full, eve), 'pending')
    t.same((await sent(ctx, 'Accept')).length, 1, 'for the one who has the seat')
    t.same(await sent(ctx, 'Reject'), [])
    t.equal(await receive(ctx, { ...recorded('in-leave-mobilizon'), object: full.iri }), 'left')
    await doChores(ctx)
    t.equal(await stateOf(ctx, full, eve), 'accepted')
    t.match((await sent(ctx, 'Accept')).at(-1), { inbox: eve.inbox, body: { object: { type: 'Join', id: asked['id'], actor: eve.iri } } })

    const last = await event({ capacity: 3, waitingList: true })
    const people = await Promise.all(Array.from({ length: 100 }, (_, index) => localPerson(ctx, `p${index}`)))
    await Promise.all(people.map((person) => joinEvent(ctx, person, last, {})))
    const states = await ctx
      .db('participations')
      .where({ object_id: last.id })
      .groupBy('state')
      .orderBy('state')
      .select('state')
      .count('* as people')
    t.same(
      states.map((row) => [row['state'], Number(row['people'])]),
      [
        ['accepted', 3],
        ['pending', 97]
      ]
    )
  }
)

t.test('[58] full, cancelled and past events answer Reject, those without registrations Ignore; Leave gives the seat back', async (t) => {
  const { ctx, clock, dora, eve, alice, event } = await scene(t)
  const full = await event({ capacity: 1 })
  t.equal(await receive(ctx, join(full)), 'joined')
  t.equal(await receive(ctx, activity('Join', eve, full.iri)), 'join-refused')
  t.match((await sent(ctx)).at(-1)!.body, { type: 'Reject', object: { type: 'Join', actor: eve.iri } })
  t.equal(await stateOf(ctx, full, eve), null)
  t.equal(await receive(ctx, { ...recorded('in-leave-mobilizon'), object: full.iri }), 'left')
  t.equal(await stateOf(ctx, full, dora), 'left')
  t.equal(await participants(ctx, full), 0)
  t.same(await news(ctx, alice), [], 'what is not true any more is not told any more')
  t.equal(await receive(ctx, activity('Join', eve, full.iri)), 'joined', 'and somebody else can have it')
  for (const joinMode of ['external', 'none'] as const) {
    const elsewhere = await event({ joinMode, externalParticipationUrl: 'https://billets.example' })
    t.equal(await receive(ctx, { ...join(elsewhere), id: `${MOBILIZON}/join/${joinMode}` }), 'join-refused')
    t.match((await sent(ctx)).at(-1)!.body, { type: 'Ignore', object: { id: `${MOBILIZON}/join/${joinMode}` } })
  }
  const cancelled = await editEvent(ctx, who(alice), await event(), { status: 'CANCELLED' })
  t.equal(await receive(ctx, { ...join(cancelled), id: `${MOBILIZON}/join/c` }), 'join-refused')
  const past = await event({ start: '2026-11-22T18:00', end: null })
  clock.advance(24 * 3_600_000)
  t.equal(await receive(ctx, { ...join(past), id: `${MOBILIZON}/join/p` }), 'join-refused')
  t.match((await sent(ctx)).at(-1)!.body, { type: 'Reject' })
})

t.test('[58] where organisers accept, a request waits for their word', async (t) => {
  const { ctx, dora, eve, alice, jardin, event } = await scene(t)
  const row = await event({ joinMode: 'restricted' })
  t.equal(await receive(ctx, join(row)), 'join-requested')
  t.equal(await receive(ctx, activity('Join', eve, row.iri)), 'join-requested')
  t.same(await sent(ctx), [])
  t.same(await news(ctx, alice), ['event_request', 'event_request'])
  const bea = await localPerson(ctx, 'bea')
  await t.rejects(decideRequest(ctx, who(bea), row, await askedBy(ctx, row, dora), 'accepted'), { code: 'permission.denied' })
  t.equal(await stateOf(ctx, row, dora), 'pending')
  await decideRequest(ctx, who(alice), row, await askedBy(ctx, row, dora), 'accepted')
  await decideRequest(ctx, who(alice), row, await askedBy(ctx, row, eve), 'refused')
  t.match(await sent(ctx), [
    { inbox: dora.inbox, body: { type: 'Accept', actor: jardin.iri, object: { id: `${MOBILIZON}/join/event/9c0d` } } },
    { inbox: eve.inbox, body: { type: 'Reject', actor: jardin.iri } }
  ])
  t.equal(await participants(ctx, row), 1)
  t.equal(await receive(ctx, activity('Join', eve, row.iri)), 'join-refused', 'a refusal stays one')
})

t.test('[58] of a hundred who want the last three seats at once, three get one', async (t) => {
  const { ctx, event } = await scene(t)
  const row = await event({ capacity: 3 })
  const people = await Promise.all(Array.from({ length: 100 }, (_, index) => remotePerson(ctx, `p${index}@mastodon.example`)))
  const seats = await Promise.all(
    people.map((person) =>
      ctx.db.transaction((trx) =>
        takeSeat(ctx, trx, { event: row, actorId: person.id, iri: `${person.iri}#join`, message: '', named: false })
      )
    )
  )
  t.equal(seats.filter((seat) => 'row' in seat).length, 3)
  t.equal(await participants(ctx, row), 3)
  t.equal((await ctx.db('participations').where({ object_id: row.id, state: 'accepted' })).length, 3)
})

t.test('O28: nobody joins, leaves or answers for another, and only the organiser accepts a Join', async (t) => {
  const { ctx, alice, dora, velo, eve, event } = await scene(t)
  const row = await event()
  t.equal(await receive(ctx, join(row), eve.iri), 'refused-signer')
  t.equal(await stateOf(ctx, row, dora), null)
  await receive(ctx, join(row))
  t.equal(await receive(ctx, { ...recorded('in-leave-mobilizon'), object: row.iri }, eve.iri), 'refused-signer')
  t.equal(await receive(ctx, activity('TentativeAccept', dora, row.iri), eve.iri), 'refused-signer')
  t.equal(await stateOf(ctx, row, dora), 'accepted')
  const remote = await velorution(ctx, alice, velo)
  await joinEvent(ctx, alice, remote, {})
  const mine = (await ctx.db('participations').where({ object_id: remote.id }).first())!
  for (const type of ['Accept', 'Reject', 'Ignore']) {
    t.equal(await receive(ctx, activity(type, eve, mine.iri)), 'refused-owner', type)
    t.equal(
      await receive(ctx, activity(type, eve, { id: mine.iri, type: 'Join', actor: alice.iri, object: remote.iri })),
      'refused-owner',
      `${type} with an embedded Join`
    )
  }
  t.equal(await stateOf(ctx, remote, alice), 'pending')
})

t.test('D03: who is blocked joins in vain and learns nothing of it', async (t) => {
  const { ctx, alice, dora, event } = await scene(t)
  const row = await event()
  await ctx.db('blocks').insert({ id: '1', iri: 'x', blocker_id: alice.id, blocked_id: dora.id })
  t.equal(await receive(ctx, join(row)), 'refused-blocked')
  t.same(await sent(ctx), [])
  t.same(await news(ctx, alice), [])
  t.equal(await stateOf(ctx, row, dora), null)
})

t.test('an event for members cannot be joined by who may not read it', async (t) => {
  const { ctx, dora, event } = await scene(t)
  const row = await event({ visibility: 'members' })
  t.equal(await receive(ctx, join(row)), 'not-visible')
  t.equal(await stateOf(ctx, row, dora), null)
})

t.test('a person of ours asks to come to an event of Mobilizon: organiser and group get the Join, their answer is hers', async (t) => {
  const { ctx, alice, dora, velo } = await scene(t)
  const event = await velorution(ctx, alice, velo)
  await joinEvent(ctx, alice, event, { message: 'À vélo !' })
  await joinEvent(ctx, alice, event, {})
  const asked = await sent(ctx, 'Join')
  t.same(asked.map(({ inbox }) => inbox).sort(), [dora.inbox, velo.inbox].sort(), 'personal inboxes, once')
  assertWire(asked[0]!.body)
  t.match(asked[0]!.body, { actor: alice.iri, object: event.iri, participationMessage: 'À vélo !', to: [dora.iri, velo.iri] })
  const answer = {
    ...recorded('in-accept-join-mobilizon'),
    object: { ...recorded('in-accept-join-mobilizon').object, id: asked[0]!.body.id }
  }
  t.equal(await receive(ctx, answer), 'join-accepted')
  t.equal(await stateOf(ctx, event, alice), 'accepted')
  t.same(await news(ctx, alice), ['event_accepted'])
  t.equal(await participants(ctx, event), 3, 'how many come is what Mobilizon says')
  t.equal(await receive(ctx, { ...answer, id: `${MOBILIZON}/reject/1`, type: 'Reject' }), 'join-rejected', 'she may be sent away later')
  t.same(await news(ctx, alice), ['event_refused'])
})

t.test('leaving an event of elsewhere is said there', async (t) => {
  const { ctx, alice, dora, velo } = await scene(t)
  const event = await velorution(ctx, alice, velo)
  await leaveEvent(ctx, alice, event)
  t.same(await sent(ctx, 'Leave'), [], 'not by who was not in it')
  await joinEvent(ctx, alice, event, {})
  await leaveEvent(ctx, alice, event)
  t.match((await sent(ctx, 'Leave'))[0], { inbox: dora.inbox, body: { actor: alice.iri, object: event.iri } })
  t.equal(await stateOf(ctx, event, alice), 'left')
})

t.test('[59] what we send is read by Mobilizon, Gancio, PieFed and Mastodon, without a place too', async (t) => {
  const { ctx, jardin, event } = await scene(t)
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await ctx.db('follows').insert({
    id: '80',
    iri: 'https://mastodon.example/f',
    follower_id: bob.id,
    followed_id: jardin.id,
    state: 'accepted',
    follower_local: false,
    delivery_inbox: bob.shared_inbox
  })
  for (const more of [
    {},
    { joinMode: 'restricted', capacity: 3 },
    { joinMode: 'external', externalParticipationUrl: 'https://billets.example/1' },
    { joinMode: 'none', location: null }
  ] as Partial<NewEvent>[]) {
    await event(more)
    const { body } = (await sent(ctx, 'Create')).at(-1)!
    assertWire(body)
    for (const [peer, verdict] of Object.entries(peerVerdicts(body))) t.equal(verdict, true, peer)
  }
  t.match((await sent(ctx, 'Create')).at(-1)!.body.object, { joinMode: 'external', externalParticipationUrl: /^https:\/\/commune\.test\// })
})

t.test('[60] moving, cancelling and deleting reach those who take part, followers or not, and people here are told', async (t) => {
  const { ctx, dora, alice, event } = await scene(t)
  const bea = await localPerson(ctx, 'bea')
  const row = await event()
  await receive(ctx, join(row))
  await joinEvent(ctx, bea, row, {})
  const moved = await editEvent(ctx, who(alice), row, { start: '2026-12-13T14:00', end: '2026-12-13T17:00' })
  t.match((await findEvent(ctx.db, row.id))!.moved_from, new Date('2026-12-12T10:00:00Z'))
  await editEvent(ctx, who(alice), moved, { status: 'CANCELLED' })
  const updates = await sent(ctx, 'Update')
  t.match(updates, [
    { inbox: dora.shared_inbox, body: { object: { startTime: '2026-12-13T14:00:00+04:00' } } },
    { inbox: dora.shared_inbox, body: { object: { status: 'CANCELLED', eventStatus: 'EventCancelled', name: /^\[ANNULÉ\]/ } } }
  ])
  t.same(await news(ctx, bea), ['event_moved', 'event_cancelled'])
  await deleteObject(ctx, who(alice), (await ctx.db<ObjectRow>('objects').where({ id: row.id }).first())!)
  t.match((await sent(ctx, 'Delete'))[0], { inbox: dora.shared_inbox, body: { object: { formerType: 'Event' } } })
  t.same(await news(ctx, bea), ['event_deleted'])
  t.same(await ctx.db('participations').where({ object_id: row.id }), [])
})

t.test('[60] postponing says so to calendars, titles and who comes, here and elsewhere; a new date confirms the event', async (t) => {
  const { ctx, clock, alice, velo, event } = await scene(t)
  const bea = await localPerson(ctx, 'bea')
  const row = await event()
  await receive(ctx, join(row))
  await joinEvent(ctx, bea, row, {})
  const postponed = await editEvent(ctx, who(alice), row, { status: 'POSTPONED' })
  const { body } = (await sent(ctx, 'Update')).at(-1)!
  assertWire(body)
  t.match(body.object, { eventStatus: 'EventPostponed', status: 'TENTATIVE', name: '[REPORTÉ] Chantier au jardin' })
  for (const [peer, verdict] of Object.entries(peerVerdicts(body))) t.equal(verdict, true, peer)
  t.match(await ctx.db('objects').where({ in_reply_to_id: row.id }).first(), { source: 'Reporté : Chantier au jardin' })
  t.same(await news(ctx, bea), ['event_postponed'])
  clock.set(new Date('2026-12-14T00:00:00Z'))
  const cleo = await localPerson(ctx, 'cleo')
  await joinEvent(ctx, cleo, postponed, {})
  t.equal(await stateOf(ctx, row, cleo), 'accepted', 'it is not over on its former date')
  const dated = await editEvent(ctx, who(alice), postponed, { start: '2026-12-19T14:00', end: '2026-12-19T17:00', status: 'POSTPONED' })
  t.equal(dated.event_status, 'CONFIRMED')
  t.same(await news(ctx, bea), ['event_postponed', 'event_moved'])

  const remote = await velorution(ctx, alice, velo)
  await joinEvent(ctx, alice, { ...remote, start_time: null }, {})
  const { object, ...update } = recorded('in-create-event-mobilizon')
  const changed = {
    ...object,
    name: '[REPORTÉ] Vélorution',
    eventStatus: 'EventPostponed',
    status: 'TENTATIVE',
    updated: '2026-12-14T00:00:00Z'
  }
  t.equal(await receive(ctx, { ...update, type: 'Update', object: changed }), 'updated')
  t.match(await ctx.db('objects').where({ id: remote.id }).first(), { event_status: 'POSTPONED', name: 'Vélorution' })
  t.equal((await news(ctx, alice)).at(-1), 'event_postponed')
})

t.test('an event moved online loses its place, says so here and elsewhere, and comes back on site with a place', async (t) => {
  const { ctx, alice, velo, event } = await scene(t)
  const bea = await localPerson(ctx, 'bea')
  const row = await event()
  await receive(ctx, join(row))
  await joinEvent(ctx, bea, row, {})
  const before = (await sent(ctx, 'Update')).length
  await t.rejects(editEvent(ctx, who(bea), row, { status: 'MOVED_ONLINE', location: { url: 'https://visio.example/a' } }), {
    code: 'permission.denied'
  })
  for (const location of [null, { name: 'Salle des fêtes' }])
    await t.rejects(editEvent(ctx, who(alice), row, { status: 'MOVED_ONLINE', location }), { code: 'event.online-url' })
  t.equal((await sent(ctx, 'Update')).length, before, 'nothing was said of what was refused')
  t.same(await news(ctx, bea), [])
  const location = { name: 'Salle des fêtes', url: 'https://visio.example/jardin' }
  const online = await editEvent(ctx, who(alice), row, { status: 'MOVED_ONLINE', location })
  t.match(online.place, { name: null, address: null, latitude: null, url: 'https://visio.example/jardin' })
  const { body } = (await sent(ctx, 'Update')).at(-1)!
  assertWire(body)
  t.match(body.object, {
    eventStatus: 'EventMovedOnline',
    status: 'CONFIRMED',
    name: '[EN LIGNE] Chantier au jardin',
    isOnline: true,
    location: { type: 'VirtualLocation', url: 'https://visio.example/jardin' }
  })
  for (const [peer, verdict] of Object.entries(peerVerdicts(body))) t.equal(verdict, true, peer)
  t.match(await ctx.db('objects').where({ in_reply_to_id: row.id }).first(), { source: 'Déplacé en ligne : Chantier au jardin' })
  t.same(await news(ctx, bea), ['event_online'])
  await editEvent(ctx, who(alice), online, { description: 'Le lien ouvre à 13 h.' })
  t.same(await news(ctx, bea), ['event_online'], 'another word about it is no news of the kind')
  const back = await editEvent(ctx, who(alice), online, { status: 'MOVED_ONLINE', location: { name: 'Salle des fêtes' } })
  t.match(back, { event_status: 'CONFIRMED', place: { name: 'Salle des fêtes', url: null } })

  const remote = await velorution(ctx, alice, velo)
  await joinEvent(ctx, alice, { ...remote, start_time: null }, {})
  const { object, ...update } = recorded('in-create-event-mobilizon')
  const moved = { ...object, name: '[EN LIGNE] Vélorution', eventStatus: 'EventMovedOnline', updated: '2026-12-14T00:00:00Z' }
  t.equal(await receive(ctx, { ...update, type: 'Update', object: { ...moved, status: 'CONFIRMED' } }), 'updated')
  t.match(await ctx.db('objects').where({ id: remote.id }).first(), { event_status: 'MOVED_ONLINE', name: 'Vélorution' })
  t.equal((await news(ctx, alice)).at(-1), 'event_online')
  const off = { ...moved, status: 'CANCELLED', updated: '2026-12-14T01:00:00Z' }
  await receive(ctx, { ...update, id: `${update.id}/off`, type: 'Update', object: off })
  t.match(await ctx.db('objects').where({ id: remote.id }).first(), { event_status: 'CANCELLED' }, 'called off outweighs moved online')
})

t.test('[43] a Mobilizon event moved under the id of its Create is moved here, and who comes is told', async (t) => {
  const { ctx, alice, velo } = await scene(t)
  const event = await velorution(ctx, alice, velo)
  await joinEvent(ctx, alice, event, {})
  const update = recorded('in-create-event-mobilizon')
  const again = {
    ...update,
    type: 'Update',
    object: {
      ...update.object,
      startTime: '2026-12-06T10:00:00+04:00',
      endTime: '2026-12-06T12:00:00+04:00',
      updated: '2026-11-22T10:00:00Z'
    }
  }
  t.equal(await receive(ctx, again), 'updated')
  t.match(await findEvent(ctx.db, event.id), { moved_from: new Date('2026-12-05T06:00:00Z') })
  t.same(await news(ctx, alice), ['event_moved'])
  const counted = { ...again, object: { ...again.object, participantCount: 8 } }
  t.equal(await receive(ctx, counted), 'updated', 'the number alone is no edit')
  t.equal(await participants(ctx, event), 8)
  t.same(await news(ctx, alice), ['event_moved'])
  t.equal(
    await receive(ctx, {
      ...again,
      object: { ...again.object, status: 'CANCELLED', 'ical:status': 'CANCELLED', updated: '2026-11-22T11:00:00Z' }
    }),
    'updated'
  )
  t.same(await news(ctx, alice), ['event_moved', 'event_cancelled'])
  await t.rejects(joinEvent(ctx, alice, (await ctx.db<ObjectRow>('objects').where({ id: event.id }).first())!, {}), {
    code: 'event.cancelled'
  })
})

t.test('J14: absurd numbers of seats and participants are clamped, unknown ways to join mean none', async (t) => {
  const { ctx, alice, velo } = await scene(t)
  const create = recorded('in-create-event-mobilizon')
  Object.assign(create.object, {
    joinMode: 'evil',
    maximumAttendeeCapacity: -5,
    participantCount: 1e308,
    externalParticipationUrl: 'javascript:alert(1)'
  })
  await ctx.db('follows').insert({
    id: '81',
    iri: `${alice.iri}#f`,
    follower_id: alice.id,
    followed_id: velo.id,
    state: 'accepted',
    follower_local: true
  })
  t.equal(await receive(ctx, create), 'created')
  t.match(await ctx.db('events').where({ local: false }), [
    { join_mode: 'none', capacity: null, participants: 1_000_000, external_url: null }
  ])
})

t.test('Friendica says yes, perhaps and no to the event itself', async (t) => {
  const { ctx, event } = await scene(t)
  const row = await event()
  const fred = await remotePerson(ctx, 'fred@friendica.example')
  t.equal(await receive(ctx, activity('Accept', fred, row.iri)), 'joined')
  t.equal(await participants(ctx, row), 1)
  t.equal(await receive(ctx, activity('TentativeAccept', fred, { id: row.iri, type: 'Event' })), 'interested')
  t.equal(await participants(ctx, row), 0)
  t.equal(await receive(ctx, activity('Reject', fred, row.iri)), 'left')
  t.same(await sent(ctx), [], 'it does not know answers to that')
})

t.test('Undo of a Join gives the seat back', async (t) => {
  const { ctx, dora, event } = await scene(t)
  const row = await event()
  await receive(ctx, join(row))
  t.equal(await receive(ctx, activity('Undo', dora, { type: 'Join', id: join(row).id, actor: dora.iri, object: row.iri })), 'undone')
  t.equal(await stateOf(ctx, row, dora), 'left')
  t.equal(await participants(ctx, row), 0)
})

t.test('an invitation goes out, and its Accept is a seat even where others must ask', async (t) => {
  const { ctx, alice, dora, eve, event } = await scene(t)
  const row = await event({ joinMode: 'restricted' })
  await t.rejects(inviteTo(ctx, who(await localPerson(ctx, 'bea')), alice, row, dora), { code: 'permission.denied' })
  await inviteTo(ctx, who(alice), alice, row, dora)
  await inviteTo(ctx, who(alice), alice, row, dora)
  const [invite, twice] = await sent(ctx, 'Invite')
  t.equal(twice, undefined)
  assertWire(invite!.body)
  t.match(invite, { inbox: dora.inbox, body: { actor: alice.iri, object: row.iri, target: dora.iri } })
  const embedded = { id: invite!.body.id, type: 'Invite', actor: alice.iri, object: row.iri, target: dora.iri }
  t.equal(await receive(ctx, activity('Accept', eve, embedded)), 'refused-owner', 'O28: not by somebody else')
  t.equal(await receive(ctx, activity('Accept', dora, embedded)), 'joined')
  t.equal(await stateOf(ctx, row, dora), 'accepted')
})

t.test('an invitation from elsewhere is told to who it is for, and answered', async (t) => {
  const { ctx, alice, dora, velo, eve } = await scene(t)
  const event = await velorution(ctx, alice, velo)
  const more = { target: alice.iri, to: [alice.iri] }
  t.equal(await receive(ctx, activity('Invite', eve, event.iri, more)), 'refused-owner', 'only organisers invite')
  const turned = { target: event.iri, to: [alice.iri], instrument: 'inviteWithRules' }
  t.equal(await receive(ctx, activity('Invite', eve, alice.iri, turned)), 'refused-owner', 'as Communecter says it: neither')
  t.same(await news(ctx, alice), [])
  t.equal(await receive(ctx, activity('Invite', dora, alice.iri, turned)), 'invited', 'Communecter: the person is the object')
  t.match(await ctx.db('event_invitations').select('invitee_id'), [{ invitee_id: alice.id }])
  await ctx.db('event_invitations').delete()
  await ctx.db('notifications').delete()
  t.equal(await receive(ctx, activity('Invite', dora, event.iri, more)), 'invited')
  t.same(await news(ctx, alice), ['event_invite'])
  await declineInvitation(ctx, alice, event)
  t.match((await sent(ctx, 'Reject'))[0], { inbox: dora.inbox, body: { actor: alice.iri, object: { type: 'Invite', object: event.iri } } })
})
