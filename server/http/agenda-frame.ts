// /agenda/cadre: coming events for the pages of other sites, in a frame of theirs. Public events only, the same for everybody: no cookie and no
// account is looked at.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { requireSite } from '../db/site.ts'
import { comingEvents } from '../features/feeds/sources.ts'
import { errorText, isLocale } from '../locales/texts.ts'
import { sendFeed } from './feed-answer.ts'
import { choiceOf } from './feed-choice.ts'
import { FRAME_POLICY, framePage, frameSentence, type FrameLook } from './pages/frame-page.ts'
import { preferredLocale } from './plugins/locale.ts'

const USUAL_EVENTS = 6
const MAX_EVENTS = 20
const BACKGROUNDS: Record<string, FrameLook['background']> = { clair: 'light', sombre: 'dark' }

/** Fastify plugin. Beside the agenda's filters: `nombre` (of events, 1 to 20), `lang` (fr, en), `fond` (clair, sombre). */
export async function agendaFrame(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.get('/agenda/cadre', { config: { public: true } }, async (request, reply) => {
    const look = lookOf(request)
    // For this page alone: every other one stays out of frames (plugins/security-headers.ts).
    reply.removeHeader('x-frame-options').header('content-security-policy', FRAME_POLICY)
    reply.header('vary', 'Accept-Language, Accept-Encoding').header('x-robots-tag', 'noindex').header('content-language', look.locale)
    try {
      return await sendAgenda(ctx, look, request, reply)
    } catch (error) {
      // The reader of that other site sees a sentence, not a broken frame.
      if (!isAppError(error) || error.status >= 500) throw error
      const page = frameSentence(look, errorText(look.locale, error))
      return reply.code(error.status).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page)
    }
  })
}

async function sendAgenda(ctx: Ctx, look: FrameLook, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const { owner, filter, label, query } = await choiceOf(ctx, request)
  const rows = await comingEvents(ctx, owner, filter, countOf(request))
  const pageUrl = owner === null ? `${site.origin}/agenda${query}` : `${site.origin}/@${owner.username}?onglet=agenda`
  const name = owner === null ? site.name : owner.name || owner.username
  return sendFeed(request, reply, 'text/html; charset=utf-8', framePage(look, { name, label, pageUrl, rows }), rows)
}

function wordOf(request: FastifyRequest, name: string): string {
  const value = (request.query as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : ''
}

function lookOf(request: FastifyRequest): FrameLook {
  const lang = wordOf(request, 'lang')
  return { locale: isLocale(lang) ? lang : preferredLocale(request), background: BACKGROUNDS[wordOf(request, 'fond')] ?? null }
}

function countOf(request: FastifyRequest): number {
  const wanted = Number(wordOf(request, 'nombre'))
  return Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, MAX_EVENTS) : USUAL_EVENTS
}
