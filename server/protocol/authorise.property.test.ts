// The five properties of authorise() (security.md C4): (1) no effect on a row whose stored owner is of another server than the signer;
// (2) local rows change only by local sessions; (3) a replay is identity; (4) two commuting activities commute; (5) nothing private
// becomes visible by any remote activity. First on the judgement alone, then on real tables through the whole inbox.
import fc from 'fast-check'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { insertObject, storeRemoteObject } from '../db/objects.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { ANYONE, visibleTo } from '../db/visibility.ts'
import { accept, localFollow, note, PUBLIC } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { testInternet } from '../test/internet.ts'
import { localGroup, localPerson } from '../test/people.ts'
import { remoteFollow } from '../test/publishers.ts'
import { getActorByIri } from './actors.ts'
import { authorise, bareFacts, type Facts } from './authorise.ts'
import { processInbox } from './inbox.ts'
import { normaliseObject } from './normalise.ts'

const RUNS = Number(process.env.COMMUNER_RUNS ?? 60)
const TYPES = [
  'Create',
  'Update',
  'Delete',
  'Undo',
  'Accept',
  'Reject',
  'Add',
  'Remove',
  'Follow',
  'Like',
  'Announce',
  'Block',
  'Flag',
  'Move',
  'Dislike',
  'EmojiReact',
  'Join',
  'Leave',
  'Invite',
  'Offer',
  'QuoteRequest',
  'Lock',
  'View',
  'Ignore',
  'TentativeAccept'
]

t.test(
  '1 and 2: for any facts about any type, only the owner’s server changes what it owns, and nobody from outside what is ours',
  async (t) => {
    const OWN = 'https://commune.test'
    const actors = ['https://peer.test/users/bob', 'https://peer.test/users/eve', 'https://evil.test/users/mallory']
    const iri = fc.constantFrom(...actors, 'https://peer.test/n/1', 'https://evil.test/n/1', `${OWN}/ap/objects/1`, `${OWN}/ap/actors/1`)
    const maybe = fc.option(iri, { nil: null })
    const facts: fc.Arbitrary<Facts> = fc
      .record({
        type: fc.constantFrom(...TYPES),
        signer: fc.constantFrom(...actors),
        actor: fc.constantFrom(...actors),
        id: maybe,
        objectId: maybe,
        aboutActor: fc.boolean(),
        claimedAuthor: maybe,
        owner: maybe,
        writer: maybe,
        ownerIsGroup: fc.boolean(),
        ownTarget: fc.boolean()
      })
      .map((some) => ({ ...bareFacts({ type: some.type, signer: some.signer, actor: some.actor, id: some.id, own: OWN }), ...some }))
      // An actor belongs to itself; what is created belongs to nobody yet.
      .map((facts) => (facts.aboutActor || facts.objectId === facts.signer ? { ...facts, owner: facts.objectId, writer: null } : facts))
      .map((facts) => (facts.type === 'Create' ? { ...facts, owner: null, writer: null } : facts))
    let applied = 0
    fc.assert(
      fc.property(facts, (facts) => {
        if (authorise(facts).decision !== 'apply') return true
        applied += 1
        if (facts.signer !== facts.actor) return false
        const changes = ['Create', 'Update', 'Delete', 'Undo', 'Accept', 'Reject', 'Add', 'Remove'].includes(facts.type)
        if (!changes) return true
        if (['Create', 'Update', 'Delete'].includes(facts.type) && sameOrigin(facts.objectId, OWN)) return false
        const owner = facts.owner === null || facts.writer === facts.signer ? facts.objectId : facts.owner
        return facts.owner === null || facts.writer === facts.signer || sameOrigin(owner, facts.signer)
      }),
      { numRuns: 20_000 }
    )
    t.ok(applied > 500, `${applied} were allowed`)
  }
)

/** One activity of somebody, by numbers, so that a failure shrinks. */
const deed = fc.record({
  type: fc.nat(TYPES.length - 1),
  signer: fc.nat(2),
  /** Mostly the signer itself. */
  actor: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(5) }),
  object: fc.nat(40),
  form: fc.nat(5),
  claim: fc.nat(7),
  target: fc.nat(8),
  to: fc.nat(3),
  id: fc.nat(50)
})
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

interface World {
  ctx: Ctx
  actors: ActorRow[]
  strangers: ActorRow[]
  objects: ObjectRow[]
  links: string[]
  viewers: ActorRow[]
}

/** A commune with a citizen, a group, posts of every visibility; Bob and Eve on one server, Mallory on another; links among them. */
async function world(t: Parameters<typeof testContext>[0]): Promise<World> {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const internet = await testInternet(t, ctx)
  const [peer, evil] = [internet.host('peer.test'), internet.host('evil.test')]
  // Both approve their followers: otherwise following is how anybody gets to see what is for followers.
  const alice = await localPerson(ctx, 'alice', { locked: true })
  const zoe = await localPerson(ctx, 'zoe', { locked: true })
  const group = await localGroup(ctx, 'jardin', alice)
  // So does the group: joining an open one is how anybody gets to see what is for its members.
  await ctx.db('groups').where({ actor_id: group.id }).update({ openness: 'moderated' })
  const strangers = await Promise.all(
    [peer.actor('bob'), peer.actor('eve'), evil.actor('mallory')].map(({ iri }) => getActorByIri(ctx, iri))
  )
  const [bob, eve, mallory] = strangers as [ActorRow, ActorRow, ActorRow]
  const links = [await localFollow(ctx, alice, bob), await localFollow(ctx, zoe, eve, 'pending')]
  await remoteFollow(ctx, bob, zoe)
  links.push(`${bob.iri}#follow/${zoe.id}`)
  const objects: ObjectRow[] = []
  for (const visibility of ['public', 'unlisted', 'followers', 'direct', 'local', 'members'] as const) {
    const iri = `https://commune.test/ap/objects/${visibility}`
    const row = {
      iri,
      type: 'Note',
      local: true,
      actor_id: alice.id,
      visibility,
      published: ctx.clock.now(),
      content_html: visibility,
      doc: {}
    }
    objects.push((await insertObject(ctx, ctx.db, { row: visibility === 'members' ? { ...row, group_id: group.id } : row }))!)
  }
  for (const author of [bob, eve, mallory]) {
    for (const to of [[PUBLIC, alice.iri], [author.followers_iri!], [alice.iri]]) {
      const json = note(author, { to, cc: [] })
      ;(author === mallory ? evil : peer).on(new URL(json.id).pathname, json)
      objects.push((await storeRemoteObject(ctx, ctx.db, normaliseObject(json), author))!)
    }
  }
  return { ctx, actors: [...strangers, alice, zoe, group], strangers, objects, links, viewers: [alice, zoe, ...strangers] }
}

function write({ actors, strangers, objects, links }: World, deed: Deed): { json: Record<string, unknown>; signer: string } {
  const signer = strangers[deed.signer]!
  const actor = deed.actor === -1 ? signer : actors[deed.actor]!
  const everything = [...objects.map((one) => one.iri), ...actors.map((one) => one.iri), ...links]
  const iri = everything[deed.object % everything.length]!
  const to = [[PUBLIC], ['https://commune.test/ap/actors/none', ...actors.slice(3).map((one) => one.iri)], [], [`${actor.iri}/followers`]][
    deed.to
  ]!
  const claim = [...actors.map((one) => one.iri), undefined, 1][deed.claim]
  // Nobody leaves the stage: the rest of the play needs them.
  const type = TYPES[deed.type] === 'Delete' && iri === actor.iri ? 'Undo' : TYPES[deed.type]
  const full = { id: iri, attributedTo: claim, actor: claim, to, updated: '2026-11-22T11:59:00Z', content: '<p>pwned</p>', name: 'pwned' }
  const object = [
    iri,
    { ...full, type: 'Note' },
    { ...full, type: 'Person', inbox: `${signer.iri}/inbox`, preferredUsername: 'pwned' },
    { id: iri, type: 'Tombstone' },
    { id: links[deed.id % links.length], type: 'Follow', actor: claim, object: iri },
    { id: `${signer.iri}#made-up-${deed.id}`, type: ['Like', 'Announce', 'Block', 'Create'][deed.id % 4], actor: claim, object: iri }
  ][deed.form]
  return {
    signer: signer.iri,
    json: {
      id: `${actor.iri}#deed-${deed.id}-${deed.type}-${deed.object}-${deed.form}-${deed.claim}`,
      type,
      actor: actor.iri,
      object,
      to,
      target: [undefined, `${signer.iri}/collections/featured`, actors[5]!.iri, `${actors[5]!.iri}/members`][deed.target]
    }
  }
}

/** Accepts it, or finds that the door refuses it with a 400. */
async function arrive(scene: World, deed: Deed): Promise<void> {
  const { json, signer } = write(scene, deed)
  await accept(scene.ctx, json, signer).catch((error: unknown) => {
    if (!isAppError(error) || error.status !== 400) throw error
  })
}

/** Each stored row's words and owner, by who may change them. */
async function words({ ctx }: World): Promise<Map<string, string>> {
  const rows = await ctx
    .db('objects as o')
    .join('actors as a', 'a.id', 'o.actor_id')
    .select('o.iri', 'a.host', 'a.local', 'o.content_html', 'o.name', 'o.visibility', 'o.deleted_at', 'o.actor_id')
    .whereNull('o.reblog_of_id')
  const actors = await ctx.db('actors').select('iri', 'host', 'local', 'inbox', 'name', 'username', 'locked', 'deleted_at', 'suspended_at')
  const keys = await ctx
    .db('actor_keys')
    .join('actors as a', 'a.id', 'actor_id')
    .select('key_iri as iri', 'a.host', 'a.local', 'public_pem')
  return new Map([...rows, ...actors, ...keys].map((row: { iri: string }) => [row.iri, JSON.stringify(row)]))
}

async function seen({ ctx, viewers }: World): Promise<Map<string, Set<string>>> {
  const result = new Map<string, Set<string>>()
  for (const viewer of [null, ...viewers]) {
    const rows: { iri: string }[] = await visibleTo(ctx.db('objects'), viewer === null ? ANYONE : { actorId: viewer.id })
      .whereNull('reblog_of_id')
      .select('iri')
    result.set(viewer?.iri ?? 'anyone', new Set(rows.map((row) => row.iri)))
  }
  return result
}

async function work(ctx: Ctx): Promise<void> {
  while ((await processInbox(ctx)) > 0);
  const dead = await ctx.db('inbox_log').where({ state: 'dead' }).orWhere({ state: 'waiting' }).select('type', 'outcome', 'body')
  if (dead.length > 0) throw new Error(`not applied: ${JSON.stringify(dead).slice(0, 800)}`)
}

t.test('1, 2 and 5: through the whole inbox, whatever arrives from whomever', { timeout: 0 }, async (t) => {
  const scene = await world(t)
  const outcomes = new Map<string, number>()
  const check = async (deeds: Deed[]): Promise<void> => {
    const [before, visible] = [await words(scene), await seen(scene)]
    const { signer } = write(scene, deeds[0]!)
    // All of one signer, so that whatever changes must be of its server.
    for (const deed of deeds) await arrive(scene, { ...deed, signer: deeds[0]!.signer })
    await work(scene.ctx)
    const host = new URL(signer).host
    for (const [iri, row] of await words(scene)) {
      const old = before.get(iri)
      const owner = JSON.parse(old ?? row) as { host: string; local: boolean }
      if (old !== row && (owner.local || owner.host !== host)) throw new Error(`${host} changed ${iri}: ${old} → ${row}`)
    }
    for (const [viewer, iris] of await seen(scene))
      for (const iri of iris)
        // Who accepts a follower shows them her own posts.
        if (new URL(iri).host !== host && !visible.get(viewer)!.has(iri) && before.has(iri))
          throw new Error(`${viewer} may see ${iri} since ${JSON.stringify(deeds)}`)
    const rows: { outcome: string }[] = await scene.ctx.db('inbox_log').select('outcome')
    for (const { outcome } of rows) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  await fc.assert(fc.asyncProperty(fc.array(deed, { minLength: 5, maxLength: 25 }), check), { numRuns: RUNS, endOnFailure: true })
  t.ok(outcomes.size > 8, [...outcomes.keys()].join(', '))
})

/** Everything remote activities can make or take away, in names that are the same in every world. */
async function effects({ ctx }: World): Promise<unknown[]> {
  const pairs = (table: string, one: string, other: string, more: string[] = []): Promise<unknown[]> =>
    ctx
      .db(`${table} as l`)
      .join('actors as a', 'a.id', `l.${one}`)
      .join('actors as b', 'b.id', `l.${other}`)
      .select('a.username as one', 'b.username as other', ...more)
      .orderBy(['one', 'other'])
  return [
    await pairs('follows', 'follower_id', 'followed_id', ['l.state']),
    await pairs('blocks', 'blocker_id', 'blocked_id'),
    await ctx
      .db('likes as l')
      .join('actors as a', 'a.id', 'l.actor_id')
      .join('objects as o', 'o.id', 'l.object_id')
      .select('a.username', 'o.iri')
      .orderBy([{ column: 'a.username' }, { column: 'o.iri' }]),
    await ctx
      .db('objects as o')
      .join('actors as a', 'a.id', 'o.actor_id')
      .join('objects as r', 'r.id', 'o.reblog_of_id')
      .whereNull('o.deleted_at')
      .select('a.username', 'r.iri')
      .orderBy([{ column: 'a.username' }, { column: 'r.iri' }]),
    await ctx
      .db('object_stats as s')
      .join('objects as o', 'o.id', 's.object_id')
      .where('o.local', true)
      .select('o.iri', 's.likes', 's.shares')
      .orderBy('o.iri'),
    await ctx
      .db('notifications as n')
      .join('actors as a', 'a.id', 'n.from_id')
      .leftJoin('objects as o', 'o.id', 'n.object_id')
      .select('n.type', 'a.username', 'o.iri')
      .orderBy([{ column: 'n.type' }, { column: 'a.username' }, { column: 'o.iri' }])
  ]
}

/** Likes the public post: the example that every play begins with, so that something did happen whatever is drawn afterwards. */
const like = (signer: number): Deed => ({
  type: TYPES.indexOf('Like'),
  signer,
  actor: -1,
  object: 0,
  form: 0,
  claim: signer,
  target: 0,
  to: 0,
  id: 0
})

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Deeds about local posts and people only: what these types do depends on nobody else. */
const gentle = ['Like', 'Announce', 'Follow', 'Block', 'Undo', 'EmojiReact', 'Flag']
const one = (signer: number): fc.Arbitrary<Deed> =>
  fc
    .record({ deed, type: fc.constantFrom(...gentle), post: fc.nat(5), person: fc.constantFrom(18, 19, 20), about: fc.boolean() })
    .map(({ deed, type, post, person, about }) => ({
      ...deed,
      signer,
      actor: -1,
      type: TYPES.indexOf(type),
      object: about ? post : person
    }))

t.test('3: what comes a second time changes nothing', { timeout: 0 }, async (t) => {
  const scene = await world(t)
  let state: unknown = [await effects(scene), [...(await words(scene))]]
  let changes = 0
  const check = async (deeds: Deed[]): Promise<void> => {
    for (const deed of deeds) {
      await arrive(scene, deed)
      await work(scene.ctx)
      const once = [await effects(scene), [...(await words(scene))]]
      if (!same(state, once)) changes += 1
      state = once
      await Promise.all([arrive(scene, deed), arrive(scene, deed)])
      await work(scene.ctx)
      const twice = [await effects(scene), [...(await words(scene))]]
      if (!same(once, twice)) throw new Error(`${JSON.stringify(write(scene, deed).json)} was applied twice`)
    }
  }
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(deed, one(0), one(2)), { minLength: 2, maxLength: 8 }), check), {
    numRuns: Math.ceil(RUNS / 3),
    endOnFailure: true,
    examples: [[[like(0), like(2)]]]
  })
  t.ok(changes > 0, `${changes} times something did happen`)
})

t.test('4: what two strangers do to our posts and people has the same end in either order', { timeout: 0 }, async (t) => {
  const worlds = [await world(t), await world(t)] as const
  const untouched = await effects(worlds[0])
  let changed = 0
  const check = async (bobs: Deed[], mallorys: Deed[]): Promise<void> => {
    for (const [index, deeds] of [
      [...bobs, ...mallorys],
      [...mallorys, ...bobs]
    ].entries()) {
      for (const deed of deeds) {
        await arrive(worlds[index]!, deed)
        if (deed.id % 2 === 0) await work(worlds[index]!.ctx)
      }
      await work(worlds[index]!.ctx)
    }
    const [left, right] = [await effects(worlds[0]), await effects(worlds[1])]
    if (!same(left, right)) throw new Error(`${JSON.stringify(left)}\n${JSON.stringify(right)}`)
    if (!same(left, untouched)) changed += 1
  }
  const some = (signer: number): fc.Arbitrary<Deed[]> => fc.array(one(signer), { minLength: 1, maxLength: 6 })
  await fc.assert(fc.asyncProperty(some(0), some(2), check), {
    numRuns: Math.ceil(RUNS / 3),
    endOnFailure: true,
    examples: [[[like(0)], [like(2)]]]
  })
  t.ok(changed > 0, `${changed} times something did happen`)
})
