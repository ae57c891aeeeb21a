// Completes threads: the ancestors of a reply that arrived, the replies of a post somebody here looks at. Chores: committed with what
// caused them, done once within a budget, never resumed (security.md F17–F19). Everything comes from its own origin.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { hostOf, sameOrigin } from '../core/iri.ts'
import { scheduleChores } from '../db/chores.ts'
import { findObject, findObjectByIri, storeRemoteObject } from '../db/objects.ts'
import type { ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { claimVisit } from '../db/visits.ts'
import { collectionIds } from './collection-ids.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { first } from './normalise-values.ts'
import { lockObjects } from './object-lock.ts'
import { afterCommit } from './outbox.ts'
import { fetchObject, retrieveObject } from './remote-objects.ts'

/** F18: a longer thread is read at its own server. */
const MAX_ANCESTORS = 20
/** An ancestor costs its document and, when its author is new, the author and the handle. */
const ANCESTOR_FETCHES = 40
const REPLY_FETCHES = 40
/** All requests of one thread together; the lease of a chore is longer. */
const DEADLINE_MS = 30_000
/** A young thread moves; an old one is looked at once a day. */
const COOL_DOWN_MS = 15 * 60_000
const LONGEST_COOL_DOWN_MS = 24 * 3_600_000

const OPEN = new Set(['public', 'unlisted'])

type Reply = Pick<ObjectRow, 'in_reply_to_iri' | 'in_reply_to_id' | 'visibility'>

/** Asks for the missing parents of these objects, in the caller's transaction. Only what is public asks other servers for anything. */
export async function askForAncestors(ctx: Ctx, trx: Knex, objects: Reply[]): Promise<void> {
  const own = requireSite(ctx).origin
  const missing = objects.flatMap(({ in_reply_to_iri: iri, in_reply_to_id: id, visibility }) =>
    iri !== null && id === null && OPEN.has(visibility) && !sameOrigin(iri, own) ? [iri] : []
  )
  if (missing.length === 0) return
  const dueAt = ctx.clock.now()
  await scheduleChores(
    trx,
    [...new Set(missing)].map((subject) => ({ kind: 'ancestors', subject, dueAt }))
  )
  afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** Someone of ours opened, answered or shared a post: asks for what is missing around it, at most once per cool-down. */
export async function askForThread(ctx: Ctx, objectId: string): Promise<void> {
  const object = await findObject(ctx.db, objectId)
  if (object === undefined || !OPEN.has(object.visibility)) return
  await askForAncestors(ctx, ctx.db, [object])
  const root = object.root_id === null || object.root_id === object.id ? undefined : await findObject(ctx.db, object.root_id)
  for (const one of [object, root]) if (one !== undefined) await askForReplies(ctx, one)
}

async function askForReplies(ctx: Ctx, object: ObjectRow): Promise<void> {
  if (object.local || object.deleted_at !== null || !OPEN.has(object.visibility)) return
  const now = ctx.clock.now()
  const ageMs = now.getTime() - object.published.getTime()
  const pauseMs = Math.min(Math.max(COOL_DOWN_MS, ageMs / 8), LONGEST_COOL_DOWN_MS)
  const visit = { kind: 'replies' as const, subject: object.id, at: now }
  if (!(await claimVisit(ctx.db, visit, new Date(now.getTime() - pauseMs)))) return
  await scheduleChores(ctx.db, [{ kind: 'replies', subject: object.id, dueAt: now }])
  ctx.queue.wake('chores')
}

/** Chore `ancestors`: from parent to parent; storing each links the replies that wait for it. Never done again: F18. */
export async function fetchAncestors(ctx: Ctx, iri: string): Promise<null> {
  const budget = newBudget(ANCESTOR_FETCHES, DEADLINE_MS)
  const seen = new Set<string>()
  let at: string | null = iri
  try {
    while (at !== null && seen.size < MAX_ANCESTORS && !seen.has(at)) {
      seen.add(at)
      const parent: ObjectRow | null = await fetchObject(ctx, at, { budget })
      at = parent === null || parent.in_reply_to_id !== null ? null : parent.in_reply_to_iri
    }
  } catch (error) {
    giveUp(ctx, 'ancestors', iri, error)
  }
  return null
}

/** Chore `replies`: reads the first pages of a post's `replies` and fetches, by their ids, those we do not have. */
export async function fetchReplies(ctx: Ctx, objectId: string): Promise<null> {
  const object = await findObject(ctx.db, objectId)
  if (object === undefined || object.local || object.deleted_at !== null || !OPEN.has(object.visibility)) return null
  const budget = newBudget(REPLY_FETCHES, DEADLINE_MS)
  try {
    const { json } = await fetchDocument(ctx, object.iri, { budget })
    const ids = await collectionIds(ctx, first(json.replies), object.iri, budget)
    for (const id of ids) if (id !== object.iri) await fetchReply(ctx, id, budget)
  } catch (error) {
    giveUp(ctx, 'replies', object.iri, error)
  }
  return null
}

/** Stores a reply that is one: public, and an answer to something we hold. One that cannot be had does not end the others. */
async function fetchReply(ctx: Ctx, iri: string, budget: Budget): Promise<void> {
  if ((await findObjectByIri(ctx.db, iri)) !== undefined || hostOf(iri) === requireSite(ctx).host) return
  try {
    const retrieved = await retrieveObject(ctx, iri, budget)
    if (retrieved === null || retrieved.norm.inReplyTo === null) return
    const { norm, author, writerId } = retrieved
    await ctx.db.transaction(async (trx) => {
      await lockObjects(trx, [norm.id])
      const parent = await findObjectByIri(trx, norm.inReplyTo!)
      if (parent === undefined || parent.deleted_at !== null || !isOpen(norm)) return
      await storeRemoteObject(ctx, trx, norm, author, writerId)
    })
  } catch (error) {
    if (!isAppError(error) || budget.left <= 0 || budget.signal?.aborted) throw error
  }
}

function isOpen({ to, cc }: { to: string[]; cc: string[] }): boolean {
  return to.includes(PUBLIC) || cc.includes(PUBLIC)
}

function giveUp(ctx: Ctx, kind: string, iri: string, error: unknown): void {
  ctx.count(`thread.${kind}-unfinished`)
  if (!isAppError(error)) ctx.log.error({ err: error, iri }, 'a thread could not be completed')
}
