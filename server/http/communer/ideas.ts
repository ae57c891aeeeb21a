// Ideas of the native API: lists, propose, back, help, object, withdraw, join, answer, progress, journal. Rules are features/ideas'.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { ideaRules, saveIdeaRules } from '../../db/idea-rules.ts'
import { listIdeas, similarIdeas, supportersOf, type IdeaFilter, type ListedIdea } from '../../db/ideas.ts'
import { answerIdea, reportProgress } from '../../features/ideas/answer.ts'
import { assertOpen, objectTo, offerHelp, takeHelpBack, takeObjectionBack } from '../../features/ideas/opinions.ts'
import { concretise } from '../../features/ideas/project.ts'
import { editIdea, mergeIdea, proposeIdea, withdrawIdea } from '../../features/ideas/propose.ts'
import { getGroup } from '../../features/groups/groups.ts'
import { findByAcct } from '../../features/search/lookup.ts'
import { likeObject, unlikeObject } from '../../features/wall/like.ts'
import { viewerOf } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { requireAuth, whoIs } from '../plugins/auth.ts'
import { allow } from './allow.ts'
import { ThemeWord } from './card-entity.ts'
import { EditIdeaBody, getIdea, HelpWord, Idea, NewIdeaBody, presentIdeas, showIdea } from './idea-answers.ts'
import { Journal, presentJournal } from './journal-answers.ts'
import { nextLink } from './next-link.ts'
import { AnswerBody, ProgressBody } from './official-answers.ts'
import { BoxText, Features, pointOf, readBox } from './map-answers.ts'
import { answers, Id, MastodonAccount, orNull, rowIdOf, strictObject } from './schemas.ts'

const tags = ['ideas']
const ById = Type.Object({ id: Id })
const READ = { public: true }
const WRITE = { scope: 'write:statuses' }
const USUAL_LIMIT = 20
const MAX_OFFSET = 2000
const SIMILAR = 5
const TABS = ['new', 'backed', 'voice', 'answered', 'done', 'due', 'mine'] as const
const Filters = {
  tab: Type.Optional(
    Type.Unsafe<(typeof TABS)[number]>({
      type: 'string',
      enum: [...TABS],
      description: 'voice: what needs yours; due: owed an answer, soonest first; mine: proposed by the viewer'
    })
  ),
  theme: Type.Optional(ThemeWord),
  neighbourhood: Type.Optional(Id),
  q: Type.Optional(Type.String({ maxLength: 200 }))
}
/** Of one view of the map. */
const ON_MAP = 500
const Reason = strictObject({ reason: Type.String({ maxLength: 2000 }) })
const Supporter = Type.Object({
  account: MastodonAccount,
  words: Type.String(),
  kinds: orNull(Type.Array(HelpWord)),
  created_at: Type.String()
})
const Rules = Type.Object(
  {
    threshold: orNull(Type.Integer({ minimum: 1, maximum: 100_000, description: 'Residents; null: no promise' })),
    days: Type.Integer({ minimum: 1, maximum: 365 }),
    counts: Type.Unsafe<'declared' | 'verified'>({ type: 'string', enum: ['declared', 'verified'] })
  },
  { title: 'IdeaRules', additionalProperties: false }
)

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerIdeas(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const show = (request: FastifyRequest, id: string) => showIdea(ctx, id, viewerOf(request), whoIs(request))

  app.get(
    '/ideas',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Ideas; the next page by the Link header',
        querystring: Type.Object({
          ...Filters,
          group: Type.Optional(Type.String({ maxLength: 60 })),
          offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_OFFSET })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 40 }))
        }),
        response: answers(200, Type.Array(Idea))
      }
    },
    async (request, reply) => {
      const { tab = 'new', theme, neighbourhood, q, group, offset = 0, limit = USUAL_LIMIT } = request.query
      if (tab === 'mine') requireAuth(request)
      const groupId = group === undefined ? undefined : await findByAcct(ctx, group)
      if (groupId === null) return []
      const filter: IdeaFilter = {
        tab,
        offset,
        limit: limit + 1,
        neighbourhoodId: rowIdOf(neighbourhood),
        ...(theme === undefined ? {} : { theme }),
        ...(q === undefined ? {} : { words: q }),
        ...(groupId === undefined ? {} : { groupId })
      }
      const rows = await listIdeas(ctx, viewerOf(request), filter)
      if (rows.length > limit && offset + limit <= MAX_OFFSET)
        reply.header('link', nextLink(ctx, request, 'offset', String(offset + limit)))
      return await presentIdeas(ctx, rows.slice(0, limit), viewerOf(request), whoIs(request))
    }
  )

  app.get(
    '/ideas/map',
    {
      config: READ,
      schema: {
        tags,
        summary: 'The same ideas where they are said of a place, in a box, as GeoJSON',
        querystring: Type.Object({ bbox: BoxText, ...Filters }),
        response: answers(200, Features)
      }
    },
    async (request) => {
      const { bbox, tab = 'new', theme, neighbourhood, q } = request.query
      if (tab === 'mine') requireAuth(request)
      const rows = await listIdeas(ctx, viewerOf(request), {
        tab,
        box: readBox(bbox),
        offset: 0,
        limit: ON_MAP + 1,
        neighbourhoodId: rowIdOf(neighbourhood),
        ...(theme === undefined ? {} : { theme }),
        ...(q === undefined ? {} : { words: q })
      })
      return { type: 'FeatureCollection' as const, features: rows.slice(0, ON_MAP).flatMap(ideaOnMap), isCut: rows.length > ON_MAP }
    }
  )

  app.get(
    '/ideas/similar',
    {
      config: READ,
      schema: {
        tags,
        summary: 'Open ideas whose title is nearly this one',
        querystring: Type.Object({ title: Type.String({ maxLength: 300 }) }),
        response: answers(200, Type.Array(Idea))
      }
    },
    async (request) => {
      const title = request.query.title.trim()
      if ([...title].length < 5) return []
      const ids = await similarIdeas(ctx, title, SIMILAR)
      const rows = await listIdeas(ctx, viewerOf(request), { tab: 'new', ids, offset: 0, limit: SIMILAR })
      rows.sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id))
      return await presentIdeas(ctx, rows, viewerOf(request), whoIs(request))
    }
  )

  app.post(
    '/ideas',
    { config: WRITE, schema: { tags, summary: 'Propose an idea', body: NewIdeaBody, response: answers(201, Idea) } },
    async (request, reply) => {
      const { media_ids: mediaIds, process: processId = null, ...input } = request.body
      const row = await proposeIdea(ctx, requireAuth(request).actor, {
        ...input,
        processId,
        ...(mediaIds === undefined ? {} : { mediaIds })
      })
      return reply.code(201).send(await show(request, row.id))
    }
  )

  app.get(
    '/ideas/:id',
    { config: READ, schema: { tags, summary: 'One idea', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      const idea = await show(request, row.id)
      return idea.can.edit ? { ...idea, source: row.source } : idea
    }
  )

  app.patch(
    '/ideas/:id',
    {
      config: WRITE,
      schema: { tags, summary: 'Change an idea nobody backs yet', params: ById, body: EditIdeaBody, response: answers(200, Idea) }
    },
    async (request) => {
      const { media_ids: mediaIds, ...changes } = request.body
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await editIdea(ctx, whoIs(request)!, row, { ...changes, ...(mediaIds === undefined ? {} : { mediaIds }) })
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/back',
    { config: WRITE, schema: { tags, summary: 'Back it', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await assertOpen(ctx, row)
      await likeObject(ctx, requireAuth(request).actor, row)
      return await show(request, row.id)
    }
  )

  app.delete(
    '/ideas/:id/back',
    { config: WRITE, schema: { tags, summary: 'Back it no more', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await unlikeObject(ctx, requireAuth(request).actor, row)
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/help',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Offer help',
        params: ById,
        body: strictObject({ kinds: Type.Array(Type.String({ maxLength: 40 }), { maxItems: 5 }), words: Type.String({ maxLength: 2000 }) }),
        response: answers(200, Idea)
      }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await offerHelp(ctx, requireAuth(request).actor, row, request.body)
      return await show(request, row.id)
    }
  )

  app.delete(
    '/ideas/:id/help',
    { config: WRITE, schema: { tags, summary: 'Take the offer back', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await takeHelpBack(ctx, requireAuth(request).actor, row)
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/objection',
    { config: WRITE, schema: { tags, summary: 'Object, with a reason', params: ById, body: Reason, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await objectTo(ctx, requireAuth(request).actor, row, request.body.reason)
      return await show(request, row.id)
    }
  )

  app.delete(
    '/ideas/:id/objection',
    { config: WRITE, schema: { tags, summary: 'Object no more', params: ById, response: answers(200, Idea) } },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await takeObjectionBack(ctx, requireAuth(request).actor, row)
      return await show(request, row.id)
    }
  )

  for (const [name, table] of [
    ['helps', 'idea_helps'],
    ['objections', 'idea_objections']
  ] as const)
    app.get(
      `/ideas/:id/${name}`,
      {
        config: READ,
        schema: {
          tags,
          summary: name === 'helps' ? 'Who helps, and how' : 'Who objects, and why',
          params: ById,
          response: answers(200, Type.Array(Supporter))
        }
      },
      async (request) => {
        const row = await getIdea(ctx, request.params.id, viewerOf(request))
        return (await supportersOf(ctx, table, row.id)).map((one) => ({
          account: toAccount(ctx, one, one),
          words: one.words,
          kinds: one.kinds,
          created_at: one.said_at.toISOString()
        }))
      }
    )

  app.get(
    '/ideas/:id/journal',
    {
      config: READ,
      schema: { tags, summary: 'What became of it, step by step', params: ById, response: answers(200, Journal) }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      return await presentJournal(ctx, row.id)
    }
  )

  app.post(
    '/ideas/:id/withdraw',
    {
      config: WRITE,
      schema: { tags, summary: 'Take one’s idea back, and say why', params: ById, body: Reason, response: answers(200, Idea) }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await withdrawIdea(ctx, whoIs(request)!, row, request.body.reason)
      return await show(request, row.id)
    }
  )

  app.post(
    '/ideas/:id/merge',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Join it to another that says the same (its author, the town hall)',
        params: ById,
        body: strictObject({ into: Id }),
        response: answers(200, Idea)
      }
    },
    async (request) => {
      const viewer = viewerOf(request)
      const row = await getIdea(ctx, request.params.id, viewer)
      await mergeIdea(ctx, whoIs(request)!, row, await getIdea(ctx, request.body.into, viewer))
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/answer',
    {
      config: WRITE,
      schema: { tags, summary: 'The commune answers (town hall)', params: ById, body: AnswerBody, response: answers(200, Idea) }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await answerIdea(ctx, whoIs(request)!, requireAuth(request).actor, row, request.body)
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/progress',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'How far it is, and what is promised for when (town hall)',
        params: ById,
        body: ProgressBody,
        response: answers(200, Idea)
      }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      await reportProgress(ctx, whoIs(request)!, row, request.body)
      return await show(request, row.id)
    }
  )

  app.put(
    '/ideas/:id/project',
    {
      config: WRITE,
      schema: {
        tags,
        summary: 'Name the project that makes it real (its owner, who proposed the idea or is of the town hall)',
        params: ById,
        body: strictObject({ username: Type.String({ maxLength: 60 }) }),
        response: answers(200, Idea)
      }
    },
    async (request) => {
      const row = await getIdea(ctx, request.params.id, viewerOf(request))
      const { actor } = await getGroup(ctx, request.body.username)
      await concretise(ctx, whoIs(request)!, row, actor)
      return await show(request, row.id)
    }
  )

  app.get(
    '/ideas/rules',
    { config: READ, schema: { tags, summary: 'What the commune promised', response: answers(200, Rules) } },
    async () => await ideaRules(ctx.db)
  )

  app.put(
    '/admin/ideas/rules',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Set what the commune promises', body: Rules, response: answers(200, Rules) }
    },
    async (request) => {
      await saveIdeaRules(ctx.db, request.body, ctx.clock.now())
      return request.body
    }
  )
}

/** Its position is what its author published. */
function ideaOnMap({ id, iri, idea, place }: ListedIdea) {
  const { latitude = null, longitude = null } = place ?? {}
  if (latitude === null || longitude === null) return []
  const text = place?.name ?? place?.address ?? ''
  const properties = { kind: 'idea', name: idea.title, url: `/idees/${id}`, text, themes: idea.themes, start: null, timezone: null }
  return [pointOf(iri, { latitude, longitude }, properties)]
}
