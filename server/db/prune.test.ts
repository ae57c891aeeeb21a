import t from 'tap'
import { newId } from '../core/ids.ts'
import { testContext } from '../test/context.ts'
import { localActor } from '../test/publishers.ts'
import { prune } from './prune.ts'

const DAY = 86_400_000

t.test('what has served is forgotten, what still waits or was just received is not', async (t) => {
  const { ctx, clock } = await testContext(t)
  const alice = await localActor(ctx, 'alice')
  const at = (days: number) => new Date(clock.now().getTime() - days * DAY)
  const received = (name: string, days: number, state: string) => ({
    id: newId(),
    dedup_key: Buffer.from(name),
    type: 'Create',
    actor_iri: 'a',
    signer_iri: 'a',
    host: 'peer.test',
    body: '{}',
    state,
    received_at: at(days)
  })
  await ctx
    .db('inbox_log')
    .insert([received('fresh', 6, 'done'), received('week', 8, 'done'), received('stuck', 9, 'waiting'), received('quarter', 91, 'done')])
  await ctx.db('activities').insert({ id: '1', iri: 'x', type: 'Create', actor_id: alice.id, visibility: 'public', body: '{}' })
  const delivery = (inbox: string, days: number, state: string) => ({
    activity_id: '1',
    actor_id: alice.id,
    inbox,
    host: 'peer.test',
    state,
    finished_at: state === 'waiting' ? null : at(days),
    next_at: at(days)
  })
  await ctx.db('deliveries').insert([delivery('recent', 89, 'done'), delivery('old', 91, 'dead'), delivery('waiting', 91, 'waiting')])
  const token = (name: string, days: number) => ({
    id: newId(),
    token_hash: Buffer.from(name),
    kind: 'app',
    scopes: [],
    expires_at: at(days)
  })
  await ctx.db('tokens').insert([token('expired', 1), token('valid', -1)])
  while ((await prune(ctx.db, clock.now())) > 0);
  const log = await ctx.db('inbox_log').orderBy('received_at', 'desc').select('dedup_key', 'body')
  t.same(
    log.map((row: { dedup_key: Buffer; body: string | null }) => [row.dedup_key.toString(), row.body]),
    [
      ['fresh', '{}'],
      ['week', null],
      ['stuck', '{}']
    ]
  )
  t.same(
    (await ctx.db('deliveries').orderBy('id')).map((row) => row.inbox),
    ['recent', 'waiting']
  )
  t.equal((await ctx.db('tokens')).length, 1)
})

t.test('a home timeline keeps the newest, each its own', async (t) => {
  const { ctx, clock } = await testContext(t)
  const [alice, bob] = [await localActor(ctx, 'alice'), await localActor(ctx, 'bob')]
  await ctx.db.raw('insert into home_items (owner_id, object_id) select ?, n from generate_series(1, 5010) n', [alice.id])
  await ctx.db.raw('insert into home_items (owner_id, object_id) select ?, n from generate_series(1, 3) n', [bob.id])
  while ((await prune(ctx.db, clock.now())) > 0);
  const kept = await ctx
    .db('home_items')
    .groupBy('owner_id')
    .select('owner_id', ctx.db.raw('count(*)::int as items, min(object_id) as oldest'))
  t.strictSame(
    new Map(kept.map((row) => [row.owner_id, [row.items, row.oldest]])),
    new Map([
      [alice.id, [5000, '11']],
      [bob.id, [3, '1']]
    ])
  )
})
