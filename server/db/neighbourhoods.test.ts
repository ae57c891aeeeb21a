// What people had written before quarters were rows they choose.
import t from 'tap'
import { testDatabase } from '../test/postgres.ts'
import { openPool } from './connect.ts'
import { migrate, readMigrations } from './migrate.ts'

t.test('the name of a quarter that somebody had chosen becomes the choice of that quarter', async (t) => {
  const database = await testDatabase({ empty: true })
  const db = openPool(database.connection, 2)
  t.teardown(async () => {
    await db.destroy()
    await database.drop()
  })
  const all = readMigrations()
  await migrate(
    db,
    all.filter(({ name }) => name < '0181')
  )
  await db.transaction(async (trx) => {
    // People are of no interest here.
    await trx.raw('set local session_replication_role = replica')
    await trx.raw("insert into neighbourhoods (id, name, position) values (7, 'Les Hauts', 0)")
    await trx.raw(`insert into profile_details (actor_id, field, value, audience) values (1, 'neighbourhood', 'les hauts', 'local'),
      (2, 'neighbourhood', 'Sous le pont', 'public'), (3, 'town', 'Les Hauts', 'local')`)
  })
  await migrate(db, all)
  t.same(await db('profile_details').orderBy('actor_id').select('value', 'neighbourhood_id'), [
    { value: 'Les Hauts', neighbourhood_id: '7' },
    { value: 'Sous le pont', neighbourhood_id: null },
    { value: 'Les Hauts', neighbourhood_id: null }
  ])
})
