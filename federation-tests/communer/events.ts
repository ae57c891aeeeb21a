// Two communes and an event of one of them (a part of two-instances.test.ts): asked for, granted, refused, full, left, by invitation;
// then changed, postponed, moved, called off and deleted. Asserted on both sides.
import type { Test } from 'tap'
import type { Communer } from '../harness/communer.ts'
import type { Client, Json } from '../harness/client.ts'
import { NOW } from '../harness/votes.ts'
import { waitUntil } from '../harness/wait.ts'

const EVENTS = '/api/communer/v1/events'
const DAY_MS = 86_400_000

/** A slow machine is no failure. */
const until: typeof waitUntil = (what, check) => waitUntil(what, check, 60_000)

/** `alpha` with Alice, `beta` with Bob, who follows her, and Eve, who does not. */
export async function meet(t: Test, { alpha, beta }: { alpha: Communer; beta: Communer }): Promise<void> {
  const alice = alpha.clients.alice!
  const bob = beta.clients.bob!
  const eve = beta.clients.eve!
  const inDays = (days: number): string => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS).toISOString()

  /** What Alice announces, and the same as it stands in the agenda of beta. */
  const announce = async (more: object): Promise<{ here: Json; there: Json }> => {
    const here: Json = await alice.post(EVENTS, {
      title: 'Repas de quartier',
      start: inDays(10),
      end: inDays(11),
      timezone: 'Indian/Reunion',
      location: { name: 'Préau' },
      ...more
    })
    const there = await until('the event in the agenda of beta', async () =>
      ((await bob.get(`${EVENTS}?limit=100`)) as Json[]).find((one) => one.uri === here.uri)
    )
    return { here, there }
  }
  const seen = (client: Client, event: Json): Promise<Json> => client.get(`${EVENTS}/${event.id}`)
  /** Waits until beta shows this of the event to `client`. */
  const shows = (what: string, client: Client, event: Json, check: (now: Json) => boolean): Promise<Json> =>
    until(what, async () => {
      const now = await seen(client, event)
      return check(now) ? now : null
    })
  const isState = (client: Client, event: Json, state: string): Promise<Json> =>
    shows(`${state} on beta`, client, event, (now) => now.participation?.state === state)
  const hears = (client: Client, type: string, event: Json | null): Promise<unknown> =>
    until(type, async () =>
      ((await client.get('/api/v1/notifications?limit=80')) as Json[]).some(
        (one) => one.type === type && (event === null || one.status?.uri === event.uri)
      )
    )
  const requests = async (event: Json, state: string): Promise<Json[]> =>
    await alice.get(`${EVENTS}/${event.id}/participants?state=${state}`)
  /** Three minutes pass: the number of participants goes out. */
  const countNow = async (): Promise<void> => {
    await alpha.query(`update chores set due_at = ${NOW} where kind = 'event-count'`)
    await alpha.wake()
  }

  const asked = await announce({ joinMode: 'restricted', capacity: 1 })
  await t.test('a request is sent, received, granted or refused by the organiser, and each side says so', async (t) => {
    t.match(asked.there, {
      title: 'Repas de quartier',
      start: asked.there.start,
      joinMode: 'restricted',
      capacity: 1,
      remainingCapacity: 1
    })
    t.equal(Date.parse(asked.there.start), Date.parse(asked.here.start))
    const sent = await bob.post(`${EVENTS}/${asked.there.id}/join`, { message: 'J’apporte un gâteau' })
    t.match(sent.participation.state, /^(sent|received)$/)
    await isState(bob, asked.there, 'received')
    await eve.post(`${EVENTS}/${asked.there.id}/join`)
    const waiting = await until('both requests on alpha', async () => {
      const list = await requests(asked.here, 'pending')
      return list.length === 2 ? list : null
    })
    const of = (acct: string): Json => waiting.find((one) => one.account.acct === acct)!
    t.match(of('bob@beta.test'), { state: 'pending', message: 'J’apporte un gâteau' })
    await hears(alice, 'event_request', asked.here)
    t.match(await seen(alice, asked.here), { requestCount: 2, participantCount: 0 })
    await alice.post(`${EVENTS}/${asked.here.id}/participants/${of('bob@beta.test').id}/approve`)
    const second = `${EVENTS}/${asked.here.id}/participants/${of('eve@beta.test').id}`
    t.match(await (await alice.request('POST', `${second}/approve`)).json(), { code: 'event.full' })
    await alice.post(`${second}/refuse`)
    await isState(bob, asked.there, 'accepted')
    await hears(bob, 'event_accepted', asked.here)
    await isState(eve, asked.there, 'refused')
    await hears(eve, 'event_refused', asked.here)
    await countNow()
    await shows('the number on beta', bob, asked.there, (now) => now.participantCount === 1 && now.remainingCapacity === 0)
    t.match(await bob.get(`${EVENTS}?participating=true`), [{ uri: asked.here.uri }])
  })

  await t.test('who leaves gives the seat back, and an invitation gives it to another', async (t) => {
    t.equal((await bob.post(`${EVENTS}/${asked.there.id}/leave`)).participation, null)
    await until('the seat on alpha', async () => (await seen(alice, asked.here)).participantCount === 0)
    t.same(await requests(asked.here, 'accepted'), [])
    await alice.post(`${EVENTS}/${asked.here.id}/invitations`, { acct: '@eve@beta.test' })
    await alice.post(`${EVENTS}/${asked.here.id}/invitations`, { acct: '@bob@beta.test' })
    await hears(eve, 'event_invite', asked.here)
    t.match(await seen(eve, asked.there), { invitedBy: { acct: 'alice@alpha.test' } })
    await eve.post(`${EVENTS}/${asked.there.id}/join`)
    await isState(eve, asked.there, 'accepted')
    t.match(await requests(asked.here, 'accepted'), [{ account: { acct: 'eve@beta.test' } }])
    await hears(bob, 'event_invite', asked.here)
    t.match(await bob.post(`${EVENTS}/${asked.there.id}/decline`), { invitedBy: null, participation: null })
    const states = (instance: Communer): Promise<Json[]> =>
      instance.query(
        'select a.username, i.state from event_invitations i join actors a on a.id = i.invitee_id join objects o on o.id = i.object_id where o.iri = $1 order by 1',
        [asked.here.uri]
      )
    const answered = [
      { username: 'bob', state: 'declined' },
      { username: 'eve', state: 'accepted' }
    ]
    await until('both answers on alpha', async () => (await states(alpha)).every(({ state }) => state !== 'pending'))
    t.same(await states(alpha), answered)
    t.same(await states(beta), answered)
  })

  const open = await announce({ title: 'Bal du port', capacity: 1, start: inDays(12), end: inDays(13) })
  await t.test('where everybody may come the first has the last seat at once, the next is told that it is full', async (t) => {
    await bob.post(`${EVENTS}/${open.there.id}/join`)
    await isState(bob, open.there, 'accepted')
    await hears(alice, 'event_join', open.here)
    await eve.post(`${EVENTS}/${open.there.id}/join`) // beta has not heard the number yet
    await isState(eve, open.there, 'refused')
    await hears(eve, 'event_refused', open.here)
    const taken = await requests(open.here, 'accepted')
    t.match(taken, [{ account: { acct: 'bob@beta.test' } }])
    t.equal(taken.length, 1)
  })

  const line = await announce({ title: 'Sortie en mer', capacity: 1, waitingList: true, start: inDays(14), end: inDays(15) })
  await t.test('who finds no seat waits, and gets the one that is given back, across servers', async (t) => {
    await bob.post(`${EVENTS}/${line.there.id}/join`)
    await isState(bob, line.there, 'accepted')
    await eve.post(`${EVENTS}/${line.there.id}/join`)
    await until('Eve in line on alpha', async () => (await requests(line.here, 'pending')).length === 1)
    t.match((await seen(eve, line.there)).participation.state, /^(sent|received)$/, 'neither accepted nor refused')
    await bob.post(`${EVENTS}/${line.there.id}/leave`)
    await isState(eve, line.there, 'accepted')
    await hears(eve, 'event_accepted', line.here)
    t.match(await requests(line.here, 'accepted'), [{ account: { acct: 'eve@beta.test' } }])
  })

  await t.test('of what comes every week the next dates arrive as events, and one that is called off is so there too', async (t) => {
    // A rule is on the clock of its place, in whole minutes.
    const [start, end] = [2, 2.1].map((days) => `${inDays(days).slice(0, 16)}:00Z`)
    const market = await announce({ title: 'Petit marché', start, end, recurrence: { rule: 'FREQ=WEEKLY' } })
    const dates = (client: Client): Promise<Json[]> =>
      client.get(`${EVENTS}?limit=100`).then((all: Json[]) => all.filter(({ title }) => title === 'Petit marché'))
    const second = await until('the second date on beta', async () => (await dates(bob)).find(({ uri }) => uri !== market.here.uri))
    const [here] = (await dates(alice)).filter(({ uri }) => uri === second.uri)
    t.equal(Date.parse(here!.start) - Date.parse(market.here.start), 7 * DAY_MS)
    await alice.patch(`${EVENTS}/${here!.id}`, { status: 'CANCELLED' })
    await shows('called off on beta', bob, second, (now) => now.status === 'CANCELLED')
    t.equal((await seen(bob, market.there)).status, 'CONFIRMED', 'this date alone')
  })

  await t.test('what is changed, postponed, moved, called off and deleted is so on both sides, and who comes is told', async (t) => {
    const change = (body: object): Promise<unknown> => alice.patch(`${EVENTS}/${open.here.id}`, body)
    // Pages strangers share are kept for a second.
    const pageSays = (word: RegExp): Promise<unknown> =>
      until(`${word} on the public page`, async () => word.test((await beta.anonymous.page(`/evenements/${open.there.id}`)).html))
    await change({ title: 'Grand bal du port', location: { name: 'Quai nord' } })
    const changed = await shows('the new title', bob, open.there, (now) => now.title === 'Grand bal du port')
    t.match(changed, { location: { name: 'Quai nord' }, status: 'CONFIRMED', participation: { state: 'accepted' } })

    await change({ status: 'POSTPONED' })
    const postponed = await shows('postponed on beta', bob, open.there, (now) => now.status === 'POSTPONED')
    t.match(postponed, { title: 'Grand bal du port', participation: { state: 'accepted' } })
    await hears(bob, 'event_postponed', open.here)
    await pageSays(/class="badge[^>]*>Reporté</)

    const [start, end] = [inDays(8), inDays(9)]
    await change({ start, end })
    const moved = await shows('moved on beta', bob, open.there, (now) => Date.parse(now.start) === Date.parse(start))
    t.match(moved, { status: 'CONFIRMED', participation: { state: 'accepted' } })
    t.equal(Date.parse(moved.movedFrom), Date.parse(open.here.start))
    await hears(bob, 'event_moved', open.here)
    const order = ((await bob.get(`${EVENTS}?limit=100`)) as Json[]).map((one) => one.uri)
    t.ok(order.indexOf(open.here.uri) < order.indexOf(asked.here.uri), 'and stands before the other in the agenda')

    await change({ status: 'CANCELLED' })
    const off = await shows('called off on beta', bob, open.there, (now) => now.status === 'CANCELLED')
    t.match(off, { title: 'Grand bal du port', participation: { state: 'accepted' } })
    await hears(bob, 'event_cancelled', open.here)
    await pageSays(/class="badge[^>]*>Annulé</)
    const late = await eve.request('POST', `${EVENTS}/${open.there.id}/join`)
    t.match(await late.json(), { code: 'event.cancelled' })

    await alice.delete(`${EVENTS}/${open.here.id}`)
    await until('gone on beta', async () => (await bob.request('GET', `${EVENTS}/${open.there.id}`)).status === 404)
    await hears(bob, 'event_deleted', null)
    t.notOk(((await bob.get(`${EVENTS}?limit=100`)) as Json[]).some((one) => one.uri === open.here.uri))
    const left = 'select 1 from participations p join objects o on o.id = p.object_id where o.iri = $1'
    t.same(await beta.query(left, [open.here.uri]), [])
    t.same(await alpha.query(left, [open.here.uri]), [])
  })
}
