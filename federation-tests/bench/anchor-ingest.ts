// Anchor of the ingest benchmark: bare Fastify that verifies digest and RSA signature with cached keys and makes one durable INSERT for
// each request (`single`) or one for all that wait (`batched`), then answers 202. Honest and minimal: what is possible here.
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import pg from 'pg'

const { port, mode, keysFile, database } = JSON.parse(process.argv[2] ?? '{}') as {
  port: number
  mode: 'single' | 'batched'
  keysFile: string
  database: pg.PoolConfig
}
const pems = JSON.parse(readFileSync(keysFile, 'utf8')) as Record<string, string>
const keys = new Map<string, KeyObject>()
const pool = new pg.Pool({ ...database, max: 8 })
await pool.query(
  'create table if not exists received (id text primary key, actor text not null, body text not null, at timestamptz not null default now())'
)

interface Waiting {
  id: string
  actor: string
  body: string
  done(): void
  failed(error: unknown): void
}
const waiting: Waiting[] = []
let inFlight = 0
function flush(): void {
  if (inFlight >= 2 || waiting.length === 0) return
  const batch = waiting.splice(0, 250)
  inFlight += 1
  pool
    .query('insert into received (id, actor, body) select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing', [
      batch.map((one) => one.id),
      batch.map((one) => one.actor),
      batch.map((one) => one.body)
    ])
    .then(
      () => batch.forEach((one) => one.done()),
      (error: unknown) => batch.forEach((one) => one.failed(error))
    )
    .finally(() => {
      inFlight -= 1
      flush()
    })
}
function store(id: string, actor: string, body: string): Promise<unknown> {
  if (mode === 'single')
    return pool.query('insert into received (id, actor, body) values ($1, $2, $3) on conflict do nothing', [id, actor, body])
  return new Promise<void>((resolve, reject) => {
    waiting.push({ id, actor, body, done: resolve, failed: reject })
    setImmediate(flush)
  })
}

const app = Fastify()
app.addContentTypeParser('application/activity+json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.post('/*', async (request, reply) => {
  const raw = request.body as Buffer
  const { headers } = request
  const parameters = Object.fromEntries([...String(headers.signature).matchAll(/(\w+)="([^"]*)"/g)].map((one) => [one[1]!, one[2]!]))
  const digest = `SHA-256=${createHash('sha256').update(raw).digest('base64')}`
  const text = `(request-target): post ${request.url}\nhost: ${headers.host}\ndate: ${headers.date}\ndigest: ${digest}`
  const keyId = parameters.keyId!
  let key = keys.get(keyId)
  if (key === undefined) keys.set(keyId, (key = createPublicKey(pems[keyId]!)))
  if (digest !== headers.digest || !verify('sha256', Buffer.from(text), key, Buffer.from(parameters.signature!, 'base64')))
    return reply.code(401).send()
  const activity = JSON.parse(raw.toString()) as { id: string; actor: string }
  await store(activity.id, activity.actor, raw.toString())
  return reply.code(202).send()
})
await app.listen({ port, host: '127.0.0.1' })
console.log('anchor ready')
