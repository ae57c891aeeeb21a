// Choke point 3: bytes already parsed → a typed activity. Plain JSON with our own term table (federation.md §0.3, R1–R12);
// no JSON-LD expansion, no network, nothing trusted: who may do what is authorise.ts's question.
import type { NormActivity, NormRef } from '../db/incoming.ts'
import { objectFrom, recipients } from './normalise-object.ts'
import { typeName } from './normalise-parts.ts'
import { readReaction } from './normalise-reaction.ts'
import { checkedDocument, refused } from './normalise-shape.ts'
import { asArray, dateOf, first, idOf, isMap, plainOf, read, type Json } from './normalise-values.ts'

export type { NormActivity, NormObject, NormRef } from '../db/incoming.ts'
export { isVote } from '../db/incoming.ts'
export { normaliseObject } from './normalise-object.ts'

/** Objects read of one activity: votes of a poll, batched announces (R4, R8), statuses of a Flag (O22). */
const MAX_OBJECTS = 64
/** Comment of a report, as plain text. */
const MAX_REPORT_TEXT = 5000
const MAX_JOIN_MESSAGE = 1000
const MAX_REASON = 1000
/** Decisions of moderators, with their reason in `summary` (Lemmy). */
const REASONED = new Set(['Delete', 'Block', 'Lock', 'Undo'])

const ACTOR_TYPES = new Set(['Person', 'Group', 'Service', 'Application', 'Organization'])
/** Types whose meaning hangs on what they point at. */
const NEEDS_OBJECT = new Set([
  'Create',
  'Update',
  'Delete',
  'Follow',
  'Accept',
  'Reject',
  'TentativeAccept',
  'Ignore',
  'Join',
  'Leave',
  'Invite',
  'Undo',
  'Like',
  'Dislike',
  'EmojiReact',
  'Announce',
  'Add',
  'Remove',
  'Block',
  'Lock',
  'Flag',
  'QuoteRequest',
  'Move'
])

/** True for the five actor types of ActivityStreams. */
export function isActorType(type: string | null): boolean {
  return type !== null && ACTOR_TYPES.has(type)
}

/** The type of actor a document is, null when it is none. Communecter's `Project` with an inbox is a Group, without one it is a post. */
export function actorTypeOf(json: Json): string | null {
  const type = typeName(json.type)
  if (isActorType(type)) return type
  return type === 'Project' && idOf(first(json.inbox)) !== null ? 'Group' : null
}

/**
 * The activity, typed and bounded. Throws AppError (400): document.not-object, document.type, document.actor, document.id,
 * document.object, document.attribution, document.graph, document.context, document.too-deep.
 */
export function normaliseActivity(value: unknown): NormActivity {
  const json = checkedDocument(value)
  const type = typeName(json.type)
  if (type === null) throw refused('document.type', 'The activity must have exactly one type.')
  const objects = refsOf(json.object, type)
  if (objects.length === 0 && NEEDS_OBJECT.has(type)) throw refused('document.object', 'The activity does not say what it is about.')
  return straightened({
    id: activityId(json.id),
    type,
    actor: actorOf(json),
    objects,
    target: idOf(first(json.target)),
    to: recipients(json.to),
    cc: recipients(json.cc),
    audience: recipients(json.audience),
    published: dateOf(json.published),
    instrument: type === 'QuoteRequest' ? (refsOf(first(json.instrument), 'Create')[0] ?? null) : null,
    result: type === 'Accept' ? idOf(first(json.result)) : null,
    reaction: type === 'Like' || type === 'EmojiReact' ? readReaction(json) : null,
    text: textIn(json, type),
    until: type === 'Block' ? dateOf(json.endTime ?? json.expires) : null
  })
}

/** What an actor says about itself and a `target`. */
const ABOUT_ONESELF = new Set(['Join', 'Leave', 'Delete'])

/** Communecter names the person in `object` and the thing in `target`, and leaves it by a Delete of oneself: read as others say it. */
function straightened(activity: NormActivity): NormActivity {
  const { type, actor, objects, target } = activity
  if (target === null || objects.length !== 1 || objects[0]!.id !== actor || !ABOUT_ONESELF.has(type)) return activity
  return { ...activity, type: type === 'Delete' ? 'Leave' : type, objects: [bareRef(target)], target: null }
}

function bareRef(id: string): NormRef {
  return { id, type: null, actor: null, objectId: null, object: null, json: null }
}

/** What a person wrote with it: the comment of a report, the message to an organiser, a moderator's reason. */
function textIn(json: Json, type: string): string {
  if (type === 'Flag') return plainOf(json.content ?? json.summary, MAX_REPORT_TEXT) ?? ''
  if (REASONED.has(type)) return plainOf(json.summary, MAX_REASON) ?? ''
  return type === 'Join' ? (plainOf(read(json, 'participationMessage') ?? json.content, MAX_JOIN_MESSAGE) ?? '') : ''
}

/** Missing is allowed (R1); present but not an absolute http(s) address is not (J16). */
function activityId(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const id = idOf(value)
  if (id === null || typeof value !== 'string') throw refused('document.id', 'The id must be an absolute http(s) address.')
  return id
}

/** Exactly one absolute id (O35, O36); an embedded actor counts by its id only (R9, J19). */
function actorOf(json: Json): string {
  const actors = asArray(json.actor)
  const actor = actors.length === 1 ? idOf(actors[0]) : null
  if (actor === null) throw refused('document.actor', 'The activity must have exactly one actor, given by an absolute id.')
  return actor
}

function refsOf(value: unknown, type: string): NormRef[] {
  const refs: NormRef[] = []
  for (const item of flatten(value)) {
    const ref = refOf(item, type)
    if (ref !== null) refs.push(ref)
  }
  return refs
}

/** Arrays and embedded collections of an Announce become their items. */
function flatten(value: unknown): unknown[] {
  const items = asArray(value, MAX_OBJECTS)
  const only = items.length === 1 ? items[0] : undefined
  if (!isMap(only) || (only.type !== 'OrderedCollection' && only.type !== 'Collection')) return items
  return asArray(only.orderedItems ?? only.items, MAX_OBJECTS)
}

function refOf(item: unknown, activityType: string): NormRef | null {
  if (!isMap(item)) {
    const id = idOf(item)
    if (id === null) throw refused('document.object', 'The object must be given by an absolute http(s) id.')
    return bareRef(id)
  }
  const type = typeName(item.type)
  const inline = (activityType === 'Create' || activityType === 'Update') && actorTypeOf(item) === null
  const [actor, about, target] = [item.actor, item.object, item.target].map((part) => idOf(first(part)))
  const ref: NormRef = {
    id: idOf(item),
    type,
    actor: actor ?? null,
    // Answers repeat a Communecter's Join as it came.
    objectId: (type === 'Join' && about === actor ? target : null) ?? about ?? null,
    object: inline ? objectFrom(item) : null,
    json: item
  }
  return ref.id === null && ref.objectId === null ? null : ref
}
