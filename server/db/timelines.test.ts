// The pages people read touch a range of an index, however many objects there are: plans and buffers on a filled database.
import type { Knex } from 'knex'
import t from 'tap'
import type { Ctx } from '../context.ts'
import { testContext } from '../test/context.ts'
import { localPerson } from '../test/people.ts'
import { listEvents } from './agenda.ts'
import { wipeObject } from './objects.ts'
import type { ListRow, ObjectRow } from './rows.ts'
import { loadStatusParts } from './status-parts.ts'
import { searchActors, searchAlike, searchObjects, searchTags } from './search.ts'
import { loadThread } from './threads.ts'
import { actorTimeline, bookmarkedBy, groupsTimeline, homeTimeline, listTimeline, publicTimeline, tagTimeline } from './timelines.ts'
import { ANYONE } from './visibility.ts'

type Tap = Parameters<typeof testContext>[0]
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 20 }
const OBJECTS = 20_000

/** 20,000 objects by 5,000 people, 20 of them local: notes, replies, boosts, events, a tag on each tenth. */
async function fill(ctx: Ctx): Promise<void> {
  await ctx.db.raw(`insert into actors (id, iri, type, local, username, domain, host, name, inbox, doc)
    select n, 'https://h' || n || '.example/u', 'Person', n <= 20, 'user' || n, 'h' || n || '.example', 'h' || n || '.example', 'Personne ' || n, 'https://h/i', '{}'
    from generate_series(1, 5000) n`)
  await ctx.db.raw(
    `insert into objects (id, iri, type, local, actor_id, visibility, in_reply_to_id, in_reply_to_iri, reblog_of_id, start_time, latitude, longitude, content_html, published, doc)
     select n, 'https://h.example/' || n, case when n % 20 = 7 then 'Event' when n % 5 = 3 then 'Announce' else 'Note' end, n % 11 = 0, case when n % 11 = 0 then 1 + n % 20 else 21 + n % 4979 end,
       case when n % 9 = 5 then 'followers' else 'public' end,
       case when n % 5 = 1 and n > 10 then n - 1 end, case when n % 5 = 1 and n > 10 then 'https://h.example/' || (n - 1) end,
       case when n % 5 = 3 and n > 10 then n - 3 end,
       case when n % 20 = 7 then timestamptz '2026-01-01' + n * interval '1 hour' end, case when n % 20 = 7 then (n % 170) - 85 end, case when n % 20 = 7 then (n % 350) - 175 end,
       case when n % 1000 = 0 then '<p>Réparations du vélo</p>' else '<p>Les marchés du village</p>' end, timestamptz '2026-01-01' + n * interval '1 minute', '{}'
     from generate_series(1, ?::int) n`,
    [OBJECTS]
  )
  await ctx.db.raw(
    "insert into object_tags (tag, object_id) select case when n % 1000 = 0 then 'rare' else 'commune' end, n from generate_series(10, ?::int, 10) n",
    [OBJECTS]
  )
  await fillSurroundings(ctx)
  await ctx.db.raw('analyze')
}

/** What hangs on posts and events, as much of it as makes a whole read the wrong plan. */
async function fillSurroundings(ctx: Ctx): Promise<void> {
  const statements = [
    `insert into preview_cards (id, url, host, title, fetched_at)
       select n, 'https://page.example/' || n, 'page.example', 'Page ' || n, now() from generate_series(1, ?::int, 4) n`,
    `insert into object_cards (object_id, card_id) select id, id from preview_cards where id <= ?::int`,
    `insert into event_twins (object_id, canonical_id) select n, n + 1 from generate_series(1, ?::int - 1) n where n % 2 = 0 or n % 400 = 27`,
    `insert into quotes (quote_iri, quote_id, quoted_iri, quoted_id, state)
       select 'https://h.example/' || n, n, 'https://h.example/' || n - 1, n - 1, 'accepted' from generate_series(4, ?::int, 4) n`,
    `insert into group_removals (object_id, group_id) select n, 1 from generate_series(3, ?::int, 16) n`,
    `insert into reactions (id, iri, actor_id, object_id, emoji)
       select n, 'https://h.example/r' || n, 1 + n % 5000, n, '🌱' from generate_series(1, ?::int, 2) n`,
    `insert into poll_votes (object_id, voter_id, option, single)
       select n, 1 + n % 5000, 0, true from generate_series(1, ?::int, 2) n`,
    `insert into events (object_id, local, join_mode) select id, local, 'free' from objects where type = 'Event' and id <= ?::int on conflict do nothing`,
    `insert into participations (id, object_id, actor_id, state, created_at)
       select n, 7 + 20 * (n % 1000), 1 + n % 5000, 'accepted', now() from generate_series(1, ?::int) n on conflict do nothing`,
    `insert into event_invitations (id, object_id, inviter_id, invitee_id, created_at)
       select n, 7 + 20 * (n % 1000), 1, 1 + n % 5000, now() from generate_series(1, ?::int, 2) n on conflict do nothing`,
    `insert into activities (id, iri, type, actor_id, visibility, body)
       select n, 'https://h.example/a' || n, 'Join', 1, 'direct', '{}' from generate_series(1, ?::int, 2) n`,
    `insert into deliveries (activity_id, actor_id, inbox, host) select id, 1, 'https://h/i', 'h' from activities where id <= ?::int`,
    `insert into bookmarks (id, actor_id, object_id) select n, 1 + n % 20, n from generate_series(1, ?::int) n`,
    `insert into thread_mutes (actor_id, root_id) select 1 + n % 20, n from generate_series(1, ?::int, 3) n`,
    `insert into lists (id, owner_id, title) select n, 1 + n % 20, 'l' from generate_series(1, ?::int / 20) n`,
    `insert into list_accounts (list_id, actor_id) select 1 + n % 1000, 1 + n % 4999 from generate_series(1, ?::int) n on conflict do nothing`,
    `insert into filters (id, actor_id, title, context) select n, 1 + n % 20, 'f', '{home}' from generate_series(1, ?::int / 20) n`,
    `insert into filter_keywords (id, filter_id, keyword) select n, 1 + n % 1000, 'mot' from generate_series(1, ?::int) n`,
    `insert into filter_statuses (id, filter_id, object_id) select n, 1 + n % 1000, n from generate_series(1, ?::int) n`
  ]
  for (const statement of statements) await ctx.db.raw(statement, [OBJECTS])
}

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Shared Hit Blocks'?: number
  'Shared Read Blocks'?: number
  Plans?: Plan[]
}

/** Runs `work` and explains each of its queries on the tables that grow. */
async function plansOf(ctx: Ctx, work: () => Promise<unknown>): Promise<{ sql: string; plan: Plan; buffers: number }[]> {
  const queries: { sql: string; bindings: unknown[] }[] = []
  const listen = ({ sql, bindings }: { sql: string; bindings: unknown[] }): void => void queries.push({ sql, bindings })
  ctx.db.on('query', listen)
  await work()
  ctx.db.off('query', listen)
  const plans = []
  for (const { sql, bindings } of queries) {
    const [row] = (await explain(ctx.db, sql, bindings)).rows
    const { Plan: plan } = row!['QUERY PLAN'][0]!
    plans.push({ sql, plan, buffers: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0) })
  }
  return plans
}

function explain(db: Knex, sql: string, bindings: unknown[]): Promise<{ rows: { 'QUERY PLAN': { Plan: Plan }[] }[] }> {
  const client = db.client as {
    acquireConnection(): Promise<{ query(sql: string, values: unknown[]): Promise<never> }>
    releaseConnection(connection: unknown): Promise<void>
  }
  return client.acquireConnection().then(async (connection) => {
    try {
      return await connection.query(`explain (analyze, buffers, format json) ${sql}`, bindings)
    } finally {
      await client.releaseConnection(connection)
    }
  })
}

function scansOf(plan: Plan): string[] {
  const own = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)]
}

/** Tables that stay small for ever may be read whole. */
const SMALL = [
  'domain_policies',
  'mutes',
  'blocks',
  'featured',
  'likes',
  'follows',
  'memberships',
  'object_recipients',
  'object_stats',
  'actor_stats'
]

async function assertRange(
  t: Tap & { ok(value: unknown, message: string): void; same(a: unknown, b: unknown, message: string): void },
  ctx: Ctx,
  name: string,
  maxBuffers: number,
  work: () => Promise<unknown>
): Promise<void> {
  for (const { sql, plan, buffers } of await plansOf(ctx, work)) {
    t.same(
      scansOf(plan).filter((table) => !SMALL.includes(table)),
      [],
      `${name}: no table that grows is read whole by ${sql.slice(0, 80)}`
    )
    t.ok(buffers <= maxBuffers, `${name}: ${buffers} buffers of at most ${maxBuffers} for ${sql.slice(0, 80)}`)
  }
}

t.test('each page of posts is a range of an index', async (t) => {
  const { ctx } = await testContext(t)
  await fill(ctx)
  const alice = await localPerson(ctx, 'alice')
  const viewer = { actorId: alice.id }
  await ctx.db.raw('update objects set group_id = 100 + id % 20 where id % 7 = 0')
  await ctx.db.raw(
    "insert into memberships (group_id, actor_id, role, state, created_at) select n, ?, 'member', 'active', now() from generate_series(100, 119) n",
    [alice.id]
  )
  await ctx.db.raw('insert into home_items (owner_id, object_id) select ?, n from generate_series(2, ?::int, 2) n', [alice.id, OBJECTS])
  await ctx.db.raw('insert into home_items (owner_id, object_id) select 1 + n % 20, n from generate_series(1, ?::int) n', [OBJECTS])
  await ctx.db.raw('analyze')
  const middle = { ...PAGE, maxId: String(OBJECTS / 2) }
  t.equal((await homeTimeline(ctx, alice.id, middle)).length, 20)
  await assertRange(t, ctx, 'home', 600, () => homeTimeline(ctx, alice.id, middle))
  await assertRange(t, ctx, 'wall', 600, () => publicTimeline(ctx, ANYONE, { local: true }, middle))
  await assertRange(t, ctx, 'wall of its people', 600, () => publicTimeline(ctx, viewer, { local: true }, middle))
  t.equal((await groupsTimeline(ctx, alice.id, PAGE)).length, 20)
  await assertRange(t, ctx, 'groups', 2500, () => groupsTimeline(ctx, alice.id, PAGE))
  await assertRange(t, ctx, 'fediverse', 600, () => publicTimeline(ctx, viewer, {}, middle))
  await assertRange(t, ctx, 'fediverse of elsewhere', 600, () => publicTimeline(ctx, viewer, { remote: true }, middle))
  await assertRange(t, ctx, 'common tag', 600, () => tagTimeline(ctx, viewer, 'commune', {}, middle))
  await assertRange(t, ctx, 'rare tag', 600, () => tagTimeline(ctx, viewer, 'rare', {}, middle))
  await assertRange(t, ctx, 'absent tag', 100, () => tagTimeline(ctx, viewer, 'nowhere', {}, middle))
  await assertRange(t, ctx, 'one actor', 700, () => actorTimeline(ctx, ANYONE, '12', { excludeReplies: true }, PAGE))
  await assertRange(t, ctx, 'an actor without posts', 100, () => actorTimeline(ctx, ANYONE, alice.id, {}, PAGE))
  const [list] = await ctx.db<ListRow>('lists').where({ owner_id: '3' }).limit(1)
  t.equal((await listTimeline(ctx, list!, PAGE)).length, 20)
  await assertRange(t, ctx, 'a list of 20 people', 2000, () => listTimeline(ctx, list!, PAGE))
  t.equal((await bookmarkedBy(ctx, '3', PAGE)).length, 20)
  await assertRange(t, ctx, 'bookmarks', 600, () => bookmarkedBy(ctx, '3', PAGE))
  const rows = await publicTimeline(ctx, ANYONE, {}, PAGE)
  await assertRange(t, ctx, 'parts of a page', 900, () => loadStatusParts(ctx, rows, viewer))
  await assertRange(t, ctx, 'thread', 900, () => loadThread(ctx, { id: '10001' }, ANYONE))
})

t.test('agenda and search have a budget too, for common, rare and absent words', async (t) => {
  const { ctx } = await testContext(t)
  await fill(ctx)
  const from = new Date('2026-06-01T00:00:00Z')
  await assertRange(t, ctx, 'agenda', 900, () => listEvents(ctx, ANYONE, { from, limit: 30 }))
  await assertRange(t, ctx, 'local agenda', 900, () => listEvents(ctx, ANYONE, { from, local: true, limit: 30 }))
  await assertRange(t, ctx, 'events near a place', 900, () =>
    listEvents(ctx, ANYONE, { from, near: { latitude: 62, longitude: 32, radiusMetres: 100_000 }, limit: 30 })
  )
  t.ok((await listEvents(ctx, ANYONE, { from, near: { latitude: 62, longitude: 32, radiusMetres: 100_000 }, limit: 30 })).length > 0)
  await assertRange(t, ctx, 'tags', 500, () => searchTags(ctx, 'com', 20))
  await assertRange(t, ctx, 'absent tags', 100, () => searchTags(ctx, 'zzz', 20))
  t.equal((await searchActors(ctx, 'personne 45', 20))[0]?.username, 'user45')
  await ctx.db.raw('update actors set indexable = true')
  // Rows written anew leave their old index entries behind until they are swept.
  await ctx.db.raw('vacuum analyze')
  const asked = { actorId: null, followedOnly: false, after: null, before: null, has: [], isReply: null, language: null, maxId: null }
  const find = (words: string) => searchObjects(ctx, { ...asked, words }, ANYONE, 20)
  await assertRange(t, ctx, 'posts by a common word', 1500, () => find('marché'))
  await assertRange(t, ctx, 'posts by a rare word', 1500, () => find('reparer velos'))
  await assertRange(t, ctx, 'posts by an absent word', 100, () => find('hippopotame'))
  await assertRange(t, ctx, 'names nearly right', 200, () => searchAlike(ctx, 'persone 7', 20))
  t.equal((await find('marché')).length, 20)
  t.ok((await find('reparer velos')).length > 5, 'rare words are found however old')
})

/** Tables with rows that this transaction read whole, PostgreSQL's own questions about foreign keys included. */
async function readWhole(trx: Knex): Promise<string[]> {
  const { rows } = await trx.raw<{ rows: { relname: string }[] }>(
    'select s.relname from pg_stat_xact_user_tables s join pg_class c on c.oid = s.relid where s.seq_scan > 0 and c.reltuples > 500 order by 1'
  )
  return rows.map(({ relname }) => relname)
}

t.test('what ends is found by an index: a post with its boosts and all that hangs on it, a boost taken back', async (t) => {
  const { ctx } = await testContext(t)
  await fill(ctx)
  const hanging = [
    'insert into home_items (owner_id, object_id) select 1 + n % 20, n from generate_series(1, ?::int) n',
    `insert into media (id, actor_id, object_id, file, media_type, width, height, size_bytes)
       select n, 1, n, n || '.webp', 'image/webp', 1, 1, 1 from generate_series(1, ?::int, 2) n`,
    'insert into featured (actor_id, object_id) select 1 + n % 20, n from generate_series(1, ?::int, 2) n',
    "insert into idempotency_keys (actor_id, key, object_id) select 1 + n % 20, 'key' || n, n from generate_series(1, ?::int, 2) n"
  ]
  for (const statement of hanging) await ctx.db.raw(statement, [OBJECTS])
  await ctx.db.raw('analyze')
  const post = (await ctx.db<ObjectRow>('objects').where({ id: '1000' }).first())!
  await ctx.db.transaction(async (trx) => {
    await wipeObject(ctx, trx, post)
    t.same(await readWhole(trx), [])
    for (const table of ['home_items', 'bookmarks', 'filter_statuses'])
      t.same(await trx(table).where({ object_id: '1000' }), [], `${table} without it`)
    t.same(await trx('objects').where({ reblog_of_id: '1000' }), [], 'nor its boost')
  })
  await ctx.db.transaction(async (trx) => {
    t.equal(await trx('objects').where({ id: '2003' }).whereNotNull('reblog_of_id').delete(), 1)
    t.same(await readWhole(trx), [])
  })
  t.match(await ctx.db('objects').where({ id: '1001' }).first('in_reply_to_id'), { in_reply_to_id: '1000' }, 'answers keep their place')
})
