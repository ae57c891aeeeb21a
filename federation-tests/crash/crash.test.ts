// The short form of the crash test; `npm run test:crash -- --kills 40` is the long one.
import t from 'tap'
import { NETWORK_MISSING } from '../network/network.ts'
import { runCrashes } from './crash.ts'

const KILLS = Number(process.env.CRASH_KILLS ?? 7)

t.test('[75] kill -9 at any moment loses nothing and doubles nothing', { skip: NETWORK_MISSING, timeout: 900_000 }, async (t) => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)
  t.comment(`seed ${seed}`)
  const report = await runCrashes(KILLS, seed, (line) => t.comment(line))
  t.ok(report.acknowledged > KILLS * 10, `${report.acknowledged} notes were acknowledged`)
  t.same(report.missing, [], 'every acknowledged note is there')
  t.same(report.twice, [], 'none is there twice')
  t.equal(report.likes.counted, report.likes.acknowledged, 'every acknowledged like is counted once')
  t.same(report.undelivered, [], 'everything our citizen published reached the follower')
  t.equal(report.unfinished, 0, 'nothing is left over')
  t.notMatch(report.doctor, /doctor failed/, 'and the doctor finds nothing')
  t.comment(`slowest recovery ${report.slowestRecoveryMs} ms`)
})
