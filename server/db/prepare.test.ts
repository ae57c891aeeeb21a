// Hot statements are prepared, and a migration under a running process does not break them.
import t from 'tap'
import { testContext } from '../test/context.ts'
import { HotStatements } from './prepare.ts'

t.test('a text asked often within a minute gets a name, others none', async (t) => {
  const hot = new HotStatements()
  const names = Array.from({ length: 20 }, () => hot.nameOf('select $1', 1000))
  t.equal(names[0], undefined)
  t.ok(names.at(-1))
  t.equal(new Set(names).size, 2, 'always the same')
  for (let minute = 1; minute < 20; minute++) t.equal(hot.nameOf('select $2', minute * 61_000), undefined, 'asked once a minute')
  for (const text of ['begin', 'listen told', 'set local enable_sort = off'])
    t.notOk(Array.from({ length: 20 }, () => hot.nameOf(text, 1000)).some(Boolean), text)
})

t.test('names are few', async (t) => {
  const hot = new HotStatements()
  const named = Array.from({ length: 1000 }, (_, text) => Array.from({ length: 20 }, () => hot.nameOf(`select ${text}`, 1000)).at(-1))
  t.equal(named.filter(Boolean).length, 300)
})

t.test('on a connection: prepared once hot, and anew when a table has changed', async (t) => {
  const { ctx } = await testContext(t)
  await ctx.db.schema.createTable('shelf', (table) => table.integer('book'))
  await ctx.db('shelf').insert({ book: 1 })
  const ask = (): Promise<unknown[]> => ctx.db('shelf').where('book', '>', 0).select('*')
  for (let time = 0; time < 40; time++) t.same(await ask(), [{ book: 1 }])
  const { rows } = await ctx.db.raw<{ rows: { statement: string; generic_plans: string }[] }>(
    `select statement, generic_plans from pg_prepared_statements where statement like '%shelf%where%'`
  )
  t.equal(rows.length, 1)
  await ctx.db.schema.alterTable('shelf', (table) => table.text('title').defaultTo('Germinal'))
  // One question meets the old plan; who asks again has the new one.
  await ask().catch((error: { code?: string }) => t.equal(error.code, '0A000'))
  t.same(await ask(), [{ book: 1, title: 'Germinal' }])
})
