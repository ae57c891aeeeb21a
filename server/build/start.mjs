// Run by npm start: builds when dist/ is missing or older than the sources, then runs the server in this very process.
import { buildIfNeeded } from './build.mjs'

/** How long after npm the server begins to stop. */
const PARENT_CHECK_MS = 250

// A signal sent to `npm start` ends npm and its shell, and never reaches us: when they are gone, it was meant for us.
if (process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK_MS)
  timer.unref()
}

buildIfNeeded()
process.env.NODE_ENV ??= 'production'
process.setSourceMapsEnabled(true)
await import('../../dist/server/main.js')
