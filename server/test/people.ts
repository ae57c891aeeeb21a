// Who appears in the tests of what citizens do: people and groups of this instance, people elsewhere by their handle.
import type { Ctx } from '../context.ts'
import { insertGroup } from '../db/memberships.ts'
import { newId } from '../core/ids.ts'
import type { AccountRow, ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { localActor, remoteActor } from './publishers.ts'

/** Someone of this instance, without an account; `more` changes columns. */
export async function localPerson(ctx: Ctx, username: string, more: Partial<ActorRow> = {}): Promise<ActorRow> {
  return change(ctx, await localActor(ctx, username), more)
}

/** A group of this instance, with its owner as first member (who follows it). */
export async function localGroup(
  ctx: Ctx,
  username: string,
  owner: ActorRow,
  posting: 'members' | 'moderators' = 'members'
): Promise<ActorRow> {
  const group = await localActor(ctx, username, 'Group')
  await insertGroup(ctx, ctx.db, { group, owner, openness: 'open', posting, origin: requireSite(ctx).origin })
  return group
}

/** Someone elsewhere: `remotePerson(ctx, 'bob@mastodon.example')`. */
export async function remotePerson(ctx: Ctx, handle: string, more: Partial<ActorRow> = {}): Promise<ActorRow> {
  const [username, domain] = handle.split('@') as [string, string]
  return change(ctx, await remoteActor(ctx, `https://${domain}`, username), {
    handle_verified: true,
    url: `https://${domain}/@${username}`,
    ...more
  })
}

async function change(ctx: Ctx, actor: ActorRow, more: Partial<ActorRow>): Promise<ActorRow> {
  if (Object.keys(more).length === 0) return actor
  const [row] = await ctx
    .db<ActorRow>('actors')
    .where({ id: actor.id })
    .update(more as never)
    .returning('*')
  return row!
}

/** Someone of this instance with an account, whose password nobody knows: log in with createToken(). */
export async function citizen(
  ctx: Ctx,
  username: string,
  more: Partial<AccountRow> = {}
): Promise<{ actor: ActorRow; account: AccountRow }> {
  const actor = await localPerson(ctx, username)
  const [account] = await ctx
    .db<AccountRow>('accounts')
    .insert({ id: newId(ctx.clock.now()), actor_id: actor.id, email: `${username}@commune.test`, password_hash: 'none', ...more })
    .returning('*')
  return { actor, account: account! }
}
