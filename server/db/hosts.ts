// What we know of other hosts: the commune's policy towards them and the facts learned by talking to them.
import { isIP } from 'node:net'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

export type HostAction = 'allow' | 'limit' | 'reject_media' | 'block'

/** How the commune federates, as its administrators chose; kept in `settings` under this key. */
export interface FederationSettings {
  /** Documents are only given to those who sign their requests (authorized fetch). */
  secureMode: boolean
  /** Nothing passes between us and hosts without a policy. */
  listedOnly: boolean
  /** The commune announces the events its groups publish (federation.md §4.12), and what else they do. */
  relayEvents: boolean
  relayNews: boolean
}

export const FEDERATION_KEY = 'federation'
const OPEN: FederationSettings = { secureMode: false, listedOnly: false, relayEvents: true, relayNews: true }

interface PolicyMemory {
  actions: Map<string, HostAction>
  settings: FederationSettings
  readAtMs: number
  reading: Promise<void> | null
}

/** Every inbound request asks; the list is short and changes rarely. A change made in another process counts after this. */
const POLICY_FRESH_MS = 2_000

const memories = new WeakMap<Knex, PolicyMemory>()

/**
 * The policy for a canonical host, or null without one. The closest label decides: `a.b.fr` is covered by `b.fr` unless it has its own.
 * Where only listed hosts are let in, all others are blocked. Our own host has none.
 */
export async function policyOf(ctx: Ctx, host: string): Promise<HostAction | null> {
  return actionIn(ctx, await freshMemory(ctx), host)
}

/** True when one of these hosts is blocked. */
export async function isAnyBlocked(ctx: Ctx, hosts: Iterable<string>): Promise<boolean> {
  const memory = await freshMemory(ctx)
  for (const host of hosts) if (actionIn(ctx, memory, host) === 'block') return true
  return false
}

/** How the commune federates. */
export async function federationSettings(ctx: Ctx): Promise<FederationSettings> {
  return (await freshMemory(ctx)).settings
}

/** The same as the caller's transaction reads it. */
export async function readFederationSettings(trx: Knex): Promise<FederationSettings> {
  const row = await trx('settings').where({ key: FEDERATION_KEY }).first<{ value: Partial<FederationSettings> } | undefined>('value')
  return { ...OPEN, ...row?.value }
}

/** The same without waiting, and the policy of a host; null when our copy is too old to go by. For paths that must not ask. */
export function knownPolicies(ctx: Ctx): { settings: FederationSettings; actionOf(host: string): HostAction | null } | null {
  const memory = memories.get(ctx.db)
  if (memory === undefined || performance.now() - memory.readAtMs > POLICY_FRESH_MS) return null
  return { settings: memory.settings, actionOf: (host) => actionIn(ctx, memory, host) }
}

/** Makes this process read the policies again at once. To be called after changing them. */
export function forgetPolicies(ctx: Ctx): void {
  memories.delete(ctx.db)
}

async function freshMemory(ctx: Ctx): Promise<PolicyMemory> {
  const memory = memories.get(ctx.db) ?? { actions: new Map(), settings: OPEN, readAtMs: Number.NEGATIVE_INFINITY, reading: null }
  memories.set(ctx.db, memory)
  // Real time, not the context's clock: this is how old our copy is, whatever time the instance believes it is.
  if (performance.now() - memory.readAtMs > POLICY_FRESH_MS) {
    memory.reading ??= readPolicies(ctx, memory).finally(() => (memory.reading = null))
    await memory.reading
  }
  return memory
}

function actionIn(ctx: Ctx, { actions, settings }: PolicyMemory, host: string): HostAction | null {
  if (host === ctx.site?.host) return null
  const unlisted = settings.listedOnly ? 'block' : null
  if (actions.size === 0) return unlisted
  const own = actions.get(host)
  if (own !== undefined) return own
  let name = host.replace(/:\d+$/, '')
  const isAddress = name.startsWith('[') || isIP(name) !== 0
  for (;;) {
    const action = actions.get(name)
    if (action !== undefined) return action
    const dot = name.indexOf('.')
    if (dot === -1 || isAddress) return unlisted
    name = name.slice(dot + 1)
  }
}

async function readPolicies(ctx: Ctx, memory: PolicyMemory): Promise<void> {
  const [rows, settings] = await Promise.all([
    ctx.db('domain_policies').select<{ host: string; action: HostAction }[]>('host', 'action'),
    readFederationSettings(ctx.db)
  ])
  memory.actions = new Map(rows.map((row) => [row.host, row.action]))
  memory.settings = settings
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

/** Remembers that this host announces whole activities (FEP-1b12), so that it gets ours in the same form. */
export async function noteRelaying(trx: Knex, host: string): Promise<void> {
  await trx('hosts')
    .insert({ host, relays_activities: true })
    .onConflict('host')
    .merge({ relays_activities: true })
    .where('hosts.relays_activities', false)
}

/** True when somebody at this host follows a group of ours. */
export async function followsGroups(db: Knex, host: string): Promise<boolean> {
  const row = await db('groups as g').join('follower_inboxes as f', 'f.followed_id', 'g.actor_id').where('f.host', host).first('f.host')
  return row !== undefined
}

/** How old our knowledge of a host's software may be before it is read again at a new follow. */
const SOFTWARE_FRESH_MS = 7 * 86_400_000

/** True when what this host runs was never read, or long ago. */
export async function isSoftwareStale(ctx: Ctx, trx: Knex, host: string): Promise<boolean> {
  const row = await trx('hosts').where({ host }).first<{ software_checked_at: Date | null } | undefined>('software_checked_at')
  const checkedAt = row?.software_checked_at ?? null
  return checkedAt === null || ctx.clock.now().getTime() - checkedAt.getTime() > SOFTWARE_FRESH_MS
}
