// Remote actors: fetched, checked, stored. Local actors only ever come from the database and are never written here.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { AppError, isAppError } from '../core/errors.ts'
import { hostOf } from '../core/iri.ts'
import { backdateActor, findActorByIri, findActorWithHandle, writeRemoteActor, type HandleFact, type RemoteActor } from '../db/actors.ts'
import type { ActorRow } from '../db/rows.ts'
import { readActorDocument } from './actor-document.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { checkHandle } from './handle.ts'
import { forgetKeys } from './keys-memory.ts'
import { askWebFinger, parseHandle } from './webfinger.ts'

/** A stored profile is believed for a day, as Mastodon and Lemmy do. */
const FRESH_MS = 24 * 3_600_000
const HANDLE_RETRY_MS = 3_600_000

interface ActorOptions {
  refresh?: boolean
  budget?: Budget | undefined
}

/**
 * The actor with this id: stored and fresh, else fetched. A stored one that cannot be refreshed now is given as it is.
 * Throws actor.unknown (404) for a local IRI without an actor, actor.gone (410) for a deleted one, fetch.*, document.*.
 */
export async function getActorByIri(ctx: Ctx, iri: string, opts: ActorOptions = {}): Promise<ActorRow> {
  const stored = await findActorByIri(ctx.db, iri)
  if (stored !== null && stored.deleted_at !== null) throw new AppError('actor.gone', 410, 'This account no longer exists.')
  if (stored?.local) return stored
  if (hostOf(iri) === ctx.site?.host) throw new AppError('actor.unknown', 404, 'There is no such account here.')
  if (stored !== null && !opts.refresh && isFresh(ctx, stored)) return stored
  try {
    const { json, iri: actualIri } = await fetchDocument(ctx, iri, { budget: opts.budget })
    if (actualIri !== iri) throw new AppError('fetch.invalid', 502, 'The document is not what its address says.')
    return await storeFetchedActor(ctx, json, { budget: opts.budget })
  } catch (error) {
    if (stored !== null && !opts.refresh && isAppError(error)) return stored
    throw error
  }
}

/**
 * Stores an actor's document that was fetched from its own id, with its handle checked against WebFinger.
 * `handle` is given when WebFinger led here in the first place. Throws document.* and actor.local.
 */
export async function storeFetchedActor(
  ctx: Ctx,
  json: Record<string, unknown>,
  opts: { budget?: Budget | undefined; handle?: HandleFact } = {}
): Promise<ActorRow> {
  const actor = readActorDocument(json)
  requireForeign(ctx, actor)
  const handle = opts.handle ?? (await checkHandle(ctx, actor, opts.budget))
  return await ctx.db.transaction(async (trx) => {
    const row = await write(ctx, trx, actor, handle)
    // WebFinger did not answer: ask again in an hour rather than showing an unverified handle for a day.
    if (handle === null) await backdateActor(trx, row.id, new Date(ctx.clock.now().getTime() - FRESH_MS + HANDLE_RETRY_MS))
    return row
  })
}

/**
 * Stores a document that the caller knows to be the actor's own word (an Update signed by it, a fetched document).
 * Makes no request: a changed username is unverified until the next refresh. Throws document.* and actor.local.
 */
export async function upsertRemoteActor(ctx: Ctx, trx: Knex, json: Record<string, unknown>): Promise<ActorRow> {
  const actor = readActorDocument(json)
  requireForeign(ctx, actor)
  return await write(ctx, trx, actor, null)
}

/**
 * The actor behind `user@host` (WebFinger, federation.md §1.2), or null when there is none. `mayAsk` is called before another
 * server is asked; somebody stored is given as stored when it forbids that. Throws fetch.unreachable, and for a stranger what `mayAsk` throws.
 */
export async function findActorByHandle(
  ctx: Ctx,
  text: string,
  opts: { budget?: Budget | undefined; mayAsk?: () => Promise<void> } = {}
): Promise<ActorRow | null> {
  const handle = parseHandle(text)
  if (handle === null) return null
  const stored = await findActorWithHandle(ctx.db, handle.username, handle.domain)
  if (stored !== null && (stored.local || isFresh(ctx, stored))) return stored
  if (handle.domain === ctx.site?.accountDomain) return null
  // With a split domain some peers show our web domain in handles.
  if (handle.domain === ctx.site?.host) return await findActorWithHandle(ctx.db, handle.username, ctx.site.accountDomain)
  try {
    await opts.mayAsk?.()
  } catch (error) {
    if (stored !== null && isAppError(error, 'rate.limited')) return stored
    throw error
  }
  const budget = opts.budget ?? newBudget()
  const answer = await askWebFinger(ctx, handle, budget)
  if (answer === null || hostOf(answer.actorIri) === ctx.site?.host) return null
  const { json, iri } = await fetchDocument(ctx, answer.actorIri, { budget })
  if (iri !== answer.actorIri) return null
  const sameName = String(json.preferredUsername).toLowerCase() === answer.username.toLowerCase()
  return await storeFetchedActor(
    ctx,
    json,
    sameName ? { budget, handle: { username: answer.username, domain: answer.domain, verified: true } } : { budget }
  )
}

function isFresh(ctx: Ctx, row: ActorRow): boolean {
  return row.fetched_at !== null && ctx.clock.now().getTime() - row.fetched_at.getTime() < FRESH_MS
}

function requireForeign(ctx: Ctx, actor: RemoteActor): void {
  if (actor.host !== ctx.site?.host) return
  ctx.count('refused.actor-local')
  throw localActor()
}

async function write(ctx: Ctx, trx: Knex, actor: RemoteActor, handle: HandleFact | null): Promise<ActorRow> {
  const row = await writeRemoteActor(ctx, trx, actor, handle)
  if (row === null) throw localActor()
  forgetKeys(
    ctx,
    actor.keys.map((key) => key.iri)
  )
  return row
}

function localActor(): AppError {
  return new AppError('actor.local', 403, 'This account belongs to this server.')
}
