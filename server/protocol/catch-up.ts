// Catching up: reads the first page of the outboxes that people here follow, for what never arrived. Often where the software delivers
// once and never again, or where a host was ill; daily elsewhere (federation.md §5.2). Nothing embedded is believed: what is new is read
// by its id and stored as if it had arrived.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { findHost } from '../db/host-health.ts'
import { isAnyBlocked, policyOf } from '../db/hosts.ts'
import { findObjectByIri } from '../db/objects.ts'
import type { ActorRow, HostRow, VisitRow } from '../db/rows.ts'
import { claimVisit, findVisit, noteVisit } from '../db/visits.ts'
import { itemsOf } from './collection-ids.ts'
import { applyAnnounce } from './effects/announce.ts'
import { storeCreation } from './effects/create.ts'
import { fetchIfChanged, newBudget, type Budget, type Edition } from './fetch.ts'
import { involvedHosts } from './involved.ts'
import { normaliseActivity } from './normalise.ts'
import { dateOf, first, idOf, isMap, type Json } from './normalise-values.ts'
import { followedFromHere } from './relation.ts'
import { refreshObject, retrieveObject } from './remote-objects.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** What is delivered once, or for a few minutes, and lost when we were away. */
const FORGETFUL = new Set(['mobilizon', 'gancio', 'gotosocial', 'wordpress'])
const OFTEN_MS = 30 * MINUTE_MS
/** A host is read once within this, however many of its people are followed. */
const PACE_MS = 10_000
/** Of one page. */
const MAX_ITEMS = 20
const FETCHES = 24
const DEADLINE_MS = 30_000
/** Older than this is history: on the profile, in nobody's home. */
const NEWS_MS = 7 * DAY_MS

/** Chore `catch-up`, about a remote actor: ends when nobody here follows it any more. A server that does not answer is asked next time. */
export async function catchUp(ctx: Ctx, actorId: string): Promise<Date | null> {
  const actor = await ctx.db<ActorRow>('actors').where({ id: actorId, local: false, deleted_at: null, suspended_at: null }).first()
  if (actor === undefined || actor.outbox === null || (await followedFromHere(ctx.db, [actorId])).size === 0) return null
  const now = ctx.clock.now()
  const host = await findHost(ctx.db, actor.host)
  if (host?.asleep_since || host?.gone_at || (await policyOf(ctx, actor.host)) === 'block') return soon(now, DAY_MS)
  const turn = { kind: 'host' as const, subject: actor.host, at: now }
  if (!(await claimVisit(ctx.db, turn, new Date(now.getTime() - PACE_MS)))) return soon(now, PACE_MS * 3)
  try {
    await readOutbox(ctx, actor)
  } catch (error) {
    ctx.count('catch-up.unfinished')
    if (!isAppError(error)) throw error
  }
  return soon(now, isForgetful(host, now) ? OFTEN_MS : DAY_MS)
}

function isForgetful(host: HostRow | undefined, now: Date): boolean {
  if (host === undefined) return false
  const failedLately = host.last_failure_at !== null && now.getTime() - host.last_failure_at.getTime() < DAY_MS
  return failedLately || host.failures > 0 || FORGETFUL.has(host.software?.toLowerCase() ?? '')
}

/** After about this long: a fifth more or less, so that not everybody is asked at the same minute. */
function soon(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms * (0.8 + Math.random() * 0.4))
}

async function readOutbox(ctx: Ctx, actor: ActorRow): Promise<void> {
  const visit = await findVisit(ctx.db, 'outbox', actor.id)
  const budget = newBudget(FETCHES, DEADLINE_MS)
  const page = await firstPage(ctx, actor, visit, budget)
  const at = ctx.clock.now()
  if (page === null) return noteVisit(ctx.db, { ...visit!, kind: 'outbox', subject: actor.id, at })
  const whole = await takeAll(ctx, actor, page.items, { history: visit === undefined, budget })
  // What did not fit into the budget is looked at next time, even if nothing changed.
  const edition = whole ? page.edition : { etag: null, modified: null }
  await noteVisit(ctx.db, { kind: 'outbox', subject: actor.id, at, ...edition, detail: { page: page.iri } })
}

interface Page {
  iri: string
  items: unknown[]
  edition: Edition
}

/** The first page, at the address it had last time; null when it is the same as then. */
async function firstPage(ctx: Ctx, actor: ActorRow, visit: VisitRow | undefined, budget: Budget): Promise<Page | null> {
  const known = visit?.detail['page']
  if (typeof known === 'string' && sameOrigin(known, actor.iri)) {
    try {
      const again = await fetchIfChanged(ctx, known, visit!, { budget })
      return again === null ? null : { iri: known, items: itemsOf(again.json, MAX_ITEMS), edition: again.edition }
    } catch (error) {
      if (!isAppError(error, 'fetch.gone')) throw error
    }
  }
  return findPage(ctx, actor, budget)
}

async function findPage(ctx: Ctx, actor: ActorRow, budget: Budget): Promise<Page> {
  const none = { iri: actor.outbox!, items: [], edition: { etag: null, modified: null } }
  const outbox = sameOrigin(actor.outbox!, actor.iri) ? await fetchIfChanged(ctx, actor.outbox!, null, { budget }) : null
  if (outbox === null) return none
  const beginning = first(outbox.json['first'])
  const iri = idOf(beginning)
  if (isMap(beginning) && itemsOf(beginning, 1).length > 0)
    return { ...none, items: itemsOf(beginning, MAX_ITEMS), edition: outbox.edition }
  if (iri === null) return { ...none, items: itemsOf(outbox.json, MAX_ITEMS), edition: outbox.edition }
  const page = sameOrigin(iri, actor.iri) ? await fetchIfChanged(ctx, iri, null, { budget }) : null
  return page === null ? none : { iri, items: itemsOf(page.json, MAX_ITEMS), edition: page.edition }
}

interface Round {
  /** The page as it was before anybody here followed. */
  history: boolean
  budget: Budget
}

/** Oldest first, so that homes keep the order. False when not everything could be looked at. */
async function takeAll(ctx: Ctx, actor: ActorRow, items: unknown[], round: Round): Promise<boolean> {
  let whole = true
  for (const item of items.toReversed()) {
    try {
      await takeItem(ctx, actor, item, round)
    } catch (error) {
      if (!isAppError(error)) throw error
      if (round.budget.left <= 0 || round.budget.signal?.aborted || error.code === 'fetch.unreachable') whole = false
    }
  }
  return whole
}

async function takeItem(ctx: Ctx, actor: ActorRow, item: unknown, round: Round): Promise<void> {
  const json: Json = isMap(item) ? item : {}
  const said = idOf(json['actor'])
  if (said !== null && said !== actor.iri) return
  const published = dateOf(json['published'])
  const old = published !== null && ctx.clock.now().getTime() - published.getTime() > NEWS_MS
  const quiet = round.history || old
  if (json['type'] === 'Announce') return quiet ? undefined : takeBoost(ctx, actor, json, round.budget)
  if (said !== null && json['type'] !== 'Create' && json['type'] !== 'Update') return
  const object = said === null ? item : json['object']
  await takeObject(ctx, actor, object, { quiet, budget: round.budget })
}

async function takeObject(ctx: Ctx, actor: ActorRow, object: unknown, how: { quiet: boolean; budget: Budget }): Promise<void> {
  const iri = idOf(object)
  if (iri === null || !sameOrigin(iri, actor.iri)) return
  const stored = await findObjectByIri(ctx.db, iri)
  if (stored !== undefined) {
    const updated = isMap(object) ? dateOf(object['updated']) : null
    const isNewer = updated !== null && updated > (stored.updated ?? stored.published)
    if (isNewer && stored.actor_id === actor.id && stored.deleted_at === null) await refreshObject(ctx, stored, how.budget)
    return
  }
  const retrieved = await retrieveObject(ctx, iri, how.budget)
  if (retrieved === null || retrieved.author.id !== actor.id) return
  const { published } = retrieved.norm
  const isOld = published !== null && ctx.clock.now().getTime() - published.getTime() > NEWS_MS
  await storeCreation(ctx, { ...retrieved, quiet: how.quiet || isOld })
  ctx.count('catch-up.found')
}

/** The outbox stands at the actor's own server: that it boosted is its own word. What it boosted is read at its origin. */
async function takeBoost(ctx: Ctx, actor: ActorRow, json: Json, budget: Budget): Promise<void> {
  const activity = normaliseActivity({ ...json, actor: actor.iri })
  if (activity.id === null || !sameOrigin(activity.id, actor.iri) || (await isAnyBlocked(ctx, involvedHosts(activity, actor.iri)))) return
  if ((await findObjectByIri(ctx.db, activity.id)) !== undefined) return
  await applyAnnounce(ctx, { id: '0', activity, signerIri: actor.iri, actor }, budget)
}
