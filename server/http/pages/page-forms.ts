// The forms of log-in and what goes with it, sent without JavaScript: each passes its fields to the same route of the API as the script
// does, under the same limits, and answers with a page. Refusals show in the form that was sent.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { pathHere } from '../../../web/composables/addresses.ts'
import type { Ctx } from '../../context.ts'
import type { FormAnswer } from './renderer.ts'
import { assertSameOrigin } from '../plugins/csrf.ts'

type Fields = Record<string, string>

export interface PageForm {
  /** The id of its error summary in the page. */
  id: string
  /** Of the API; a function of the path's parameters where it has some. */
  api: string | ((params: Record<string, string>, fields: Fields) => string)
  body(fields: Fields, lang: string): Record<string, unknown>
  /** Where the browser goes once it worked. */
  next(answer: Record<string, unknown>, query: URLSearchParams, params: Record<string, string>): string
  /** What is shown once, in the answer itself, and stands in no address: null where there is nothing of the kind. */
  once?(answer: Record<string, unknown>): FormAnswer | null
}

/** By the path of the page that holds the form. */
export const PAGE_FORMS: Record<string, PageForm> = {
  '/connexion': {
    id: 'log-in-errors',
    api: '/api/communer/v1/login',
    body: ({ login = '', password = '' }) => ({ login, password }),
    next: (_answer, query) => pathHere(query.get('retour') ?? query.get('next'))
  },
  '/connexion/code': {
    id: 'code-errors',
    api: '/api/communer/v1/login/code',
    body: ({ ticket = '', code = '' }) => ({ ticket, code }),
    next: (_answer, query) => pathHere(query.get('retour') ?? query.get('next'))
  },
  '/inscription': {
    id: 'sign-up-errors',
    api: '/api/communer/v1/signup',
    body: ({ name = '', username = '', email = '', password = '', reason = '', agreement }, lang) => ({
      name,
      username,
      email,
      password,
      reason,
      locale: lang,
      agreement: agreement !== undefined
    }),
    next: ({ status }) => (status === 'active' ? '/bienvenue' : `/inscription?etat=${String(status)}`)
  },
  '/mot-de-passe': {
    id: 'forgotten-errors',
    api: '/api/communer/v1/password/forgotten',
    body: ({ login = '' }) => ({ login }),
    next: () => '/mot-de-passe?etat=envoye'
  },
  '/mot-de-passe/nouveau': {
    id: 'new-password-errors',
    api: '/api/communer/v1/password/reset',
    body: ({ token = '', password = '' }) => ({ token, password }),
    next: () => '/connexion?etat=mot-de-passe'
  },
  '/courriels/arret': {
    id: 'stop-errors',
    api: '/api/communer/v1/mail/unsubscribe',
    body: ({ token = '' }) => ({ token }),
    next: () => '/courriels/arret?etat=fait'
  },
  '/confirmer': {
    id: 'confirm-errors',
    api: '/api/communer/v1/email/confirm',
    body: ({ token = '' }) => ({ token }),
    next: ({ status }) => `/confirmer?etat=${String(status)}`
  },
  '/votes/:id(^\\d{1,19}$)': {
    id: 'ballot-errors',
    api: ({ id }) => `/api/communer/v1/votes/${id}/ballot`,
    body: (fields) => ({
      marks: marksOf(fields),
      ...(fields['reason'] === undefined ? {} : { reason: fields['reason'] }),
      ...(fields['receipt'] ? { receipt: fields['receipt'] } : {})
    }),
    once: ({ receipt }) =>
      typeof receipt === 'string' ? { id: 'ballot-receipt', code: 'receipt', problem: '', field: '', values: { receipt } } : null,
    next: (_answer, _query, { id }) => `/votes/${id}`
  },
  '/evenements/:id(^\\d{1,19}$)': {
    id: 'guest-errors',
    api: ({ id }) => `/api/communer/v1/events/${id}/guests`,
    body: ({ name = '', email = '', message = '', seats, ...fields }) => ({
      name,
      email,
      message,
      answers: answersOf(fields),
      ...(seats === undefined ? {} : { seats: Number(seats) })
    }),
    next: (_answer, _query, { id }) => `/evenements/${id}?inscription=envoyee`
  },
  '/evenements/:id(^\\d{1,19}$)/inscription': {
    id: 'registration-errors',
    api: (_params, { verb }) => `/api/communer/v1/guests/${verb === 'leave' ? 'leave' : 'confirm'}`,
    body: ({ token = '' }) => ({ token }),
    next: (_answer, query, { id }) => `/evenements/${id}/inscription?jeton=${encodeURIComponent(query.get('jeton') ?? '')}`
  },
  '/confirmer/renvoyer': {
    id: 'resend-errors',
    api: '/api/communer/v1/email/resend',
    body: ({ login = '' }) => ({ login }),
    next: () => '/confirmer/renvoyer?etat=envoye'
  }
}

/** What a page shows again after a refusal: never a secret. */
const SECRET = new Set(['password', 'token', 'code', 'receipt', 'choice'])

/**
 * Sends the form's fields to the API as the browser itself would. Redirects when it worked; otherwise gives what the page has to show.
 * Throws csrf.refused (403).
 */
export async function answerForm(
  ctx: Ctx,
  form: PageForm,
  lang: string,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<{ status: number; answer: FormAnswer } | null> {
  assertSameOrigin(ctx, request, { whenSaid: true })
  const fields = textFields(request.body)
  const params = request.params as Record<string, string>
  const response = await request.server.inject({
    method: 'POST',
    url: typeof form.api === 'string' ? form.api : form.api(params, fields),
    remoteAddress: request.ip,
    headers: { ...ownHeaders(request), 'accept-language': lang, 'content-type': 'application/json' },
    payload: JSON.stringify(form.body(fields, lang))
  })
  const body = (response.statusCode < 500 ? response.json() : {}) as Record<string, unknown>
  if (response.statusCode >= 400) {
    const problem = typeof body['title'] === 'string' ? body['title'] : ''
    const values = Object.fromEntries(Object.entries(fields).filter(([name]) => !SECRET.has(name)))
    return {
      status: response.statusCode,
      answer: {
        id: form.id,
        code: String(body['code'] ?? ''),
        problem,
        field: typeof body['field'] === 'string' ? body['field'] : '',
        values
      }
    }
  }
  if (response.statusCode === 202 && isObject(body['second_factor'])) {
    const values = { ticket: String(body['second_factor']['ticket']) }
    return { status: 200, answer: { id: 'code-errors', code: 'second-factor', problem: '', field: '', values } }
  }
  const shown = form.once?.(body) ?? null
  if (shown !== null) return { status: 200, answer: shown }
  const cookie = response.headers['set-cookie']
  if (cookie !== undefined) reply.header('set-cookie', cookie)
  reply.header('cache-control', 'no-store').redirect(form.next(body, new URL(request.url, 'http://localhost').searchParams, params), 303)
  return null
}

/** A ballot of plain fields: one `choice`, or a number for each `mark-0`, `mark-1`… */
function marksOf(fields: Fields): (number | null)[] {
  const count = Math.min(Number(fields['options']) || 0, 32)
  return Array.from({ length: count }, (_none, at) => {
    const typed = fields['choice'] === undefined ? fields[`mark-${at}`] : fields['choice'] === String(at) ? '1' : undefined
    return typed === undefined || typed === '' ? null : Number(typed)
  })
}

/** Fields `answer-q1`, `answer-q2`… by the question's id. */
function answersOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (/^answer-[a-z0-9]{1,12}$/.test(name) ? [[name.slice('answer-'.length), value]] : []))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What says who asks and from where, for the limits and the check of the origin inside. */
function ownHeaders({ headers }: FastifyRequest): Record<string, string> {
  const kept = ['host', 'cookie', 'origin', 'sec-fetch-site', 'user-agent'] as const
  return Object.fromEntries(kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])))
}

function textFields(body: unknown): Fields {
  const entries = isObject(body) ? Object.entries(body) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
