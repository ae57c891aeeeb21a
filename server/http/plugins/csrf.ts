// Requests that change state with a cookie must come from our own pages (security.md W04).
import type { FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'

/** Methods that never change anything (RFC 9110 §9.2.1). */
export function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/**
 * Throws csrf.refused (403) unless the browser says the request comes from our own origin (Sec-Fetch-Site, else Origin).
 * With `whenSaid`, a request that says nothing passes: for log-in and set-up, where there is no cookie yet to abuse.
 */
export function assertSameOrigin(ctx: Ctx, request: FastifyRequest, { whenSaid = false } = {}): void {
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  if (site === undefined && origin === undefined && whenSaid) return
  if (site !== undefined && site !== 'same-origin') throw refused()
  if (origin !== undefined && !isOurs(ctx, request, origin)) throw refused()
  if (site === undefined && origin === undefined) throw refused()
}

function isOurs(ctx: Ctx, request: FastifyRequest, origin: string): boolean {
  if (origin === ctx.site?.origin) return true
  // The same server under the name the browser used (localhost and 127.0.0.1 at a desk).
  return origin === `http://${request.host}` || origin === `https://${request.host}`
}

function refused(): AppError {
  return new AppError('csrf.refused', 403, 'This request did not come from our own pages.')
}
