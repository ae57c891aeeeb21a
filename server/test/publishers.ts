// Actors for tests of publishing and delivering: local ones with real keys, remote ones as bare rows with followers.
import { newId } from '../core/ids.ts'
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { createLocalActor, prepareKeys, type PreparedKey } from '../protocol/local-actors.ts'

let keys: Promise<PreparedKey> | null = null

/** A local person, or a group with kind group. One key pair serves a whole test process: making them is slow. */
export async function localActor(ctx: Ctx, username: string, type: 'Person' | 'Group' = 'Person'): Promise<ActorRow> {
  keys ??= prepareKeys()
  const group = type === 'Group' ? { kind: 'group' as const, group: { openness: 'open' as const, posting: 'members' as const } } : {}
  const pair = await keys
  return ctx.db.transaction((trx) => createLocalActor(ctx, trx, { type, username, name: username, keys: pair, ...group }))
}

/** A remote person at `origin`, with or without a shared inbox. */
export async function remoteActor(ctx: Ctx, origin: string, username: string, sharedInbox = true): Promise<ActorRow> {
  const iri = `${origin}/users/${username}`
  const { host } = new URL(origin)
  const [row] = await ctx
    .db<ActorRow>('actors')
    .insert({
      id: newId(),
      iri,
      type: 'Person',
      local: false,
      username,
      domain: host,
      host,
      inbox: `${iri}/inbox`,
      shared_inbox: sharedInbox ? `${origin}/inbox` : null,
      followers_iri: `${iri}/followers`,
      doc: JSON.stringify({ id: iri }),
      fetched_at: ctx.clock.now()
    } as never)
    .returning('*')
  return row!
}

/** An accepted follow of a local actor by a remote one. */
export async function remoteFollow(ctx: Ctx, follower: ActorRow, followed: ActorRow): Promise<void> {
  await ctx.db('follows').insert({
    id: newId(),
    iri: `${follower.iri}#follow/${followed.id}`,
    follower_id: follower.id,
    followed_id: followed.id,
    state: 'accepted',
    follower_local: false,
    delivery_inbox: follower.shared_inbox ?? follower.inbox,
    accepted_at: ctx.clock.now()
  })
}
