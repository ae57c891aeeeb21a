import { createHash } from 'node:crypto'
import type { Knex } from 'knex'
import t from 'tap'
import { testDatabase } from '../test/postgres.ts'
import { openPool } from './connect.ts'
import { migrate, readMigrations, type Migration } from './migrate.ts'

function migration(name: string, sql: string): Migration {
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

const FIRST = migration('0001_first.sql', "create table towns (name text); insert into towns values ('where?');")
const SECOND = migration('0002_second.sql', 'alter table towns add insee text;')

async function emptyDatabase(t: { teardown(work: () => Promise<void>): void }): Promise<Knex> {
  const database = await testDatabase({ empty: true })
  const db = openPool(database.connection, 6)
  t.teardown(async () => {
    await db.destroy()
    await database.drop()
  })
  return db
}

t.test('migrations are applied once, in order', async (t) => {
  const db = await emptyDatabase(t)
  t.strictSame(await migrate(db, [FIRST]), ['0001_first.sql'])
  t.strictSame(await migrate(db, [FIRST, SECOND]), ['0002_second.sql'])
  t.strictSame(await migrate(db, [FIRST, SECOND]), [])
  t.strictSame(await db('towns').select('*'), [{ name: 'where?', insee: null }])
})

t.test('two servers that start together migrate once', async (t) => {
  const db = await emptyDatabase(t)
  const applied = await Promise.all([migrate(db, [FIRST, SECOND]), migrate(db, [FIRST, SECOND])])
  t.strictSame(applied.flat().sort(), ['0001_first.sql', '0002_second.sql'])
})

t.test('a database of a newer program is refused with a sentence', async (t) => {
  const db = await emptyDatabase(t)
  await migrate(db, [FIRST, SECOND])
  await t.rejects(migrate(db, [FIRST]), { code: 'migrate.newer', message: /newer Communer/ })
})

t.test('a migration that was edited after it was applied is refused', async (t) => {
  const db = await emptyDatabase(t)
  await migrate(db, [FIRST])
  await t.rejects(migrate(db, [migration(FIRST.name, `${FIRST.sql} -- edited`)]), { code: 'migrate.edited' })
})

t.test('a migration that fails leaves nothing behind', async (t) => {
  const db = await emptyDatabase(t)
  const broken = migration('0002_broken.sql', 'create table half (id int); select 1/0;')
  await t.rejects(migrate(db, [FIRST, broken]), { code: 'migrate.failed' })
  t.equal(await db.schema.hasTable('half'), false)
  t.strictSame(await migrate(db, [FIRST, SECOND]), ['0002_second.sql'])
})

t.test('a migration that waits too long for a table gives up instead of stopping everyone', async (t) => {
  const db = await emptyDatabase(t)
  await migrate(db, [FIRST])
  const blocker = await db.transaction()
  await blocker.raw('lock table towns in access exclusive mode')
  await t.rejects(migrate(db, [FIRST, SECOND]), { code: 'migrate.failed', message: /lock timeout/ })
  await blocker.rollback()
})

t.test('the migrations of the program have names in order', async (t) => {
  const names = readMigrations().map(({ name }) => name)
  t.ok(names.length > 0)
  const numbers = names.map((name) => Number(name.slice(0, 4)))
  t.strictSame(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
    'no number twice'
  )
})
