// Legal notice, privacy, accessibility and terms: for everybody to read, for administrators to fill in.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { LEGAL_FACTS, LEGAL_PAGES, legalText, readLegal, saveLegal } from '../../features/admin/legal.ts'
import { localeOf } from '../plugins/locale.ts'
import { allow } from './allow.ts'
import { answers, strictObject } from './schemas.ts'

const tags = ['legal']
const Page = Type.Union(LEGAL_PAGES.map((name) => Type.Literal(name)))
const textsOf = <Name extends string>(names: readonly Name[], maxLength: number) =>
  strictObject(Object.fromEntries(names.map((name) => [name, Type.String({ maxLength })])) as Record<Name, ReturnType<typeof Type.String>>)

const Settings = strictObject({
  facts: textsOf(LEGAL_FACTS, 500),
  accessibility: Type.Union([Type.Literal('none'), Type.Literal('partial'), Type.Literal('full')]),
  texts: textsOf(LEGAL_PAGES, 50_000)
})

/** Fastify plugin, to register under /api/communer/v1. */
export async function communerLegal(instance: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/legal/:page',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'A legal page in the reader’s language',
        params: Type.Object({ page: Page }),
        response: answers(
          200,
          Type.Object({ title: Type.String(), html: Type.String(), is_own: Type.Boolean(), missing: Type.Array(Type.String()) })
        )
      }
    },
    async (request) => {
      const { title, html, isOwn, missing } = await legalText(ctx, request.params.page, localeOf(request))
      return { title, html, is_own: isOwn, missing }
    }
  )

  app.get(
    '/admin/legal',
    {
      config: { scope: 'admin:read' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Facts and own words of the legal pages', response: answers(200, Settings) }
    },
    async () => await readLegal(ctx)
  )

  app.put(
    '/admin/legal',
    {
      config: { scope: 'admin:write' },
      preHandler: allow('site.edit'),
      schema: { tags, summary: 'Replace facts and own words', body: Settings, response: answers(200, Settings) }
    },
    async (request) => await saveLegal(ctx, request.body)
  )
}
