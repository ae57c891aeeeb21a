// Link header (RFC 8288) of a keyset page in the native API.
import type { FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { requireSite } from '../../db/site.ts'

/** The request's own address with `name` set to where the next page begins. */
export function nextLink(ctx: Ctx, request: FastifyRequest, name: string, value: string): string {
  const url = new URL(request.url, requireSite(ctx).origin)
  url.searchParams.set(name, value)
  return `<${url.href}>; rel="next"`
}
