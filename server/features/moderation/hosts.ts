// What the commune decides about other servers: let in, shown less, without pictures, or not at all. Writing a policy takes effect on
// everything that stands here already, in the same transaction (security.md D01–D05).
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { namedHost } from '../../core/iri.ts'
import { logDecision } from '../../db/decisions.ts'
import { cancelBlocked } from '../../db/deliveries.ts'
import { releaseHeld } from '../../db/floods.ts'
import { FEDERATION_KEY, federationSettings, forgetPolicies, type FederationSettings, type HostAction } from '../../db/hosts.ts'
import type { DomainPolicyRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { afterCommit } from '../../protocol/outbox.ts'

export interface HostPolicyInput {
  host: string
  action: HostAction
  reason?: string
  publicComment?: string
  rejectReports?: boolean
  obfuscate?: boolean
}

export interface HostPolicyFilter {
  /** Part of a name. */
  search?: string | undefined
  after?: string | undefined
  limit?: number
}

/** Policies in alphabetical order, from `after` on. Plan: domain_policies_pkey; a search reads a list that is never long. */
export async function listHostPolicies(
  ctx: Ctx,
  { search = '', after = '', limit = 100 }: HostPolicyFilter = {}
): Promise<DomainPolicyRow[]> {
  const query = ctx.db<DomainPolicyRow>('domain_policies').where('host', '>', after).orderBy('host').limit(limit)
  const part = search.trim().toLowerCase()
  if (part !== '') query.whereRaw('position(? in host) > 0', [namedHost(part) ?? part])
  return query
}

/** What was decided about this very name, or null. */
export async function findHostPolicy(ctx: Ctx, name: string): Promise<DomainPolicyRow | null> {
  return (
    (await ctx
      .db<DomainPolicyRow>('domain_policies')
      .where({ host: namedHost(name) ?? '' })
      .first()) ?? null
  )
}

/** All of them, for export and for the public list: a list of thousands is still small. */
export async function allHostPolicies(ctx: Ctx): Promise<DomainPolicyRow[]> {
  return ctx.db<DomainPolicyRow>('domain_policies').orderBy('host').limit(50_000)
}

/** Writes one policy, new or changed. Throws host.invalid, host.own (422). */
export async function saveHostPolicy(ctx: Ctx, moderatorId: string, input: HostPolicyInput): Promise<DomainPolicyRow> {
  const host = checkHost(ctx, input.host)
  return ctx.db.transaction(async (trx) => {
    const [row] = await writePolicies(ctx, trx, [{ ...input, host }])
    await logDecision(ctx, trx, { moderatorId, action: `host-${input.action}`, host, reason: input.reason ?? '' })
    await takeEffect(ctx, trx)
    return row!
  })
}

/** Takes a policy back: what was hidden shows again; follows that ended stay ended. Throws host.no-policy (404). */
export async function removeHostPolicy(ctx: Ctx, moderatorId: string, name: string): Promise<void> {
  const host = namedHost(name)
  await ctx.db.transaction(async (trx) => {
    if ((await trx('domain_policies').where({ host }).delete()) === 0)
      throw new AppError('host.no-policy', 404, 'Nothing was decided about this server.')
    await logDecision(ctx, trx, { moderatorId, action: 'host-free', host })
    await takeEffect(ctx, trx)
  })
}

/** Writes many policies at once (an imported list). Returns how many. */
export async function saveHostPolicies(ctx: Ctx, moderatorId: string, inputs: HostPolicyInput[]): Promise<number> {
  await ctx.db.transaction(async (trx) => {
    await writePolicies(
      ctx,
      trx,
      inputs.map((input) => ({ ...input, host: checkHost(ctx, input.host) }))
    )
    await logDecision(ctx, trx, { moderatorId, action: 'host-import', reason: String(inputs.length) })
    await takeEffect(ctx, trx)
  })
  return inputs.length
}

/** Changes how the commune federates. Letting in only listed servers blocks all others at once, as single policies would. */
export async function saveFederationSettings(
  ctx: Ctx,
  moderatorId: string,
  changes: Partial<FederationSettings>
): Promise<FederationSettings> {
  await ctx.db.transaction(async (trx) => {
    const value = { ...(await federationSettings(ctx)), ...changes }
    await trx('settings')
      .insert({ key: FEDERATION_KEY, value: JSON.stringify(value), updated_at: ctx.clock.now() })
      .onConflict('key')
      .merge()
    await logDecision(ctx, trx, { moderatorId, action: 'federation', reason: JSON.stringify(value) })
    await takeEffect(ctx, trx)
  })
  forgetPolicies(ctx)
  return federationSettings(ctx)
}

/** Our own hosts, without port: no policy is made for them, nor for what is above them. */
export function ownNames(ctx: Ctx): string[] {
  const { host, accountDomain } = requireSite(ctx)
  return [host, accountDomain].map((name) => name.replace(/:\d+$/, ''))
}

/** The canonical host, when a policy can be made for it. */
function checkHost(ctx: Ctx, name: string): string {
  const host = namedHost(name)
  if (host === null) throw new AppError('host.invalid', 422, 'This is not the name of a server.', { details: { field: 'host' } })
  if (ownNames(ctx).some((name) => name === host || name.endsWith(`.${host}`)))
    throw new AppError('host.own', 422, 'This server is ours.', { details: { field: 'host' } })
  return host
}

/** In one statement: the database looks at all known actors once for it, whatever the length of the list. */
async function writePolicies(ctx: Ctx, trx: Knex, inputs: HostPolicyInput[]): Promise<DomainPolicyRow[]> {
  const now = ctx.clock.now()
  const rows = inputs.map((input) => ({
    host: input.host,
    action: input.action,
    reason: (input.reason ?? '').trim().slice(0, 2000),
    public_comment: (input.publicComment ?? '').trim().slice(0, 2000),
    reject_reports: input.rejectReports ?? false,
    obfuscate: input.obfuscate ?? false,
    created_at: now,
    updated_at: now
  }))
  if (rows.length === 0) return []
  return trx<DomainPolicyRow>('domain_policies')
    .insert(rows)
    .onConflict('host')
    .merge(['action', 'reason', 'public_comment', 'reject_reports', 'obfuscate', 'updated_at'])
    .returning('*')
}

/** What a block means for what is here already. Nothing is sent: a blocked server hears nothing more from us, not even goodbye. */
async function takeEffect(ctx: Ctx, trx: Knex): Promise<void> {
  const blocked = (): Knex.QueryBuilder => trx('actors').where({ host_action: 'block' }).select('id')
  await cancelBlocked(trx, ctx.clock.now())
  await trx('follows').whereIn('follower_id', blocked()).delete()
  await trx('follows').whereIn('followed_id', blocked()).delete()
  await trx('memberships').whereIn('actor_id', blocked()).delete()
  for (const column of ['invitee_id', 'inviter_id', 'group_id']) await trx('group_invitations').whereIn(column, blocked()).delete()
  await trx('notifications').whereIn('from_id', blocked()).delete()
  await releaseHeld(trx)
  afterCommit(trx, () => forgetPolicies(ctx))
}
