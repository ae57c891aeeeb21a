// Web Push subscriptions in the Mastodon API: one for each token (docs.joinmastodon.org/methods/push).
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import type { PushSubscriptionRow } from '../../db/rows.ts'
import { ALERTS, changeAlerts, getSubscription, subscribe, unsubscribe } from '../../features/push/subscriptions.ts'
import { pushPublicKey } from '../../protocol/push.ts'
import { requireAuth } from '../plugins/auth.ts'
import { boolOf, readParams, textOf, type Params } from './params.ts'

const PUSH = { config: { scope: 'push' } }

/** Fastify plugin, to register under /api/v1. */
export async function mastodonPush(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/push/subscription', PUSH, async (request) => show(ctx, await getSubscription(ctx, requireAuth(request).token.id)))

  app.post('/push/subscription', PUSH, async (request) => {
    const { actor, token } = requireAuth(request)
    const params = await readParams(request)
    const subscription = inside(params, 'subscription')
    const keys = inside(subscription, 'keys')
    const row = await subscribe(
      ctx,
      { actorId: actor.id, tokenId: token.id },
      {
        endpoint: textOf(subscription['endpoint']) ?? '',
        p256dh: textOf(keys['p256dh']) ?? '',
        auth: textOf(keys['auth']) ?? '',
        standard: boolOf(subscription['standard']) ?? false,
        ...wishesOf(params)
      }
    )
    return show(ctx, row)
  })

  app.put('/push/subscription', PUSH, async (request) =>
    show(ctx, await changeAlerts(ctx, requireAuth(request).token.id, wishesOf(await readParams(request))))
  )

  app.delete('/push/subscription', PUSH, async (request) => {
    await unsubscribe(ctx, requireAuth(request).token.id)
    return {}
  })
}

function wishesOf(params: Params): { alerts: Record<string, boolean | undefined>; policy?: string } {
  const wishes = inside(params, 'data')
  const alerts = inside(wishes, 'alerts')
  return {
    alerts: Object.fromEntries(ALERTS.map((type) => [type, boolOf(alerts[type])])),
    policy: textOf(wishes['policy']) ?? textOf(params['policy'])
  }
}

function inside(params: Params, name: string): Params {
  const value = params[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Params) : {}
}

/** WebPushSubscription entity. */
async function show(ctx: Ctx, row: PushSubscriptionRow) {
  return {
    id: row.id,
    endpoint: row.endpoint,
    standard: row.standard,
    policy: row.policy,
    alerts: Object.fromEntries(ALERTS.map((type) => [type, row.alerts.includes(type)])),
    server_key: await pushPublicKey(ctx)
  }
}
