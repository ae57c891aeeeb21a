// Anchor of the fan-out benchmark: rows claimed in batches with a lease, signed on the thread pool, POSTed over keep-alive connections,
// acknowledged in batches. POST / on its port writes one row per inbox and answers; it then sends. Honest and minimal.
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import pg from 'pg'
import { Pool } from 'undici'

const { port, inboxes, privatePem, keyId, database } = JSON.parse(process.argv[2] ?? '{}') as {
  port: number
  inboxes: string[]
  privatePem: string
  keyId: string
  database: pg.PoolConfig
}
const pool = new pg.Pool({ ...database, max: 8 })
await pool.query(
  "create table if not exists sending (id bigserial primary key, body text not null, inbox text not null, state text not null default 'waiting', lease_until timestamptz)"
)
await pool.query("create index if not exists sending_due on sending (id) where state = 'waiting'")
const key = createPrivateKey(privatePem)
const signAsync = promisify(sign) as (algorithm: string, text: Buffer, key: unknown) => Promise<Buffer>
const pools = new Map<string, Pool>()
let running = false

async function send(inbox: string, body: Buffer): Promise<void> {
  const url = new URL(inbox)
  const digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`
  const date = new Date().toUTCString()
  const signature = await signAsync(
    'sha256',
    Buffer.from(`(request-target): post ${url.pathname}\nhost: ${url.host}\ndate: ${date}\ndigest: ${digest}`),
    key
  )
  let origin = pools.get(url.origin)
  if (origin === undefined) pools.set(url.origin, (origin = new Pool(url.origin, { connections: 2 })))
  const answer = await origin.request({
    method: 'POST',
    path: url.pathname,
    body,
    headers: {
      host: url.host,
      date,
      digest,
      'content-type': 'application/activity+json',
      signature: `keyId="${keyId}",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="${signature.toString('base64')}"`
    }
  })
  await answer.body.dump()
}

async function drain(): Promise<void> {
  if (running) return
  running = true
  for (;;) {
    const { rows } = await pool.query<{ id: string; body: string; inbox: string }>(
      "update sending set lease_until = now() + interval '45 seconds' where id in (select id from sending where state = 'waiting' and (lease_until is null or lease_until < now()) order by id limit 100 for update skip locked) returning id, body, inbox"
    )
    if (rows.length === 0) break
    await Promise.all(rows.map((row) => send(row.inbox, Buffer.from(row.body))))
    await pool.query("update sending set state = 'done' where id = any($1::bigint[])", [rows.map((row) => row.id)])
  }
  running = false
}

let serial = 0
createServer((_request, response) => {
  serial += 1
  const body = JSON.stringify({ id: `https://anchor.test/${serial}`, type: 'Create', object: { type: 'Note', content: 'x'.repeat(1500) } })
  pool.query('insert into sending (body, inbox) select $1, unnest($2::text[])', [body, inboxes]).then(
    () => {
      response.end('{}')
      void drain()
    },
    () => response.writeHead(500).end()
  )
}).listen(port, '127.0.0.1', () => console.log('anchor ready'))
