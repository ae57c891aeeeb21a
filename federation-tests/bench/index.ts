// `npm run bench [ingest|fanout|documents|territory] [--quick]`: bounded, stops by itself, gates nothing. Ratios within one run are what counts.
import { parseArgs } from 'node:util'
import { benchDocuments } from './documents.ts'
import { benchFanout } from './fanout.ts'
import { benchIngest } from './ingest.ts'
import { benchTerritory } from './territory.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean', default: false } } })
const wanted = positionals.length === 0 ? ['ingest', 'fanout', 'documents', 'territory'] : positionals
const rounds = values.quick ? 2 : 5
for (const name of wanted) {
  if (name === 'ingest') await benchIngest({ rounds, perRound: values.quick ? 2000 : 3000, warmUp: 5000 })
  else if (name === 'fanout') await benchFanout({ rounds, postsPerRound: 10, hosts: 100, followersPerHost: 10 })
  else if (name === 'documents')
    await benchDocuments({ rounds, perRound: values.quick ? 2000 : 10_000, warmUp: values.quick ? 2000 : 5000 })
  else if (name === 'territory')
    await benchTerritory({
      objects: values.quick ? 100_000 : 1_000_000,
      cards: values.quick ? 5000 : 20_000,
      rounds: values.quick ? 30 : 100
    })
  else throw new Error(`there is no benchmark called ${name}: ingest, fanout, documents or territory`)
}
process.exit(0)
