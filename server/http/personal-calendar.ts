// /agenda/perso/<secret>.ics: a person's own calendar. The address is its own key: kept by no cache, found by no robot, told to no other site,
// written in no log (loggedPath), and whatever opens nothing is the same 404.
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../context.ts'
import { requireSite } from '../db/site.ts'
import { personalCalendar } from '../features/feeds/personal.ts'
import { notFound } from './mastodon/params.ts'

/** Fastify plugin. */
export async function personalCalendars(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get<{ Params: { token: string } }>(
    '/agenda/perso/:token(^[\\w-]{1,64}).ics',
    { config: { public: true } },
    async (request, reply) => {
      reply.header('x-robots-tag', 'noindex').header('referrer-policy', 'no-referrer')
      const site = requireSite(ctx)
      const body = await personalCalendar(ctx, request.params.token, { name: site.name, url: `${site.origin}/agenda` })
      if (body === null) throw notFound()
      return reply.header('cache-control', 'private, no-store').type('text/calendar; charset=utf-8').send(body)
    }
  )
}
