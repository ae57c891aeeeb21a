// The native API described by itself: /api/communer/v1/openapi.json and, for people, /api/docs. Registered before the routes it lists.
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Ctx } from '../../context.ts'
import { publicRoutes } from '../plugins/auth.ts'

const DOCS_CSP =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Collects every route under /api/communer/v1 that is registered later. */
export async function communerOpenapi(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Communer',
        version: '1',
        description:
          'What Mastodon’s client API (/api/v1, /api/v2) has no word for: set-up, accounts, groups, events. Same bearer tokens; errors are problem+json; lists are arrays with keyset paging by the Link header.'
      },
      ...(ctx.site === null ? {} : { servers: [{ url: ctx.site.origin }] }),
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: 'communer' } }
      }
    },
    transform: ({ schema, url, route }) => {
      const isOurs = url.startsWith('/api/communer/v1/') && !url.endsWith('/openapi.json')
      const scope = route.config?.scope
      const security: Pick<FastifySchema, 'security'> = scope === undefined ? {} : { security: securityOf(scope) }
      return { schema: { ...schema, ...security, hide: !isOurs }, url }
    }
  })
  app.get('/api/communer/v1/openapi.json', { config: { public: true } }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300')
    return app.swagger()
  })
  await app.register(async (docs) => {
    publicRoutes(docs)
    // The page draws itself with inline styles; its scripts are files of ours.
    await docs.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: DOCS_CSP, uiConfig: { docExpansion: 'list' } })
  })
}
/** A token with the scope, or the session of a browser. */
function securityOf(scope: string): Record<string, string[]>[] {
  return [{ token: [scope] }, { session: [] }]
}

Object.assign(communerOpenapi, { [Symbol.for('skip-override')]: true })
