// What a request still sends when it is refused before its body is read. Closing then resets the connection, and behind a proxy that asks
// for one connection per request the sender reads a broken pipe where a 429 with its Retry-After was written.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_FILE_BYTES } from './bodies.ts'

/** Long enough for an honest sender, and far less than what a slow one could hold anyway (REQUEST_TIMEOUT_MS). */
const MAX_WAIT_MS = 5_000

/** Refusals of the whole app leave once the body was read and thrown away, within those bounds. What is too large (413) is not waited for. */
export async function unreadBodies(app: FastifyInstance): Promise<void> {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode < 400 || reply.statusCode === 413 || !isUnread(request)) return done(null, payload)
    throwAway(request, () => done(null, payload))
  })
}
Object.assign(unreadBodies, { [Symbol.for('skip-override')]: true })

/** The largest body that somebody may honestly send to a route: what it reads, and where forms may carry pictures one of these. */
function mostBytes({ routeOptions, headers }: FastifyRequest): number {
  const form = routeOptions.config?.takesFiles === true && headers['content-type']?.startsWith('multipart/form-data') === true
  return (routeOptions.bodyLimit ?? 0) + (form ? MAX_FILE_BYTES : 0)
}

function isUnread(request: FastifyRequest): boolean {
  const { raw, headers } = request
  if (raw.readableDidRead || raw.complete) return false
  const length = Number(headers['content-length'] ?? 0)
  return (length > 0 && length <= mostBytes(request)) || headers['transfer-encoding'] !== undefined
}

function throwAway(request: FastifyRequest, done: () => void): void {
  const { raw } = request
  const most = mostBytes(request)
  let bytes = 0
  let over = false
  const finish = (): void => {
    if (over) return
    over = true
    clearTimeout(timer)
    raw.off('data', count)
    done()
  }
  const count = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > most) finish()
  }
  const timer = setTimeout(finish, MAX_WAIT_MS)
  raw.on('data', count).once('end', finish).once('close', finish).once('error', finish)
}
