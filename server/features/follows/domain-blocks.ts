// A citizen's own blocked servers: nothing of them is shown or notified, and follows between the two end. Told to nobody else.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { namedHost } from '../../core/iri.ts'
import { forgetHome } from '../../db/home.ts'
import type { ActorRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { endFollow } from './follow.ts'
import { dropFollower } from './requests.ts'

/** More is a list for the administrators. */
const MAX_HOSTS = 1_000

/** The hosts, in alphabetical order. */
export async function blockedHosts(ctx: Ctx, actor: ActorRow): Promise<string[]> {
  const row = await ctx.db<ActorRow>('actors').where({ id: actor.id }).first('blocked_hosts')
  return [...(row?.blocked_hosts ?? [])].sort()
}

/** Blocks a server and its sub-domains for this person. Throws host.invalid, host.own, host.too-many (422). */
export async function blockHost(ctx: Ctx, actor: ActorRow, name: string): Promise<void> {
  const host = namedHost(name)
  if (host === null) throw new AppError('host.invalid', 422, 'This is not the name of a server.', { details: { field: 'domain' } })
  const own = requireSite(ctx).host.replace(/:\d+$/, '')
  if (own === host || own.endsWith(`.${host}`)) throw new AppError('host.own', 422, 'This server is ours.')
  await ctx.db.transaction(async (trx) => {
    const changed = await trx('actors')
      .where({ id: actor.id })
      .whereRaw('(? = any(blocked_hosts) or cardinality(blocked_hosts) < ?)', [host, MAX_HOSTS])
      .update({ blocked_hosts: trx.raw('array_append(array_remove(blocked_hosts, ?), ?)', [host, host]) })
    if (changed === 0) throw new AppError('host.too-many', 422, 'You have blocked too many servers.')
    const linked = await trx<ActorRow>('actors')
      .whereIn('id', trx('follows').where({ follower_id: actor.id }).select('followed_id'))
      .orWhereIn('id', trx('follows').where({ followed_id: actor.id }).select('follower_id'))
      .select('*')
    for (const other of linked.filter((one) => !one.local && isOf(one, host))) {
      await endFollow(ctx, trx, actor, other)
      await dropFollower(ctx, trx, actor, other)
      await forgetHome(trx, actor.id, other.id)
    }
    await trx.raw(
      `delete from notifications n using actors a where n.owner_id = :owner and a.id = n.from_id and not a.local
         and :host = any(host_and_parents(a.domain) || host_and_parents(a.host))`,
      { owner: actor.id, host }
    )
  })
}

/** Hears of it again; follows stay ended. */
export async function unblockHost(ctx: Ctx, actor: ActorRow, name: string): Promise<void> {
  await ctx
    .db('actors')
    .where({ id: actor.id })
    .update({ blocked_hosts: ctx.db.raw('array_remove(blocked_hosts, ?)', [namedHost(name) ?? '']) })
}

function isOf(actor: Pick<ActorRow, 'host' | 'domain'>, host: string): boolean {
  return [actor.host, actor.domain].some((one) => {
    const bare = one.replace(/:\d+$/, '')
    return bare === host || bare.endsWith(`.${host}`)
  })
}
