// For moderators of a group: held posts, removals, locked threads, pins, bans. Rules are features/groups's.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { listBans, listDecided, listHolds } from '../../db/group-moderation.ts'
import { findStatuses } from '../../db/timelines.ts'
import { getGroup } from '../../features/groups/groups.ts'
import { assertModerates, banActor, decideHeld, setLocked, setPinned, setRemoved, unbanActor } from '../../features/groups/moderate.ts'
import { presentStatuses } from '../mastodon/present.ts'
import { plainText, toAccount } from '../mastodon/serialise/account.ts'
import { whoIs } from '../plugins/auth.ts'
import { answers, Empty, Id, MastodonAccount, orNull, strictObject, Username } from './schemas.ts'

const tags = ['groups']
const READ = { scope: 'read:accounts' }
const WRITE = { scope: 'write:accounts' }
const PAGE = 40
const ByName = Type.Object({ username: Username })
const ByObject = Type.Object({ username: Username, id: Id })
const Older = Type.Object({ max_id: Type.Optional(Id) })
/** No body at all is no reason. */
const Reason = Type.Optional(Type.Union([strictObject({ reason: Type.Optional(Type.String({ maxLength: 1000 })) }), Type.Null()]))

const Held = Type.Object(
  {
    id: Id,
    account: MastodonAccount,
    title: orNull(Type.String()),
    text: Type.String({ description: 'Plain text, shortened' }),
    url: orNull(Type.String()),
    created_at: Type.String()
  },
  { title: 'HeldPost' }
)
const Decided = Type.Object(
  {
    id: Id,
    status: orNull(Type.Object({}, { additionalProperties: true, title: 'Status' })),
    reason: Type.String(),
    created_at: Type.String()
  },
  { title: 'GroupDecision' }
)
const Ban = Type.Object(
  { account: MastodonAccount, reason: Type.String(), until: orNull(Type.String()), created_at: Type.String() },
  { title: 'GroupBan' }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerGroupModeration(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/groups/:username/held',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Posts that wait for a moderator',
        params: ByName,
        querystring: Older,
        response: answers(200, Type.Array(Held))
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await assertModerates(ctx, whoIs(request)!, actor.id)
      const held = await listHolds(ctx.db, actor.id, PAGE, request.query.max_id)
      return held.map(({ object, author }) => ({
        id: object.id,
        account: toAccount(ctx, author, null),
        title: object.name,
        text: plainText(object.content_html).slice(0, 1000),
        url: object.url,
        created_at: object.published.toISOString()
      }))
    }
  )

  for (const verb of ['accept', 'refuse'] as const) {
    app.post(
      `/groups/:username/held/:id/${verb}`,
      {
        config: WRITE,
        schema: {
          tags,
          summary: verb === 'accept' ? 'Let a held post in' : 'Refuse a held post',
          params: ByObject,
          response: answers(200, Empty)
        }
      },
      async (request) => {
        const { username, id } = request.params as { username: string; id: string }
        const { actor } = await getGroup(ctx, username)
        await decideHeld(ctx, whoIs(request)!, actor, id, verb === 'accept')
        return {}
      }
    )
  }

  for (const [name, table] of [
    ['removed', 'group_removals'],
    ['locked', 'group_locks']
  ] as const) {
    app.get(
      `/groups/:username/${name}`,
      {
        config: READ,
        schema: {
          tags,
          summary: name === 'removed' ? 'Posts taken out of the group' : 'Closed threads',
          params: ByName,
          querystring: Older,
          response: answers(200, Type.Array(Decided))
        }
      },
      async (request) => {
        const { actor } = await getGroup(ctx, (request.params as { username: string }).username)
        const who = whoIs(request)!
        await assertModerates(ctx, who, actor.id)
        const rows = await listDecided(ctx.db, table, actor.id, PAGE, (request.query as { max_id?: string }).max_id)
        const viewer = { actorId: who.actorId }
        const objects = await findStatuses(
          ctx,
          rows.map((row) => row.object_id),
          viewer
        )
        const statuses = await presentStatuses(ctx, objects, viewer)
        return rows.map((row) => ({
          id: row.object_id,
          status: statuses.find((status) => status.id === row.object_id) ?? null,
          reason: row.reason,
          created_at: row.created_at.toISOString()
        }))
      }
    )
  }

  const POST_ACTS = {
    remove: { summary: 'Take a post out of the group', run: setRemoved, on: true },
    restore: { summary: 'Put a post back', run: setRemoved, on: false },
    lock: { summary: 'Close a thread', run: setLocked, on: true },
    unlock: { summary: 'Open a thread again', run: setLocked, on: false },
    pin: { summary: 'Pin a post', run: setPinned, on: true },
    unpin: { summary: 'Unpin a post', run: setPinned, on: false }
  } as const
  for (const [verb, { summary, run, on }] of Object.entries(POST_ACTS)) {
    app.post(
      `/groups/:username/posts/:id/${verb}`,
      { config: WRITE, schema: { tags, summary, params: ByObject, body: Reason, response: answers(200, Empty) } },
      async (request) => {
        const { username, id } = request.params as { username: string; id: string }
        const { actor } = await getGroup(ctx, username)
        await run(ctx, whoIs(request)!, actor, id, on, (request.body as { reason?: string } | null | undefined)?.reason)
        return {}
      }
    )
  }

  app.get(
    '/groups/:username/bans',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Whom the group has excluded',
        params: ByName,
        querystring: Type.Object({ min_id: Type.Optional(Id) }),
        response: answers(200, Type.Array(Ban))
      }
    },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await assertModerates(ctx, whoIs(request)!, actor.id)
      return (await listBans(ctx.db, actor.id, PAGE, request.query.min_id)).map((ban) => ({
        account: toAccount(ctx, ban.actor, null),
        reason: ban.reason,
        until: ban.until?.toISOString() ?? null,
        created_at: ban.created_at.toISOString()
      }))
    }
  )

  app.post(
    '/groups/:username/bans/:id',
    { config: WRITE, schema: { tags, summary: 'Exclude somebody', params: ByObject, body: Reason, response: answers(200, Empty) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await banActor(ctx, whoIs(request)!, actor, request.params.id, request.body?.reason)
      return {}
    }
  )

  app.delete(
    '/groups/:username/bans/:id',
    { config: WRITE, schema: { tags, summary: 'End an exclusion', params: ByObject, response: answers(200, Empty) } },
    async (request) => {
      const { actor } = await getGroup(ctx, request.params.username)
      await unbanActor(ctx, whoIs(request)!, actor, request.params.id)
      return {}
    }
  )
}
