// What someone typed in the search box, turned into an actor or an object. Never says why it found nothing (security.md F24).
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { canonicalHost, hostOf, parseIri } from '../core/iri.ts'
import { findActorByIri, findActorByUrl, findActorWithHandle } from '../db/actors.ts'
import { findObjectByAddress, findObjectByPath } from '../db/addresses.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { findActorByHandle, storeFetchedActor } from './actors.ts'
import { checkTarget, fetchDocument, fetchText, newBudget, type Budget } from './fetch.ts'
import { actorTypeOf } from './normalise.ts'
import { fetchObject } from './remote-objects.ts'
import { parseHandle } from './webfinger.ts'

/** Called before another server is asked for what is not known here. Throws rate.limited (429) when the person asked for enough already. */
export type MayAsk = () => Promise<void>

export type Resolved = { actor: ActorRow } | { object: ObjectRow }

/** A page we only look at for its pointer. */
const PAGE_BYTES = 512 * 1024

/**
 * `@user@host`, `user@host`, `@user` of ours, or the address of a profile, a post or their documents.
 * Null whenever nothing usable is there, whatever the reason; the only thing thrown is what `mayAsk` throws. What is known here, and what
 * may not be asked at all, costs nobody a question. The caller judges who may look.
 */
export async function resolveUri(ctx: Ctx, text: string, mayAsk: MayAsk = async () => {}): Promise<Resolved | null> {
  const query = text.trim()
  try {
    const local = /^@([^\s@/]{1,64})$/.exec(query)
    if (local !== null && ctx.site !== null) return asActor(await findActorWithHandle(ctx.db, local[1]!, ctx.site.accountDomain))
    if (parseHandle(query) !== null) return asActor(await findActorByHandle(ctx, query, { mayAsk }))
    return parseIri(query) === null ? null : await resolveAddress(ctx, query, mayAsk)
  } catch (error) {
    if (!isAppError(error) || error.code === 'rate.limited') throw error
    ctx.log.debug({ code: error.code, details: error.details }, 'an address could not be resolved')
    return null
  }
}

/**
 * Whom the home page of a site points to: of a Communer, the commune, while its address itself is that of the instance's own actor.
 * Null as in resolveUri.
 */
export async function resolveHome(ctx: Ctx, host: string, mayAsk: MayAsk): Promise<ActorRow | null> {
  try {
    const address = `https://${host}/`
    await checkTarget(ctx, address)
    await mayAsk()
    const budget = newBudget()
    const document = await findPointed(ctx, address, budget)
    const found = document === null ? null : await store(ctx, document, budget)
    return found !== null && 'actor' in found ? found.actor : null
  } catch (error) {
    if (!isAppError(error) || error.code === 'rate.limited') throw error
    ctx.log.debug({ code: error.code, host }, 'the home page of a site leads to nobody')
    return null
  }
}

async function resolveAddress(ctx: Ctx, address: string, mayAsk: MayAsk): Promise<Resolved | null> {
  const known = await findStored(ctx, address)
  if (known !== null) return known
  if (hostOf(address) === ctx.site?.host) return await findLocalPage(ctx, new URL(address).pathname)
  await checkTarget(ctx, address)
  await mayAsk()
  const budget = newBudget()
  const document = await findDocument(ctx, address, budget)
  if (document === null) return null
  return (await findStored(ctx, document.iri)) ?? (await store(ctx, document, budget))
}

async function findStored(ctx: Ctx, address: string): Promise<Resolved | null> {
  const actor = (await findActorByIri(ctx.db, address)) ?? (await findActorByUrl(ctx.db, hostOf(address) ?? '', address))
  if (actor !== null) return asActor(actor)
  const object = await findObjectByAddress(ctx.db, address)
  return object === null ? null : { object }
}

/** Pages of ours: `/@handle`, `/@handle/{id}`, `/evenements/{id}`. */
async function findLocalPage(ctx: Ctx, path: string): Promise<Resolved | null> {
  const username = /^\/@([^/]{1,64})\/?$/.exec(path)?.[1]
  if (username !== undefined && ctx.site !== null) return asActor(await findActorWithHandle(ctx.db, username, ctx.site.accountDomain))
  const object = await findObjectByPath(ctx.db, path)
  return object === null ? null : { object }
}

/** The document at an address, or the one its HTML page points to. Servers that negotiate answer the first request. */
async function findDocument(ctx: Ctx, address: string, budget: Budget): Promise<{ iri: string; json: Record<string, unknown> } | null> {
  try {
    return await fetchDocument(ctx, address, { budget, allowCrossOriginId: true })
  } catch (error) {
    if (!isAppError(error, 'fetch.invalid')) throw error
  }
  return await findPointed(ctx, address, budget)
}

/** The document that the HTML page at an address points to, on the same host. */
async function findPointed(ctx: Ctx, address: string, budget: Budget): Promise<{ iri: string; json: Record<string, unknown> } | null> {
  const page = await fetchText(ctx, address, { accept: 'text/html', maxBytes: PAGE_BYTES, budget })
  const pointer = pointerIn(page.link, page.text, page.url)
  if (pointer === null || hostOf(pointer) !== canonicalHost(page.url.host)) return null
  return await fetchDocument(ctx, pointer, { budget })
}

async function store(ctx: Ctx, document: { iri: string; json: Record<string, unknown> }, budget: Budget): Promise<Resolved | null> {
  if (actorTypeOf(document.json) !== null) return { actor: await storeFetchedActor(ctx, document.json, { budget }) }
  const object = await fetchObject(ctx, document.iri, { budget })
  return object === null ? null : { object }
}

/** The first ActivityPub alternate of a Link header or of the page's head (federation.md §1.7). */
function pointerIn(linkHeader: string, html: string, base: URL): string | null {
  for (const [, href = '', parameters = ''] of linkHeader.matchAll(/<([^<>]{1,2000})>((?:\s*;[^,<]{0,300})*)/g)) {
    if (/rel="?alternate"?/i.test(parameters) && /application\/activity\+json/i.test(parameters)) return absolute(href, base)
  }
  for (const [tag] of html.slice(0, PAGE_BYTES).matchAll(/<link\b[^<>]{0,1000}>/gi)) {
    if (!/\brel\s*=\s*["']?alternate/i.test(tag) || !/application\/activity\+json|application\/ld\+json/i.test(tag)) continue
    const href = /\bhref\s*=\s*["']([^"']{1,1000})["']/i.exec(tag)?.[1]
    if (href !== undefined) return absolute(href.replaceAll('&amp;', '&'), base)
  }
  return null
}

function absolute(href: string, base: URL): string | null {
  return URL.canParse(href, base) ? new URL(href, base).href : null
}

function asActor(actor: ActorRow | null): Resolved | null {
  return actor === null || actor.deleted_at !== null || actor.host_action === 'block' ? null : { actor }
}
