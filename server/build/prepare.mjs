// Run by npm install: builds, so that `npm start` starts at once. A failure stops the install with a sentence.
import { buildAll } from './build.mjs'

try {
  await buildAll()
} catch (error) {
  console.error(error)
  console.error('\nCommuner could not be built; see the error above. Correct it and run npm install again.')
  process.exit(1)
}
