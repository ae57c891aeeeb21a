// How little room is little, on disks of all sizes.
import t from 'tap'
import { isDiskFull, readSpace, roomOf } from './disk.ts'

const GIB = 1024 ** 3

t.test('a twentieth is kept free, a gibibyte at most, or what the operator says', async (t) => {
  const room = (freeGib: number, totalGib: number, minFreeMib: number | null = null) =>
    roomOf({ freeBytes: freeGib * GIB, totalBytes: totalGib * GIB }, minFreeMib)
  t.same([room(1.1, 10), room(0.6, 10), room(0.4, 10)], ['enough', 'low', 'full'], 'a small disk')
  t.same([room(2.1, 2000), room(1.9, 2000), room(0.9, 2000)], ['enough', 'low', 'full'], 'a large one')
  t.same([room(0.3, 10, 100), room(0.15, 10, 100), room(0.05, 10, 100)], ['enough', 'low', 'full'], 'as the operator says')
  t.equal(room(0, 10, 0), 'enough', 'who reserves nothing is refused nothing')
})

t.test('the disk is asked, and a full one is known by its errors', async (t) => {
  const { freeBytes, totalBytes } = await readSpace('.')
  t.ok(freeBytes > 0 && freeBytes <= totalBytes)
  await t.rejects(readSpace('/no/such/directory'), { code: 'ENOENT' })
  for (const code of ['ENOSPC', 'EDQUOT', '53100']) t.ok(isDiskFull(Object.assign(new Error('no room'), { code })))
  for (const other of [new Error('else'), null, 'text', { code: '23505' }]) t.notOk(isDiskFull(other))
})
