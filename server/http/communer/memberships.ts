// How one stands to a group, ours or of another server: ask to join, accept or decline an invitation, leave. Rules are features/groups's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { followActor } from '../../features/follows/follow.ts'
import { getAnyGroup, getGroupElsewhere } from '../../features/groups/groups.ts'
import { declineGroupInvitation } from '../../features/groups/invite.ts'
import { joinElsewhere, leaveElsewhere } from '../../features/groups/members.ts'
import { viewMembership } from '../../features/groups/present.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth } from '../plugins/auth.ts'
import { State } from './group-entity.ts'
import { answers, Empty, Id, MastodonAccount, orNull } from './schemas.ts'

const tags = ['groups']
const READ = { scope: 'read:accounts' }
const WRITE = { scope: 'write:accounts' }
const ByAccount = Type.Object({ account_id: Id })
const Membership = Type.Object(
  {
    state: orNull(State),
    invited_by: orNull(MastodonAccount),
    can_ask: Type.Boolean({ description: 'The group has members, and takes requests' })
  },
  { title: 'Membership' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerMemberships(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  const show = async (actorId: string, groupId: string) => {
    const { state, invitedBy, canAsk } = await viewMembership(ctx, actorId, await getAnyGroup(ctx, groupId))
    return { state, invited_by: invitedBy === null ? null : toAccount(ctx, invitedBy, null), can_ask: canAsk }
  }

  app.get(
    '/memberships/:account_id',
    { config: READ, schema: { tags, summary: 'How one stands to a group', params: ByAccount, response: answers(200, Membership) } },
    async (request) => show(requireAuth(request).actor.id, request.params.account_id)
  )

  app.put(
    '/memberships/:account_id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Ask to join a group of another server, or accept its invitation; follows it too',
        params: ByAccount,
        response: answers(200, Membership)
      }
    },
    async (request) => {
      const { actor } = requireAuth(request)
      const group = await getGroupElsewhere(ctx, request.params.account_id)
      await joinElsewhere(ctx, actor, group)
      await followActor(ctx, actor, group)
      return show(actor.id, group.id)
    }
  )

  app.delete(
    '/memberships/:account_id',
    { config: WRITE, schema: { tags, summary: 'Leave it, or take the request back', params: ByAccount, response: answers(200, Empty) } },
    async (request) => {
      await leaveElsewhere(ctx, requireAuth(request).actor, await getGroupElsewhere(ctx, request.params.account_id))
      return {}
    }
  )

  app.post(
    '/memberships/:account_id/decline',
    { config: WRITE, schema: { tags, summary: 'Say no to an invitation', params: ByAccount, response: answers(200, Empty) } },
    async (request) => {
      await declineGroupInvitation(ctx, requireAuth(request).actor, await getAnyGroup(ctx, request.params.account_id))
      return {}
    }
  )
}
