import t from 'tap'
import type { Ctx } from '../context.ts'
import { localFollow } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { localPerson, remotePerson } from '../test/people.ts'
import { localActor } from '../test/publishers.ts'
import { insertObject } from './objects.ts'
import type { ActorRow, ObjectRow, Visibility } from './rows.ts'
import { ANYONE, canSee, visibleTo, type Viewer } from './visibility.ts'

const ALL: Visibility[] = ['public', 'unlisted', 'followers', 'members', 'direct', 'local']

/** One canary of Bob's for each visibility: mentioned in each, said in a group. */
async function canaries(ctx: Ctx, author: ActorRow, group: ActorRow, mentioned: ActorRow): Promise<Map<Visibility, ObjectRow>> {
  const rows = new Map<Visibility, ObjectRow>()
  for (const visibility of ALL) {
    const row = await insertObject(ctx, ctx.db, {
      row: {
        iri: `https://canary.test/${author.username}/${visibility}`,
        type: 'Note',
        local: author.local,
        actor_id: author.id,
        group_id: group.id,
        visibility,
        published: ctx.clock.now(),
        doc: {}
      },
      recipients: [{ actor_id: mentioned.id, mention: true }]
    })
    rows.set(visibility, row!)
  }
  return rows
}

async function seen(ctx: Ctx, viewer: Viewer, author: ActorRow): Promise<Visibility[]> {
  const rows: { visibility: Visibility }[] = await visibleTo(ctx.db('objects as o').where('o.actor_id', author.id), viewer, 'o').select(
    'o.visibility'
  )
  return rows.map((row) => row.visibility).sort((a, b) => ALL.indexOf(a) - ALL.indexOf(b))
}

t.test('V01, V02, V04, V13: every visibility against everyone who may look', async (t) => {
  const { ctx } = await testContext(t)
  const group = await localActor(ctx, 'jardin', 'Group')
  const bob = await localPerson(ctx, 'bob')
  const people = new Map<string, ActorRow>()
  for (const name of ['stranger', 'follower', 'pending', 'mentioned', 'member', 'exmember', 'blocked'])
    people.set(name, await localPerson(ctx, name))
  const far = await remotePerson(ctx, 'eve@elsewhere.example')
  const of = (name: string): ActorRow => people.get(name)!
  await localFollow(ctx, of('follower'), bob)
  await localFollow(ctx, of('pending'), bob, 'pending')
  await localFollow(ctx, of('blocked'), bob)
  await ctx.db('memberships').insert([
    { group_id: group.id, actor_id: of('member').id },
    { group_id: group.id, actor_id: of('exmember').id, state: 'pending' }
  ])
  await ctx.db('blocks').insert({ id: '1', iri: 'b', blocker_id: bob.id, blocked_id: of('blocked').id })
  const rows = await canaries(ctx, bob, group, of('mentioned'))
  const open: Visibility[] = ['public', 'unlisted']
  const table: [string, Viewer, Visibility[]][] = [
    ['anyone', ANYONE, open],
    ['a stranger of this commune', { actorId: of('stranger').id }, [...open, 'local']],
    ['a stranger elsewhere', { actorId: far.id }, open],
    ['a follower', { actorId: of('follower').id }, [...open, 'followers', 'local']],
    ['a follower not yet accepted', { actorId: of('pending').id }, [...open, 'local']],
    ['someone mentioned', { actorId: of('mentioned').id }, [...open, 'followers', 'direct', 'local']],
    ['a member', { actorId: of('member').id }, [...open, 'members', 'local']],
    ['a member not yet accepted', { actorId: of('exmember').id }, [...open, 'local']],
    ['someone blocked', { actorId: of('blocked').id }, []],
    ['the author', { actorId: bob.id }, ALL]
  ]
  for (const [who, viewer, expected] of table) {
    t.same(await seen(ctx, viewer, bob), expected, who)
    for (const [visibility, row] of rows)
      t.equal(await canSee(ctx, ctx.db, row, viewer), expected.includes(visibility), `${who}, ${visibility}`)
  }
})

t.test('O39: nothing of a suspended, deleted or blocked-domain author passes, not even to followers', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const group = await localActor(ctx, 'jardin', 'Group')
  const bob = await remotePerson(ctx, 'bob@social.evil.example')
  await localFollow(ctx, alice, bob)
  await canaries(ctx, bob, group, alice)
  const viewer = { actorId: alice.id }
  t.ok((await seen(ctx, viewer, bob)).length > 2)
  for (const column of ['suspended_at', 'deleted_at']) {
    await ctx
      .db('actors')
      .where({ id: bob.id })
      .update({ [column]: ctx.clock.now() })
    t.same(await seen(ctx, viewer, bob), [], column)
    t.same(await seen(ctx, ANYONE, bob), [], column)
    await ctx
      .db('actors')
      .where({ id: bob.id })
      .update({ [column]: null })
  }
  await ctx.db('domain_policies').insert({ host: 'l.example', action: 'block' })
  t.ok((await seen(ctx, viewer, bob)).length > 0, 'only whole labels count')
  await ctx.db('domain_policies').insert({ host: 'evil.example', action: 'block' })
  t.same(await seen(ctx, viewer, bob), [], 'a blocked domain covers its sub-domains')
})

t.test('who blocks somebody does not see them either', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await localPerson(ctx, 'bob')
  await canaries(ctx, bob, await localActor(ctx, 'jardin', 'Group'), alice)
  await ctx.db('blocks').insert({ id: '1', iri: 'b', blocker_id: alice.id, blocked_id: bob.id })
  t.same(await seen(ctx, { actorId: alice.id }, bob), [])
})

t.test('a boost shows no more than what it boosts', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await localPerson(ctx, 'bob')
  const carol = await localPerson(ctx, 'carol')
  const rows = await canaries(ctx, bob, await localActor(ctx, 'jardin', 'Group'), alice)
  for (const row of rows.values()) {
    await insertObject(ctx, ctx.db, {
      row: {
        iri: `${row.iri}/boost`,
        type: 'Announce',
        local: true,
        actor_id: carol.id,
        visibility: 'public',
        reblog_of_id: row.id,
        published: ctx.clock.now(),
        doc: {}
      }
    })
  }
  const boosts = async (viewer: Viewer): Promise<number> =>
    (await visibleTo(ctx.db('objects').where({ actor_id: carol.id }), viewer)).length
  t.equal(await boosts(ANYONE), 2)
  t.equal(await boosts({ actorId: alice.id }), 5, 'mentioned: all but members')
  await ctx
    .db('objects')
    .where({ id: rows.get('public')!.id })
    .update({ deleted_at: ctx.clock.now() })
  t.equal(await boosts(ANYONE), 1)
  await ctx.db('actors').where({ id: bob.id }).update({ suspended_at: ctx.clock.now() })
  t.equal(await boosts(ANYONE), 0)
})

t.test('the predicate keeps the plan of a timeline: an index range, no scan, few buffers', async (t) => {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const bob = await localPerson(ctx, 'bob')
  await ctx.db.raw(
    `insert into objects (id, iri, type, local, actor_id, root_id, visibility, published, doc)
     select n, 'https://canary.test/' || n, 'Note', true, ?, n, case when n % 3 = 0 then 'followers' else 'public' end, now(), '{}' from generate_series(1, 20000) n`,
    [bob.id]
  )
  await ctx.db.raw('analyze')
  for (const viewer of [ANYONE, { actorId: alice.id }]) {
    const query = visibleTo(ctx.db('objects').where({ visibility: 'public' }), viewer)
      .orderBy('id', 'desc')
      .limit(20)
      .select('objects.*')
    const { sql, bindings } = query.toSQL().toNative()
    const plan = await ctx.db.raw<{ rows: { 'QUERY PLAN': [{ Plan: Record<string, unknown> }] }[] }>(
      `explain (analyze, buffers, format json) ${sql.replace(/\$\d+/g, '?')}`,
      bindings as string[]
    )
    const text = JSON.stringify(plan.rows[0])
    t.match(text, /objects_public/)
    t.notMatch(text, /"Seq Scan","Parallel Aware":false,"Async Capable":false,"Relation Name":"objects"/)
    t.ok(
      Number(plan.rows[0]!['QUERY PLAN'][0].Plan['Shared Hit Blocks']) < 400,
      `${String(plan.rows[0]!['QUERY PLAN'][0].Plan['Shared Hit Blocks'])} buffers`
    )
  }
})

t.test('an alias that is not one is a mistake of ours, not SQL', async (t) => {
  const { ctx } = await testContext(t)
  t.throws(() => visibleTo(ctx.db('objects'), ANYONE, 'o; drop table objects'), TypeError)
})
