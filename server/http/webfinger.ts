// WebFinger: from a handle or an address to one of our actors (federation.md §1.2). The answer never echoes the question.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ctx, Site } from '../context.ts'
import { canonicalHost, hostOf } from '../core/iri.ts'
import { findFindable, type Findable } from '../db/nodeinfo.ts'
import { requireSite } from '../db/site.ts'
import { instanceActorIri } from '../vocab/iris.ts'
import { absoluteUrl } from '../vocab/values.ts'

const JRD_TYPE = 'application/jrd+json; charset=utf-8'
/** Three days, as Mastodon's: handles do not move. */
const CACHE = 'max-age=259200, public'

/** GET /.well-known/webfinger?resource=… : 200, 400 without resource, 404 unknown, 410 deleted or suspended. */
export async function webfinger(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const site = requireSite(ctx)
  const { resource } = request.query as { resource?: unknown }
  reply.type(JRD_TYPE).header('access-control-allow-origin', '*').header('x-content-type-options', 'nosniff')
  if (typeof resource !== 'string' || resource === '' || resource.length > 2048) return reply.code(400).send('{}')
  const asked = targetOf(site, resource)
  const actor = asked === null ? undefined : await findFindable(ctx.db, asked)
  if (actor === undefined) return reply.code(404).send('{}')
  if (actor.deleted_at !== null || actor.suspended_at !== null) return reply.code(410).send('{}')
  return reply.header('cache-control', CACHE).send(JSON.stringify(descriptor(site, actor)))
}

/** Activity Intents (FEP-3b86) that our page answers: relation, variable, what the page proposes first. */
const INTENTS = [
  ['Object', 'object', ''],
  ['Follow', 'object', 'follow'],
  ['Create', 'inReplyTo', 'reply'],
  ['Like', 'object', 'like'],
  ['Announce', 'object', 'boost'],
  ['Join', 'object', 'join']
] as const

/** Which actor a resource names, in any of the forms peers use; null when it cannot be ours. */
function targetOf(site: Site, resource: string): { iri: string } | { username: string } | null {
  if (/^https?:\/\//i.test(resource)) return targetOfUrl(site, resource)
  const match = /^(?:acct:)?@?([^@/:]+)@([^@/]+)$/i.exec(resource)
  if (match === null) return null
  const [, name, domain] = match as unknown as [string, string, string]
  const host = canonicalHost(domain)
  if (host === null || ![site.accountDomain, site.host].includes(host)) return null
  // acct:host@host is the instance itself, as at Mastodon (FEP-d556).
  if (canonicalHost(name) === site.host || canonicalHost(name) === site.accountDomain) return { iri: instanceActorIri(site.origin) }
  return /^[a-z0-9_]{1,30}$/i.test(name) ? { username: name } : null
}

function targetOfUrl(site: Site, resource: string): { iri: string } | { username: string } | null {
  if (hostOf(resource) !== site.host) return null
  const { pathname } = new URL(resource)
  if (pathname === '/') return { iri: instanceActorIri(site.origin) }
  const handle = /^\/@([a-z0-9_]{1,30})\/?$/i.exec(pathname)
  return handle ? { username: handle[1]! } : { iri: `${site.origin}${pathname}` }
}

/** Exactly one rel=self, and first: Lemmy dereferences every application/* link, Mobilizon takes the first. */
function descriptor(site: Site, actor: Findable): object {
  const interact = `${site.origin}/authorize_interaction?uri=`
  const page = actor.url ?? `${site.origin}/@${actor.username}`
  return {
    subject: `acct:${actor.username}@${site.accountDomain}`,
    aliases: [page, actor.iri],
    links: [
      { rel: 'self', type: 'application/activity+json', href: actor.iri },
      { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: page },
      ...(actor.icon === null
        ? []
        : [
            {
              rel: 'http://webfinger.net/rel/avatar',
              type: actor.icon.mediaType ?? 'image/webp',
              href: absoluteUrl(site.origin, actor.icon.url)
            }
          ]),
      { rel: 'http://ostatus.org/schema/1.0/subscribe', template: `${interact}{uri}` },
      ...INTENTS.map(([rel, variable, intent]) => ({
        rel: `https://w3id.org/fep/3b86/${rel}`,
        template: `${interact}{${variable}}${intent === '' ? '' : `&intent=${intent}`}`
      }))
    ]
  }
}
