// What was never delivered is found in the outboxes of whom people here follow, within a budget and without telling anybody twice.
import t from 'tap'
import type { Ctx } from '../context.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { doChores } from '../jobs/chores.ts'
import { activity, create, localFollow, note, PUBLIC, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet, type Host } from '../test/internet.ts'
import { localPerson } from '../test/people.ts'
import { getActorByIri } from './actors.ts'
import { catchUp } from './catch-up.ts'
import { wakeHost } from './host-alive.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const OUTBOX = '/users/bob/outbox'

type Post = Record<string, unknown> & { id: string }

async function scene(t: Parameters<typeof testContext>[0]) {
  const test = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = test
  const internet = await testInternet(t, ctx)
  const [peer, other] = [internet.host('peer.test'), internet.host('other.test')]
  const bob = await getActorByIri(ctx, peer.actor('bob').iri)
  const carol = other.actor('carol')
  const alice = await localPerson(ctx, 'alice')
  await localFollow(ctx, alice, bob)
  const pages = (): string[] => peer.seen.map(({ url }) => url).filter((url) => url.startsWith(OUTBOX))
  return { ...test, internet, peer, other, bob, carol, alice, pages }
}

/** Serves the posts, and an outbox that names them newest first; `etag` marks the edition. */
function outbox(host: Host, items: unknown[], etag = '"1"'): void {
  const id = `${host.origin}${OUTBOX}`
  host.on(OUTBOX, { id, type: 'OrderedCollection', totalItems: items.length, first: `${id}?page=1` })
  host.on(`${OUTBOX}?page=1`, (request, response) => {
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': 'application/activity+json', etag })
    response.end(JSON.stringify({ id: `${id}?page=1`, type: 'OrderedCollectionPage', next: `${id}?page=2`, orderedItems: items }))
  })
}

function served(host: Host, author: Pick<ActorRow, 'iri'>, more: Record<string, unknown> = {}): Post {
  const json = note(author, more)
  host.on(new URL(json.id).pathname, json)
  return json
}

const stored = (ctx: Ctx, iri: string) => ctx.db<ObjectRow>('objects').where({ iri }).first()
const homeOf = (ctx: Ctx, who: ActorRow): Promise<string[]> =>
  ctx.db('home_items as h').join('objects as o', 'o.id', 'h.object_id').where({ owner_id: who.id }).orderBy('o.published').pluck('o.iri')
const news = (ctx: Ctx, who: ActorRow) => ctx.db('notifications').where({ owner_id: who.id })

t.test('the first look fills the profile and nobody’s home; later looks bring what was missed, once, and ask for one page', async (t) => {
  const { ctx, clock, peer, other, bob, carol, alice, pages } = await scene(t)
  const mention = { tag: [{ type: 'Mention', href: alice.iri, name: '@alice' }], cc: [alice.iri] }
  const before = served(peer, bob, mention)
  outbox(peer, [create(bob, before)])
  t.ok(await catchUp(ctx, bob.id))
  t.match(await stored(ctx, before.id), { actor_id: bob.id, local: false })
  t.same([await homeOf(ctx, alice), await news(ctx, alice)], [[], []])
  t.same(pages(), [OUTBOX, `${OUTBOX}?page=1`])

  clock.advance(DAY)
  await catchUp(ctx, bob.id)
  t.same(pages().slice(2), [`${OUTBOX}?page=1`], 'its page alone is asked for, and has not changed')

  const missed = served(peer, bob, { ...mention, published: clock.now().toISOString() })
  const old = served(peer, bob, { published: '2026-11-14T10:00:00Z' })
  const shared = served(other, carol)
  const boost = activity('Announce', bob, shared.id, { to: [PUBLIC], published: clock.now().toISOString() })
  const forged = { ...create(bob, { ...note(bob), id: 'https://other.test/forged' }) }
  const foreign = create(carol, served(other, carol))
  const arrived = served(peer, bob, { published: clock.now().toISOString() })
  await receive(ctx, create(bob, arrived))
  const lie = { ...missed, content: '<p>never said</p>' }
  outbox(peer, [create(bob, lie), create(bob, arrived), boost, forged, foreign, create(bob, old), create(bob, before)], '"2"')
  clock.advance(DAY)
  await catchUp(ctx, bob.id)
  t.equal((await stored(ctx, missed.id))!.content_html, missed['content'], 'as its own address says, not as the list does')
  t.ok(await stored(ctx, old.id))
  t.notOk(await stored(ctx, 'https://other.test/forged'))
  t.notOk(await stored(ctx, String((foreign['object'] as Post).id)), 'what others said is not his to tell')
  t.same(
    (await homeOf(ctx, alice)).toSorted(),
    [arrived.id, missed.id, String(boost['id'])].toSorted(),
    'older than a week: on the profile only'
  )
  t.same(
    (await news(ctx, alice)).map(({ type }) => type),
    ['mention']
  )
  await receive(ctx, create(bob, missed))
  t.equal((await news(ctx, alice)).length, 1, 'nobody is told twice when it arrives after all')
  t.notOk(pages().some((url) => url.includes('page=2')))
})

t.test('servers that deliver only once are read every half hour, others daily, sleeping and blocked ones not at all', async (t) => {
  const { ctx, clock, peer, bob, alice, pages, internet } = await scene(t)
  outbox(peer, [])
  const next = async (): Promise<number> => {
    clock.advance(MINUTE)
    return ((await catchUp(ctx, bob.id))!.getTime() - clock.now().getTime()) / MINUTE
  }
  const within = (minutes: number, about: number): boolean => minutes >= about * 0.79 && minutes <= about * 1.21
  t.ok(within(await next(), 24 * 60))
  await ctx.db('hosts').insert({ host: 'peer.test', software: 'mobilizon' }).onConflict('host').merge()
  t.ok(within(await next(), 30))
  await ctx.db('hosts').where({ host: 'peer.test' }).update({ software: 'mastodon', last_failure_at: clock.now() })
  t.ok(within(await next(), 30), 'it was ill today')
  const looks = pages().length
  t.ok(within(((await catchUp(ctx, bob.id))!.getTime() - clock.now().getTime()) / MINUTE, 0.5), 'a host is not asked twice in ten seconds')
  await ctx.db('hosts').where({ host: 'peer.test' }).update({ asleep_since: clock.now() })
  t.ok(within(await next(), 24 * 60))
  await ctx.db('hosts').where({ host: 'peer.test' }).update({ asleep_since: null })
  t.equal(pages().length, looks)
  internet.down.add('peer.test')
  t.ok(within(await next(), 30), 'a server that is down is asked again, not the chore tried again')
  await ctx.db('follows').where({ follower_id: alice.id }).delete()
  t.equal(await catchUp(ctx, bob.id), null, 'nobody follows any more')
})

t.test('F19 a huge outbox costs one page and a budget; what did not fit comes with the next look', async (t) => {
  const { ctx, clock, peer, bob } = await scene(t)
  outbox(peer, [])
  await catchUp(ctx, bob.id)
  const posts = Array.from({ length: 100 }, () => served(peer, bob, { published: '2026-11-22T11:00:00Z' }))
  outbox(
    peer,
    posts.map((post) => create(bob, post)),
    '"2"'
  )
  clock.advance(DAY)
  const asked = peer.seen.length
  await catchUp(ctx, bob.id)
  t.equal((await ctx.db('objects')).length, 20)
  t.ok(peer.seen.length - asked <= 24)
})

t.test('a follow that is accepted asks for the outbox in the same transaction', async (t) => {
  const { ctx, peer, bob } = await scene(t)
  const bea = await localPerson(ctx, 'bea')
  const iri = await localFollow(ctx, bea, bob, 'pending')
  const post = served(peer, bob)
  outbox(peer, [create(bob, post)])
  await receive(ctx, activity('Accept', bob, { id: iri, type: 'Follow', actor: bea.iri, object: bob.iri }))
  t.match(await ctx.db('chores').where({ kind: 'catch-up' }), [{ subject: bob.id }])
  await doChores(ctx)
  t.ok(await stored(ctx, post.id))
  t.same(await homeOf(ctx, bea), [])
  t.match(await ctx.db('chores').where({ kind: 'catch-up' }), [{ subject: bob.id, last_error: null }], 'and from now on')
})

t.test('a host that wakes is read now, one outbox after the other, but not those that were read just before', async (t) => {
  const { ctx, clock, queue, peer, other, bob, alice } = await scene(t)
  const [carl, dora, eric] = [
    await getActorByIri(ctx, peer.actor('carl').iri),
    await getActorByIri(ctx, peer.actor('dora').iri),
    await getActorByIri(ctx, other.actor('eric').iri)
  ]
  const at = (ms: number): Date => new Date(clock.now().getTime() + ms)
  const chore = (subject: string, due: number, kind = 'catch-up') => ({ kind, subject, due_at: at(due) })
  await ctx.db('chores').insert([chore(bob.id, DAY), chore(carl.id, DAY + 1), chore(dora.id, DAY + 2), chore(eric.id, DAY)])
  await ctx.db('chores').insert([chore(bob.id, DAY, 'featured'), chore(alice.id, DAY)])
  await ctx.db('visits').insert({ kind: 'outbox', subject: dora.id, at: at(-29 * MINUTE) })
  await ctx.db('visits').insert({ kind: 'outbox', subject: carl.id, at: at(-31 * MINUTE) })
  await ctx.db('hosts').insert({ host: 'peer.test' }).onConflict('host').ignore()
  const dueIn = async (kind = 'catch-up'): Promise<Record<string, number>> => {
    const rows = await ctx.db('chores').where({ kind }).select<{ subject: string; due_at: Date }[]>('subject', 'due_at')
    return Object.fromEntries(rows.map((row) => [row.subject, row.due_at.getTime() - clock.now().getTime()]))
  }

  t.equal(await wakeHost(ctx, 'peer.test'), false)
  t.match(await dueIn(), { [bob.id]: DAY }, 'a host that was well hid nothing')
  await ctx.db('hosts').where({ host: 'peer.test' }).update({ failures: 9, asleep_since: clock.now() })
  queue.wakes.length = 0
  t.equal(await wakeHost(ctx, 'peer.test'), true)
  t.same(await dueIn(), { [bob.id]: 0, [carl.id]: 15_000, [dora.id]: DAY + 2, [eric.id]: DAY, [alice.id]: DAY })
  t.same(await dueIn('featured'), { [bob.id]: DAY }, 'other work keeps its date')
  t.ok(queue.wakes.includes('chores'))

  await ctx
    .db('chores')
    .where({ kind: 'catch-up', subject: carl.id })
    .update({ due_at: at(5000) })
  await ctx
    .db('chores')
    .where({ kind: 'catch-up', subject: bob.id })
    .update({ due_at: at(-5000) })
  await ctx.db('hosts').where({ host: 'peer.test' }).update({ failures: 1 })
  await wakeHost(ctx, 'peer.test')
  t.match(await dueIn(), { [bob.id]: -5000, [carl.id]: 5000 }, 'nothing is put off')
})
