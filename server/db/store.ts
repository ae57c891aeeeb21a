// KnexApexStore: the IApexStore of activitypub-express over our tables. The engine's second lock: it refuses what is not ours to write.
import type { Knex } from 'knex'
import { AppError } from '../core/errors.ts'
import { newId, uuidv7 } from '../core/ids.ts'
import { serialise, type WireDocument } from '../vocab/context.ts'
import { isMintedHere } from '../vocab/iris.ts'
import { toWireForm, toWorkingForm, type WorkingDocument } from '../vocab/working-form.ts'
import { findActivity, insertActivity, outboxPage } from './activities.ts'
import type { ActivityRow, ActorRow, ObjectRow, Visibility } from './rows.ts'
import { countStream, type StreamName } from './streams.ts'

/** What one publish() lends to the engine: its transaction, and what the row needs beside the document. */
export interface StoreScope {
  trx: Knex
  actorId: string
  objectIri: string | null
  visibility: Visibility
  published: Date
  /** JSON text that takes the place of `object`, byte for byte. */
  verbatim: string | null
  /** Filled by saveActivity. */
  saved: { id: string; iri: string; body: string } | null
}

/**
 * By the very document that the engine hands on to the store. Not by AsyncLocalStorage: on Node 20 that makes every promise of the
 * process slower, the inbox's too.
 */
const scopes = new WeakMap<object, StoreScope>()

/** Lends a transaction for what the engine does with this document. Without it the store writes nothing. */
export function lendScope(document: object, scope: StoreScope): void {
  scopes.set(document, scope)
}

/** What was lent for this document, or undefined. */
export function scopeOf(document: object): StoreScope | undefined {
  return scopes.get(document)
}

export class KnexApexStore {
  /** Named by the engine's interface; the engine never uses it. */
  readonly db: Knex
  readonly #origin: string

  constructor(db: Knex, origin: string) {
    this.db = db
    this.#origin = origin
  }

  /** Migrations make the tables; there is nothing to set up. */
  async setup(): Promise<void> {}

  generateId(): string {
    return uuidv7()
  }

  /** A local or remote actor or object in working form; private keys are in another table and never come along. */
  async getObject(iri: string): Promise<WorkingDocument | undefined> {
    const object = await this.db<ObjectRow>('objects').where({ iri }).whereNull('deleted_at').first('doc')
    if (object) return toWorkingForm(object.doc)
    const actor = await this.db<ActorRow>('actors').where({ iri }).whereNull('deleted_at').first('doc')
    return actor ? toWorkingForm(actor.doc) : undefined
  }

  /** Objects come in through db/objects.ts, with their columns: the engine has no business there. */
  async saveObject(object: { id: string }): Promise<never> {
    throw refused(`saveObject ${object.id}`)
  }

  /** Replaces the document of a local object or actor, for its owner only and only within a publication. */
  async updateObject(object: WorkingDocument, actorIri: string | null, fullReplace = false): Promise<WorkingDocument> {
    const scope = scopeOf(object)
    if (scope === undefined || actorIri === null || !isMintedHere(this.#origin, object.id)) throw refused(`updateObject ${object.id}`)
    const row = await this.#owned(scope.trx, object.id, actorIri)
    if (row === undefined) throw refused(`updateObject ${object.id} by ${actorIri}`)
    const doc = fullReplace ? toWireForm(object) : { ...row.doc, ...toWireForm(object) }
    await scope
      .trx(row.table)
      .where({ iri: object.id })
      .update({ doc: JSON.stringify(doc) })
    return toWorkingForm(doc)
  }

  async getActivity(iri: string): Promise<WorkingDocument | undefined> {
    const row = await findActivity(this.db, iri)
    return row ? working(row) : undefined
  }

  /** Writes the activity with the exact bytes that will be signed. Only within a publication, only with an id minted here. */
  async saveActivity(activity: WorkingDocument): Promise<boolean> {
    const scope = scopeOf(activity)
    if (scope === undefined || !isMintedHere(this.#origin, activity.id)) throw refused(`saveActivity ${activity.id}`)
    const saved = { id: newId(scope.published), iri: activity.id, body: bytesOf(activity, scope.verbatim) }
    const { actorId, objectIri, visibility, published } = scope
    await insertActivity(scope.trx, { ...saved, type: activity.type, actorId, objectIri, visibility, published })
    scope.saved = saved
    return true
  }

  /** Removes one of an actor's own activities; its deliveries go with it. */
  async removeActivity(activity: { id: string }, actorIri: string): Promise<number> {
    const scope = scopeOf(activity)
    if (scope === undefined) throw refused(`removeActivity ${activity.id}`)
    return scope
      .trx('activities')
      .where({ iri: activity.id })
      .whereIn('actor_id', scope.trx('actors').select('id').where({ iri: actorIri, local: true }))
      .delete()
  }

  /** Published bytes are signed and final: a change is a new activity. */
  async updateActivity(activity: { id: string }): Promise<never> {
    throw refused(`updateActivity ${activity.id}`)
  }

  /** Membership of a collection is our tables' business (follows, likes, featured…); gives the stored activity unchanged. */
  async updateActivityMeta(activity: { id: string }): Promise<WorkingDocument> {
    const found = await this.getActivity(activity.id)
    if (found === undefined) throw refused(`updateActivityMeta ${activity.id}`)
    return found
  }

  async findActivityByCollectionAndObjectId(collection: string, objectIri: string): Promise<WorkingDocument | undefined> {
    const stream = streamOf(collection)
    if (stream?.name !== 'outbox') return undefined
    const row = await this.db<ActivityRow>('activities')
      .where({ object_iri: objectIri })
      .whereIn('actor_id', this.db('actors').select('id').where({ iri: stream.ownerIri }))
      .orderBy('id', 'desc')
      .first()
    return row ? working(row) : undefined
  }

  async findActivityByCollectionAndActorId(collection: string, actorIri: string): Promise<WorkingDocument | undefined> {
    const stream = streamOf(collection)
    if (stream?.name !== 'outbox' || stream.ownerIri !== actorIri) return undefined
    const [newest] = await this.getStream(collection, 1)
    return newest
  }

  /** Public activities of an outbox, newest first; `after` is the row id that ends the page before. Other collections have no stream. */
  async getStream(collection: string, limit: number | null, after: string | null = null): Promise<WorkingDocument[]> {
    const stream = streamOf(collection)
    if (stream?.name !== 'outbox') return []
    const actor = await this.db<ActorRow>('actors').where({ iri: stream.ownerIri, local: true }).first('id')
    if (actor === undefined) return []
    const rows = await outboxPage(this.db, actor.id, limit ?? MAX_STREAM, after)
    return rows.map((row) => ({ ...working(row), _id: row.id }))
  }

  /** How many items a collection of ours has, whoever may see them. */
  async getStreamCount(collection: string): Promise<number> {
    const stream = streamOf(collection)
    return stream === null ? 0 : countStream(this.db, stream.name, stream.ownerIri)
  }

  async getUsercount(): Promise<number> {
    const [row] = await this.db('actors')
      .where({ local: true, type: 'Person' })
      .whereNull('deleted_at')
      .count<{ count: string }[]>({ count: '*' })
    return Number(row?.count ?? 0)
  }

  /** The engine's own store spells it so. */
  async getUserCount(): Promise<number> {
    return this.getUsercount()
  }

  /** No context is learned from outside: the engine's loader has the two it needs. */
  async getContext(): Promise<undefined> {
    return undefined
  }

  async saveContext(context: { documentUrl?: string }): Promise<never> {
    throw refused(`saveContext ${String(context.documentUrl)}`)
  }

  /** Deliveries are rows written by protocol/outbox.ts and claimed by protocol/deliver.ts; the engine has no queue. */
  async deliveryEnqueue(): Promise<never> {
    throw refused('deliveryEnqueue')
  }

  async deliveryDequeue(): Promise<never> {
    throw refused('deliveryDequeue')
  }

  async deliveryRequeue(): Promise<never> {
    throw refused('deliveryRequeue')
  }

  async #owned(trx: Knex, iri: string, actorIri: string): Promise<{ table: 'objects' | 'actors'; doc: WireDocument } | undefined> {
    if (iri === actorIri) {
      const actor = await trx<ActorRow>('actors').where({ iri, local: true }).first('doc')
      return actor && { table: 'actors', doc: actor.doc }
    }
    const object = await trx('objects')
      .join('actors', 'actors.id', 'objects.actor_id')
      .where({ 'objects.iri': iri, 'objects.local': true, 'actors.iri': actorIri, 'actors.local': true })
      .first<{ doc: WireDocument } | undefined>('objects.doc')
    return object && { table: 'objects', doc: object.doc }
  }
}

/** A placeholder no document can hold twice: what stands for it is put in after serialising, so that not one byte of it changes. */
function bytesOf(activity: WorkingDocument, verbatim: string | null): string {
  if (verbatim === null) return serialise(toWireForm(activity))
  const mark = `verbatim:${uuidv7()}`
  const body = serialise({ ...toWireForm(activity), object: mark })
  return body.replace(JSON.stringify(mark), () => verbatim)
}

/** The engine asks without a limit only for whole collections, which we never serve. */
const MAX_STREAM = 1000

function working(row: ActivityRow): WorkingDocument {
  return toWorkingForm(JSON.parse(row.body) as WireDocument)
}

function streamOf(collection: string): { name: StreamName; ownerIri: string } | null {
  const match = /^(.+)\/(outbox|followers|following|likes|shares)$/.exec(collection)
  return match ? { ownerIri: match[1]!, name: match[2] as StreamName } : null
}

function refused(what: string): AppError {
  return new AppError('store.refused', 500, 'This write is not allowed here.', { cause: new Error(`KnexApexStore refused ${what}`) })
}
