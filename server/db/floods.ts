// Floods of mentions by accounts nobody knows (spam waves): what goes beyond a budget per reader and server is held back, not lost.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { idAt } from '../core/ids.ts'

/** Notices of fresh strangers of one server that one reader gets within an hour. */
const BUDGET = 10
const WINDOW_MS = 3_600_000
/** An account we have known for longer is no fresh one; row ids tell when we first met. */
const FRESH_MS = 7 * 86_400_000
const TYPES = new Set(['mention', 'follow', 'follow_request'])

interface Notice {
  ownerId: string
  fromId: string
  type: string
}

/**
 * The notices to hold back (security.md D06). Strangers are remote accounts first met within a week, whom the reader does not follow, of a
 * server without the policy "allow". Waits for other transactions that write to the same reader from the same server.
 */
export async function noticesToHold<T extends Notice>(ctx: Ctx, trx: Knex, notices: T[]): Promise<Set<T>> {
  const held = new Set<T>()
  const asked = notices.filter((notice) => TYPES.has(notice.type))
  const hosts = asked.length === 0 ? new Map<string, string>() : await strangers(ctx, trx, asked)
  if (hosts.size === 0) return held
  const groups = new Map<string, T[]>()
  for (const notice of asked) {
    const host = hosts.get(`${notice.ownerId} ${notice.fromId}`)
    if (host === undefined) continue
    const key = `${notice.ownerId} ${host}`
    groups.set(key, [...(groups.get(key) ?? []), notice])
  }
  for (const key of [...groups.keys()].sort()) {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`flood ${key}`])
    const [ownerId, host] = key.split(' ') as [string, string]
    const left = Math.max(0, BUDGET - (await recentOf(ctx, trx, ownerId, host)))
    for (const notice of groups.get(key)!.slice(left)) held.add(notice)
  }
  if (held.size > 0) ctx.count('notifications.held')
  return held
}

/** Host of each stranger, by `owner from`. */
async function strangers(ctx: Ctx, trx: Knex, notices: Notice[]): Promise<Map<string, string>> {
  const { rows } = await trx.raw<{ rows: { owner_id: string; from_id: string; host: string }[] }>(
    `select n.owner_id, n.from_id, a.host from unnest(?::bigint[], ?::bigint[]) as n (owner_id, from_id)
     join actors a on a.id = n.from_id and not a.local and a.id > ?::bigint and a.host_action is distinct from 'allow'
     where not exists (select 1 from follows f where f.follower_id = n.owner_id and f.followed_id = n.from_id)`,
    [notices.map((notice) => notice.ownerId), notices.map((notice) => notice.fromId), freshSince(ctx)]
  )
  return new Map(rows.map((row) => [`${row.owner_id} ${row.from_id}`, row.host]))
}

/** Plan: notifications_owner, the last hour of one reader. */
async function recentOf(ctx: Ctx, trx: Knex, ownerId: string, host: string): Promise<number> {
  const { rows } = await trx.raw<{ rows: { count: string }[] }>(
    `select count(*) from notifications n join actors a on a.id = n.from_id and a.host = :host and a.id > :fresh
     where n.owner_id = :owner and n.id > :since and not n.held and n.type = any(:types)`,
    { owner: ownerId, host, fresh: freshSince(ctx), since: before(ctx, WINDOW_MS), types: [...TYPES] }
  )
  return Number(rows[0]?.count ?? 0)
}

const freshSince = (ctx: Ctx): string => before(ctx, FRESH_MS)

function before(ctx: Ctx, ms: number): string {
  return idAt(new Date(ctx.clock.now().getTime() - ms))
}

/** Shows what was held back from servers that may write freely by now. */
export async function releaseHeld(trx: Knex): Promise<void> {
  await trx.raw("update notifications n set held = false from actors a where n.held and a.id = n.from_id and a.host_action = 'allow'")
}

/** Servers whose notices are held back, the loudest first, for moderators. Plan: notifications_held. */
export async function loudHosts(db: Knex, limit = 20): Promise<{ host: string; held: number }[]> {
  const rows = await db('notifications as n')
    .join('actors as a', 'a.id', 'n.from_id')
    .whereRaw('n.held')
    .groupBy('a.host')
    .orderByRaw('count(*) desc')
    .limit(limit)
    .select<{ host: string; held: string }[]>('a.host', db.raw('count(*) as held'))
  return rows.map(({ host, held }) => ({ host, held: Number(held) }))
}
