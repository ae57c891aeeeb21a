// Objects of other servers, read from their own origin: the only way content that did not come from its author's hand gets in.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { hostOf, sameOrigin } from '../core/iri.ts'
import { isAnyBlocked, policyOf } from '../db/hosts.ts'
import { findObjectByIri, isTombstoned, storeRemoteObject, updateRemoteObject } from '../db/objects.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { getActorByIri } from './actors.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { hostsOfObject } from './involved.ts'
import { actorTypeOf, isVote, normaliseObject, type NormActivity, type NormObject } from './normalise.ts'
import { lockObjects } from './object-lock.ts'

export interface Retrieved {
  norm: NormObject
  author: ActorRow
  writerId: string | null
}

type Announced = Pick<NormActivity, 'actor' | 'to' | 'cc'>

/**
 * Discourse's documents name their group in `audience` and address nobody: read alone they are nobody's. Announced by that group, they are
 * for whom it tells, if both are of one server: it could have written so in the document itself.
 */
function addressedBy(norm: NormObject, announced: Announced | undefined): NormObject {
  const silent = norm.to.length === 0 && norm.cc.length === 0
  if (announced === undefined || !silent || !norm.audience.includes(announced.actor) || !sameOrigin(norm.id, announced.actor)) return norm
  return { ...norm, to: announced.to, cc: announced.cc }
}

/**
 * The object with this id: stored, else fetched from its origin, its author resolved, and stored. Null when it is deleted, not an
 * object, ours but unknown, or of somebody we do not listen to. `announced`: who made us read it, and told whom.
 * Throws fetch.unreachable when its server cannot answer now.
 */
export async function fetchObject(ctx: Ctx, iri: string, opts: { budget?: Budget; announced?: Announced } = {}): Promise<ObjectRow | null> {
  const stored = await findObjectByIri(ctx.db, iri)
  if (stored !== undefined) return stored.deleted_at === null ? stored : null
  const retrieved = await retrieveObject(ctx, iri, opts.budget ?? newBudget())
  if (retrieved === null) return null
  retrieved.norm = addressedBy(retrieved.norm, opts.announced)
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [retrieved.norm.id])
    return storeRemoteObject(ctx, trx, retrieved.norm, retrieved.author, retrieved.writerId)
  })
}

/** Reads a stored object again from its origin and applies what is newer. Null when nothing changed or it may not be read. */
export async function refreshObject(ctx: Ctx, stored: ObjectRow, budget: Budget): Promise<ObjectRow | null> {
  const retrieved = await retrieveObject(ctx, stored.iri, budget)
  if (retrieved === null || retrieved.author.id !== stored.actor_id) return null
  return ctx.db.transaction(async (trx) => {
    await lockObjects(trx, [stored.iri])
    const current = await findObjectByIri(trx, stored.iri)
    return current === undefined || current.deleted_at !== null ? null : updateRemoteObject(ctx, trx, current, retrieved.norm)
  })
}

/** True when the object's own server says 404 or 410 (O07). Throws fetch.unreachable when it cannot answer now. */
export async function isGoneAtOrigin(ctx: Ctx, iri: string): Promise<boolean> {
  try {
    const { json } = await fetchDocument(ctx, iri, { budget: newBudget(2) })
    return json.type === 'Tombstone'
  } catch (error) {
    if (isAppError(error, 'fetch.gone')) return true
    throw error
  }
}

/** Fetches and checks, stores nothing. */
export async function retrieveObject(ctx: Ctx, iri: string, budget: Budget): Promise<Retrieved | null> {
  if (!(await mayFetch(ctx, iri))) return null
  const norm = await fetchNormalised(ctx, iri, budget)
  if (norm === null || isVote(norm) || (await isAnyBlocked(ctx, hostsOfObject(norm)))) return null
  const authorIri = norm.attributedTo
  if (authorIri === null || !sameOrigin(authorIri, norm.id)) return null
  const author = await getActorByIri(ctx, authorIri, { budget })
  if (author.local || author.suspended_at !== null || author.deleted_at !== null || author.host_action === 'block') return null
  return { norm, author, writerId: await findWriter(ctx, norm, authorIri) }
}

async function mayFetch(ctx: Ctx, iri: string): Promise<boolean> {
  const host = hostOf(iri)
  if (host === null || sameOrigin(iri, requireSite(ctx).origin)) return false
  return (await policyOf(ctx, host)) !== 'block' && !(await isTombstoned(ctx.db, iri))
}

/** An activity in place of an object (Announce of a Create's id, W20) leads to what it is about, on the same server only. */
async function fetchNormalised(ctx: Ctx, iri: string, budget: Budget): Promise<NormObject | null> {
  const first = await fetchDocument(ctx, iri, { budget })
  const about = first.json.object
  const isActivity = first.json.type === 'Create' || first.json.type === 'Update'
  if (!isActivity) return asObject(first.json)
  const inner = typeof about === 'string' ? about : (about as { id?: unknown } | undefined)?.id
  if (typeof inner !== 'string' || !sameOrigin(inner, first.iri) || (await isTombstoned(ctx.db, inner))) return null
  return asObject((await fetchDocument(ctx, inner, { budget })).json)
}

function asObject(json: Record<string, unknown>): NormObject | null {
  const norm = normaliseObject(json)
  return actorTypeOf(json) !== null || norm.type === 'Tombstone' || (typeof json.actor === 'string' && json.object !== undefined)
    ? null
    : norm
}

/** The person behind what a group publishes, when we know them already: a name is not worth a fetch. */
export async function findWriter(ctx: Ctx, norm: NormObject, authorIri: string): Promise<string | null> {
  if (norm.authorIri === null || norm.authorIri === authorIri || !sameOrigin(norm.authorIri, norm.id)) return null
  const row = await ctx.db('actors').where({ iri: norm.authorIri, local: false }).first<{ id: string } | undefined>('id')
  return row?.id ?? null
}
