// Which paths other origins' scripts may read. No cookie ever travels with them: origin is `*` and credentials stay off.
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'

// What web clients of Mastodon's API need (ecosystem.md §1.7); /oauth/authorize is a page and is not among them.
const OPEN = /^\/(api\/|oauth\/(token|revoke|userinfo)$|\.well-known\/|nodeinfo\/|ap\/|media\/)/

/** Answers preflights and adds the headers on open paths only. */
export async function corsPlugin(app: FastifyInstance): Promise<void> {
  await app.register(cors, {
    delegator: (request: FastifyRequest, done) => {
      const path = request.url.split('?')[0]!
      if (!OPEN.test(path)) return done(null, { origin: false })
      done(null, {
        origin: '*',
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key'],
        exposedHeaders: [
          'Link',
          'Location',
          'Retry-After',
          'X-RateLimit-Limit',
          'X-RateLimit-Remaining',
          'X-RateLimit-Reset',
          'X-Request-Id'
        ],
        maxAge: 86_400,
        strictPreflight: false
      })
    }
  })
}
Object.assign(corsPlugin, { [Symbol.for('skip-override')]: true })
