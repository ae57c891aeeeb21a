// Puts the web application together: one line per plugin, in the order they must see a request. It never listens.
import compress from '@fastify/compress'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Ctx } from './context.ts'
import { loadSite } from './db/site.ts'
import { health } from './http/health.ts'

/** Q01 (slow-loris): headers must be there within 10 s; a whole request, with a photo on a slow phone, within 60 s. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** Longer than the 60 s of common reverse proxies, so that they close first and never write into a closed connection. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Activities may have 1 MiB; uploads have limits of their own. */
const BODY_LIMIT_BYTES = 1024 * 1024

/** A Fastify with every route, ready for inject() or listen(). The caller closes it. */
export async function buildApp(ctx: Ctx): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: ctx.log,
    disableRequestLogging: true,
    trustProxy: trusted(ctx.config.trustProxy),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    http: { headersTimeout: HEADERS_TIMEOUT_MS }
  }) as unknown as FastifyInstance
  // Another process (the command line) may have done the set-up.
  app.addHook('onRequest', async () => {
    if (ctx.site === null) await loadSite(ctx)
  })
  await app.register(compress, { encodings: ['gzip', 'identity'], threshold: 1024, zlibOptions: { level: 5 } })
  await app.register(health, { ctx })
  await app.ready()
  return app
}

/** TRUST_PROXY as Fastify reads it: true, false, a number of hops, or addresses. */
function trusted(value: string): boolean | number | string {
  if (value === 'true') return true
  if (value === 'false') return false
  return /^[0-9]+$/.test(value) ? Number(value) : value
}
