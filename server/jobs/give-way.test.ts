import t from 'tap'
import { giveWay } from './give-way.ts'

t.test('waits while busy, at most a turn, then works as long as it waited', async (t) => {
  let busy = false
  const turn = giveWay({ busy: () => busy, turnMs: 60, lookEveryMs: 5 })
  const waited = async (): Promise<number> => {
    const since = performance.now()
    await turn()
    return performance.now() - since
  }
  t.ok((await waited()) < 5, 'not busy: at once')
  busy = true
  t.ok((await waited()) >= 60, 'busy: a turn')
  t.ok((await waited()) < 5, 'then its own time')
  await new Promise((resolve) => setTimeout(resolve, 120))
  t.ok((await waited()) >= 60, 'and again')
  await new Promise((resolve) => setTimeout(resolve, 120))
  setTimeout(() => (busy = false), 15)
  t.ok((await waited()) < 60, 'no longer than the flood')
})
