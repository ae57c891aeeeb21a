// `npm run bench [ingest|fanout|documents] [--quick]`: bounded, stops by itself, gates nothing. Ratios within one run are what counts.
import { parseArgs } from 'node:util'
import { benchDocuments } from './documents.ts'
import { benchFanout } from './fanout.ts'
import { benchIngest } from './ingest.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false } } })
const wanted = positionals.length === 0 ? ['ingest', 'fanout', 'documents'] : positionals
const rounds = values.quick ? 2 : 5
for (const name of wanted) {
  if (name === 'ingest') await benchIngest({ rounds, perRound: values.quick ? 2000 : 3000, warmUp: 5000 })
  else if (name === 'fanout') await benchFanout({ rounds, postsPerRound: 10, hosts: 100, followersPerHost: 10 })
  else if (name === 'documents')
    await benchDocuments({ rounds, perRound: values.quick ? 2000 : 10_000, warmUp: values.quick ? 2000 : 5000 })
  else throw new Error(`there is no benchmark called ${name}: ingest, fanout or documents`)
}
process.exit(0)
