// Turns with a server of elsewhere: nobody waits for another server's queue, and nobody overtakes.
import t from 'tap'
import { hostTurns } from './host-turns.ts'

const AT = new Date('2026-11-27T12:00:00Z')

t.test('whoever comes later to a busy server has a later turn; another server is free', async (t) => {
  const turns = hostTurns({ everyMs: 10_000, spreadMs: 60_000 })
  for (let index = 0; index < 100; index += 1) {
    const waits = turns.take('busy.example', AT).getTime() - AT.getTime()
    t.ok(waits >= index * 10_000 && waits < index * 10_000 + 60_000)
  }
  t.ok(turns.take('free.example', AT).getTime() - AT.getTime() < 60_000)
})

t.test('a queue that has gone by is forgotten', async (t) => {
  const turns = hostTurns({ everyMs: 10_000, spreadMs: 0 })
  for (let index = 0; index < 10; index += 1) turns.take('busy.example', AT)
  const later = new Date(AT.getTime() + 3_600_000)
  t.same(turns.take('busy.example', later), later)
})
