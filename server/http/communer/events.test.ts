// Events through the native API, and what leaves for other servers.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { buildApp } from '../../app.ts'
import type { Ctx } from '../../context.ts'
import { saveFollow } from '../../db/links.ts'
import { createToken } from '../../features/accounts/tokens.ts'
import { doChores } from '../../jobs/chores.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup, remotePerson } from '../../test/people.ts'
import { assertWire } from '../../vocab/assert-wire.ts'

type Tap = Parameters<typeof testContext>[0]
const URL = '/api/communer/v1/events'
const FETE = {
  title: 'Fête du jardin',
  start: '2026-12-12T14:00',
  end: '2026-12-12T17:00',
  timezone: 'Indian/Reunion',
  description: 'Venez #Compost',
  location: { name: 'Jardin', latitude: -21, longitude: 55.3 }
}

async function scene(t: Tap) {
  const { ctx, clock } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  ctx.log.error = ((what: { err?: Error }) => process.stderr.write(`${what.err?.stack}\n`)) as typeof ctx.log.error
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await citizen(ctx, 'alice')
  const bea = await citizen(ctx, 'bea')
  return {
    ctx,
    clock,
    alice,
    bea,
    call: await caller(ctx, app, alice.account.id),
    callAsBea: await caller(ctx, app, bea.account.id),
    anyone: await caller(ctx, app, null)
  }
}

async function caller(ctx: Ctx, app: FastifyInstance, accountId: string | null) {
  const headers = accountId === null ? {} : { authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` }
  return async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, json: answer.json(), link: String(answer.headers['link'] ?? '') }
  }
}

t.test('an event is announced, read by anyone, and reaches followers with its date, place and wire form', async (t) => {
  const { ctx, alice, call, anyone } = await scene(t)
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f', follower: bob, followedId: alice.actor.id, state: 'accepted' })
  const { status, json: event } = await call('POST', URL, FETE)
  t.equal(status, 201)
  t.match(event, {
    title: 'Fête du jardin',
    start: '2026-12-12T14:00:00+04:00',
    end: '2026-12-12T17:00:00+04:00',
    timezone: 'Indian/Reunion',
    status: 'CONFIRMED',
    location: { name: 'Jardin', latitude: -21 },
    url: `https://commune.test/evenements/${event.id}`,
    tags: [{ name: 'Compost' }],
    organizer: { acct: 'alice' },
    author: null,
    visibility: 'public'
  })
  t.same((await anyone('GET', `${URL}/${event.id}`)).json, { ...event, canOrganise: false, requestCount: null })
  const shown = (await anyone('GET', `/api/v1/statuses/${event.status_id}`)).json
  t.match(shown, { communer: { type: 'Event', title: 'Fête du jardin', event: { start: event.start } }, spoiler_text: '' })
  t.match(shown.content, /^<p><strong>Fête du jardin<\/strong><\/p><p>Samedi 12 décembre 2026, 14 h – 17 h · Jardin<\/p>/)
  const [sent] = await ctx.db('activities').join('deliveries', 'deliveries.activity_id', 'activities.id').select('body', 'inbox')
  const create = JSON.parse(sent.body)
  assertWire(create)
  t.match(create, {
    type: 'Create',
    object: { type: 'Event', startTime: '2026-12-12T14:00:00+04:00', joinMode: 'free', category: 'COMMUNITY' }
  })
})

t.test('an event of a group is the group’s, by a person; cancelling it tells everyone and says so in the thread', async (t) => {
  const { ctx, alice, call, callAsBea, anyone } = await scene(t)
  await localGroup(ctx, 'jardin', alice.actor)
  const { json: event } = await call('POST', URL, { ...FETE, as: 'jardin' })
  t.match(event, { organizer: { acct: 'jardin' }, author: { acct: 'alice' } })
  t.equal((await callAsBea('POST', URL, { ...FETE, as: 'jardin' })).status, 403)
  t.equal((await callAsBea('PATCH', `${URL}/${event.id}`, { title: 'Pirate' })).status, 403)
  t.match((await call('PATCH', `${URL}/${event.id}`, { start: '2026-12-13T14:00', end: null })).json, {
    start: '2026-12-13T14:00:00+04:00',
    end: null,
    title: 'Fête du jardin',
    location: { name: 'Jardin' }
  })
  const cancelled = (await call('PATCH', `${URL}/${event.id}`, { status: 'CANCELLED' })).json
  t.match(cancelled, { status: 'CANCELLED', title: 'Fête du jardin', replies_count: 1 })
  const updates = await ctx.db('activities').where({ type: 'Update' }).orderBy('id').pluck('body')
  const last = JSON.parse(updates.at(-1))
  assertWire(last)
  t.match(last.object, { name: '[ANNULÉ] Fête du jardin', status: 'CANCELLED' })
  t.match((await anyone('GET', `/api/v1/statuses/${event.id}/context`)).json.descendants, [
    { account: { acct: 'jardin' }, communer: { body: /Annulé : Fête du jardin/ } }
  ])
  t.equal((await callAsBea('DELETE', `${URL}/${event.id}`)).status, 403)
  t.equal((await call('DELETE', `${URL}/${event.id}`)).status, 200)
  t.equal((await anyone('GET', `${URL}/${event.id}`)).status, 404)
})

t.test('the agenda goes by date, from now on, in pages without gap or double', async (t) => {
  const { clock, call, anyone } = await scene(t)
  const at = async (start: string, end: string | null, more: object = {}) =>
    (await call('POST', URL, { title: `Le ${start}`, start, end, timezone: 'UTC', ...more })).json.id as string
  const past = await at('2026-11-20T10:00', '2026-11-20T12:00')
  const ongoing = await at('2026-11-21T10:00', '2026-11-23T12:00')
  const ids = [ongoing]
  const same = [await at('2026-12-01T10:00', null), await at('2026-12-01T10:00', null)]
  const late = await at('2027-01-01T10:00', null)
  ids.push(...same, late)
  await at('2026-12-05T10:00', null, { visibility: 'followers' })
  const seen: string[] = []
  let url: string | null = `${URL}?limit=2`
  while (url !== null) {
    const page: Awaited<ReturnType<typeof anyone>> = await anyone('GET', url)
    seen.push(...page.json.map((event: { id: string }) => event.id))
    url = /<https:\/\/commune\.test([^>]+)>; rel="next"/.exec(page.link)?.[1] ?? null
  }
  t.same(seen, ids)
  t.notOk(seen.includes(past))
  t.same(
    (await anyone('GET', `${URL}?from=2026-12-01T00:00:00Z&to=2026-12-31T00:00:00Z`)).json.map((event: { id: string }) => event.id),
    same
  )
  clock.set(new Date('2027-02-01T00:00:00Z'))
  t.same((await anyone('GET', URL)).json, [])
})

t.test('events are found near a place, by theme and by group, those of elsewhere too unless told otherwise', async (t) => {
  const { ctx, alice, call, anyone } = await scene(t)
  await localGroup(ctx, 'jardin', alice.actor)
  const here = (await call('POST', URL, { ...FETE, as: 'jardin' })).json.id
  await call('POST', URL, { ...FETE, title: 'Loin', location: { latitude: 48.85, longitude: 2.35 }, description: '' })
  const bob = await remotePerson(ctx, 'bob@mobilizon.example')
  await ctx.db('objects').insert({
    id: '500',
    iri: 'https://mobilizon.example/e/1',
    type: 'Event',
    local: false,
    actor_id: bob.id,
    visibility: 'public',
    name: 'Ailleurs',
    start_time: '2026-12-01T10:00:00Z',
    published: ctx.clock.now(),
    latitude: -21.01,
    longitude: 55.31,
    doc: {}
  })
  const titles = async (query: string): Promise<string[]> =>
    (await anyone('GET', `${URL}?${query}`)).json.map((event: { title: string }) => event.title)
  t.same(await titles('near=-21,55.3&radius=5000'), ['Ailleurs', 'Fête du jardin'])
  t.same(await titles('near=-21,55.3&radius=5000&local=true'), ['Fête du jardin'])
  t.same(await titles('theme=compost'), ['Fête du jardin'])
  t.same(
    (await anyone('GET', `${URL}?group=jardin`)).json.map((event: { id: string }) => event.id),
    [here]
  )
  t.same(await titles('place=jardin'), ['Fête du jardin'])
  t.same(await titles('group=personne'), [])
  t.same((await titles('')).sort(), ['Ailleurs', 'Fête du jardin', 'Loin'])
  t.same((await titles('local=true')).sort(), ['Fête du jardin', 'Loin'])
})

t.test('what is wrong is refused by name', async (t) => {
  const { call, anyone } = await scene(t)
  const refused = async (more: object, code: string, field?: string): Promise<void> => {
    const { status, json } = await call('POST', URL, { ...FETE, ...more })
    t.match({ status, ...json }, { status: 422, code, ...(field === undefined ? {} : { field }) }, code)
  }
  await refused({ title: 'ab' }, 'event.title', 'title')
  await refused({ start: '2026-13-45' }, 'event.start-invalid', 'start')
  await refused({ end: '2026-12-12T13:00' }, 'event.end', 'end')
  await refused({ timezone: 'Mars/Olympus' }, 'event.timezone', 'timezone')
  await refused({ location: { latitude: 91, longitude: 0 } }, 'event.coordinates')
  await refused({ location: { url: 'javascript:alert(1)' } }, 'event.place-url')
  await refused({ capacity: 100_001 }, 'event.capacity', 'capacity')
  await refused({ joinMode: 'external' }, 'event.external-url')
  t.match((await call('POST', URL, { ...FETE, title: 'Bal <b>& co</b>' })).json, { title: 'Bal b et co /b' })
  t.equal((await anyone('POST', URL, FETE)).status, 401)
  t.equal((await anyone('GET', `${URL}/1`)).status, 404)
})

t.test(
  'an event at a place of the directory stands in its agenda; its followers hear of it when who announces may speak for it',
  async (t) => {
    const { ctx } = await testContext(t)
    const app = await buildApp(ctx)
    t.teardown(() => app.close())
    const alice = await citizen(ctx, 'alice')
    const bea = await citizen(ctx, 'bea')
    const hall = await localGroup(ctx, 'salle', alice.actor)
    await ctx.db('actors').where({ id: hall.id }).update({ kind: 'place' })
    await localGroup(ctx, 'jardin', alice.actor)
    const follower = await remotePerson(ctx, 'dora@mastodon.example')
    await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f/7', follower, followedId: hall.id, state: 'accepted' })
    const as = async (accountId: string) => ({ authorization: `Bearer ${await createToken(ctx, accountId, 'read write')}` })
    const announce = async (accountId: string, more: object) => {
      const payload = { title: 'Bal', start: '2030-01-05T20:00', location: { name: 'Salle des fêtes' }, ...more }
      return app.inject({ method: 'POST', url: '/api/communer/v1/events', headers: await as(accountId), payload })
    }
    const mine = (await announce(alice.account.id, { placeActor: 'salle' })).json()
    const hers = (await announce(bea.account.id, { title: 'Loto', placeActor: '@Salle' })).json()
    await announce(bea.account.id, { title: 'Ailleurs' })
    t.match(mine, { placeActor: { username: 'salle' } })
    const agenda = (await app.inject({ url: '/api/communer/v1/events?group=salle' })).json()
    t.same(agenda.map(({ id }: { id: string }) => id).toSorted(), [mine.id, hers.id].toSorted())
    t.match((await app.inject({ url: '/@salle/agenda.ics' })).body, /SUMMARY:Loto/)
    await doChores(ctx)
    await doChores(ctx)
    const announced = await ctx.db('activities').where({ actor_id: hall.id, type: 'Announce' }).pluck('object_iri')
    t.same(announced, [mine.uri], 'what others announce there fills no timeline')
    t.match(await announce(bea.account.id, { placeActor: 'nulle-part' }), { statusCode: 422 })
    t.match((await announce(bea.account.id, { title: 'Intrus', placeActor: 'jardin' })).json(), { title: 'Intrus', placeActor: null })
    t.same(
      (await app.inject({ url: '/api/communer/v1/events?group=jardin' })).json(),
      [],
      'nobody puts something into the agenda of a group'
    )
    const url = `/api/communer/v1/events/${hers.id}`
    const moved = await app.inject({ method: 'PATCH', url, headers: await as(bea.account.id), payload: { title: 'Grand loto' } })
    t.match(moved.json(), { placeActor: { username: 'salle' }, title: 'Grand loto' }, 'what is left out stays')
    const away = await app.inject({ method: 'PATCH', url, headers: await as(bea.account.id), payload: { placeActor: null } })
    t.equal(away.json().placeActor, null)
  }
)
