// Run by npm start: builds when dist/ is missing or older than the sources, then runs the server in this very process.
import { buildAll, isBuilt } from './build.mjs'

if (!isBuilt()) {
  console.error('Building Communer (the sources are newer than dist/)…')
  try {
    await buildAll()
  } catch (error) {
    console.error(error)
    console.error('\nCommuner could not be built; see the error above. When dist/ belongs to another user, run npm install as that user.')
    process.exit(1)
  }
}
process.env.NODE_ENV ??= 'production'
process.setSourceMapsEnabled(true)
await import('../../dist/server/main.js')
