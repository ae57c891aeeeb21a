// The way from one of our pages to a reader's own server, where she follows, answers or joins (OStatus subscribe, FEP-3b86).
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import { canonicalHost, parseIri } from '../../core/iri.ts'
import { isAnyBlocked } from '../../db/hosts.ts'
import { requireSite } from '../../db/site.ts'
import { newBudget } from '../../protocol/fetch.ts'
import { askTemplates, parseHandle, type Handle } from '../../protocol/webfinger.ts'

export const INTENTS = ['open', 'follow', 'reply', 'like', 'boost', 'join'] as const
export type Intent = (typeof INTENTS)[number]

const FEP_3B86 = 'https://w3id.org/fep/3b86/'
/** What every server understands in some way, after the one that fits best. */
const USUAL: [rel: string, variable: string][] = [
  [`${FEP_3B86}Object`, 'object'],
  ['http://ostatus.org/schema/1.0/subscribe', 'uri']
]
const BEST: Record<Intent, [rel: string, variable: string][]> = {
  open: [],
  follow: [[`${FEP_3B86}Follow`, 'object']],
  reply: [[`${FEP_3B86}Create`, 'inReplyTo']],
  like: [[`${FEP_3B86}Like`, 'object']],
  boost: [[`${FEP_3B86}Announce`, 'object']],
  // Where nobody joins, a group is followed.
  join: [
    [`${FEP_3B86}Join`, 'object'],
    [`${FEP_3B86}Follow`, 'object']
  ]
}
/** The usual question, host-meta, the question again. */
const FETCHES = 4

export interface WayHome {
  url: string
  /** Whose page that is, to be shown before anybody goes there. */
  host: string
}

/**
 * Asks the server of `account` (`@me@host`, or only its name) where it takes people who want to act on `uri`, which is not fetched.
 * Throws interaction.here for an address of ours, and interaction.no-way (404) whatever else is wrong: nobody learns from the answer
 * which hosts and ports can be reached from here (security.md F24).
 */
export async function findWayHome(ctx: Ctx, { account, uri, intent }: { account: string; uri: string; intent: Intent }): Promise<WayHome> {
  const handle = readAccount(account)
  if (handle === null || parseIri(uri) === null) throw noWay()
  const site = requireSite(ctx)
  if ([site.accountDomain, site.host].includes(handle.domain)) throw new AppError('interaction.here', 422, 'This address is from here.')
  if (await isAnyBlocked(ctx, [handle.domain])) throw noWay()
  const templates = await askTemplates(ctx, handle, newBudget(FETCHES)).catch((error: unknown) => {
    if (isAppError(error)) throw noWay(error)
    throw error
  })
  for (const [rel, variable] of [...BEST[intent], ...USUAL]) {
    const way = fillTemplate(templates.get(rel), variable, uri)
    if (way !== null && !(await isAnyBlocked(ctx, [way.host]))) return way
  }
  throw noWay()
}

/** A server's name alone stands for the server itself, which names its templates too (FEP-d556). */
function readAccount(text: string): Handle | null {
  const name = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
  return parseHandle(name) ?? parseHandle(`${name}@${name}`)
}

/** The address a template gives, or null when it has no place for the object or leads nowhere a person should be sent (W11). */
function fillTemplate(template: string | undefined, variable: string, uri: string): WayHome | null {
  if (template === undefined || !template.includes(`{${variable}}`)) return null
  const filled = template.replaceAll(`{${variable}}`, encodeURIComponent(uri)).replace(/\{[^{}]*\}/g, '')
  if (!URL.canParse(filled)) return null
  const url = new URL(filled)
  const host = canonicalHost(url.host)
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || host === null) return null
  return { url: url.href, host }
}

function noWay(cause?: unknown): AppError {
  return new AppError('interaction.no-way', 404, 'We did not find how to take you there.', { cause })
}
