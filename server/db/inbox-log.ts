// The log of activities accepted from outside: written before we answer 202, claimed by workers, finished with an outcome. No rule lives here.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { newId } from '../core/ids.ts'
import { textArray } from './binary.ts'
import type { InboxLogRow } from './rows.ts'

export interface Received {
  /** federation.md R2, 32 bytes. */
  dedupKey: Buffer
  iri: string | null
  type: string
  actorIri: string
  signerIri: string
  host: string
  recipientId: string | null
  /** Exact bytes received: UTF-8 without NUL. */
  body: Buffer
}

/** Longer than the slowest row can take: eight fetches of ten seconds. */
const LEASE = '5 minutes'

/**
 * Types that switch something on and off, whose ids some peers use again (Gancio's Follow, Mastodon's Reject): once processed, the same
 * activity is processed again, in the place of its last arrival. Everything else is a duplicate for ever.
 */
const SWITCHES = ['Follow', 'Undo', 'Accept', 'Reject', 'Block', 'Add', 'Remove']

const INSERT = `insert into inbox_log (id, dedup_key, iri, type, actor_iri, signer_iri, host, recipient_id, body, next_at, received_at)
  select id, decode(key, 'hex'), iri, type, actor_iri, signer_iri, host, recipient_id, body, ?::timestamptz, ?::timestamptz
  from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[])
    as r (id, key, iri, type, actor_iri, signer_iri, host, recipient_id, body)
  on conflict (dedup_key) do update set id = excluded.id, state = 'waiting', outcome = null, attempts = 0, lease_until = null, finished_at = null,
    next_at = excluded.next_at, received_at = excluded.received_at, body = excluded.body, recipient_id = excluded.recipient_id
    where inbox_log.state <> 'waiting' and inbox_log.type = any(?::text[])
  returning encode(dedup_key, 'hex') as key`

/** Writes many received activities with one durable statement. Returns the keys (hex) that are new or to be processed again. */
export async function insertReceived(ctx: Ctx, trx: Knex, received: Received[]): Promise<Set<string>> {
  const now = ctx.clock.now()
  const written = await trx
    .raw<{ rows: { key: string }[] }>(INSERT, [
      now,
      now,
      received.map(() => newId(now)),
      received.map((item) => item.dedupKey.toString('hex')),
      nullable(received.map((item) => item.iri)),
      received.map((item) => item.type),
      received.map((item) => item.actorIri),
      received.map((item) => item.signerIri),
      received.map((item) => item.host),
      nullable(received.map((item) => item.recipientId)),
      textArray(received.map((item) => item.body)),
      SWITCHES
    ])
    // Named, so that each connection plans it once: it runs a hundred times a second.
    .options({ name: 'insert-received' })
  return new Set(written.rows.map((row) => row.key))
}

// pg sends null items of an array as NULL; knex's types do not say so.
function nullable(values: (string | null)[]): string[] {
  return values as string[]
}

/**
 * Takes up to `limit` due rows for this worker, oldest first. Others pass them by until the lease ends.
 * The plan is held to the index in its order: a bitmap would visit again, at every claim, all the rows done since the last vacuum.
 */
export async function claimReceived(ctx: Ctx, limit: number): Promise<InboxLogRow[]> {
  const now = ctx.clock.now()
  const claimed = await ctx.db.transaction(async (trx) => {
    await trx.raw('set local enable_bitmapscan = off; set local enable_seqscan = off; set local enable_sort = off')
    return trx.raw<{ rows: InboxLogRow[] }>(
      `with due as (
         select id from inbox_log where state = 'waiting' and next_at <= ? and (lease_until is null or lease_until < ?)
         order by next_at, id limit ? for update skip locked)
       update inbox_log l set lease_until = ?::timestamptz + interval '${LEASE}', attempts = attempts + 1 from due where l.id = due.id
       returning l.*`,
      [now, now, limit, now]
    )
  })
  return claimed.rows.sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
}

export interface Finished {
  id: string
  outcome: string
  state: 'done' | 'dead'
}

/** Marks rows finished, all in one statement. */
export async function finishReceived(ctx: Ctx, trx: Knex, finished: Finished[]): Promise<void> {
  if (finished.length === 0) return
  await trx.raw(
    `update inbox_log l set state = f.state, outcome = f.outcome, finished_at = ?, lease_until = null
     from unnest(?::bigint[], ?::text[], ?::text[]) as f (id, state, outcome) where l.id = f.id`,
    [ctx.clock.now(), finished.map((item) => item.id), finished.map((item) => item.state), finished.map((item) => item.outcome)]
  )
}

/** Gives unfinished rows back before their lease ends: these, or all of them when nobody else can be working (null). */
export async function releaseReceived(trx: Knex, ids: string[] | null): Promise<void> {
  const rows = trx('inbox_log').where({ state: 'waiting' }).whereNotNull('lease_until')
  await (ids === null ? rows : rows.whereRaw('id = any(?::bigint[])', [ids])).update({ lease_until: null })
}

/** Puts a row back for `at`. */
export async function postponeReceived(trx: Knex, id: string, at: Date): Promise<void> {
  await trx('inbox_log').where({ id }).update({ next_at: at, lease_until: null })
}

/** The exact text received, by row id; rows whose body is no longer kept are left out. */
export async function verbatimBodies(trx: Knex, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await trx('inbox_log')
    .whereRaw('id = any(?::bigint[])', [ids])
    .whereNotNull('body')
    .select<{ id: string; body: string }[]>('id', 'body')
  return new Map(rows.map(({ id, body }) => [id, body.trim()]))
}
