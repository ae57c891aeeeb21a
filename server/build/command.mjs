// Run by npm run communer: the command line, built when needed.
import { buildIfNeeded } from './build.mjs'

buildIfNeeded()
process.setSourceMapsEnabled(true)
await import('../../dist/server/cli.js')
