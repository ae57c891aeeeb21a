// What software a host runs: for statistics, and for the form in which groups announce to it (federation.md §3.6).
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { saveSoftware } from '../db/hosts.ts'
import { fetchJson } from './fetch.ts'
import { asArray, isMap, plainOf } from './normalise-values.ts'

const NODEINFO_BYTES = 256 * 1024
const SCHEMA = /^http:\/\/nodeinfo\.diaspora\.software\/ns\/schema\/(2\.[01])$/

/** Reads NodeInfo 2.1 or 2.0 and stores software and version in `hosts`. Throws fetch.*; fetch.invalid when the link leaves the host (security.md F22). */
export async function refreshHost(ctx: Ctx, host: string): Promise<void> {
  const options = { accept: 'application/json', maxBytes: NODEINFO_BYTES, sameHost: true }
  const index = await fetchJson(ctx, `https://${host}/.well-known/nodeinfo`, options)
  const links = asArray(isMap(index) ? index.links : null, 16).flatMap((link) =>
    isMap(link) && typeof link.rel === 'string' && typeof link.href === 'string'
      ? [{ version: SCHEMA.exec(link.rel)?.[1], href: link.href }]
      : []
  )
  const best = links.find((link) => link.version === '2.1') ?? links.find((link) => link.version === '2.0')
  if (best === undefined || hostOf(best.href) !== host) throw new AppError('fetch.invalid', 502, 'The server does not describe itself.')
  const document = await fetchJson(ctx, best.href, options)
  const software = isMap(document) && isMap(document.software) ? document.software : {}
  await saveSoftware(ctx, host, plainOf(software.name, 64)?.toLowerCase() ?? null, plainOf(software.version, 64))
}

const APPLICATION = 'https://www.w3.org/ns/activitystreams#Application'

/** The actor that stands for a whole server (FEP-2677), by its NodeInfo; null when it names none of its own. Throws fetch.*. */
export async function applicationOf(ctx: Ctx, host: string): Promise<string | null> {
  const options = { accept: 'application/json', maxBytes: NODEINFO_BYTES, sameHost: true }
  const index = await fetchJson(ctx, `https://${host}/.well-known/nodeinfo`, options)
  const link = asArray(isMap(index) ? index.links : null, 16).find((one) => isMap(one) && one.rel === APPLICATION)
  const href = isMap(link) && typeof link.href === 'string' ? link.href : null
  return href !== null && hostOf(href) === host ? href : null
}
