// What software a host runs: for statistics, and for the form in which groups announce to it (federation.md §3.6).
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { saveSoftware } from '../db/hosts.ts'
import { saveTerritory, type HostTerritory } from '../db/neighbours.ts'
import { fetchJson } from './fetch.ts'
import { asArray, isMap, plainOf } from './normalise-values.ts'

const NODEINFO_BYTES = 256 * 1024
/** As many as may be entered here. */
const MAX_LEVELS = 6
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
  await saveTerritory(ctx, host, readTerritory(isMap(document) && isMap(document.metadata) ? document.metadata.territory : null))
}

/** What a server says it stands for, names cut and codes checked; null when it says nothing usable. */
function readTerritory(value: unknown): HostTerritory | null {
  if (!isMap(value)) return null
  const code = (text: unknown): string | null => (typeof text === 'string' && /^[0-9A-Z]{1,9}$/.test(text) ? text : null)
  const part = (name: 'epci' | 'departement' | 'region'): HostTerritory => {
    const found = value[name]
    const [its, called] = isMap(found) ? [code(found.code), plainOf(found.name, 100)] : [null, null]
    return its === null || called === null ? {} : { [name]: { code: its, name: called } }
  }
  const insee = code(value.inseeCode)
  const partOf = asArray(value.partOf, MAX_LEVELS).flatMap((one) => {
    const [level, name] = isMap(one) ? [plainOf(one.level, 80), plainOf(one.name, 80)] : [null, null]
    return level === null || name === null ? [] : [{ level, name }]
  })
  const territory = {
    ...(insee === null ? {} : { inseeCode: insee }),
    ...(partOf.length === 0 ? {} : { partOf }),
    ...part('epci'),
    ...part('departement'),
    ...part('region')
  }
  if (Object.keys(territory).length === 0) return null
  const country = code(value.countryCode)
  return { ...(country === null ? {} : { countryCode: country }), ...territory }
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
