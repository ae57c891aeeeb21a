// Row ids sort, fit bigint and tell their date; public ids are UUIDv7.
import t from 'tap'
import { dateOfId, idAt, isRowId, newId, uuidv7 } from './ids.ts'

t.test('ids made one after the other sort as numbers, also within one millisecond', async (t) => {
  const at = new Date('2026-11-22T12:00:00Z')
  const ids = Array.from({ length: 5000 }, () => BigInt(newId(at)))
  t.ok(ids.every((id, index) => index === 0 || id > ids[index - 1]!))
})

t.test('an id tells the moment it was made for', async (t) => {
  const at = new Date('2026-11-22T12:00:00.123Z')
  t.equal(dateOfId(newId(at)).getTime(), at.getTime())
  t.equal(dateOfId(idAt(at)).getTime(), at.getTime())
})

t.test('ids of two clocks, one of which stands still, never meet', async (t) => {
  const still = new Date('2026-11-22T12:00:00Z')
  const ids = Array.from({ length: 20_000 }, (_, index) => newId(index % 2 === 0 ? still : new Date(still.getTime() + 1 + (index % 3))))
  t.equal(new Set(ids).size, ids.length)
})

t.test('what many publish in one second has as many ids', async (t) => {
  const second = new Date('2026-11-22T12:00:00Z')
  const ids = Array.from({ length: 3000 }, () => idAt(second))
  t.ok(new Set(ids).size > 2990, 'within one millisecond about seventy of them would have met')
  t.ok(ids.every((id) => Math.floor(dateOfId(id).getTime() / 1000) === second.getTime() / 1000))
})

t.test('only decimals that fit a bigint are row ids', async (t) => {
  t.ok(isRowId('1'))
  t.ok(isRowId('9223372036854775807'))
  for (const value of ['', '-1', '1.5', '0x1', '9223372036854775808', '99999999999999999999', 1, null])
    t.notOk(isRowId(value), String(value))
})

t.test('public ids are UUIDs of version 7 that sort by time', async (t) => {
  const early = uuidv7(new Date('2026-01-01T00:00:00Z'))
  const late = uuidv7(new Date('2026-01-01T00:00:01Z'))
  t.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.ok(early < late)
})

t.test('a clock that stands still gives no id twice, however many other moments are used meanwhile', async (t) => {
  const still = new Date('2026-11-22T12:00:00Z')
  const ids = new Set<string>()
  for (let step = 0; step < 2000; step += 1) {
    ids.add(newId(still))
    for (let other = 1; other <= 20; other += 1) newId(new Date(still.getTime() + step * 20 + other))
  }
  t.equal(ids.size, 2000)
  t.same([...ids], [...ids].sort(), 'and keeps them in order')
})
