// The directory as files anyone may take: /annuaire.csv and /annuaire.geojson with the filters of the page /annuaire, and one card as vCard.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { THEMES, type Theme } from '../core/themes.ts'
import { ACCESSIBILITY, type Accessibility, type DirectoryFilter } from '../db/directory.ts'
import { getCardActor, viewCard } from '../features/directory/cards.ts'
import { directoryCsv, directoryGeojson, exportedCards, vcardOf } from '../features/directory/exports.ts'
import { notFound } from './mastodon/params.ts'
import { LIMITS } from './plugins/rate-limit.ts'

const READ = { config: { public: true, rateLimit: LIMITS.communes } }
const CACHE = 'public, max-age=300'

/** Fastify plugin. */
export async function directoryFiles(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/annuaire.csv', READ, async (request, reply) =>
    reply
      .header('cache-control', CACHE)
      .header('access-control-allow-origin', '*')
      .header('content-disposition', 'attachment; filename="annuaire.csv"')
      .type('text/csv; charset=utf-8')
      .send(directoryCsv(ctx, await exportedCards(ctx, filterOf(request))))
  )

  app.get('/annuaire.geojson', READ, async (request, reply) =>
    reply
      .header('cache-control', CACHE)
      .header('access-control-allow-origin', '*')
      .type('application/geo+json; charset=utf-8')
      .send(JSON.stringify(directoryGeojson(ctx, await exportedCards(ctx, filterOf(request)))))
  )

  app.get<{ Params: { username: string } }>('/@:username/fiche.vcf', READ, async (request, reply) => {
    const view = await viewCard(ctx, null, await getCardActor(ctx, request.params.username))
    if (view === null) throw notFound()
    return reply
      .header('cache-control', CACHE)
      .header('content-disposition', `attachment; filename="${view.actor.username}.vcf"`)
      .type('text/vcard; charset=utf-8')
      .send(vcardOf(ctx, view.actor, view.card))
  })
}

/** The page's own names. */
function filterOf(request: FastifyRequest): Omit<DirectoryFilter, 'limit'> {
  const query = request.query as Record<string, unknown>
  const word = (name: string): string => (typeof query[name] === 'string' ? query[name].trim().slice(0, 200) : '')
  const [theme, access] = [word('theme'), word('acces')]
  return {
    ...(word('q') === '' ? {} : { words: word('q') }),
    ...(word('type') === '' ? {} : { kinds: [word('type')] }),
    ...((THEMES as readonly string[]).includes(theme) ? { theme: theme as Theme } : {}),
    ...((ACCESSIBILITY as readonly string[]).includes(access) ? { accessibility: access as Accessibility } : {})
  }
}
