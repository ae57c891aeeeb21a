// The WebFinger client (RFC 7033, federation.md §1.2): which actor stands behind user@host, and does it say so itself.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { canonicalHost, hostOf, parseIri } from '../core/iri.ts'
import { fetchJson, fetchText, type Budget } from './fetch.ts'
import { asArray, isMap } from './normalise-values.ts'

export interface Handle {
  username: string
  /** Canonical host. */
  domain: string
}

export interface HandleAnswer extends Handle {
  actorIri: string
}

/** A JRD of an account is a few kilobytes; 1 MiB would be an attack. */
const JRD_BYTES = 256 * 1024
const JRD_ACCEPT = 'application/jrd+json, application/json'
const XRD_ACCEPT = 'application/xrd+xml, application/xml, text/xml'

/** `@user@host`, `user@host` or `acct:user@host` → a handle, or null. Strict: nothing but a host and a port may follow the @ (security.md F21). */
export function parseHandle(text: string): Handle | null {
  const match = /^(?:acct:)?@?([^\s@/?#:<>"'&\\]{1,255})@([^\s@/?#<>"'&\\%]{1,260})$/i.exec(text.trim())
  if (match === null) return null
  const domain = canonicalHost(match[2]!)
  if (domain === null || !/^[a-z0-9.-]+(:\d+)?$/.test(domain)) return null
  return { username: match[1]!, domain }
}

/**
 * Asks the host for a handle and follows one change of subject (split domain). The answer's handle is the one its own domain stands for.
 * Null when there is no such account; throws fetch.unreachable when that cannot be known now.
 */
export async function askWebFinger(ctx: Ctx, handle: Handle, budget?: Budget): Promise<HandleAnswer | null> {
  try {
    const first = await readJrd(ctx, handle, budget)
    if (first === null || first.subject === null) return null
    if (sameHandle(first.subject, handle)) return first.actorIri === null ? null : { ...first.subject, actorIri: first.actorIri }
    const second = await readJrd(ctx, first.subject, budget)
    if (second === null || second.subject === null || !sameHandle(second.subject, first.subject) || second.actorIri === null) return null
    return { ...second.subject, actorIri: second.actorIri }
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('fetch.') && error.code !== 'fetch.unreachable') return null
    throw error
  }
}

/**
 * Where somebody's server takes people who want to act on something elsewhere: templates of their WebFinger, by relation.
 * Throws fetch.* like every request that leaves.
 */
export async function askTemplates(ctx: Ctx, handle: Handle, budget?: Budget): Promise<Map<string, string>> {
  return (await readJrd(ctx, handle, budget))?.templates ?? new Map()
}

interface Jrd {
  subject: Handle | null
  actorIri: string | null
  templates: Map<string, string>
}

async function readJrd(ctx: Ctx, handle: Handle, budget: Budget | undefined): Promise<Jrd | null> {
  const resource = encodeURIComponent(`acct:${handle.username}@${handle.domain}`)
  const scheme = handle.domain.startsWith('localhost') || handle.domain.startsWith('127.') ? 'http' : 'https'
  try {
    return toJrd(
      await fetchJson(ctx, `${scheme}://${handle.domain}/.well-known/webfinger?resource=${resource}`, {
        accept: JRD_ACCEPT,
        maxBytes: JRD_BYTES,
        budget
      })
    )
  } catch (error) {
    if (!isAppError(error, 'fetch.gone') || error.details.status === 410) throw error
    const template = await findTemplate(ctx, scheme, handle.domain, budget)
    if (template === null) return null
    return toJrd(await fetchJson(ctx, template.replace('{uri}', resource), { accept: JRD_ACCEPT, maxBytes: JRD_BYTES, budget }))
  }
}

/** host-meta's lrdd template, which must stay on the same host (security.md F22) and not be the usual path, already tried. */
async function findTemplate(ctx: Ctx, scheme: string, domain: string, budget: Budget | undefined): Promise<string | null> {
  const { text } = await fetchText(ctx, `${scheme}://${domain}/.well-known/host-meta`, { accept: XRD_ACCEPT, maxBytes: JRD_BYTES, budget })
  for (const [link] of text.matchAll(/<Link\b[^>]{0,2000}>/gi)) {
    if (!/\brel\s*=\s*["']lrdd["']/i.test(link)) continue
    const template = /\btemplate\s*=\s*["']([^"']{1,2000})["']/i.exec(link)?.[1]?.replaceAll('&amp;', '&')
    if (template === undefined || !template.includes('{uri}')) continue
    if (hostOf(template.replace('{uri}', '')) !== domain) return null
    return template
  }
  return null
}

function toJrd(json: unknown): Jrd {
  if (!isMap(json)) return { subject: null, actorIri: null, templates: new Map() }
  const all = asArray(json.links, 64)
  const links = all.flatMap((link) =>
    isMap(link) && link.rel === 'self' && isActivityType(link.type) && typeof link.href === 'string' ? [link.href] : []
  )
  const distinct = [...new Set(links)]
  // Two different actors for one handle: nobody can say which (security.md F21).
  const actorIri = distinct.length === 1 && parseIri(distinct[0]) !== null ? distinct[0]! : null
  const templates = all.flatMap((link): [string, string][] =>
    isMap(link) && typeof link.rel === 'string' && typeof link.template === 'string' && link.template.length <= 2_000
      ? [[link.rel, link.template]]
      : []
  )
  return { subject: typeof json.subject === 'string' ? parseHandle(json.subject) : null, actorIri, templates: new Map(templates) }
}

function isActivityType(type: unknown): boolean {
  if (typeof type !== 'string') return false
  return /^application\/activity\+json\b/i.test(type) || /^application\/ld\+json\s*;.*activitystreams/i.test(type)
}

function sameHandle(a: Handle, b: Handle): boolean {
  return a.username.toLowerCase() === b.username.toLowerCase() && a.domain === b.domain
}
