// Taking part in events through the native API: refusals, the organiser's page, invitations, the last seats, one event as a calendar file.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { sendReminders } from '../../db/event-reminders.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup } from '../../test/people.ts'

type Tap = Parameters<typeof testContext>[0]
const URL = '/api/communer/v1/events'
const EVENT = { title: 'Fête du jardin', start: '2026-12-12T14:00', timezone: 'Indian/Reunion' }

async function scene(t: Tap) {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const bea = await citizen(ctx, 'bea')
  const carl = await citizen(ctx, 'carl')
  await localGroup(ctx, 'jardin', alice.actor)
  const asAlice = await caller(ctx, app, alice.account.id)
  const announce = async (more: object = {}): Promise<string> => (await asAlice('POST', URL, { ...EVENT, ...more })).json.id
  return {
    ctx,
    clock,
    app,
    bea,
    carl,
    announce,
    asAlice,
    asBea: await caller(ctx, app, bea.account.id),
    asCarl: await caller(ctx, app, carl.account.id),
    anyone: await caller(ctx, app, null)
  }
}

async function caller(ctx: Ctx, app: FastifyInstance, accountId: string | null) {
  const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
  return async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return {
      status: answer.statusCode,
      json: String(answer.headers['content-type']).includes('json') ? answer.json() : null,
      link: String(answer.headers['link'] ?? '')
    }
  }
}

async function idOf(ctx: Ctx, eventId: string, { actor }: { actor: { id: string } }): Promise<string> {
  return (await ctx.db('participations').where({ object_id: eventId, actor_id: actor.id }).first('id')).id
}

t.test('who is nobody, or no organiser, is refused and nothing is stored', async (t) => {
  const { ctx, announce, asBea, asCarl, anyone, bea, carl } = await scene(t)
  const id = await announce({ joinMode: 'restricted' })
  for (const verb of ['join', 'leave', 'interested', 'decline']) t.equal((await anyone('POST', `${URL}/${id}/${verb}`)).status, 401, verb)
  t.equal((await asBea('POST', `${URL}/1/join`)).status, 404)
  t.same(await ctx.db('participations').select('id'), [])
  await asBea('POST', `${URL}/${id}/join`, { message: 'Avec mon fils' })
  const asked = await idOf(ctx, id, bea)
  for (const [path, body] of [
    [`participants/${asked}/approve`, undefined],
    [`participants/${asked}/refuse`, undefined],
    ['invitations', { acct: 'carl' }]
  ] as const) {
    t.match(await asCarl('POST', `${URL}/${id}/${path}`, body), { status: 403, json: { code: 'permission.denied' } }, path)
    t.equal((await anyone('POST', `${URL}/${id}/${path}`, body)).status, 401, path)
  }
  t.match(await ctx.db('participations').select('actor_id', 'state'), [{ actor_id: bea.actor.id, state: 'pending' }])
  t.same(await ctx.db('event_invitations').select('id'), [])
  t.same(await ctx.db('notifications').where({ owner_id: carl.actor.id }).select('id'), [])
})

t.test('who asks to come is seen by organisers only, and her name by others only if she says so', async (t) => {
  const { ctx, announce, asAlice, asBea, asCarl, anyone, bea, carl } = await scene(t)
  const id = await announce({ joinMode: 'restricted', capacity: 1, as: 'jardin' })
  const asked = await asBea('POST', `${URL}/${id}/join`, { message: 'Avec mon fils', named: true })
  t.match(asked.json, { participation: { state: 'received', named: true }, participantCount: 0, requestCount: null, canOrganise: false })
  await asCarl('POST', `${URL}/${id}/join`)
  t.same((await anyone('GET', `${URL}/${id}/participants`)).json, [])
  t.same((await asCarl('GET', `${URL}/${id}/participants?state=pending`)).json, [], 'asking for requests shows none to others')
  t.match((await asAlice('GET', `${URL}/${id}/participants?state=pending`)).json, [
    { account: { acct: 'bea' }, state: 'pending', message: 'Avec mon fils' },
    { account: { acct: 'carl' }, state: 'pending' }
  ])
  t.match((await asAlice('GET', `${URL}/${id}`)).json, { canOrganise: true, requestCount: 2 })
  t.match((await asAlice('POST', `${URL}/${id}/join`)).json, { participation: { state: 'accepted' } }, 'an organiser asks nobody')
  await asAlice('POST', `${URL}/${id}/leave`)
  t.equal((await asAlice('POST', `${URL}/${id}/participants/${await idOf(ctx, id, bea)}/approve`)).status, 200)
  t.match(await asAlice('POST', `${URL}/${id}/participants/${await idOf(ctx, id, carl)}/approve`), {
    status: 422,
    json: { code: 'event.full' }
  })
  const requests = async () => (await asAlice('GET', '/api/v1/notifications?types[]=event_request')).json
  t.match(await requests(), [{ account: { acct: 'carl' } }], 'what was answered asks no more')
  t.equal((await asAlice('POST', `${URL}/${id}/participants/${await idOf(ctx, id, carl)}/refuse`)).status, 200)
  t.same(await requests(), [])
  t.equal((await asAlice('POST', `${URL}/${id}/participants/1/refuse`)).status, 404)
  const shown = (await anyone('GET', `${URL}/${id}/participants`)).json
  t.match(shown, [{ account: { acct: 'bea' }, state: 'accepted', message: '' }])
  t.equal(shown.length, 1)
  t.match((await asBea('GET', `${URL}/${id}`)).json, { participation: { state: 'accepted' }, participantCount: 1, remainingCapacity: 0 })
  t.match((await asCarl('GET', `${URL}/${id}`)).json, { participation: { state: 'refused' } })
  t.match(await asCarl('POST', `${URL}/${id}/join`), { status: 422, json: { code: 'event.not-accepted' } })
})

t.test('where one cannot come one is told why, and may keep the event in mind', async (t) => {
  const { announce, asAlice, asBea, clock } = await scene(t)
  const elsewhere = await announce({ joinMode: 'external', externalParticipationUrl: 'https://billets.example/1' })
  t.match(await asBea('POST', `${URL}/${elsewhere}/join`), { status: 422, json: { code: 'event.external' } })
  const open = await announce({ joinMode: 'none' })
  t.match(await asBea('POST', `${URL}/${open}/join`), { status: 422, json: { code: 'event.closed' } })
  t.match((await asBea('POST', `${URL}/${open}/interested`)).json, { participation: { state: 'interested' }, participantCount: 0 })
  t.match((await asBea('GET', `${URL}?participating=true`)).json, [{ id: open }])
  t.match((await asBea('POST', `${URL}/${open}/leave`)).json, { participation: null })
  await asAlice('PATCH', `${URL}/${open}`, { status: 'CANCELLED', joinMode: 'free' })
  t.match(await asBea('POST', `${URL}/${open}/join`), { status: 422, json: { code: 'event.cancelled' } })
  const soon = await announce({ start: '2026-11-22T17:00' })
  clock.advance(5 * 3_600_000)
  t.match(await asBea('POST', `${URL}/${soon}/join`), { status: 422, json: { code: 'event.over' } })
})

t.test('an invitation is told, seen on the event, declined, and may be given again', async (t) => {
  const { ctx, announce, asAlice, asBea, bea } = await scene(t)
  const id = await announce({ joinMode: 'restricted' })
  t.match(await asAlice('POST', `${URL}/${id}/invitations`, { acct: 'nobody' }), { status: 404, json: { code: 'invitee.unknown' } })
  t.match(await asAlice('POST', `${URL}/${id}/invitations`, { acct: 'jardin' }), { status: 422, json: { code: 'event.invitee' } })
  t.match(await asBea('POST', `${URL}/${id}/decline`), { status: 404, json: { code: 'event.not-invited' } })
  t.equal((await asAlice('POST', `${URL}/${id}/invitations`, { acct: '@bea' })).status, 200)
  t.match(await ctx.db('notifications').where({ owner_id: bea.actor.id }).select('type'), [{ type: 'event_invite' }])
  t.match((await asBea('GET', `${URL}/${id}`)).json, { invitedBy: { acct: 'alice' } })
  t.match((await asBea('POST', `${URL}/${id}/decline`)).json, { invitedBy: null, participation: null })
  t.equal((await asAlice('POST', `${URL}/${id}/invitations`, { acct: 'bea' })).status, 200)
  t.match(
    (await asBea('POST', `${URL}/${id}/join`)).json,
    { invitedBy: null, participation: { state: 'accepted' } },
    'no second word is needed'
  )
})

t.test('with a waiting list, seats given back or added go to those who came first', async (t) => {
  const { ctx, clock, app, announce, asAlice, asBea, asCarl, carl } = await scene(t)
  const dora = await citizen(ctx, 'dora')
  const asDora = await caller(ctx, app, dora.account.id)
  const id = await announce({ capacity: 1, waitingList: true })
  const stateOf = async (call: typeof asBea): Promise<unknown> => {
    const { participation } = (await call('GET', `${URL}/${id}`)).json
    return participation === null ? null : [participation.state, participation.position]
  }
  t.match((await asBea('POST', `${URL}/${id}/join`)).json, {
    participation: { state: 'accepted' },
    waitingList: true,
    remainingCapacity: 0
  })
  t.match((await asCarl('POST', `${URL}/${id}/join`)).json, { participation: { state: 'waiting', position: 1 }, participantCount: 1 })
  clock.advance(1000)
  await asDora('POST', `${URL}/${id}/join`)
  t.same(await stateOf(asDora), ['waiting', 2])
  await asBea('POST', `${URL}/${id}/leave`)
  clock.advance(1000)
  // Who comes before the seat is given on stands behind those who wait.
  await asBea('POST', `${URL}/${id}/join`)
  t.same(await stateOf(asBea), ['waiting', 3])
  await doChores(ctx)
  t.same(await Promise.all([asCarl, asDora, asBea].map(stateOf)), [
    ['accepted', null],
    ['waiting', 1],
    ['waiting', 2]
  ])
  t.match(await ctx.db('notifications').where({ owner_id: carl.actor.id, type: 'event_accepted' }), [{ object_id: id }])
  await asAlice('PATCH', `${URL}/${id}`, { capacity: 3 })
  await doChores(ctx)
  t.same(await Promise.all([asDora, asBea].map(stateOf)), [
    ['accepted', null],
    ['accepted', null]
  ])
  t.match((await asBea('GET', `${URL}/${id}`)).json, { participantCount: 3, remainingCapacity: 0 })
})

t.test('organisers take the list away as a table that runs no formula; nobody else does', async (t) => {
  const { app, ctx, announce, asBea, asCarl, bea } = await scene(t)
  const id = await announce({ joinMode: 'restricted' })
  await ctx.db('actors').where({ id: bea.actor.id }).update({ name: '=HYPERLINK("https://evil.example";"Bea")' })
  await asBea('POST', `${URL}/${id}/join`, { message: 'Avec mon fils;\n@deux' })
  t.equal((await asCarl('GET', `${URL}/${id}/participants.csv`)).status, 403)
  t.equal((await app.inject({ url: `${URL}/${id}/participants.csv` })).statusCode, 401)
  const [{ id: accountId }] = await ctx
    .db('accounts')
    .join('actors', 'actors.id', 'accounts.actor_id')
    .where('actors.username', 'alice')
    .select('accounts.id')
  const headers = { authorization: `Bearer ${await createToken(ctx, accountId, 'read')}` }
  const { body, headers: given } = await app.inject({ url: `${URL}/${id}/participants.csv`, headers })
  t.match(given, { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'private, no-store' })
  const lines = body.split('\r\n')
  t.equal(lines[0], '\uFEFFNom;Adresse;Adresse électronique;État;Depuis;Places;Code d’entrée;Arrivée;Mot à l’organisateur')
  t.equal(
    lines[1],
    `"'=HYPERLINK(""https://evil.example"";""Bea"")";bea;;demande;${ctx.clock.now().toISOString()};1;;;"Avec mon fils;\n@deux"`
  )
})

t.test('who takes part is reminded the day before, once for each date, and of nothing that is called off', async (t) => {
  const { ctx, clock, announce, asAlice, asBea, asCarl, bea, carl } = await scene(t)
  const [fete, off] = [await announce(), await announce({ title: 'Annulé' })]
  for (const id of [fete, off]) await asBea('POST', `${URL}/${id}/join`)
  await asCarl('POST', `${URL}/${fete}/interested`)
  await asAlice('PATCH', `${URL}/${off}`, { status: 'CANCELLED' })
  const reminded = async (): Promise<string[]> =>
    (await ctx.db('notifications').where({ type: 'event_reminder' }).orderBy('owner_id').select('owner_id', 'object_id')).map(
      (row: { owner_id: string; object_id: string }) => `${row.owner_id} ${row.object_id}`
    )
  t.equal(await sendReminders(ctx), 0, 'three weeks before')
  clock.advance(new Date('2026-12-11T12:00:00Z').getTime() - ctx.clock.now().getTime())
  await Promise.all([sendReminders(ctx), sendReminders(ctx)])
  t.same(await reminded(), [`${bea.actor.id} ${fete}`, `${carl.actor.id} ${fete}`])
  t.equal(await sendReminders(ctx), 0, 'once')
  await ctx.db('notifications').delete()
  await asAlice('PATCH', `${URL}/${fete}`, { start: '2026-12-20T14:00' })
  t.equal(await sendReminders(ctx), 0)
  clock.advance(8 * 86_400_000)
  t.equal(await sendReminders(ctx), 2, 'again for the new date')
  const late = await announce({ title: 'Ce soir', start: '2026-12-20T08:00' })
  await asBea('POST', `${URL}/${late}/join`)
  t.equal(await sendReminders(ctx), 0, 'who has just said yes needs no reminder')
})

t.test('one event as a calendar file: postponed and called off under the same UID, and nothing of what is not public', async (t) => {
  const { app, announce, asAlice } = await scene(t)
  const id = await announce()
  const hidden = await announce({ visibility: 'members', as: 'jardin' })
  t.equal((await app.inject(`/evenements/${hidden}.ics`)).statusCode, 404)
  t.equal((await app.inject('/evenements/1.ics')).statusCode, 404)
  const before = await app.inject(`/evenements/${id}.ics`)
  t.match(before.headers['content-type'], 'text/calendar')
  t.match(before.body, /STATUS:CONFIRMED/)
  t.match((await asAlice('PATCH', `${URL}/${id}`, { status: 'POSTPONED' })).json, { status: 'POSTPONED', isOver: false })
  t.match(
    (await app.inject(`/evenements/${id}.ics`)).body,
    /STATUS:TENTATIVE[^]*SUMMARY:\[REPORTÉ\] Fête du jardin|SUMMARY:\[REPORTÉ\] Fête du jardin[^]*STATUS:TENTATIVE/
  )
  const refused = await asAlice('PATCH', `${URL}/${id}`, { status: 'MOVED_ONLINE', location: { name: 'Salle' } })
  t.match(refused, { status: 422, json: { code: 'event.online-url' } })
  await asAlice('PATCH', `${URL}/${id}`, { status: 'MOVED_ONLINE', location: { url: 'https://visio.example/fete' } })
  const online = (await app.inject(`/evenements/${id}.ics`)).body
  t.match(online, 'STATUS:CONFIRMED')
  t.match(online, 'SUMMARY:[EN LIGNE] Fête du jardin')
  t.match(online, 'LOCATION:https://visio.example/fete')
  await asAlice('PATCH', `${URL}/${id}`, { status: 'CANCELLED' })
  const after = (await app.inject(`/evenements/${id}.ics`)).body
  t.match(after, /STATUS:CANCELLED/)
  t.equal(/UID:(.+)/.exec(after)![1], /UID:(.+)/.exec(before.body)![1])
  t.ok(Number(/SEQUENCE:(\d+)/.exec(after)![1]) > 0, 'calendars take the newer one')
  await asAlice('DELETE', `${URL}/${id}`)
  t.equal((await app.inject(`/evenements/${id}.ics`)).statusCode, 404)
})
