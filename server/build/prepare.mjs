// Run by npm install (and by start, when needed): builds, so that `npm start` starts at once. A failure stops it with a sentence.
import { buildAll } from './build.mjs'

try {
  await buildAll()
} catch (error) {
  console.error(error)
  console.error('\nCommuner could not be built; see the error above. Correct it and run npm install again, as the owner of this directory.')
  process.exit(1)
}
