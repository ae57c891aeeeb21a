// Events that come again, through the native API: entered once, announced one by one, changed for one date or for all, and in calendars.
import type { FastifyInstance } from 'fastify'
import ICAL from 'ical.js'
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { saveFollow } from '../../db/links.ts'
import { hashPassword } from '../../core/password.ts'
import { deleteAccount } from '../../features/accounts/leave.ts'
import { createSeries } from '../../features/events/series.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup, remotePerson } from '../../test/people.ts'

const URL = '/api/communer/v1/events'
const DAY = 24 * 3_600_000
// A Saturday two weeks before clocks change.
const MARKET = {
  title: 'Marché',
  start: '2026-10-10T09:00',
  end: '2026-10-10T12:30',
  timezone: 'Europe/Paris',
  location: { name: 'Place de la Mairie' },
  tags: ['marche'],
  as: 'marche',
  recurrence: { rule: 'FREQ=WEEKLY;BYDAY=SA', except: ['2026-12-26'] }
}

// One instance serves the whole file; each test has its own group.
const { ctx, clock } = await testContext(t, { startAt: new Date('2026-10-05T08:00:00Z') })
const app = await buildApp(ctx)
t.teardown(() => app.close())
const alice = await citizen(ctx, 'alice')
const bea = await citizen(ctx, 'bea')
const [call, callAsBea, anyone] = [
  await caller(ctx, app, alice.account.id),
  await caller(ctx, app, bea.account.id),
  await caller(ctx, app, null)
]

async function caller(ctx: Ctx, app: FastifyInstance, accountId: string | null) {
  const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
  return async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, json: answer.json() }
  }
}

let serial = 0
async function market(more: object = {}) {
  serial += 1
  const as = `marche${serial}`
  const group = await localGroup(ctx, as, alice.actor)
  const { status, json } = await call('POST', URL, { ...MARKET, as, ...more })
  if (status !== 201) throw new Error(JSON.stringify(json))
  return { event: json, as, group }
}

/** Does what is due, as often as there is something. */
async function work(): Promise<void> {
  while ((await doChores(ctx)) > 0);
}
const starts = async (as: string): Promise<string[]> =>
  (await anyone('GET', `${URL}?group=${as}&limit=100`)).json.map((event: { start: string }) => event.start)
const calendar = async (as: string): Promise<ICAL.Component[]> =>
  new ICAL.Component(ICAL.parse((await app.inject({ url: `/@${as}/agenda.ics` })).body)).getAllSubcomponents('vevent')

t.test('a weekly market is entered once; its dates are announced as they come near, each as an ordinary event', async (t) => {
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  const before = new Date(ctx.clock.now())
  const { event, as, group } = await market()
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f', follower: bob, followedId: group.id, state: 'accepted' })
  t.match(event, { start: '2026-10-10T09:00:00+02:00', series: { rule: 'FREQ=WEEKLY;BYDAY=SA', except: ['2026-12-26'], endedAt: null } })
  await work()
  t.same(await starts(as), ['2026-10-10T09:00:00+02:00', '2026-10-17T09:00:00+02:00'], 'what is within two weeks')
  const shown = (await anyone('GET', `${URL}/${event.id}`)).json
  t.equal(shown.series.dates.length, 8)
  t.match(shown.series.dates.slice(0, 4), [
    { start: '2026-10-10T09:00:00+02:00', eventId: event.id },
    { start: '2026-10-17T09:00:00+02:00', eventId: /^\d+$/ },
    { start: '2026-10-24T09:00:00+02:00', eventId: null },
    { start: '2026-10-31T09:00:00+01:00', eventId: null }
  ])
  // The second left for the follower like any other event.
  const letters: { body: string }[] = await ctx
    .db('activities as a')
    .join('deliveries as d', 'd.activity_id', 'a.id')
    .where('a.actor_id', group.id)
    .select('body')
  const created = letters.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === 'Create')
  t.match(
    created.map(({ object }) => [object.type, object.name, object.startTime]),
    [['Event', 'Marché', '2026-10-17T09:00:00+02:00']]
  )
  for (let week = 1; week <= 3; week += 1) {
    clock.advance(7 * DAY)
    await work()
    await work()
  }
  t.same(
    await starts(as),
    ['2026-10-31T09:00:00+01:00', '2026-11-07T09:00:00+01:00'],
    'nine o’clock is nine o’clock after clocks have changed'
  )
  clock.advance(before.getTime() - ctx.clock.now().getTime())
})

t.test('calendars have each date once, and the rule for what is further ahead', async (t) => {
  const { as } = await market()
  await work()
  const entries = await calendar(as)
  const planned = entries.filter((entry) => entry.getFirstProperty('rrule'))
  t.equal(planned.length, 1)
  t.equal(entries.length, 3)
  const days = new Set<string>()
  for (const entry of entries) {
    const iterator = new ICAL.Event(entry).iterator()
    for (let n = 0, next = iterator.next(); next && n < 20; n += 1, next = iterator.next()) {
      t.notOk(days.has(next.toString()), `${next.toString()} once`)
      days.add(next.toJSDate().toISOString())
    }
  }
  t.ok(days.has('2026-10-10T07:00:00.000Z') && days.has('2026-10-24T07:00:00.000Z'))
  t.ok(days.has('2026-10-31T08:00:00.000Z'), 'a reader with the zone of the file keeps nine o’clock')
  t.notOk(
    [...days].some((day) => day.startsWith('2026-12-26')),
    'what is left out is left out'
  )
})

t.test('what is planned but not announced yet can be asked for, month by month', async (t) => {
  const { as } = await market()
  await work()
  const planned = (await anyone('GET', `${URL}/planned?group=${as}&from=2026-11-30T00:00:00Z&to=2027-01-04T00:00:00Z`)).json
  t.same(
    planned.map((date: { start: string }) => date.start.slice(0, 10)),
    ['2026-12-05', '2026-12-12', '2026-12-19', '2027-01-02']
  )
  t.match(planned[0], { title: 'Marché', timezone: 'Europe/Paris', place: 'Place de la Mairie', eventId: /^\d+$/ })
  t.same(
    (await anyone('GET', `${URL}/planned?group=${as}&from=2026-10-10T00:00:00Z&to=2026-10-20T00:00:00Z`)).json,
    [],
    'announced ones are events'
  )
  t.same((await anyone('GET', `${URL}/planned?group=personne&from=2026-10-10T00:00:00Z&to=2026-12-20T00:00:00Z`)).json, [])
  t.equal((await anyone('GET', `${URL}/planned?from=hier&to=demain`)).status, 422)
})

t.test('one date is called off, others stay; hours and words change for this and the following', async (t) => {
  const { event, as } = await market()
  await work()
  const [, second] = (await anyone('GET', `${URL}?group=${as}`)).json
  t.equal((await call('PATCH', `${URL}/${event.id}`, { status: 'CANCELLED' })).json.status, 'CANCELLED')
  t.equal((await anyone('GET', `${URL}/${second.id}`)).json.status, 'CONFIRMED')
  const { json } = await call('PATCH', `${URL}/${second.id}`, {
    title: 'Marché d’hiver',
    start: '2026-10-17T10:00',
    end: '2026-10-17T12:00',
    scope: 'following'
  })
  t.match(json, { title: 'Marché d’hiver', start: '2026-10-17T10:00:00+02:00', series: { starts: '2026-10-10T10:00' } })
  t.equal((await anyone('GET', `${URL}/${event.id}`)).json.title, 'Marché', 'the one before stays')
  clock.advance(7 * DAY)
  await work()
  await work()
  const third = (await anyone('GET', `${URL}?group=${as}`)).json.at(-1)
  t.match(third, {
    title: 'Marché d’hiver',
    start: '2026-10-24T10:00:00+02:00',
    end: '2026-10-24T12:00:00+02:00',
    tags: [{ name: 'marche' }]
  })
  t.match(await call('PATCH', `${URL}/${second.id}`, { start: '2026-10-18T10:00', scope: 'all' }), {
    status: 422,
    json: { code: 'event.series-day' }
  })
  clock.advance(-7 * DAY)
})

t.test('a planned date is left out, the series is stopped; by who may, and by nobody else', async (t) => {
  const { event, as } = await market()
  await work()
  const url = `${URL}/${event.id}/series`
  t.match(await callAsBea('POST', `${url}/except`, { date: '2026-10-24' }), { status: 403 })
  t.match(await callAsBea('DELETE', url), { status: 403 })
  for (const date of ['2026-10-25', '2026-10-17', '2026-12-26'])
    t.match(await call('POST', `${url}/except`, { date }), { status: 422, json: { code: 'event.series-date' } }, date)
  const { json } = await call('POST', `${url}/except`, { date: '2026-10-24' })
  t.same(json.series.except, ['2026-10-24', '2026-12-26'])
  clock.advance(14 * DAY)
  await work()
  await work()
  t.notOk((await starts(as)).some((start) => start.startsWith('2026-10-24')))
  t.ok((await call('DELETE', url)).json.series.endedAt)
  clock.advance(60 * DAY)
  await work()
  t.same(await starts(as), [])
  t.match(await call('DELETE', url), { status: 422, json: { code: 'event.no-series' } })
  clock.advance(-74 * DAY)
})

t.test('two workers announce a date once; after a long silence what is over is passed by', async (t) => {
  const { as } = await market()
  const series = await ctx.db('event_series').orderBy('id', 'desc').first()
  const { announceDates } = await import('../../features/events/series.ts')
  await Promise.all([announceDates(ctx, series.id), announceDates(ctx, series.id), announceDates(ctx, series.id)])
  t.same(await starts(as), ['2026-10-10T09:00:00+02:00', '2026-10-17T09:00:00+02:00'])
  clock.advance(70 * DAY)
  await announceDates(ctx, series.id)
  t.same(await starts(as), ['2026-12-19T09:00:00+01:00'], 'the 26th is left out')
  clock.advance(-70 * DAY)
})

t.test('who has left the group announces no more in its name', async (t) => {
  const { as, group } = await market()
  await ctx.db('memberships').where({ group_id: group.id, actor_id: alice.actor.id }).delete()
  await work()
  t.same(await starts(as), ['2026-10-10T09:00:00+02:00'])
  t.ok((await ctx.db('event_series').where({ publisher_id: group.id }).first()).ended_at)
})

t.test('when who entered it leaves, an owner of the group goes on; what was one’s own goes', async (t) => {
  const { as, group } = await market()
  const carl = await citizen(ctx, 'carl')
  await ctx
    .db('memberships')
    .insert({ group_id: group.id, actor_id: bea.actor.id, role: 'owner', state: 'active', created_at: ctx.clock.now() })
  await ctx.db('memberships').where({ group_id: group.id, actor_id: alice.actor.id }).delete()
  await work()
  t.equal((await starts(as)).length, 2, 'announced all the same')
  t.match(await ctx.db('event_series').where({ publisher_id: group.id }).first(), { author_id: bea.actor.id, ended_at: null })
  await createSeries(ctx, carl.actor, { ...MARKET, as: undefined }, { rule: 'FREQ=DAILY' })
  await ctx.db('event_series').where({ publisher_id: group.id }).update({ author_id: carl.actor.id })
  await ctx
    .db('accounts')
    .where({ id: carl.account.id })
    .update({ password_hash: await hashPassword('mot de passe') })
  await deleteAccount(ctx, (await ctx.db('accounts').where({ id: carl.account.id }).first())!, carl.actor, 'mot de passe')
  t.equal((await ctx.db('event_series').where({ publisher_id: group.id }).first()).author_id, bea.actor.id)
  t.same(await ctx.db('event_series').where({ author_id: carl.actor.id }), [])
})

t.test('a rule that is none is refused by name', async (t) => {
  for (const [recurrence, code] of [
    [{ rule: 'chaque samedi' }, 'event.recurrence'],
    [{ rule: 'FREQ=WEEKLY;BYDAY=SU' }, 'event.recurrence-start'],
    [{ rule: 'FREQ=WEEKLY', except: ['2026-10-10'] }, 'event.recurrence-except']
  ] as const)
    t.match(await call('POST', URL, { ...MARKET, as: undefined, recurrence }), { status: 422, json: { code } }, code)
})
