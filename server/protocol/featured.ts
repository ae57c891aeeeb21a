// Posts that people elsewhere pinned before anybody here knew them: read once somebody of ours looks at the profile. A chore, within a budget.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { sameOrigin } from '../core/iri.ts'
import { findActorById } from '../db/actors.ts'
import { scheduleChores } from '../db/chores.ts'
import { replaceFeatured } from '../db/links.ts'
import type { ActorRow } from '../db/rows.ts'
import { claimVisit } from '../db/visits.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { asArray, first, idOf, isMap, type Json } from './normalise-values.ts'
import { fetchObject } from './remote-objects.ts'

/** Mastodon pins five; a few more is still a selection. */
const MAX_PINS = 10
/** The collection, its first page, and the posts. */
const FETCHES = 12
const DEADLINE_MS = 30_000
const PAUSE_MS = 24 * 3_600_000

/** Someone of ours looks at a profile: asks for what is pinned there, at most once a day. */
export async function askForFeatured(ctx: Ctx, actor: Pick<ActorRow, 'id' | 'local' | 'featured_iri'>): Promise<void> {
  if (actor.local || actor.featured_iri === null) return
  const now = ctx.clock.now()
  if (!(await claimVisit(ctx.db, { kind: 'featured', subject: actor.id, at: now }, new Date(now.getTime() - PAUSE_MS)))) return
  await scheduleChores(ctx.db, [{ kind: 'featured', subject: actor.id, dueAt: now }])
  ctx.queue.wake('chores')
}

/** Chore `featured`: what the collection names is pinned here, what it does not name any more is not. An unreachable one changes nothing. */
export async function fetchFeatured(ctx: Ctx, actorId: string): Promise<null> {
  const actor = await findActorById(ctx.db, actorId)
  if (actor === null || actor.local || actor.featured_iri === null || actor.deleted_at !== null || actor.suspended_at !== null) return null
  const readAt = ctx.clock.now()
  const budget = newBudget(FETCHES, DEADLINE_MS)
  try {
    const ids = await pinnedIds(ctx, actor, actor.featured_iri, budget)
    const pinned: string[] = []
    for (const id of ids) {
      const object = await orNull(ctx, id, budget)
      // Only what the actor published: a collection may name anything.
      if (object !== null && object.actor_id === actor.id && object.reblog_of_id === null) pinned.push(object.id)
    }
    await ctx.db.transaction((trx) => replaceFeatured(ctx, trx, actor.id, pinned, readAt))
  } catch (error) {
    if (!isAppError(error)) throw error
    ctx.count('featured.unread')
  }
  return null
}

/** The first addresses of the collection on the actor's own host; what is embedded is a name and nothing else (J20). */
async function pinnedIds(ctx: Ctx, actor: ActorRow, iri: string, budget: Budget): Promise<string[]> {
  const { json } = await fetchDocument(ctx, iri, { budget })
  const items = itemsOf(json)
  const page = items.length > 0 ? null : first(json.first)
  const paged = isMap(page) ? itemsOf(page) : []
  const at = idOf(page)
  const found =
    items.length > 0 || paged.length > 0 || at === null || !sameOrigin(at, actor.iri)
      ? [...items, ...paged]
      : itemsOf((await fetchDocument(ctx, at, { budget })).json)
  const ids = found.flatMap((item) => idOf(item) ?? []).filter((id) => sameOrigin(id, actor.iri))
  return [...new Set(ids)].slice(0, MAX_PINS)
}

function itemsOf(json: Json): unknown[] {
  return [...asArray(json.orderedItems, MAX_PINS * 2), ...asArray(json.items, MAX_PINS * 2)]
}

async function orNull(ctx: Ctx, iri: string, budget: Budget): Promise<Awaited<ReturnType<typeof fetchObject>>> {
  try {
    return await fetchObject(ctx, iri, { budget })
  } catch (error) {
    if (!isAppError(error)) throw error
    return null
  }
}
