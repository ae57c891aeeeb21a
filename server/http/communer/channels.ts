// How a person hears of what: native API, for the settings page; and the way out of a kind of mail, which needs no log-in (RFC 8058).
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { requireSite } from '../../db/site.ts'
import { channelsOf, KIND_NAMES, saveChannels, unsubscribe, type Kind } from '../../features/notifications/channels.ts'
import { requireAuth } from '../plugins/auth.ts'
import { LIMITS } from '../plugins/rate-limit.ts'
import { answers, Empty, strictObject } from './schemas.ts'

const tags = ['notifications']
const Name = Type.Unsafe<Kind>({ type: 'string', enum: KIND_NAMES })
const Pace = Type.Union([Type.Literal('soon'), Type.Literal('day'), Type.Literal('week'), Type.Literal('never')])
const Row = strictObject({ name: Name, site: Type.Boolean(), mail: Type.Boolean(), push: Type.Boolean() })
const Chosen = strictObject({
  kinds: Type.Array(Row, { minItems: KIND_NAMES.length, maxItems: KIND_NAMES.length }),
  pace: Pace,
  weekly: Type.Boolean()
})
const Channels = Type.Object(
  {
    kinds: Type.Array(Row),
    pace: Pace,
    weekly: Type.Boolean(),
    mail: Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Literal('unconfirmed')], {
      description: 'whether mails leave: the instance sends none, or the address is not confirmed'
    })
  },
  { title: 'NotificationChannels' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerChannels(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const mailOf = (account: { confirmed_at: Date | null }) =>
    ctx.config.smtpUrl === null ? ('off' as const) : account.confirmed_at === null ? ('unconfirmed' as const) : ('on' as const)

  app.get(
    '/notification-channels',
    { config: { scope: 'session' }, schema: { tags, summary: 'How one hears of what', response: answers(200, Channels) } },
    async (request) => {
      const { account } = requireAuth(request)
      return { ...channelsOf(account), mail: mailOf(account) }
    }
  )

  app.put(
    '/notification-channels',
    {
      config: { scope: 'session' },
      schema: { tags, summary: 'Choose how one hears of what', body: Chosen, response: answers(200, Channels) }
    },
    async (request) => {
      const { account } = requireAuth(request)
      return { ...(await saveChannels(ctx, account, request.body)), mail: mailOf(account) }
    }
  )

  const Link = Type.Object({ jeton: Type.Optional(Type.String({ maxLength: 200 })) })
  const stranger = { config: { public: true, rateLimit: LIMITS.mail } }

  app.get(
    '/mail/unsubscribe',
    { ...stranger, schema: { tags, summary: 'To the page that asks: opening a link changes nothing', querystring: Link } },
    async (request, reply) =>
      reply.redirect(`${requireSite(ctx).origin}/courriels/arret?jeton=${encodeURIComponent(request.query.jeton ?? '')}`, 303)
  )

  // Mail programs post a form from nowhere: the token is all the proof there is, and all it can do is send less.
  app.post(
    '/mail/unsubscribe',
    {
      ...stranger,
      schema: {
        tags,
        summary: 'No more mails of this kind: with the token of a mail, in the address (RFC 8058) or the body',
        querystring: Link,
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const token = request.query.jeton ?? (request.body as { token?: unknown } | null)?.token
      if (!(await unsubscribe(ctx, String(token ?? '')))) throw new AppError('link.invalid', 422, 'This link is void.')
      return {}
    }
  )
}
