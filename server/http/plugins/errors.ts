// One place where errors become answers: problem+json for our API, {error} for Mastodon's and ActivityPub. Nothing inner leaks.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { STATUS_CODES } from 'node:http'
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { isDiskFull } from '../../db/disk.ts'
import { errorText } from '../../locales/texts.ts'
import { localeOf } from './locale.ts'

/** Sets the error handler of the whole app. Pages keep the right to render their own (they set it in their own scope). */
export async function errorsPlugin(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => sendError(ctx, error, request, reply))
}
Object.assign(errorsPlugin, { [Symbol.for('skip-override')]: true })

/** Answers with what may be told of this error, and logs the rest when it is our fault. */
export function sendError(ctx: Ctx, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error)
  if (known.status >= 500) ctx.log.error({ err: error, reqId: request.id, url: loggedPath(request) }, known.code)
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(known.retryAfterSeconds)))
  if (known.status === 401 && !request.url.startsWith('/ap/')) reply.header('www-authenticate', 'Bearer')
  reply.code(known.status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  const text = errorText(localeOf(request), known)
  if (request.url.startsWith('/api/communer/')) return sendProblem(reply, known, text)
  const body = known.code.startsWith('oauth.')
    ? { error: known.code.slice('oauth.'.length).replaceAll('-', '_'), error_description: text }
    : { error: text, code: known.code }
  return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

/** The path as logs may hold it: without the query; of an address that holds a secret, the pattern of its route. */
export function loggedPath(request: FastifyRequest): string {
  const pattern = request.routeOptions.url ?? ''
  return pattern.includes(':token') ? pattern : request.url.split('?')[0]!
}

/** The AppError behind anything thrown: Fastify's own 4xx get a plain sentence, everything else is a 500 without words. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error
  const { statusCode, code, validation, message } = error as Partial<FastifyError>
  if (validation !== undefined) {
    const first = validation[0]
    const field =
      first?.instancePath?.replaceAll('/', '.').replace(/^\./, '') ||
      String(first?.params?.missingProperty ?? first?.params?.additionalProperty ?? '')
    return new AppError('request.invalid', 422, message ?? 'Something is missing or wrong.', { details: { field }, cause: error })
  }
  if (statusCode === 429) return new AppError('rate.limited', 429, 'Too many requests. Please try again in a moment.', { cause: error })
  if (statusCode === 413) return new AppError('request.too-large', 413, 'This is too large.', { cause: error })
  if (statusCode === 415) return new AppError('request.media-type', 415, 'This content type is not supported.', { cause: error })
  if (statusCode === 404) return new AppError('request.not-found', 404, 'Record not found', { cause: error })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new AppError('request.malformed', statusCode, STATUS_CODES[statusCode] ?? 'Bad Request', { cause: error })
  }
  if (code === '57P01' || code === 'ECONNREFUSED' || code === '08006' || code === '57P03') {
    return new AppError('database.unavailable', 503, 'The server is restarting. Please try again in a moment.', {
      cause: error,
      retryAfterSeconds: 5
    })
  }
  if (isDiskFull(error)) return new AppError('disk.full', 503, 'This server has no room left.', { cause: error, retryAfterSeconds: 600 })
  return new AppError('server.error', 500, 'Something went wrong on our side.', { cause: error })
}

/** RFC 9457. `title` is the sentence for people, `code` the stable name for programs. */
function sendProblem(reply: FastifyReply, error: AppError, text: string): FastifyReply {
  return reply
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({
      type: 'about:blank',
      title: text,
      status: error.status,
      detail: text,
      code: error.code,
      ...(error.details.field ? { field: error.details.field } : {})
    })
}
