// One guarded GET: address and policy judged on every hop, bounded in time, size, hops and number. Knows nothing of documents.
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { canonicalHost, withoutFragment } from '../core/iri.ts'
import { policyOf } from '../db/hosts.ts'
import { readBody } from './fetch-body.ts'
import { withSlot } from './fetch-slots.ts'
import { checkUrl, networkMode, refused } from './fetch-url.ts'

/** Two redirects: www → bare domain, bare domain → web domain. More is a loop (security.md F07). */
const MAX_HOPS = 2
/** A server that failed is not asked again for the same URL within this. */
const NEGATIVE_MS = 60_000
const REDIRECTS = new Set([301, 302, 303, 307, 308])

export const USER_AGENT = 'Communer/0.1'

/** How many requests one cause (an activity, a search) may still make. */
export interface Budget {
  left: number
  /** Ends every request of the budget together, whatever their own deadlines. */
  signal?: AbortSignal
}

/** What a server called the document when it was read last. */
export interface Edition {
  etag: string | null
  modified: string | null
}

export interface GetPlan {
  accept: string
  maxBytes: number
  /** Ends the whole fetch, hops included. */
  signal: AbortSignal
  budget?: Budget | undefined
  /** The edition known: the answer may be 304. */
  known?: Edition | null
  /** Headers added for a hop; signatures live here. Called only while the host is the one first asked. */
  sign?: ((url: URL) => Promise<Record<string, string>>) | undefined
}

export interface Answer {
  status: number
  url: URL
  mediaType: string
  link: string
  edition: Edition
  retryAfterSeconds: number | null
  /** Empty unless the status is 200. */
  body: Buffer
}

/**
 * Checks a URL before anything opens: scheme, address, port, not our own host (F29), not a blocked one (S19).
 * Throws fetch.refused.
 */
export async function checkTarget(ctx: Ctx, value: string): Promise<URL> {
  const url = checkUrl(withoutFragment(value), networkMode(ctx.site?.origin ?? null))
  const host = canonicalHost(url.host)
  if (host === null || host === ctx.site?.host) throw refused('own host')
  if ((await policyOf(ctx, host)) === 'block') throw refused('blocked host')
  return url
}

/** The last answer after redirects. Throws fetch.refused, fetch.unreachable, or fetch.invalid; a status is the caller's to judge. */
export async function get(ctx: Ctx, value: string, plan: GetPlan): Promise<Answer> {
  let url = await checkTarget(ctx, value)
  throwIfRemembered(ctx, url)
  const first = url
  for (let hop = 0; ; hop += 1) {
    spend(plan.budget)
    const { answer, location } = await withSlot(ctx.sockets.slots, url.host, () => getOnce(ctx, url, plan, url.host === first.host))
    if (location === null) {
      rememberFailure(ctx, first, answer.status)
      return answer
    }
    if (hop === MAX_HOPS) throw new AppError('fetch.invalid', 502, 'The other server redirects too often.')
    url = await checkTarget(ctx, location)
  }
}

async function getOnce(ctx: Ctx, url: URL, plan: GetPlan, mayAddHeaders: boolean): Promise<{ answer: Answer; location: string | null }> {
  const pool = ctx.sockets.pool(url.origin, networkMode(ctx.site?.origin ?? null))
  const added = mayAddHeaders && plan.sign !== undefined ? await plan.sign(url) : {}
  try {
    const response = await pool.request({
      method: 'GET',
      path: url.pathname + url.search,
      headers: { accept: plan.accept, 'accept-encoding': 'gzip', 'user-agent': userAgent(ctx), ...conditions(plan.known), ...added },
      signal: plan.budget?.signal === undefined ? plan.signal : AbortSignal.any([plan.signal, plan.budget.signal])
    })
    const header = (name: string): string => [response.headers[name] ?? ''].flat().join(', ')
    const redirect = REDIRECTS.has(response.statusCode) && header('location') !== ''
    const answer = {
      status: response.statusCode,
      url,
      mediaType: header('content-type'),
      link: header('link'),
      edition: { etag: header('etag') || null, modified: header('last-modified') || null },
      retryAfterSeconds: readRetryAfter(header('retry-after'), ctx.clock.now())
    }
    if (response.statusCode === 200)
      return { answer: { ...answer, body: await readBody(response.body, header('content-encoding'), plan.maxBytes) }, location: null }
    await response.body.dump({ limit: 65_536 })
    return { answer: { ...answer, body: Buffer.alloc(0) }, location: redirect ? absolute(header('location'), url) : null }
  } catch (cause) {
    const error = asFetchError(cause)
    if (error.code === 'fetch.unreachable') rememberFailure(ctx, url, 503)
    throw error
  }
}

/** Anything the network throws, as one of our codes. */
export function asFetchError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  return new AppError('fetch.unreachable', 503, 'The other server does not answer.', { cause, retryAfterSeconds: 300 })
}

/** Seconds asked by Retry-After (delta or date), at most a day; null without one. */
export function readRetryAfter(value: string, now: Date): number | null {
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value), 86_400)
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.min(Math.max(0, Math.ceil((at - now.getTime()) / 1000)), 86_400)
}

export function userAgent(ctx: Ctx): string {
  return ctx.site === null ? USER_AGENT : `${USER_AGENT} (+${ctx.site.origin}/)`
}

function conditions(known: Edition | null | undefined): Record<string, string> {
  return {
    ...(known?.etag ? { 'if-none-match': known.etag } : {}),
    ...(known?.modified ? { 'if-modified-since': known.modified } : {})
  }
}

function absolute(location: string, base: URL): string {
  if (!URL.canParse(location, base)) throw new AppError('fetch.invalid', 502, 'The other server redirects nowhere.')
  return new URL(location, base).href
}

function spend(budget: Budget | undefined): void {
  if (budget === undefined) return
  if (budget.left <= 0)
    throw new AppError('fetch.refused', 422, 'Too many documents would have to be fetched.', { details: { reason: 'budget' } })
  budget.left -= 1
}

function rememberFailure(ctx: Ctx, url: URL, status: number): void {
  const gone = status === 404 || status === 410
  if (!gone && status < 500) return
  const untilMs = ctx.clock.now().getTime() + NEGATIVE_MS
  ctx.sockets.negative.set(url.href, { untilMs, code: gone ? 'fetch.gone' : 'fetch.unreachable', status })
}

function throwIfRemembered(ctx: Ctx, url: URL): void {
  const known = ctx.sockets.negative.get(url.href)
  if (known === undefined) return
  const leftMs = known.untilMs - ctx.clock.now().getTime()
  if (leftMs <= 0) return ctx.sockets.negative.delete(url.href)
  throw failure(known.status, Math.ceil(leftMs / 1000))
}

/** The error a status stands for. */
export function failure(status: number, retryAfterSeconds: number | null): AppError {
  const details = { status }
  if (status === 404 || status === 410) return new AppError('fetch.gone', 404, 'The other server does not have this any more.', { details })
  if (status === 401 || status === 403)
    return new AppError('fetch.refused', 422, 'The other server does not let us read this.', { details })
  if (status === 408 || status === 429 || status >= 500) {
    return new AppError('fetch.unreachable', 503, 'The other server does not answer.', {
      details,
      retryAfterSeconds: retryAfterSeconds ?? 300
    })
  }
  return new AppError('fetch.invalid', 502, 'The other server gave an answer we cannot use.', { details })
}
