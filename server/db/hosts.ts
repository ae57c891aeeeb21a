// What we know of other hosts: the commune's policy towards them and the facts learned by talking to them.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

export type HostAction = 'allow' | 'limit' | 'reject_media' | 'block'

interface PolicyMemory {
  actions: Map<string, HostAction>
  readAtMs: number
  reading: Promise<void> | null
}

/** Every inbound request asks; the list is short and changes rarely. A change made in another process counts after this. */
const POLICY_FRESH_MS = 2_000

const memories = new WeakMap<Knex, PolicyMemory>()

/** The policy for a canonical host, or null without one. The closest label decides: `a.b.fr` is covered by `b.fr` unless it has its own. */
export async function policyOf(ctx: Ctx, host: string): Promise<HostAction | null> {
  const memory = memories.get(ctx.db) ?? { actions: new Map<string, HostAction>(), readAtMs: Number.NEGATIVE_INFINITY, reading: null }
  memories.set(ctx.db, memory)
  // Real time, not the context's clock: this is how old our copy is, whatever time the instance believes it is.
  if (performance.now() - memory.readAtMs > POLICY_FRESH_MS) {
    memory.reading ??= readPolicies(ctx, memory).finally(() => (memory.reading = null))
    await memory.reading
  }
  if (memory.actions.size === 0) return null
  let name = host.replace(/:\d+$/, '')
  if (memory.actions.has(host)) return memory.actions.get(host)!
  for (;;) {
    const action = memory.actions.get(name)
    if (action !== undefined) return action
    const dot = name.indexOf('.')
    if (dot === -1) return null
    name = name.slice(dot + 1)
  }
}

/** Makes this process read the policies again at once. To be called after changing them. */
export function forgetPolicies(ctx: Ctx): void {
  memories.delete(ctx.db)
}

async function readPolicies(ctx: Ctx, memory: PolicyMemory): Promise<void> {
  const rows = await ctx.db('domain_policies').select<{ host: string; action: HostAction }[]>('host', 'action')
  memory.actions = new Map(rows.map((row) => [row.host, row.action]))
  memory.readAtMs = performance.now()
}

/** The signature scheme this host last accepted after refusing the other, with the moment it did; null when never needed. */
export async function findScheme(ctx: Ctx, host: string): Promise<{ scheme: 'cavage' | 'rfc9421'; at: Date } | null> {
  const row = await ctx
    .db('hosts')
    .where({ host })
    .first<{ signature_scheme: string | null; signature_scheme_at: Date | null } | undefined>('signature_scheme', 'signature_scheme_at')
  if (row === undefined || row.signature_scheme_at === null || (row.signature_scheme !== 'cavage' && row.signature_scheme !== 'rfc9421'))
    return null
  return { scheme: row.signature_scheme, at: row.signature_scheme_at }
}

export async function saveScheme(ctx: Ctx, host: string, scheme: 'cavage' | 'rfc9421'): Promise<void> {
  const facts = { signature_scheme: scheme, signature_scheme_at: ctx.clock.now() }
  await ctx
    .db('hosts')
    .insert({ host, ...facts })
    .onConflict('host')
    .merge(facts)
}

export async function saveSoftware(ctx: Ctx, host: string, software: string | null, version: string | null): Promise<void> {
  const facts = { software, software_version: version, software_checked_at: ctx.clock.now() }
  await ctx
    .db('hosts')
    .insert({ host, ...facts })
    .onConflict('host')
    .merge(facts)
}
