import t from 'tap'
import { giveWay } from './give-way.ts'

t.test('waits while busy, at most a turn, then works as long as it waited', async (t) => {
  // A clock of our own: looking takes five, whatever the machine does meanwhile.
  let time = 1_000
  let busyUntil = 0
  const options = { turnMs: 60, lookEveryMs: 5, now: () => time, wait: async (ms: number) => void (time += ms) }
  const turn = giveWay({ ...options, busy: () => time < busyUntil })
  const waited = async (): Promise<number> => {
    const since = time
    await turn()
    return time - since
  }
  t.equal(await waited(), 0, 'not busy: at once')
  busyUntil = Infinity
  t.equal(await waited(), 60, 'busy: a turn')
  t.equal(await waited(), 0, 'then its own time')
  time += 59
  t.equal(await waited(), 0, 'to its end')
  time += 1
  t.equal(await waited(), 60, 'and again')
  time += 60
  busyUntil = time + 15
  t.equal(await waited(), 15, 'no longer than the flood')
})
