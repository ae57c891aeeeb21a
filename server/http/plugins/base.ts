// What every route for people and apps stands on, in the order it must run. app.ts registers this before them.
import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import type { Ctx } from '../../context.ts'
import { authPlugin } from './auth.ts'
import { bodiesPlugin } from './bodies.ts'
import { corsPlugin } from './cors.ts'
import { apiCalls, rateLimitPlugin } from './rate-limit.ts'
import { securityHeadersPlugin } from './security-headers.ts'

/** Headers, CORS, cookies, bodies, limits, then who is asking. */
export async function basePlugins(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  await app.register(securityHeadersPlugin, { ctx })
  await app.register(corsPlugin)
  await app.register(cookie)
  await app.register(bodiesPlugin)
  await app.register(rateLimitPlugin, { ctx })
  await app.register(authPlugin, { ctx })
  await app.register(apiCalls, { ctx })
}
Object.assign(basePlugins, { [Symbol.for('skip-override')]: true })
