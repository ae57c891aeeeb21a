// Small wire shapes beside full objects: tombstones and the stubs that Undo, Accept and Reject embed. Pure.
import type { WireDocument } from './context.ts'
import { wireDate } from './values.ts'

/** What stays of a deleted object (federation.md §1.7). Gancio needs formerType to delete an event. */
export function tombstone(object: { iri: string; formerType: string; published?: Date | null; deleted: Date }): WireDocument {
  return {
    id: object.iri,
    type: 'Tombstone',
    formerType: object.formerType,
    ...(object.published ? { published: wireDate(object.published) } : {}),
    deleted: wireDate(object.deleted)
  }
}

/** An activity embedded in another: Accept, Reject and Undo repeat id, type, actor and object (federation.md §3.2, §3.4). */
export function embeddedActivity(activity: {
  iri: string
  type: string
  actorIri: string
  object: string
  to?: string[]
  cc?: string[]
}): WireDocument {
  return {
    id: activity.iri,
    type: activity.type,
    actor: activity.actorIri,
    object: activity.object,
    ...(activity.to ? { to: activity.to } : {}),
    ...(activity.cc ? { cc: activity.cc } : {})
  }
}
