// The only way out (choke point 5): every outgoing request passes here. It never trusts an address, a length, a type or an id.
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { canonicalHost, hostOf, withoutFragment } from '../core/iri.ts'
import { parseJson } from '../core/json.ts'
import { findSigningKey } from '../db/keys.ts'
import { readBody } from './fetch-body.ts'
import {
  asFetchError,
  checkTarget,
  failure,
  get,
  readRetryAfter,
  userAgent,
  type Answer,
  type Budget,
  type Edition,
  type GetPlan
} from './fetch-request.ts'
import type { Sockets } from './fetch-sockets.ts'
import { networkMode } from './fetch-url.ts'
import { rememberScheme, signatureScheme } from './scheme.ts'
import { signRequest, type SignatureScheme } from './sign.ts'

export { createSockets, type NetworkHooks, type Sockets } from './fetch-sockets.ts'
export { checkTarget } from './fetch-request.ts'
export type { Budget, Edition } from './fetch-request.ts'

/** Mastodon's own ceiling for a document. */
const DOCUMENT_BYTES = 1024 * 1024
/** The head of a page is at its beginning, but some newspapers are long. */
const PAGE_BYTES = 2 * 1024 * 1024
/** Total, not idle: a peer that drips bytes does not hold us (security.md F10). */
const DOCUMENT_DEADLINE_MS = 10_000
const MEDIA_DEADLINE_MS = 30_000
const POST_DEADLINE_MS = 30_000
/** Enough of a refusal to show an administrator why. */
const POST_ANSWER_BYTES = 64 * 1024

const AS2_ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

export interface FetchOptions {
  unsigned?: boolean
  budget?: Budget | undefined
  /** Follow a document to an id on another host (search box). The id's own host is then asked: the claim itself is never believed. */
  allowCrossOriginId?: boolean
  /** Total time, 10 s unless told. */
  deadlineMs?: number
}

export interface FetchedDocument {
  json: Record<string, unknown>
  /** The document's own id: the only name it may be stored under. */
  iri: string
}

export async function closeSockets(sockets: Sockets): Promise<void> {
  await sockets.close()
}

/** At most 8 requests for one cause (security.md F17), and with `deadlineMs` all of them within that time. */
export function newBudget(maxFetches = 8, deadlineMs?: number): Budget {
  return deadlineMs === undefined ? { left: maxFetches } : { left: maxFetches, signal: AbortSignal.timeout(deadlineMs) }
}

/**
 * The ActivityStreams document at `iri`, whose `id` is the URL it was read from (FEP-fe34). Signed by the instance actor:
 * the scheme the host is known for, the other one, then unsigned (federation.md §2.1).
 * Throws fetch.refused, fetch.unreachable (temporary), fetch.gone (details.status 404 or 410), fetch.invalid.
 */
export async function fetchDocument(ctx: Ctx, iri: string, opts: FetchOptions = {}): Promise<FetchedDocument> {
  const signal = AbortSignal.timeout(opts.deadlineMs ?? DOCUMENT_DEADLINE_MS)
  const first = await readDocument(ctx, iri, opts, signal)
  if (isAt(first.id, first.url)) return { json: first.json, iri: first.id }
  if (!opts.allowCrossOriginId && hostOf(first.id) !== canonicalHost(first.url.host))
    throw invalid('The document says it belongs to another server.')
  const second = await readDocument(ctx, first.id, opts, signal)
  if (second.id !== first.id || !sameHost(second.id, second.url)) throw invalid('The document is not what its address says.')
  return { json: second.json, iri: second.id }
}

/**
 * A collection or a page of one that is read again and again, with what its server calls this edition; null when that is the one known.
 * Signed. Its id is not checked: it is read for what it lists, never stored. Throws as fetchDocument does.
 */
export async function fetchIfChanged(
  ctx: Ctx,
  iri: string,
  known: Edition | null,
  opts: FetchOptions = {}
): Promise<{ json: Record<string, unknown>; edition: Edition } | null> {
  const signal = AbortSignal.timeout(opts.deadlineMs ?? DOCUMENT_DEADLINE_MS)
  const answer = await knock(ctx, iri, opts, { accept: AS2_ACCEPT, maxBytes: DOCUMENT_BYTES, budget: opts.budget, signal, known })
  if (answer.status === 304 && known !== null) return null
  if (!sameHost(iri, answer.url)) throw invalid('The answer comes from another server.')
  return { json: readAs2(answer), edition: answer.edition }
}

/** A JSON document that is not ActivityStreams (WebFinger, NodeInfo). Unsigned. Throws as fetchDocument does. */
export async function fetchJson(
  ctx: Ctx,
  url: string,
  opts: { accept: string; maxBytes: number; budget?: Budget | undefined; sameHost?: boolean }
): Promise<unknown> {
  const answer = await ok(
    get(ctx, url, { accept: opts.accept, maxBytes: opts.maxBytes, budget: opts.budget, signal: AbortSignal.timeout(DOCUMENT_DEADLINE_MS) })
  )
  if (opts.sameHost && !sameHost(url, answer.url)) throw invalid('The answer comes from another server.')
  if (!/^application\/([a-z0-9.-]+\+)?json\b/i.test(answer.mediaType)) throw invalid('The answer is not JSON.')
  return toJson(answer.body)
}

/** A text (host-meta, a page that may point to its document), with its Link header. Unsigned. */
export async function fetchText(
  ctx: Ctx,
  url: string,
  opts: { accept: string; maxBytes: number; budget?: Budget | undefined }
): Promise<{ text: string; mediaType: string; link: string; url: URL }> {
  const answer = await ok(get(ctx, url, { ...opts, signal: AbortSignal.timeout(DOCUMENT_DEADLINE_MS) }))
  return { text: answer.body.toString('utf8'), mediaType: answer.mediaType, link: answer.link, url: answer.url }
}

/** A web page of somebody else, as it came: its charset is the reader's to find. Unsigned. Throws as fetchDocument does. */
export async function fetchPage(ctx: Ctx, url: string): Promise<{ body: Buffer; mediaType: string; url: URL }> {
  const plan = { accept: 'text/html, application/xhtml+xml', maxBytes: PAGE_BYTES, signal: AbortSignal.timeout(DOCUMENT_DEADLINE_MS) }
  const { body, mediaType, url: at } = await ok(get(ctx, url, plan))
  if (!/^\s*(text\/html|application\/xhtml\+xml)\b/i.test(mediaType)) throw invalid('The answer is not a page.')
  return { body, mediaType, url: at }
}

/**
 * A file of somebody else that is read again and again (a calendar, a feed), with what its server calls this edition; null when that is
 * the one known. Unsigned. Throws as fetchDocument does.
 */
export async function fetchFile(
  ctx: Ctx,
  url: string,
  opts: { accept: string; maxBytes: number; known?: Edition | null; budget?: Budget | undefined }
): Promise<{ body: Buffer; mediaType: string; url: URL; edition: Edition } | null> {
  const answer = await get(ctx, url, { ...opts, signal: AbortSignal.timeout(MEDIA_DEADLINE_MS) })
  if (answer.status === 304 && opts.known) return null
  if (answer.status !== 200) throw failure(answer.status, answer.retryAfterSeconds)
  return { body: answer.body, mediaType: answer.mediaType, url: answer.url, edition: answer.edition }
}

/** The bytes of a file and the type its server gives it, which the caller must not believe. */
export async function fetchMedia(ctx: Ctx, url: string, opts: { maxBytes: number }): Promise<{ body: Buffer; mediaType: string }> {
  const answer = await ok(get(ctx, url, { accept: '*/*', maxBytes: opts.maxBytes, signal: AbortSignal.timeout(MEDIA_DEADLINE_MS) }))
  return { body: answer.body, mediaType: answer.mediaType.split(';')[0]!.trim().toLowerCase() }
}

/**
 * Sends a signed activity over the origin's keep-alive pool. Any status is an answer, a redirect too (never followed).
 * Throws fetch.refused and fetch.unreachable.
 */
export async function postActivity(
  ctx: Ctx,
  { inbox, body, headers }: { inbox: string; body: Buffer; headers: Record<string, string> }
): Promise<{ status: number; retryAfterSeconds: number | null; text: string }> {
  const url = await checkTarget(ctx, inbox)
  try {
    const response = await ctx.sockets.pool(url.origin, networkMode(ctx.site?.origin ?? null)).request({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { 'user-agent': userAgent(ctx), accept: '*/*', ...headers },
      body,
      signal: AbortSignal.timeout(POST_DEADLINE_MS)
    })
    const text = await readBody(response.body, String(response.headers['content-encoding'] ?? ''), POST_ANSWER_BYTES).catch(() =>
      Buffer.alloc(0)
    )
    return {
      status: response.statusCode,
      retryAfterSeconds: readRetryAfter(String(response.headers['retry-after'] ?? ''), ctx.clock.now()),
      text: text.toString('utf8')
    }
  } catch (cause) {
    throw asFetchError(cause)
  }
}

async function readDocument(
  ctx: Ctx,
  iri: string,
  opts: FetchOptions,
  signal: AbortSignal
): Promise<{ json: Record<string, unknown>; id: string; url: URL }> {
  const answer = await knock(ctx, iri, opts, { accept: AS2_ACCEPT, maxBytes: DOCUMENT_BYTES, budget: opts.budget, signal })
  const document = readAs2(answer)
  if (typeof document.id !== 'string' || hostOf(document.id) === null) throw invalid('The document has no address of its own.')
  return { json: document, id: document.id, url: answer.url }
}

function readAs2(answer: Answer): Record<string, unknown> {
  if (answer.status !== 200) throw failure(answer.status, answer.retryAfterSeconds)
  if (!isAs2(answer.mediaType)) throw invalid('The answer is not an ActivityStreams document.')
  const json = toJson(answer.body)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid('The answer is not an ActivityStreams document.')
  return json as Record<string, unknown>
}

/** Asks until a signature is accepted; remembers the second scheme when only that one was. */
async function knock(ctx: Ctx, iri: string, opts: FetchOptions, plan: GetPlan): Promise<Answer> {
  const key = opts.unsigned || ctx.site === null ? null : await findSigningKey(ctx, ctx.site.instanceActorId)
  const host = hostOf(iri)
  if (key === null || host === null) return await get(ctx, iri, plan)
  const firstScheme = await signatureScheme(ctx, host)
  const signed = (scheme: SignatureScheme): Promise<Answer> =>
    get(ctx, iri, { ...plan, sign: (url) => signRequest({ method: 'GET', url: url.href, ...key, scheme, date: ctx.clock.now() }) })
  const first = await signed(firstScheme)
  if (![400, 401, 403].includes(first.status)) return first
  const otherScheme = firstScheme === 'cavage' ? 'rfc9421' : 'cavage'
  const second = await signed(otherScheme)
  if (second.status === 200) await rememberScheme(ctx, host, otherScheme)
  if (![400, 401, 403].includes(second.status)) return second
  return await get(ctx, iri, plan)
}

async function ok(answer: Promise<Answer>): Promise<Answer> {
  const settled = await answer
  if (settled.status !== 200) throw failure(settled.status, settled.retryAfterSeconds)
  return settled
}

/** Media types of ActivityPub §3.2; anything else could be a file someone uploaded (security.md F13). */
function isAs2(mediaType: string): boolean {
  if (/^application\/activity\+json\s*(;|$)/i.test(mediaType)) return true
  return (
    /^application\/ld\+json\s*;/i.test(mediaType) && /;\s*profile\s*=\s*"?[^"]*https:\/\/www\.w3\.org\/ns\/activitystreams/i.test(mediaType)
  )
}

function isAt(id: string, url: URL): boolean {
  return URL.canParse(id) && withoutFragment(new URL(id).href) === withoutFragment(url.href)
}

function sameHost(iri: string, url: URL): boolean {
  return hostOf(iri) === canonicalHost(url.host)
}

function toJson(body: Buffer): unknown {
  try {
    return parseJson(body)
  } catch (cause) {
    throw invalid('The answer is not JSON.', cause)
  }
}

function invalid(text: string, cause?: unknown): AppError {
  return new AppError('fetch.invalid', 502, text, { cause })
}
