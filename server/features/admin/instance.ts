// Numbers the instance tells about itself. Counted at most once a minute: anybody may ask.
import type { Ctx } from '../../context.ts'
import type { ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'

export interface InstanceNumbers {
  users: number
  activeMonth: number
  statuses: number
  hosts: number
}

const FRESH_MS = 60_000
const MONTH_MS = 30 * 86_400_000
const cache = new WeakMap<object, { at: number; numbers: InstanceNumbers }>()

/** People, active people, local posts and known servers. */
export async function instanceNumbers(ctx: Ctx): Promise<InstanceNumbers> {
  const now = ctx.clock.now().getTime()
  const cached = cache.get(ctx.db)
  if (cached !== undefined && now - cached.at < FRESH_MS) return cached.numbers
  const { rows } = await ctx.db.raw<{ rows: Record<'users' | 'active' | 'statuses' | 'hosts', string>[] }>(
    `select (select count(*) from accounts where status = 'active') as users,
            (select count(*) from accounts where status = 'active' and last_seen_at > ?) as active,
            (select coalesce(sum(s.statuses), 0) from actor_stats s join actors a on a.id = s.actor_id where a.local) as statuses,
            (select count(*) from hosts) as hosts`,
    [new Date(now - MONTH_MS)]
  )
  const row = rows[0]!
  const numbers = { users: Number(row.users), activeMonth: Number(row.active), statuses: Number(row.statuses), hosts: Number(row.hosts) }
  cache.set(ctx.db, { at: now, numbers })
  return numbers
}

/** The commune's own actor: whom to write to. */
export async function contactOf(ctx: Ctx): Promise<ActorRow | null> {
  return (
    (await ctx
      .db<ActorRow>('actors')
      .where({ id: requireSite(ctx).communeActorId })
      .first()) ?? null
  )
}

/** Hosts we have talked to, by name. */
export async function knownHosts(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db('hosts').whereNull('gone_at').orderBy('host').limit(10_000).select<{ host: string }[]>('host')
  return rows.map((row) => row.host)
}
