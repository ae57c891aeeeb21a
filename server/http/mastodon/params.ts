// Parameters of the Mastodon API as its clients send them: query, form or JSON, Rails booleans, one value or a list. Never throws
// for what it does not know; ids that cannot exist are "not found", as in Mastodon.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { isRowId } from '../../core/ids.ts'
import type { Page } from '../../db/paging.ts'
import type { Viewer } from '../../db/visibility.ts'
import { readForm } from '../plugins/bodies.ts'

export type Params = Record<string, unknown>

/** Query and body together; the body wins. */
export async function readParams(request: FastifyRequest): Promise<Params> {
  const { fields } = await readForm(request)
  return { ...(request.query as Params), ...(fields as Params) }
}

/** A text, or undefined. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : undefined
}

/** Rails' idea of true; undefined when nothing was said. */
export function boolOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string' || value === '') return undefined
  return !['false', '0', 'f', 'off', 'no', 'FALSE'].includes(value)
}

/** A list of texts, from one value or many; undefined when nothing was said. */
export function listOf(value: unknown, max = 100): string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const items: unknown[] = Array.isArray(value) ? value : [value]
  return items.slice(0, max).flatMap((item) => textOf(item) ?? [])
}

/** The row id of the path, or "not found". */
export function idParam(request: FastifyRequest, name = 'id'): string {
  const id = (request.params as Params)[name]
  if (!isRowId(id)) throw notFound()
  return id
}

/** The same answer for what does not exist and what the viewer may not see (security.md V02). */
export function notFound(): AppError {
  return new AppError('request.not-found', 404, 'Record not found')
}

/** Whoever looks. */
export function viewerOf(request: FastifyRequest): Viewer {
  return { actorId: request.auth?.actor.id ?? null }
}

/** Keyset page of the query, its limit clamped. */
export function readPage(request: FastifyRequest, usual = 20, max = 40): Page {
  const query = request.query as Params
  const id = (name: string): string | null => (isRowId(query[name]) ? (query[name] as string) : null)
  const limit = Math.floor(Number(textOf(query['limit']) ?? usual))
  return {
    maxId: id('max_id'),
    sinceId: id('since_id'),
    minId: id('min_id'),
    limit: Number.isFinite(limit) ? Math.min(Math.max(limit, 1), max) : usual
  }
}

/** Link header (RFC 8288) of a page: older ones while it was full, newer ones always. Keys as the page was read, newest first. */
export function linkPages(ctx: Ctx, request: FastifyRequest, reply: FastifyReply, keys: string[], page: Page): void {
  const first = keys[0]
  const last = keys.at(-1)
  if (first === undefined || last === undefined) return
  const at = (name: string, value: string): string => {
    const url = new URL(request.url, ctx.site?.origin ?? 'http://localhost')
    for (const bound of ['max_id', 'since_id', 'min_id']) url.searchParams.delete(bound)
    url.searchParams.set(name, value)
    return url.href
  }
  const links = [`<${at('min_id', first)}>; rel="prev"`]
  if (keys.length === page.limit) links.unshift(`<${at('max_id', last)}>; rel="next"`)
  reply.header('link', links.join(', '))
}

/** The same for a list by count, which is paged by `offset`. */
export function linkOffsets(
  ctx: Ctx,
  request: FastifyRequest,
  reply: FastifyReply,
  found: number,
  { limit, offset }: { limit: number; offset: number }
): void {
  const at = (start: number): string => {
    const url = new URL(request.url, ctx.site?.origin ?? 'http://localhost')
    url.searchParams.set('offset', String(start))
    return url.href
  }
  const links = [
    ...(found === limit ? [`<${at(offset + limit)}>; rel="next"`] : []),
    ...(offset > 0 ? [`<${at(Math.max(0, offset - limit))}>; rel="prev"`] : [])
  ]
  if (links.length > 0) reply.header('link', links.join(', '))
}

/** Where a list by count begins: such lists have no keys to page by, and beyond 400 nobody reads. */
export function offsetOf(value: unknown): number {
  const offset = Math.floor(Number(textOf(value) ?? 0))
  return Number.isFinite(offset) ? Math.min(Math.max(offset, 0), 400) : 0
}
