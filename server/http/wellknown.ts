// What other servers ask before they know us: WebFinger, host-meta, NodeInfo (federation.md §1.2, §1.3). Public, cacheable, for all origins.
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Ctx, Site } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { readUsage, staffIris, type Usage } from '../db/nodeinfo.ts'
import type { HostTerritory } from '../db/neighbours.ts'
import { requireSite } from '../db/site.ts'
import { territoryFacts } from '../features/territory/territory.ts'
import { instanceActorIri } from '../vocab/iris.ts'
import { webfinger } from './webfinger.ts'

const VERSION = '0.1.0'
const SCHEMA = 'http://nodeinfo.diaspora.software/ns/schema'
const PUBLIC_ROUTE = { config: { public: true } }
/** Statistics sites ask often, the counts cost a scan: told anew every half hour. */
const USAGE_FRESH_MS = 30 * 60_000
const CACHE = 'max-age=1800, public'

export async function wellKnown(app: FastifyInstance, { ctx }: { ctx: Ctx }): Promise<void> {
  let remembered: { usage: Usage; staff: string[]; readAtMs: number } | null = null

  async function statistics(): Promise<{ usage: Usage; staff: string[] }> {
    const nowMs = ctx.clock.now().getTime()
    if (remembered === null || nowMs - remembered.readAtMs >= USAGE_FRESH_MS) {
      const [usage, staff] = await Promise.all([readUsage(ctx.db, ctx.clock.now()), staffIris(ctx.db)])
      remembered = { usage, staff, readAtMs: nowMs }
    }
    return remembered
  }

  app.get('/.well-known/webfinger', PUBLIC_ROUTE, (request, reply) => webfinger(ctx, request, reply))
  app.get('/.well-known/host-meta', PUBLIC_ROUTE, async (_request, reply) => {
    open(reply).type('application/xrd+xml; charset=utf-8')
    return `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="lrdd" type="application/jrd+json" template="${lrdd(requireSite(ctx))}"/>
</XRD>
`
  })
  app.get('/.well-known/host-meta.json', PUBLIC_ROUTE, async (_request, reply) => {
    open(reply).type('application/jrd+json; charset=utf-8')
    return JSON.stringify({ links: [{ rel: 'lrdd', type: 'application/jrd+json', template: lrdd(requireSite(ctx)) }] })
  })
  app.get('/.well-known/nodeinfo', PUBLIC_ROUTE, async (_request, reply) => {
    const { origin } = requireSite(ctx)
    open(reply).type('application/json; charset=utf-8')
    return JSON.stringify({
      links: [
        { rel: `${SCHEMA}/2.1`, href: `${origin}/nodeinfo/2.1` },
        { rel: `${SCHEMA}/2.0`, href: `${origin}/nodeinfo/2.0` },
        { rel: 'https://www.w3.org/ns/activitystreams#Application', href: instanceActorIri(origin) }
      ]
    })
  })
  app.get<{ Params: { version: string } }>('/nodeinfo/:version', PUBLIC_ROUTE, async (request, reply) => {
    const { version } = request.params
    if (version !== '2.0' && version !== '2.1') throw new AppError('request.not-found', 404, 'There is nothing at this address.')
    const { usage, staff } = await statistics()
    open(reply).type(`application/json; profile="${SCHEMA}/${version}#"`)
    return JSON.stringify(nodeinfo(requireSite(ctx), version, usage, staff, await territoryFacts(ctx)))
  })
}

function open(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*').header('cache-control', CACHE)
}

function lrdd(site: Site): string {
  return `${site.origin}/.well-known/webfinger?resource={uri}`
}

/** 2.0 has no `repository` and `homepage`. Capabilities are never told here, nor read from peers (federation.md §1.3). */
function nodeinfo(site: Site, version: '2.0' | '2.1', usage: Usage, staff: string[], territory: HostTerritory): object {
  return {
    version,
    software: { name: 'communer', version: VERSION },
    protocols: ['activitypub'],
    services: { inbound: [], outbound: [] },
    openRegistrations: site.registrations !== 'closed',
    usage: {
      users: { total: usage.users, activeMonth: usage.activeMonth, activeHalfyear: usage.activeHalfyear },
      localPosts: usage.posts,
      localComments: usage.comments
    },
    metadata: {
      nodeName: site.name,
      nodeDescription: site.description,
      staffAccounts: staff,
      territory: { type: 'Commune', ...territory },
      federation: { enabled: true }
    }
  }
}
