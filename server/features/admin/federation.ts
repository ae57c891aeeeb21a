// The other servers, for those who run this one: how they are doing, waking one, forgetting one.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { canonicalHost } from '../../core/iri.ts'
import { forgetHost, reviveHost } from '../../db/host-health.ts'
import { listHostDeliveries, readHosts, type HostDelivery, type HostStatus } from '../../db/host-status.ts'

/** Hosts by name, after `after`. `search` is part of a name. */
export async function listHosts(
  ctx: Ctx,
  filter: { search?: string | undefined; troubled?: boolean | undefined; after?: string | undefined; limit?: number }
): Promise<HostStatus[]> {
  const search = filter.search?.trim().toLowerCase()
  return readHosts(ctx.db, { ...filter, search: search || null, troubled: filter.troubled ?? false }, ctx.clock.now())
}

/** One host. Throws host.unknown (404). */
export async function getHost(ctx: Ctx, name: string): Promise<HostStatus> {
  const host = canonicalHost(name)
  const [found] = host === null ? [] : await readHosts(ctx.db, { host }, ctx.clock.now())
  if (found === undefined) throw new AppError('host.unknown', 404, `This instance has never exchanged with ${name}.`)
  return found
}

/** What waits for a host, or was given up. Throws host.unknown (404). */
export async function hostDeliveries(
  ctx: Ctx,
  name: string,
  page: { state: 'waiting' | 'dead'; limit: number; maxId: string | null }
): Promise<HostDelivery[]> {
  const { host } = await getHost(ctx, name)
  return listHostDeliveries(ctx.db, host, page.state, page.limit, page.maxId)
}

/** Closes the circuit, sends what waits now and reads what was missed; how many deliveries. Throws host.unknown (404). */
export async function wakeHostNow(ctx: Ctx, name: string): Promise<number> {
  const { host } = await getHost(ctx, name)
  const due = await reviveHost(ctx.db, host, ctx.clock.now())
  ctx.log.info({ host, due }, 'a server was woken by hand')
  if (due > 0) ctx.queue.wake('deliver')
  ctx.queue.wake('chores')
  return due
}

/** Drops what waits, ends the follows between that host and us, forgets what we knew; how many deliveries. Throws host.unknown (404). */
export async function forgetHostNow(ctx: Ctx, name: string): Promise<number> {
  const { host } = await getHost(ctx, name)
  const dropped = await forgetHost(ctx.db, host, ctx.clock.now())
  ctx.log.warn({ host, dropped }, 'a server was forgotten by hand')
  return dropped
}
