// Run by npm start: builds when dist/ is missing or older than the sources, then runs the server in this very process.
import { buildIfNeeded } from './build.mjs'

buildIfNeeded()
process.env.NODE_ENV ??= 'production'
process.setSourceMapsEnabled(true)
await import('../../dist/server/main.js')
