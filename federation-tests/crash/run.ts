// Command line of the long crash test: `npm run test:crash -- --kills 40 [--seed 7]`. Exit code 1 when a promise was broken.
import { parseArgs } from 'node:util'
import { runCrashes } from './crash.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '40' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) } }
})
console.log(`seed ${values.seed}`)
const report = await runCrashes(Number(values.kills), Number(values.seed), (line) => console.log(line))
console.log(
  JSON.stringify({ ...report, missing: report.missing.length, twice: report.twice.length, undelivered: report.undelivered.length }, null, 2)
)
const broken =
  report.missing.length +
  report.twice.length +
  report.undelivered.length +
  report.unfinished +
  (report.likes.counted === report.likes.acknowledged ? 0 : 1)
process.exit(broken === 0 ? 0 : 1)
