// The only way anything leaves (architecture.md §2): the activity and one delivery row per inbox, in the caller's transaction.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { cancelUnsent, type AnnounceForm } from '../db/deliveries.ts'
import type { ActorRow, Visibility } from '../db/rows.ts'
import { lendScope, type StoreScope } from '../db/store.ts'
import { wireProblems } from '../vocab/assert-wire.ts'
import { toWireForm, toWorkingForm, type WorkingDocument } from '../vocab/working-form.ts'
import { planDeliveries, type DeliveryPlan } from './address.ts'
import { distrustDocuments } from './document-cache.ts'

export interface Publication {
  /** The local actor who says it and signs it. */
  actor: ActorRow
  type: string
  /** An embedded document without @context, or an IRI. Several: a Flag. */
  object: Record<string, unknown> | string | string[]
  /** What order is kept for and deliveries are found by; default: the id of `object`. */
  objectIri?: string
  to: string[]
  cc: string[]
  visibility: Visibility
  /** More top-level properties: audience, target, content… */
  extra?: Record<string, unknown>
  /** Personal inboxes whatever the type says. */
  personalInbox?: boolean
  /** IRI of an object or activity: every inbox that got it gets this too (Update, Delete, Undo). */
  alsoInboxesOf?: string
  /** Row id of a poll: those who voted get this too, without being named. */
  alsoVotersOf?: string
  /** JSON text to stand as `object`, byte for byte; `object` is then only what it is about (a group's Announce of an activity). */
  verbatim?: string
  /** A Delete that leaves the object to its author: what is on its way about it still goes. */
  keepsUnsent?: boolean
  /** Only hosts that take this form of a group's announcement. */
  form?: AnnounceForm
}

export interface Published {
  iri: string
  /** Row id in `activities`. */
  id: string
  /** The exact bytes that are sent. */
  body: string
  /** Delivery rows written: distinct inboxes. */
  deliveries: number
}

/** A shared inbox cannot tell whom these are for (federation.md §5.1). */
const PERSONAL_TYPES = new Set([
  'Follow',
  'Accept',
  'Reject',
  'Like',
  'Dislike',
  'Flag',
  'Block',
  'Join',
  'Leave',
  'Invite',
  'Offer',
  'QuoteRequest'
])

/**
 * Publishes one activity: apex builds it, our store writes it with the exact bytes to send, SQL writes the deliveries.
 * Wakes the sender after the commit. No network. Throws outbox.actor (a remote or unknown actor) and outbox.too-large.
 */
export async function publish(ctx: Ctx, trx: Knex, publication: Publication): Promise<Published> {
  const { actor, type, object, visibility } = publication
  if (!actor.local) throw new AppError('outbox.actor', 500, 'Only a local actor can publish.')
  const published = ctx.clock.now()
  const scope: StoreScope = {
    trx,
    actorId: actor.id,
    objectIri: publication.objectIri ?? subjectOf(type, object),
    visibility,
    published,
    verbatim: publication.verbatim ?? null,
    saved: null
  }
  const plan: DeliveryPlan = {
    actor,
    type,
    personalInbox: publication.personalInbox ?? isPersonal(publication),
    alsoInboxesOf: publication.alsoInboxesOf ?? null,
    alsoVotersOf: publication.alsoVotersOf ?? null,
    form: publication.form ?? null,
    deliveries: 0
  }
  const engine = ctx.apex.engine()
  const activity = await engine.buildActivity(type, actor.iri, publication.to, {
    published: published.toISOString(),
    cc: publication.cc,
    object,
    ...publication.extra
  })
  checkWire(ctx, activity)
  lendScope(activity, scope)
  planDeliveries(activity, plan)
  await engine.addToOutbox(workingActor(actor), activity)
  if (scope.saved === null) throw new AppError('outbox.not-saved', 500, 'The activity could not be saved.')
  if (type === 'Delete' && scope.objectIri !== null && publication.keepsUnsent !== true)
    await cancelUnsent(trx, scope.objectIri, scope.saved.id, published)
  afterCommit(trx, () => {
    distrustDocuments(ctx)
    if (plan.deliveries > 0) ctx.queue.wake('deliver')
  })
  return { iri: scope.saved.iri, id: scope.saved.id, body: scope.saved.body, deliveries: plan.deliveries }
}

/** Runs `work` when the transaction has been committed, never when it was rolled back; at once without a transaction. */
export function afterCommit(trx: Knex, work: () => void): void {
  if (!trx.isTransaction) return work()
  const { executionPromise } = trx as Knex.Transaction
  executionPromise.then(work, () => {})
}

function isPersonal(publication: Publication): boolean {
  if (publication.visibility === 'direct' || publication.visibility === 'members' || PERSONAL_TYPES.has(publication.type)) return true
  if (publication.type !== 'Undo' || typeof publication.object !== 'object' || Array.isArray(publication.object)) return false
  return PERSONAL_TYPES.has(String(publication.object['type']))
}

/** What order is kept for: an Undo follows what it undoes, and both are about the same object. */
function subjectOf(type: string, object: Publication['object']): string | null {
  if (typeof object === 'string') return object
  if (Array.isArray(object)) return object[0] ?? null
  if (type === 'Undo' && typeof object['object'] === 'string') return object['object']
  return typeof object['id'] === 'string' ? object['id'] : null
}

/** The engine reads `outbox` and `followers` of whoever publishes, as lists. */
function workingActor(actor: ActorRow): WorkingDocument {
  return toWorkingForm({ id: actor.iri, type: actor.type, inbox: actor.inbox, outbox: actor.outbox, followers: actor.followers_iri })
}

/** A breach of the wire profile is our own mistake: loud where we develop, counted where people depend on us. */
function checkWire(ctx: Ctx, activity: WorkingDocument): void {
  const problems = wireProblems(toWireForm(activity))
  if (problems.length === 0) return
  ctx.count('outbox.wire-problem')
  ctx.log.error({ problems, type: activity.type }, 'an activity breaks the outbound wire profile')
  if (process.env['NODE_ENV'] === 'development' || process.env['TAP'] !== undefined)
    throw new AppError('outbox.wire', 500, `The activity breaks the wire profile: ${problems.join('; ')}`)
}
