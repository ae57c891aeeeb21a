// The page for our own faults: no script, no data, so that it works when little else does.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { escapeHtml } from '../../core/text.ts'
import { errorText } from '../../locales/texts.ts'
import { loggedPath, toAppError } from '../plugins/errors.ts'
import { localeOf } from '../plugins/locale.ts'

const WORDS = {
  fr: { title: 'Un instant…', home: 'Retour à l’accueil' },
  en: { title: 'One moment…', home: 'Back to the home page' }
}

/** Answers with a sentence in the reader's language; logs what is our fault. */
export function sendErrorPage(ctx: Ctx, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error)
  if (known.status >= 500) ctx.log.error({ err: error, reqId: request.id, url: loggedPath(request) }, known.code)
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(known.retryAfterSeconds)))
  const lang = localeOf(request)
  const words = WORDS[lang]
  return reply
    .code(known.status)
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(
      `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
        `<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${words.title}</title></head>` +
        `<body><main><h1>${words.title}</h1><p>${escapeHtml(errorText(lang, known))}</p><p><a href="/">${words.home}</a></p></main></body></html>`
    )
}
