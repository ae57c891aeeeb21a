// The one cookie that logs a browser in. HttpOnly, SameSite=Lax, and on https the __Host- prefix (security.md W22).
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx } from '../../context.ts'
import { SESSION_IDLE_DAYS } from '../../features/accounts/tokens.ts'

/** Name of the cookie: a browser accepts `__Host-` only on https. */
export function sessionCookieName(ctx: Ctx): string {
  return isSecure(ctx) ? '__Host-communer' : 'communer'
}

/** The secret in the cookie of a request, or null. */
export function readSessionCookie(ctx: Ctx, request: FastifyRequest): string | null {
  if (request.headers.cookie === undefined) return null
  return request.cookies[sessionCookieName(ctx)] ?? null
}

/** Gives the browser this session. */
export function setSessionCookie(ctx: Ctx, reply: FastifyReply, secret: string): void {
  reply.setCookie(sessionCookieName(ctx), secret, { ...flags(ctx), maxAge: SESSION_IDLE_DAYS * 86_400 })
}

/** Takes the session away from the browser. */
export function clearSessionCookie(ctx: Ctx, reply: FastifyReply): void {
  reply.clearCookie(sessionCookieName(ctx), flags(ctx))
}

function flags(ctx: Ctx): CookieSerializeOptions {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure(ctx) }
}

function isSecure(ctx: Ctx): boolean {
  return (ctx.site?.origin ?? ctx.config.publicUrl ?? '').startsWith('https:')
}
