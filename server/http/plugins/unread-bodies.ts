// What a request still sends when it is refused before its body is read. Closing then resets the connection, and behind a proxy that asks
// for one connection per request the sender reads a broken pipe where a 429 with its Retry-After was written.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MAX_FILE_BYTES } from './bodies.ts'

/** The largest body that somebody may honestly send us: a picture with the rest of its form. Larger ones are cut off. */
const MAX_BYTES = MAX_FILE_BYTES + 1024 * 1024
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

function isUnread({ raw, headers }: FastifyRequest): boolean {
  if (raw.readableDidRead || raw.complete) return false
  const length = Number(headers['content-length'] ?? 0)
  return (length > 0 && length <= MAX_BYTES) || headers['transfer-encoding'] !== undefined
}

function throwAway({ raw }: FastifyRequest, done: () => void): void {
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
    if (bytes > MAX_BYTES) finish()
  }
  const timer = setTimeout(finish, MAX_WAIT_MS)
  raw.on('data', count).once('end', finish).once('close', finish).once('error', finish)
}
