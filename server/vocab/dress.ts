// What an object of ours has beside the keys of its type because of what it is for us (an idea, a vote, a task): made by its kind's own file,
// passed on by everybody else without being looked at. Pure.
import type { WireDocument } from './context.ts'
import type { ObjectSource } from './object.ts'

/** The document with the keys of its kind. */
export type Dress = (document: WireDocument, source: ObjectSource) => WireDocument

/** The usual case: keys that are added. */
export function adding(fields: WireDocument): Dress {
  return (document) => ({ ...document, ...fields })
}
