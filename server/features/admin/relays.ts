// Agendas exchanged between servers (federation.md §4.12): whom the instance follows as a whole, and which servers follow it.
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { canonicalHost } from '../../core/iri.ts'
import type { ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { applicationOf } from '../../protocol/nodeinfo.ts'
import { resolveUri } from '../../protocol/resolve.ts'

export interface Relay {
  actor: ActorRow
  /** out: we follow it; in: it follows us. */
  direction: 'out' | 'in'
  state: 'pending' | 'accepted'
}

/** More than anybody reads; a commune exchanges with a handful. */
const MAX_RELAYS = 200

/** The actor of the instance itself, in whose name servers are followed. */
export async function instanceActor(ctx: Ctx): Promise<ActorRow> {
  return (await ctx
    .db<ActorRow>('actors')
    .where({ id: requireSite(ctx).instanceActorId })
    .first())!
}

/** Both directions, newest first. Index: unique (follower_id, followed_id), follows by followed. */
export async function listRelays(ctx: Ctx): Promise<Relay[]> {
  const { instanceActorId } = requireSite(ctx)
  const rows = (await ctx
    .db('follows as f')
    .joinRaw('join actors a on a.id = case when f.follower_id = ? then f.followed_id else f.follower_id end', [instanceActorId])
    .where((either) => either.where('f.follower_id', instanceActorId).orWhere('f.followed_id', instanceActorId))
    .whereNull('a.deleted_at')
    .orderBy('f.id', 'desc')
    .limit(MAX_RELAYS)
    .select('a.*', 'f.state as f_state', 'f.follower_id as f_follower')) as (ActorRow & { f_state: Relay['state']; f_follower: string })[]
  return rows.map(({ f_state: state, f_follower, ...actor }) => ({
    actor,
    state,
    direction: f_follower === instanceActorId ? 'out' : 'in'
  }))
}

/** A server by its name, or its relay by handle or address. Never a person. Throws relay.unknown (404). */
export async function findRelay(ctx: Ctx, text: string): Promise<ActorRow> {
  const typed = text.trim()
  const host = /[@/]/.test(typed) ? null : canonicalHost(typed)
  const found = await resolveUri(ctx, host === null ? typed : ((await askForApplication(ctx, host)) ?? `@relay@${host}`))
  if (found === null || !('actor' in found) || found.actor.local || found.actor.type === 'Person' || found.actor.host_action === 'block')
    throw new AppError('relay.unknown', 404, 'This server has no relay that can be followed.', { details: { field: 'server' } })
  return found.actor
}

async function askForApplication(ctx: Ctx, host: string): Promise<string | null> {
  try {
    return await applicationOf(ctx, host)
  } catch (error) {
    if (!isAppError(error)) throw error
    return null
  }
}
