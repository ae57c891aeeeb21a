// The two shapes of an activity: on the wire (short, plain) and at work in activitypub-express (every property a list).
// Only the top level is converted: what `object` embeds travels as it is, so nothing is lost or reordered on the way.
import type { WireDocument } from './context.ts'

/** id and type are strings, every other property is a list; `_meta` and other underscored keys are never published. */
export interface WorkingDocument {
  id: string
  type: string
  [property: string]: unknown
}

/** Lists even when they hold one entry or none (W4, W6). */
const ALWAYS_LISTS = new Set(['to', 'cc', 'tag', 'attachment', 'items', 'orderedItems'])

/** Never published: blind recipients and what only the engine knows. */
function isPrivate(key: string): boolean {
  return key === 'bto' || key === 'bcc' || key === '@context' || key.startsWith('_')
}

/** Wire to working form. Costs microseconds where real JSON-LD costs 400 (performance.md §1). */
export function toWorkingForm(document: WireDocument): WorkingDocument {
  const working: WorkingDocument = { id: String(document['id'] ?? ''), type: String(document['type'] ?? '') }
  for (const [key, value] of Object.entries(document)) {
    if (key === 'id' || key === 'type' || key === '@context' || value === undefined) continue
    working[key] = Array.isArray(value) ? value : [value]
  }
  return working
}

/** Working form to wire: single values out of their list, nothing private, no null (W5). A Flag keeps its list of objects. */
export function toWireForm(working: WorkingDocument): WireDocument {
  const document: WireDocument = {}
  for (const [key, value] of Object.entries(working)) {
    if (isPrivate(key)) continue
    if (!Array.isArray(value)) {
      document[key] = value
      continue
    }
    const isList = ALWAYS_LISTS.has(key) || value.length > 1 || (key === 'object' && working.type === 'Flag')
    if (isList) document[key] = value
    else if (value.length === 1 && value[0] !== null) document[key] = value[0]
  }
  return document
}
