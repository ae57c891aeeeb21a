// Groups, organizations and projects: list, create, edit, join, leave, members. Rules are features/groups's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { createGroup, editGroup, getGroup, type GroupChanges } from '../../features/groups/groups.ts'
import { assertInvites, invitationsOf, inviteToGroup, withdrawInvitation } from '../../features/groups/invite.ts'
import { approveMember, joinGroup, leaveGroup, removeMember, setMember } from '../../features/groups/members.ts'
import { listGroups, listMembers, viewGroup } from '../../features/groups/present.ts'
import { assertCan, can } from '../../core/permission.ts'
import { AppError } from '../../core/errors.ts'
import { findMembership } from '../../db/memberships.ts'
import { storePortrait } from '../../features/media/portrait.ts'
import { findInvitee } from '../../protocol/invitee.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { readForm } from '../plugins/bodies.ts'
import { limitLookups } from '../plugins/rate-limit.ts'
import { Group, Invitation, Kind, Member, MemberRole, Openness, Posting, presentGroup, presentMember } from './group-entity.ts'
import { answers, Empty, Id, InviteBody, strictObject, Username } from './schemas.ts'

const tags = ['groups']
const ByName = Type.Object({ username: Username })
const ByMember = Type.Object({ username: Username, account_id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:accounts' }

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerGroups(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const lookups = limitLookups(instance, ctx)
  const viewer = (request: FastifyRequest) => request.auth?.actor.id ?? null
  const show = async (request: FastifyRequest, groupId: string) => presentGroup(ctx, await viewGroup(ctx, viewer(request), groupId))

  app.get(
    '/groups',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Groups, newest first; older ones by the Link header',
        querystring: Type.Object({
          q: Type.Optional(Type.String({ maxLength: 100 })),
          kind: Type.Optional(Type.String({ maxLength: 20 })),
          mine: Type.Optional(Type.Boolean()),
          max_id: Type.Optional(Id),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(Group))
      }
    },
    async (request, reply) => {
      const { q: search, kind, mine, max_id: maxId, limit = 40 } = request.query
      const memberId = mine === true ? requireAuth(request).actor.id : undefined
      const views = await listGroups(ctx, viewer(request), { search, kind, maxId, limit, memberId })
      if (views.length === limit) linkNext(ctx, request, reply, { max_id: views.at(-1)!.actor.id })
      return views.map((view) => presentGroup(ctx, view))
    }
  )

  app.post(
    '/groups',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Create a group; whoever creates it owns it',
        body: strictObject({
          username: Type.String({ maxLength: 100 }),
          name: Type.String({ maxLength: 400 }),
          description: Type.Optional(Type.String({ maxLength: 5000 })),
          kind: Type.Optional(Kind),
          openness: Type.Optional(Openness),
          posting: Type.Optional(Posting)
        }),
        response: answers(201, Group)
      }
    },
    async (request, reply) => {
      // A service is the town hall's to open.
      if (request.body.kind === 'service') assertCan(whoIs(request), 'directory.edit')
      const group = await createGroup(ctx, requireAuth(request).actor, request.body)
      return reply.code(201).send(await show(request, group.id))
    }
  )

  app.get(
    '/groups/:username',
    { config: READ, schema: { tags, summary: 'One group', params: ByName, response: answers(200, Group) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      return await show(request, actor.id)
    }
  )

  app.patch(
    '/groups/:username',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Edit a group (owners)',
        params: ByName,
        body: strictObject({
          name: Type.Optional(Type.String({ maxLength: 400 })),
          description: Type.Optional(Type.String({ maxLength: 5000 })),
          openness: Type.Optional(Openness),
          posting: Type.Optional(Posting),
          relayed: Type.Optional(Type.Boolean())
        }),
        response: answers(200, Group)
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await editGroup(ctx, whoIs(request)!, actor, request.body)
      return await show(request, actor.id)
    }
  )

  app.put(
    '/groups/:username/images',
    {
      config: { ...WRITE, takesFiles: true },
      schema: {
        tags,
        summary: 'Set avatar and header (multipart: avatar, header, avatar_description)',
        params: ByName,
        response: answers(200, Group)
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      const membership = await findMembership(ctx.db, actor.id, whoIs(request)!.actorId)
      if (!can(whoIs(request), 'group.edit', { membership }))
        throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
      const { files, fields } = await readForm(request)
      const changes: GroupChanges = {}
      if (files['avatar'])
        changes.icon = await storePortrait(ctx, 'avatar', files['avatar'].body, String(fields['avatar_description'] ?? ''))
      if (files['header'])
        changes.image = await storePortrait(ctx, 'header', files['header'].body, String(fields['header_description'] ?? ''))
      await editGroup(ctx, whoIs(request)!, actor, changes)
      return await show(request, actor.id)
    }
  )

  app.post(
    '/groups/:username/join',
    { config: WRITE, schema: { tags, summary: 'Join, or ask to', params: ByName, response: answers(200, Group) } },
    async (request) => {
      const { actor, settings } = await getGroup(ctx, request.params.username)
      await joinGroup(ctx, requireAuth(request).actor, actor, settings)
      return await show(request, actor.id)
    }
  )

  app.post(
    '/groups/:username/leave',
    { config: WRITE, schema: { tags, summary: 'Leave', params: ByName, response: answers(200, Group) } },
    async (request) => {
      const { actor, settings } = await getGroup(ctx, request.params.username)
      await leaveGroup(ctx, requireAuth(request).actor, settings)
      return await show(request, actor.id)
    }
  )

  app.get(
    '/groups/:username/members',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Members; with state=pending, those who asked (owners and moderators)',
        params: ByName,
        querystring: Type.Object({
          state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('pending')])),
          min_id: Type.Optional(Id),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 80 }))
        }),
        response: answers(200, Type.Array(Member))
      }
    },
    async (request, reply) => {
      const { actor } = await getGroup(ctx, request.params.username)
      const { state = 'active', min_id: after, limit = 40 } = request.query
      if (state === 'pending') await assertReviewer(ctx, request, actor.id)
      const members = await listMembers(ctx, actor.id, { state, limit, after })
      if (members.length === limit) linkNext(ctx, request, reply, { min_id: members.at(-1)!.actor.id })
      return members.map((member) => presentMember(ctx, member))
    }
  )

  app.get(
    '/groups/:username/invitations',
    {
      config: { scope: 'read:accounts' },
      schema: {
        tags,
        summary: 'Who was invited and has not answered (owners and moderators)',
        params: ByName,
        querystring: Type.Object({ min_id: Type.Optional(Id) }),
        response: answers(200, Type.Array(Invitation))
      }
    },
    async (request, reply) => {
      const { actor } = await getGroup(ctx, request.params.username)
      const limit = 40
      const rows = await invitationsOf(ctx, whoIs(request)!, actor.id, { after: request.query.min_id, limit })
      if (rows.length === limit) linkNext(ctx, request, reply, { min_id: rows.at(-1)!.row.id })
      return rows.map(({ row, invitee }) => ({ account: toAccount(ctx, invitee, null), created_at: row.created_at.toISOString() }))
    }
  )

  app.post(
    '/groups/:username/invitations',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Invite somebody, here or elsewhere (owners and moderators)',
        params: ByName,
        body: InviteBody,
        response: answers(200, Empty)
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      // Before anybody is looked up elsewhere: only who may invite makes this server ask.
      await assertInvites(ctx, whoIs(request)!, actor.id)
      await inviteToGroup(
        ctx,
        whoIs(request)!,
        requireAuth(request).actor,
        actor,
        await findInvitee(ctx, request.body.acct, lookups(request))
      )
      return {}
    }
  )

  app.delete(
    '/groups/:username/invitations/:account_id',
    { config: WRITE, schema: { tags, summary: 'Take an invitation back', params: ByMember, response: answers(200, Empty) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await withdrawInvitation(ctx, whoIs(request)!, actor, request.params.account_id)
      return {}
    }
  )

  app.put(
    '/groups/:username/members/:account_id',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Add somebody or change their role (owners)',
        params: ByMember,
        body: strictObject({ role: MemberRole }),
        response: answers(200, Group)
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await setMember(ctx, whoIs(request)!, actor.id, request.params.account_id, request.body.role)
      return await show(request, actor.id)
    }
  )

  app.post(
    '/groups/:username/members/:account_id/approve',
    { config: WRITE, schema: { tags, summary: 'Let somebody in', params: ByMember, response: answers(200, Empty) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await approveMember(ctx, whoIs(request)!, actor.id, request.params.account_id)
      return {}
    }
  )

  app.post(
    '/groups/:username/members/:account_id/remove',
    { config: WRITE, schema: { tags, summary: 'Refuse a request, or remove a member', params: ByMember, response: answers(200, Empty) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await removeMember(ctx, whoIs(request)!, actor.id, request.params.account_id)
      return {}
    }
  )
}

async function assertReviewer(ctx: Ctx, request: FastifyRequest, groupId: string): Promise<void> {
  const { actor } = requireAuth(request)
  const membership = await findMembership(ctx.db, groupId, actor.id)
  if (!can(whoIs(request), 'group.review', { membership })) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
}

/** RFC 8288: the next page, with the other parameters kept. */
function linkNext(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, changes: Record<string, string>): void {
  const url = new URL(request.url, ctx.site?.origin ?? 'http://localhost')
  for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value)
  reply.header('link', `<${url.href}>; rel="next"`)
}
