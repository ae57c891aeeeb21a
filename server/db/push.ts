// Which notifications go to which devices: a chore for each, written with the notification. And the instance's own keys for it (VAPID).
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

/** Chores that send one notification to one device; their subject is `subscription:notification`. */
export const PUSH_CHORE = 'push'

/** Plans pushes of these notifications, in the caller's transaction: what the device asked for, from whom it wants to hear. */
export async function planPushes(ctx: Ctx, trx: Knex, notificationIds: string[]): Promise<void> {
  if (notificationIds.length === 0) return
  const planned = await trx.raw<{ rowCount: number }>(
    `insert into chores (kind, subject, due_at) select :kind, s.id || ':' || n.id, :now::timestamptz
     from notifications n join push_subscriptions s on s.actor_id = n.owner_id
     where n.id = any(:ids::bigint[]) and n.type = any(s.alerts)
       and not exists (select 1 from accounts ac where ac.actor_id = n.owner_id and jsonb_exists(ac.preferences #> '{silenced,push}', n.type))
       and case s.policy
       when 'all' then true
       when 'followed' then (select true from follows f where f.follower_id = n.owner_id and f.followed_id = n.from_id and f.state = 'accepted')
       when 'follower' then (select true from follows f where f.follower_id = n.from_id and f.followed_id = n.owner_id and f.state = 'accepted')
       else false end
     on conflict do nothing`,
    { kind: PUSH_CHORE, now: ctx.clock.now(), ids: notificationIds }
  )
  if (planned.rowCount === 0) return
  const wake = (): void => ctx.queue.wake('chores')
  if (trx.isTransaction) (trx as Knex.Transaction).executionPromise.then(wake, () => {})
  else wake()
}

export interface VapidKeys {
  publicKey: string
  privateKey: string
}

/** The instance's keys, made by `make` the first time; the private one is sealed at rest. Two processes at once agree on one pair. */
export async function vapidKeys(ctx: Ctx, make: () => VapidKeys): Promise<VapidKeys> {
  const read = async (): Promise<VapidKeys | null> => {
    const row = await ctx
      .db('settings')
      .where({ key: 'vapid' })
      .first<{ value: { publicKey: string; sealed: string } } | undefined>('value')
    if (row === undefined) return null
    return { publicKey: row.value.publicKey, privateKey: ctx.secrets.open(Buffer.from(row.value.sealed, 'base64')) }
  }
  const known = await read()
  if (known !== null) return known
  const { publicKey, privateKey } = make()
  const value = JSON.stringify({ publicKey, sealed: ctx.secrets.seal(privateKey).toString('base64') })
  await ctx.db('settings').insert({ key: 'vapid', value, updated_at: ctx.clock.now() }).onConflict('key').ignore()
  return (await read())!
}
