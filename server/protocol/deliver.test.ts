import { createPublicKey, createHash, verify } from 'node:crypto'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { claimDeliveries } from '../db/delivery-queue.ts'
import type { ActorRow, DeliveryRow, HostRow } from '../db/rows.ts'
import type { FakeClock } from '../test/clock.ts'
import { testContext } from '../test/context.ts'
import { localActor, remoteActor, remoteFollow } from '../test/publishers.ts'
import { startSink, type Sink } from '../test/sink.ts'
import { waitUntil } from '../test/wait.ts'
import { tombstone } from '../vocab/activity.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { mintObjectIri } from '../vocab/iris.ts'
import { objectDocument } from '../vocab/object.ts'
import { deliverDue, stopDelivering } from './deliver.ts'
import { wakeHost } from './host-alive.ts'
import { publish } from './outbox.ts'

type Teardown = Parameters<typeof testContext>[0]

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** An instance on the loopback (so that its guard lets it talk to the loopback), with one author. */
async function instance(t: Teardown): Promise<{ ctx: Ctx; clock: FakeClock; alice: ActorRow }> {
  const { ctx, clock } = await testContext(t, { origin: 'http://localhost:29999' })
  t.teardown(() => stopDelivering(ctx, 1000))
  return { ctx, clock, alice: await localActor(ctx, 'alice') }
}

function note(ctx: Ctx, alice: ActorRow, iri = mintObjectIri(ctx.site!.origin)): Record<string, unknown> & { id: string } {
  return objectDocument(
    {
      iri,
      type: 'Note',
      kind: null,
      visibility: 'public',
      in_reply_to_iri: null,
      name: null,
      summary: null,
      content: '<p>Bonjour</p>',
      language: 'fr',
      sensitive: false,
      url: null,
      start_time: null,
      end_time: null,
      timezone: null,
      event_status: null,
      place: null,
      attachments: [],
      tags: [],
      published: ctx.clock.now(),
      updated: null
    },
    { origin: ctx.site!.origin, actorIri: alice.iri, to: [PUBLIC], cc: [alice.followers_iri!] }
  ) as Record<string, unknown> & { id: string }
}

const audience = (alice: ActorRow) => ({ to: [PUBLIC], cc: [alice.followers_iri!], visibility: 'public' as const })

async function say(ctx: Ctx, alice: ActorRow, type: 'Create' | 'Update' = 'Create', object = note(ctx, alice)) {
  return publish(ctx, ctx.db, { actor: alice, type, object, ...audience(alice) })
}

async function follower(ctx: Ctx, alice: ActorRow, sink: Sink, name = 'bob', shared = true): Promise<ActorRow> {
  const bob = await remoteActor(ctx, sink.origin, name, shared)
  await remoteFollow(ctx, bob, alice)
  return bob
}

const rows = (ctx: Ctx) => ctx.db<DeliveryRow>('deliveries').orderBy('id')
const hostRow = (ctx: Ctx, host: string) => ctx.db<HostRow>('hosts').where({ host }).first()

t.test('[14] an activity arrives once, as the bytes that were stored, with a signature that a stranger can check', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  await follower(ctx, alice, sink)
  const { iri } = await say(ctx, alice)
  t.equal(await deliverDue(ctx), 1)
  t.equal(await deliverDue(ctx), 0)
  t.equal(sink.letters.length, 1)
  const [letter] = sink.letters
  t.equal(letter!.path, '/inbox')
  t.equal(letter!.body, (await ctx.db('activities').where({ iri }).first()).body)
  t.equal(letter!.headers['content-type'], 'application/activity+json')
  t.equal(letter!.headers['digest'], `SHA-256=${createHash('sha256').update(letter!.body).digest('base64')}`)
  const signature = String(letter!.headers['signature'])
  t.match(signature, /headers="\(request-target\) host date digest content-type"/)
  t.match(signature, /algorithm="rsa-sha256"/)
  const { headers } = letter!
  const text = `(request-target): post /inbox\nhost: ${headers.host}\ndate: ${headers.date}\ndigest: ${headers['digest']}\ncontent-type: ${headers['content-type']}`
  const { public_pem: pem } = await ctx.db('actor_keys').where({ actor_id: alice.id }).first()
  t.ok(verify('sha256', Buffer.from(text), createPublicKey(pem), Buffer.from(/signature="([^"]+)"/.exec(signature)![1]!, 'base64')))
  t.match(await rows(ctx), [{ state: 'done', attempts: 1, last_status: 202 }])
})

t.test('Q06, [71] a server that answers 503 gets it again after 1, 5 and 15 minutes, each time freshly signed', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (_letter, index) => ({ status: index < 3 ? 503 : 202 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  for (const wait of [MINUTE, 5 * MINUTE, 15 * MINUTE]) {
    await deliverDue(ctx)
    clock.advance(wait - 1000)
    t.equal(await deliverDue(ctx), 0, 'not before its time')
    clock.advance(1000)
  }
  await deliverDue(ctx)
  t.equal(sink.letters.length, 4)
  t.equal(new Set(sink.letters.map((letter) => letter.headers.date)).size, 4)
  t.match(await rows(ctx), [{ state: 'done', attempts: 4 }])
  t.match(await hostRow(ctx, sink.host), { failures: 0, open_until: null })
})

t.test('an Update waits for the Create that has not arrived yet', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (_letter, index) => ({ status: index === 0 ? 500 : 202 })
  await follower(ctx, alice, sink)
  const object = note(ctx, alice)
  await say(ctx, alice, 'Create', object)
  await deliverDue(ctx)
  await say(ctx, alice, 'Update', object)
  t.equal(await deliverDue(ctx), 0)
  clock.advance(MINUTE)
  await deliverDue(ctx)
  t.same(
    sink.letters.map((letter) => letter.json['type']),
    ['Create', 'Create', 'Update']
  )
})

t.test('another post does not wait, and its success brings back what failed before', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (_letter, index) => ({ status: index === 0 ? 500 : 202 })
  await follower(ctx, alice, sink)
  const object = note(ctx, alice)
  await say(ctx, alice, 'Create', object)
  await deliverDue(ctx)
  await say(ctx, alice, 'Update', object)
  const other = await say(ctx, alice)
  await deliverDue(ctx)
  t.equal(sink.letters[1]!.json['id'], other.iri)
  t.same(
    sink.letters.map((letter) => letter.json['type']),
    ['Create', 'Create', 'Create', 'Update']
  )
})

t.test('[76] a post written and deleted while a server is down arrives as a Delete or not at all, never the other way round', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (_letter, index) => ({ status: index === 0 ? 500 : 202 })
  await follower(ctx, alice, sink)
  const object = note(ctx, alice)
  await say(ctx, alice, 'Create', object)
  await deliverDue(ctx)
  await publish(ctx, ctx.db, {
    actor: alice,
    type: 'Delete',
    object: tombstone({ iri: object.id, formerType: 'Note', deleted: clock.now() }),
    ...audience(alice),
    alsoInboxesOf: object.id
  })
  await deliverDue(ctx)
  clock.advance(DAY)
  await deliverDue(ctx)
  t.same(
    sink.letters.map((letter) => letter.json['type']),
    ['Create', 'Delete']
  )
  t.same(
    (await rows(ctx)).map((row) => row.state),
    ['cancelled', 'done']
  )
})

t.test('Q05: a worker that dies between claim and answer delays a delivery by its lease, and loses nothing', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  const now = clock.now()
  const claimed = await claimDeliveries(ctx.db, {
    now,
    leaseUntil: new Date(now.getTime() + 45_000),
    limit: 10,
    busyHosts: [],
    perHost: 2,
    probingAt: 5
  })
  t.equal(claimed.length, 1)
  t.equal(await deliverDue(ctx), 0, 'another worker leaves it alone')
  clock.advance(45_001)
  t.equal(await deliverDue(ctx), 1)
  t.equal(sink.letters.length, 1)
})

t.test('Q06, [73] 429 is patience: the host is left alone for the time it asks, at most a day', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (_letter, index) =>
    index === 0
      ? { status: 429, headers: { 'retry-after': '120' } }
      : index === 1
        ? { status: 429, headers: { 'retry-after': '1e12' } }
        : { status: 202 }
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  await deliverDue(ctx)
  await say(ctx, alice)
  clock.advance(119_000)
  t.equal(await deliverDue(ctx), 0, 'nor anything else for that host')
  clock.advance(1_000)
  t.ok((await deliverDue(ctx)) > 0)
  clock.advance(DAY)
  await deliverDue(ctx)
  t.same(
    (await rows(ctx)).map((row) => row.state),
    ['done', 'done']
  )
  t.match(await hostRow(ctx, sink.host), { failures: 0 })
})

t.test('[28] a server that does not understand our signature gets the other one, and we remember', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = (letter) => (letter.headers['signature-input'] === undefined ? { status: 401, text: 'unsigned' } : { status: 202 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  await deliverDue(ctx)
  await say(ctx, alice)
  await deliverDue(ctx)
  t.same(
    sink.letters.map((letter) => letter.headers['signature-input'] !== undefined),
    [false, true, true]
  )
  t.match(await hostRow(ctx, sink.host), { signature_scheme: 'rfc9421' })
  t.same(
    (await rows(ctx)).map((row) => [row.state, row.attempts]),
    [
      ['done', 1],
      ['done', 1]
    ]
  )
})

t.test('a server that refuses both signatures is asked three times more in three days, then no more', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 401 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  for (let index = 0; index < 10; index += 1) {
    await deliverDue(ctx)
    clock.advance(DAY)
  }
  t.match(await rows(ctx), [{ state: 'dead', attempts: 4, last_status: 401 }])
  t.match((await hostRow(ctx, sink.host)) ?? { failures: 0 }, { failures: 0 }, 'a host that answers is not ill')
})

t.test('[72] a server that blocks us is asked once, with both signatures, and what it said is kept', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 403, text: 'your domain is blocked' })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  for (let day = 0; day < 15; day += 1) {
    await deliverDue(ctx)
    clock.advance(DAY)
  }
  t.same(
    sink.letters.map((letter) => letter.headers['signature-input'] !== undefined),
    [false, true]
  )
  t.match(await rows(ctx), [{ state: 'dead', attempts: 1, last_status: 403, last_error: '403 your domain is blocked' }])
  t.match((await hostRow(ctx, sink.host)) ?? { failures: 0 }, { failures: 0 }, 'a host that answers is not ill')
})

t.test('whoever reads only one of the two signatures is believed about that one: a refusal, or a later time', async (t) => {
  const cases = [
    { first: 401, second: 403, row: { state: 'dead', last_status: 403 } },
    { first: 403, second: 401, row: { state: 'dead', last_status: 403 } },
    { first: 403, second: 503, row: { state: 'waiting', last_status: 503 } },
    { first: 403, second: 202, row: { state: 'done', last_status: 202 } }
  ]
  for (const { first, second, row } of cases) {
    const { ctx, alice } = await instance(t)
    const sink = await startSink(t)
    sink.answer = (letter) => ({ status: letter.headers['signature-input'] === undefined ? first : second })
    await follower(ctx, alice, sink)
    await say(ctx, alice)
    await deliverDue(ctx)
    t.match(await rows(ctx), [{ attempts: 1, ...row }], `${first}, then ${second}`)
  }
})

t.test('[72] a refusal for good is not repeated, and says why', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 422, text: 'no\u0000 thanks' })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  await deliverDue(ctx)
  clock.advance(15 * DAY)
  t.equal(await deliverDue(ctx), 0)
  t.match(await rows(ctx), [{ state: 'dead', last_status: 422, last_error: '422 no thanks' }])
})

t.test('[72] an inbox that is not found is looked up anew and given up within days; its host stays in use', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 404 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  for (let day = 0; day < 4; day += 1) {
    await deliverDue(ctx)
    clock.advance(DAY)
  }
  t.match(await rows(ctx), [{ state: 'dead', last_status: 404 }])
  t.notOk((await hostRow(ctx, sink.host))?.gone_at)
})

t.test('Q06, [72] 410 at a shared inbox ends everything for that host, until it speaks to us', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 410 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  await deliverDue(ctx)
  t.ok((await hostRow(ctx, sink.host))!.gone_at)
  t.equal((await say(ctx, alice)).deliveries, 0)
  await wakeHost(ctx, sink.host)
  t.equal((await say(ctx, alice)).deliveries, 1)
})

t.test('Q08, [78] a redirect of a POST is not followed', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  const other = await startSink(t)
  sink.answer = () => ({ status: 308, headers: { location: `${other.origin}/inbox` } })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  await deliverDue(ctx)
  t.same(
    other.letters.filter((letter) => letter.method === 'POST'),
    []
  )
  t.match(await rows(ctx), [{ state: 'waiting', last_status: 308 }])
})

t.test('five failures in a row open the circuit; then one probe at a time, twice as late each time; a success lets all go', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  let isUp = false
  sink.answer = () => ({ status: isUp ? 202 : 503 })
  await follower(ctx, alice, sink)
  for (let index = 0; index < 8; index += 1) await say(ctx, alice)
  await deliverDue(ctx)
  const tried = sink.letters.length
  t.ok(tried >= 5 && tried <= 8, `${tried} attempts`)
  t.ok((await hostRow(ctx, sink.host))!.failures >= 5)
  await say(ctx, alice)
  t.equal(await deliverDue(ctx), 0, 'open: nobody knocks')
  clock.advance(MINUTE)
  t.equal(await deliverDue(ctx), 1, 'half open: one probe')
  clock.advance(MINUTE)
  t.equal(await deliverDue(ctx), 0, 'the pause has doubled')
  const attempts = (await rows(ctx)).reduce((sum, row) => sum + row.attempts, 0)
  t.equal(attempts, tried + 1, 'attempts are not used up meanwhile')
  isUp = true
  clock.advance(MINUTE)
  await deliverDue(ctx)
  t.same(
    (await rows(ctx)).map((row) => row.state),
    Array(9).fill('done')
  )
  t.match(await hostRow(ctx, sink.host), { failures: 0, open_until: null })
})

t.test('[74] after failures on seven days a host sleeps: one probe a day; when it speaks, everything leaves at once', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => ({ status: 500 })
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  for (let day = 0; day < 8; day += 1) {
    await deliverDue(ctx)
    clock.advance(DAY)
  }
  t.ok((await hostRow(ctx, sink.host))!.asleep_since)
  await say(ctx, alice)
  const before = sink.letters.length
  for (let hour = 0; hour < 24; hour += 1) {
    await deliverDue(ctx)
    clock.advance(HOUR)
  }
  t.ok(sink.letters.length - before <= 2, `${sink.letters.length - before} probes in a day`)
  sink.answer = () => ({ status: 202 })
  t.equal(await wakeHost(ctx, sink.host), true)
  await deliverDue(ctx)
  t.same(
    (await rows(ctx)).map((row) => row.state),
    ['done', 'done']
  )
})

t.test('a week of silence loses nothing, a fortnight gives up with a reason', async (t) => {
  const { ctx, clock, alice } = await instance(t)
  const up = await startSink(t)
  await follower(ctx, alice, up)
  up.answer = () => ({ status: 502 })
  await say(ctx, alice)
  for (let step = 0; step < 7 * 12; step += 1) {
    await deliverDue(ctx)
    clock.advance(2 * HOUR)
  }
  t.match(await rows(ctx), [{ state: 'waiting' }])
  for (let step = 0; step < 10 * 12; step += 1) {
    await deliverDue(ctx)
    clock.advance(2 * HOUR)
  }
  t.match(await rows(ctx), [{ state: 'dead', last_status: 502 }])
})

t.test('Q04: a server that hangs holds up nobody else', async (t) => {
  const { ctx, alice } = await instance(t)
  const slow = await startSink(t)
  const quick = await startSink(t)
  let release: () => void = () => {}
  const hang = new Promise<void>((resolve) => {
    release = resolve
  })
  slow.answer = async () => {
    await hang
    return { status: 202 }
  }
  for (let index = 0; index < 20; index += 1) await follower(ctx, alice, slow, `slow${index}`, false)
  for (let index = 0; index < 20; index += 1) await follower(ctx, alice, quick, `quick${index}`, false)
  await say(ctx, alice)
  const sending = deliverDue(ctx)
  await waitUntil('the quick server has everything', () => quick.letters.length === 20)
  t.ok(slow.letters.length <= 4, `${slow.letters.length} requests hang, not more`)
  release()
  t.equal(await sending, 40)
  t.equal(slow.letters.length, 20)
})

t.test('two workers share the work without sending anything twice', async (t) => {
  const { ctx, alice } = await instance(t)
  const sinks = await Promise.all(Array.from({ length: 4 }, () => startSink(t)))
  for (const sink of sinks) for (let index = 0; index < 10; index += 1) await follower(ctx, alice, sink, `u${index}`, false)
  await say(ctx, alice)
  const other: Ctx = { ...ctx }
  t.teardown(() => stopDelivering(other, 1000))
  t.equal(
    (await Promise.all([deliverDue(ctx), deliverDue(other)])).reduce((sum, count) => sum + count),
    40
  )
  for (const sink of sinks) t.equal(new Set(sink.letters.map((letter) => letter.path)).size, 10)
  t.equal(sinks.flatMap((sink) => sink.letters).length, 40)
})

t.test('a graceful stop waits for what is under way and gives the rest back', async (t) => {
  const { ctx, alice } = await instance(t)
  const sink = await startSink(t)
  sink.answer = () => new Promise(() => {})
  await follower(ctx, alice, sink)
  await say(ctx, alice)
  const sending = deliverDue(ctx)
  sending.catch(() => 0)
  await waitUntil('the request is under way', () => sink.letters.length === 1)
  await stopDelivering(ctx, 100)
  t.match(await rows(ctx), [{ state: 'waiting', lease_until: null, attempts: 0 }])
})
