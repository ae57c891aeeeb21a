// P7 against a model: what Bob did is delivered in any order, again and again, or not at all; after every step the tables say what a few
// lines of plain rules say. COMMUNER_RUNS asks for more sequences than the default of a push (the release gate: 100,000).
import fc from 'fast-check'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { insertObject } from '../db/objects.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { accept, activity, create, note, PUBLIC, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet, type Host } from '../test/internet.ts'
import { localPerson, remotePerson } from '../test/people.ts'
import { getActorByIri } from './actors.ts'
import { processInbox } from './inbox.ts'

const RUNS = Number(process.env.COMMUNER_RUNS ?? 60)

type Link = 'Like' | 'Announce' | 'Follow' | 'Block'

/** One thing Bob did, as the rules see it. `id` tells his first like of a post from his second. */
type Act =
  | { kind: 'Create'; note: number }
  | { kind: 'Delete'; note: number }
  | { kind: 'Update'; note: number; version: number }
  | { kind: Link; id: number }
  | { kind: 'Undo'; of: Link; id: number }
  | { kind: 'Accept'; id: number }
  | { kind: 'Reject'; id: number }

/** The rules: what a reader may expect, one activity after the other. */
class Model {
  notes = [0, 1].map(() => ({ version: null as number | null, deleted: false }))
  /** What stands between the two, by the id that made it. */
  links: Record<Link, number | null> = { Like: null, Announce: null, Follow: null, Block: null }
  /** Alice's follow of Bob. */
  asked: 'pending' | 'accepted' | null = 'pending'
  private early = new Set<string>()
  private seen = new Set<Act>()
  private waiting = new Set<Act>()

  private origin: { newest: number; gone: boolean[] }

  constructor(origin: { newest: number; gone: boolean[] }) {
    this.origin = origin
  }

  /** Everything that waited was applied. */
  settle(): void {
    this.waiting.clear()
  }

  arrive(act: Act): void {
    // What switches on and off counts each time (peers use ids again), unless it still waits; the rest counts once.
    if (this.waiting.has(act) || (this.seen.has(act) && ['Create', 'Update', 'Delete', 'Like', 'Announce'].includes(act.kind))) return
    this.seen.add(act)
    this.waiting.add(act)
    if (act.kind === 'Create' || act.kind === 'Update' || act.kind === 'Delete') this.aboutNote(act)
    else if (act.kind === 'Accept') this.asked = this.asked === null ? null : 'accepted'
    else if (act.kind === 'Reject') this.asked = null
    else if (act.kind === 'Undo') this.undo(act)
    else this.link(act.kind, act.id)
  }

  private link(kind: Link, id: number): void {
    if ((kind === 'Like' || kind === 'Announce') && this.links.Block !== null) return
    if (this.early.delete(`${kind} ${id}`)) return
    this.links[kind] = kind === 'Follow' ? id : (this.links[kind] ?? id)
    if (kind !== 'Block') return
    this.links.Follow = null
    this.asked = null
  }

  /** Deleted stays deleted, newer words win, an Update of something unknown is asked about at its origin. */
  private aboutNote(act: Extract<Act, { note: number }>): void {
    const it = this.notes[act.note]!
    if (act.kind === 'Delete') it.deleted = true
    else if (it.deleted) return
    else if (it.version === null && act.kind === 'Update') it.version = this.origin.gone[act.note] ? null : this.origin.newest
    else it.version = Math.max(it.version ?? 0, 'version' in act ? act.version : 0)
  }

  /** Whatever stands between the two is taken back (peers name another id, R5); what is named and never came must not come later. */
  private undo({ of, id }: Extract<Act, { kind: 'Undo' }>): void {
    if (this.links[of] !== id) this.early.add(`${of} ${id}`)
    this.links[of] = null
  }
}

interface Story {
  acts: { act: Act; json: Record<string, unknown> }[]
  notes: string[]
  newest: number
  gone: boolean[]
}

/** Bob's day: two notes, each edited twice and perhaps deleted; two rounds of everything that can be undone. */
function tell(bob: ActorRow, alice: ActorRow, post: string, followIri: string, gone: boolean[], host: Host): Story {
  const acts: Story['acts'] = []
  const add = (act: Act, json: Record<string, unknown>): Record<string, unknown> => {
    acts.push({ act, json })
    return json
  }
  const notes = [0, 1].map((index) => {
    const first = note(bob, { cc: [alice.iri] })
    const edition = (version: number): Record<string, unknown> => ({
      ...first,
      content: `<p>${version}</p>`,
      ...(version === 0 ? {} : { updated: `2026-11-22T10:0${version}:00Z` })
    })
    add({ kind: 'Create', note: index }, create(bob, edition(0)))
    for (const version of [1, 2]) add({ kind: 'Update', note: index, version }, activity('Update', bob, edition(version)))
    if (gone[index]) add({ kind: 'Delete', note: index }, activity('Delete', bob, { id: first.id, type: 'Tombstone' }))
    host.on(new URL(first.id).pathname, gone[index] ? 410 : edition(2))
    return first.id
  })
  for (const id of [1, 2]) {
    for (const kind of ['Like', 'Announce', 'Follow', 'Block'] as const) {
      const about = kind === 'Like' || kind === 'Announce' ? post : alice.iri
      const done = add({ kind, id }, activity(kind, bob, about, kind === 'Announce' ? { to: [PUBLIC] } : {}))
      add({ kind: 'Undo', of: kind, id }, activity('Undo', bob, done))
    }
    const follow = { id: followIri, type: 'Follow', actor: alice.iri, object: bob.iri }
    add({ kind: 'Accept', id }, activity('Accept', bob, follow))
    add({ kind: 'Reject', id }, activity('Reject', bob, follow))
  }
  return { acts, notes, newest: 2, gone }
}

/** What the tables say, in the words of the model. */
async function tables(ctx: Ctx, story: Story, alice: ActorRow, bob: ActorRow, post: ObjectRow): Promise<Record<string, unknown>> {
  const rows = await ctx.db<ObjectRow>('objects').whereIn('iri', story.notes)
  const follow = (one: ActorRow, other: ActorRow): Promise<{ state: string } | undefined> =>
    ctx.db('follows').where({ follower_id: one.id, followed_id: other.id }).first('state')
  return {
    notes: story.notes.map((iri) => {
      const row = rows.find((one) => one.iri === iri && one.deleted_at === null)
      return row === undefined ? null : Number(/\d/.exec(row.content)![0])
    }),
    liked: (await ctx.db('likes').where({ actor_id: bob.id, object_id: post.id })).length,
    boosts: (await ctx.db('objects').where({ actor_id: bob.id, reblog_of_id: post.id, deleted_at: null })).length,
    follows: (await follow(bob, alice)) !== undefined,
    blocks: (await ctx.db('blocks').where({ blocker_id: bob.id, blocked_id: alice.id })).length,
    asked: (await follow(alice, bob))?.state ?? null
  }
}

function expected(model: Model): Record<string, unknown> {
  return {
    notes: model.notes.map(({ version, deleted }) => (deleted ? null : version)),
    liked: model.links.Like === null ? 0 : 1,
    boosts: model.links.Announce === null ? 0 : 1,
    follows: model.links.Follow !== null,
    blocks: model.links.Block === null ? 0 : 1,
    asked: model.asked
  }
}

t.test('P7: any order, any repetition, any loss: the end is what the rules say, at every step', { timeout: 0 }, async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const peer = (await testInternet(t, ctx)).host('peer.test')
  let serial = 0
  let compared = 0

  const check = async (order: number[], pauses: number[], gone: boolean[], healed: boolean): Promise<void> => {
    serial += 1
    const alice = await localPerson(ctx, `alice${serial}`)
    const bob = await getActorByIri(ctx, peer.actor(`bob${serial}`).iri)
    const iri = `https://commune.test/ap/objects/model-${serial}`
    const post = (await insertObject(ctx, ctx.db, {
      row: { iri, type: 'Note', local: true, actor_id: alice.id, visibility: 'public', published: ctx.clock.now(), doc: {} }
    }))!
    const followIri = `${alice.iri}#follow/${bob.id}`
    await ctx.db('follows').insert({
      id: String(post.id),
      iri: followIri,
      follower_id: alice.id,
      followed_id: bob.id,
      state: 'pending',
      follower_local: true
    })
    const story = tell(bob, alice, iri, followIri, gone, peer)
    const model = new Model(story)
    const compare = async (): Promise<void> => {
      while ((await processInbox(ctx)) > 0);
      model.settle()
      compared += 1
      const [is, should] = [await tables(ctx, story, alice, bob, post), expected(model)]
      if (JSON.stringify(is) !== JSON.stringify(should)) throw new Error(`${JSON.stringify(is)} instead of ${JSON.stringify(should)}`)
    }
    const arrivals = [...order.map((at) => story.acts[at % story.acts.length]!), ...(healed ? story.acts : [])]
    for (const [at, { act, json }] of arrivals.entries()) {
      await accept(ctx, json)
      model.arrive(act)
      const pause = pauses[at % pauses.length]!
      if (at % pause === 0) await compare()
    }
    await compare()
    const twice = await ctx
      .db('notifications')
      .where({ owner_id: alice.id })
      .groupBy('type', 'from_id', 'object_id')
      .havingRaw('count(*) > 1')
      .select('type')
    if (twice.length > 0) throw new Error(`${JSON.stringify(twice)} told twice`)
    if (!healed) return
    const end = await tables(ctx, story, alice, bob, post)
    const calm = { notes: gone.map((one) => (one ? null : 2)), liked: 0, boosts: 0, follows: false, blocks: 0, asked: null }
    if (JSON.stringify(end) !== JSON.stringify(calm)) throw new Error(`${JSON.stringify(end)} after everything was taken back`)
  }

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(200), { minLength: 1, maxLength: 24 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      fc.tuple(fc.boolean(), fc.boolean()).map((pair) => [...pair]),
      fc.boolean(),
      check
    ),
    { numRuns: RUNS, ...(process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }) }
  )
  t.ok(compared >= RUNS, `${compared} comparisons in ${RUNS} stories`)
})

t.test('a like that was taken back before it came does not come, though another one stood in its place', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await remotePerson(ctx, 'bob@peer.test')
  const iri = 'https://commune.test/ap/objects/liked'
  await insertObject(ctx, ctx.db, {
    row: { iri, type: 'Note', local: true, actor_id: alice.id, visibility: 'public', published: ctx.clock.now(), doc: {} }
  })
  const [first, second] = [activity('Like', bob, iri), activity('Like', bob, iri)]
  t.equal(await receive(ctx, first), 'liked')
  t.equal(await receive(ctx, activity('Undo', bob, second)), 'undone')
  t.equal(await receive(ctx, second), 'undone-early')
  t.same(await ctx.db('likes'), [])
})

t.test('a Follow whose id is used again counts in the place of its last arrival', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const gancio = await remotePerson(ctx, 'events@gancio.test')
  const follow = activity('Follow', gancio, alice.iri)
  t.equal(await receive(ctx, follow), 'followed')
  await accept(ctx, activity('Undo', gancio, follow))
  await accept(ctx, follow)
  await processInbox(ctx)
  t.equal((await ctx.db('follows').where({ follower_id: gancio.id })).length, 1, 'ended and begun again, in that order')
})
