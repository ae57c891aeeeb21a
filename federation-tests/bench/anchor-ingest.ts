// Anchor of the ingest benchmark: bare Fastify that verifies digest and RSA signature with cached keys and makes one durable INSERT for
// each request (`single`) or one for all that wait (`batched`), then answers 202. `effects` writes in the same transaction what readers
// see: the object in columns with sanitised HTML, likes, and a row in the home of each local follower. Honest and minimal: what is
// possible here.
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import pg from 'pg'
import sanitize from 'sanitize-html'

const {
  port,
  mode,
  keysFile,
  database,
  readers = 0
} = JSON.parse(process.argv[2] ?? '{}') as {
  port: number
  mode: 'single' | 'batched' | 'effects'
  keysFile: string
  database: pg.PoolConfig
  /** Local followers of everyone, for `effects`. */
  readers?: number
}
const pems = JSON.parse(readFileSync(keysFile, 'utf8')) as Record<string, string>
const keys = new Map<string, KeyObject>()
const pool = new pg.Pool({ ...database, max: 8 })
await pool.query(
  'create table if not exists received (id text primary key, actor text not null, body text not null, at timestamptz not null default now())'
)

if (mode === 'effects') {
  await pool.query(`create table followers (actor text not null, reader int not null, primary key (actor, reader));
    create table shown (id text primary key, actor text not null, type text not null, published timestamptz not null, name text, content text, boosted text, deleted boolean not null default false);
    create index shown_by on shown (actor, published desc);
    create table homes (reader int not null, published timestamptz not null, object text not null, primary key (reader, published, object));
    create table likes (actor text not null, object text not null, primary key (actor, object))`)
  const actors = Object.keys(pems).map((key) => key.split('#')[0])
  await pool.query('insert into followers select actor, reader from unnest($1::text[]) actor, generate_series(1, $2::int) reader', [
    actors,
    readers
  ])
}

interface Activity {
  id: string
  type: string
  actor: string
  published?: string
  object: string | { id: string; type: string; published?: string; name?: string; content?: string }
}
interface Waiting {
  activity: Activity
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
  const written = mode === 'effects' ? writeWithEffects(batch) : writeReceived(pool, batch)
  written
    .then(
      () => batch.forEach((one) => one.done()),
      (error: unknown) => batch.forEach((one) => one.failed(error))
    )
    .finally(() => {
      inFlight -= 1
      flush()
    })
}

function writeReceived(client: pg.Pool | pg.PoolClient, batch: Waiting[]): Promise<unknown> {
  return client.query(
    'insert into received (id, actor, body) select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing',
    [batch.map((one) => one.activity.id), batch.map((one) => one.activity.actor), batch.map((one) => one.body)]
  )
}

async function writeWithEffects(batch: Waiting[]): Promise<void> {
  const activities = batch.map((one) => one.activity)
  const of = (...types: string[]): Activity[] => activities.filter((one) => types.includes(one.type))
  const shown = of('Create', 'Announce').map(({ type, id, actor, published, object }) =>
    typeof object === 'string'
      ? { id, actor, type, published, name: null, content: null, boosted: object }
      : { ...object, actor, content: sanitize(object.content ?? ''), boosted: null }
  )
  const client = await pool.connect()
  try {
    await client.query('begin')
    await writeReceived(client, batch)
    await client.query(
      `with new as (insert into shown (id, actor, type, published, name, content, boosted)
         select id, actor, type, published, name, content, boosted from json_to_recordset($1)
           as r (id text, actor text, type text, published timestamptz, name text, content text, boosted text)
         on conflict do nothing returning id, actor, published)
       insert into homes select f.reader, new.published, new.id from new join followers f on f.actor = new.actor on conflict do nothing`,
      [JSON.stringify(shown)]
    )
    const likes = of('Like')
    await client.query('insert into likes select * from unnest($1::text[], $2::text[]) on conflict do nothing', [
      likes.map((one) => one.actor),
      likes.map((one) => one.object)
    ])
    for (const { object } of of('Update')) {
      if (typeof object !== 'string')
        await client.query('update shown set content = $2 where id = $1', [object.id, sanitize(object.content ?? '')])
    }
    await client.query('update shown set deleted = true where id = any($1)', [of('Delete').map((one) => one.object)])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

function store(activity: Activity, body: string): Promise<unknown> {
  if (mode === 'single')
    return pool.query('insert into received (id, actor, body) values ($1, $2, $3) on conflict do nothing', [
      activity.id,
      activity.actor,
      body
    ])
  return new Promise<void>((resolve, reject) => {
    waiting.push({ activity, body, done: resolve, failed: reject })
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
  const body = raw.toString()
  await store(JSON.parse(body) as Activity, body)
  return reply.code(202).send()
})
await app.listen({ port, host: '127.0.0.1' })
console.log('anchor ready')
