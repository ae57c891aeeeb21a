// Refusals that hold for any document, whatever its type: graph tricks, contexts that change meanings, depth. Nothing is fetched or expanded.
import { AppError } from '../core/errors.ts'
import { isMap, type Json } from './normalise-values.ts'

const AS = 'https://www.w3.org/ns/activitystreams#'

/** Nesting we read; the edge refuses deeper bodies before parsing, fetched documents meet the limit here (J07). */
const MAX_DEPTH = 32
/** Entries of one @context array, and inline terms of all contexts of a document (J09). */
const MAX_CONTEXT_ENTRIES = 16
const MAX_INLINE_TERMS = 256
/** Documents legitimately repeat @context in embedded proofs and objects (snac, Fedify): a handful of times, not 1,500. */
const MAX_CONTEXTS = 64

/** JSON-LD keywords that move nodes about: how several servers were made to read one thing and verify another (J03). */
const GRAPH_KEYWORDS = new Set(['@graph', '@included', '@reverse', '@nest', '@index'])

/** Terms whose meaning decides who did what. A context may repeat their definition, not change it (J01). */
const CORE_TERMS = new Map<string, string[]>([
  ['id', ['@id']],
  ['type', ['@type']],
  ...[
    'actor',
    'object',
    'target',
    'origin',
    'result',
    'instrument',
    'to',
    'cc',
    'bto',
    'bcc',
    'audience',
    'attributedTo',
    'inReplyTo',
    'content',
    'url',
    'href',
    'published',
    'updated',
    'formerType',
    'outbox',
    'followers',
    'following',
    'endpoints',
    'sharedInbox',
    'alsoKnownAs',
    'movedTo',
    'Create',
    'Update',
    'Delete',
    'Follow',
    'Accept',
    'Reject',
    'Undo',
    'Like',
    'Announce',
    'Add',
    'Remove',
    'Block',
    'Flag',
    'Move',
    'Tombstone',
    'Public',
    'Person',
    'Group',
    'Service',
    'Application',
    'Organization'
  ].map((term): [string, string[]] => [term, [`as:${term}`, AS + term]]),
  ['inbox', ['as:inbox', 'ldp:inbox', 'http://www.w3.org/ns/ldp#inbox']],
  ...['publicKey', 'publicKeyPem', 'owner', 'signature'].map((term): [string, string[]] => [
    term,
    [`sec:${term}`, `https://w3id.org/security#${term}`]
  ]),
  ['as', [AS, AS.slice(0, -1)]]
])

interface Tally {
  contexts: number
  terms: number
}

/**
 * The document itself, or the single node of a top-level @graph.
 * Throws AppError document.* (400) when it is not an object, is too deep, carries graph keywords or redefines core terms.
 */
export function checkedDocument(value: unknown): Json {
  if (!isMap(value)) throw refused('document.not-object', 'The document is not a JSON object.')
  const json = unwrapGraph(value)
  checkMap(json, 0, { contexts: 0, terms: 0 })
  return json
}

function unwrapGraph(json: Json): Json {
  if (!Object.hasOwn(json, '@graph')) return json
  const nodes = json['@graph']
  const node: unknown = Array.isArray(nodes) && nodes.length === 1 ? nodes[0] : undefined
  const others = Object.keys(json).filter((key) => key !== '@graph' && key !== '@context')
  if (!isMap(node) || others.length > 0) throw graphRefused()
  return json['@context'] === undefined ? node : { '@context': json['@context'], ...node }
}

function checkMap(json: Json, depth: number, tally: Tally): void {
  if (depth > MAX_DEPTH) throw refused('document.too-deep', 'The document is nested too deeply.')
  for (const key of Object.keys(json)) {
    const value = json[key]
    if (key.charCodeAt(0) === 64 /* @ */) {
      if (GRAPH_KEYWORDS.has(key)) throw graphRefused()
      if (key === '@context') {
        checkContext(value, tally)
        continue
      }
    }
    if (typeof value === 'object' && value !== null) checkValue(value, depth + 1, tally)
  }
}

function checkValue(value: object, depth: number, tally: Tally): void {
  if (!Array.isArray(value)) return checkMap(value as Json, depth, tally)
  if (depth > MAX_DEPTH) throw refused('document.too-deep', 'The document is nested too deeply.')
  for (const item of value as unknown[]) {
    if (typeof item === 'object' && item !== null) checkValue(item, depth + 1, tally)
  }
}

function checkContext(context: unknown, tally: Tally): void {
  const entries = Array.isArray(context) ? (context as unknown[]) : [context]
  tally.contexts += 1
  if (entries.length > MAX_CONTEXT_ENTRIES || tally.contexts > MAX_CONTEXTS) throw contextRefused()
  for (const entry of entries) {
    if (isMap(entry)) checkTerms(entry, tally)
    else if (typeof entry !== 'string' && entry !== null) throw contextRefused()
  }
}

function checkTerms(terms: Json, tally: Tally): void {
  for (const term of Object.keys(terms)) {
    tally.terms += 1
    if (tally.terms > MAX_INLINE_TERMS || term === '@import' || (term === '@vocab' && terms[term] !== null && !isAs(terms[term])))
      throw contextRefused()
    const allowed = CORE_TERMS.get(term)
    if (allowed === undefined) continue
    const definition = terms[term]
    const meaning = isMap(definition) ? definition['@id'] : definition
    if (isMap(definition) && (definition['@reverse'] !== undefined || definition['@context'] !== undefined)) throw contextRefused()
    if (meaning !== undefined && !(typeof meaning === 'string' && allowed.includes(meaning))) throw contextRefused()
  }
}

/** `@vocab` gives a meaning to unknown terms only, but "_:" or the AS namespace are the values honest peers use. */
function isAs(value: unknown): boolean {
  return value === AS || value === '_:' || value === 'as:'
}

function graphRefused(): AppError {
  return refused('document.graph', 'Graph keywords are not accepted.')
}

function contextRefused(): AppError {
  return refused('document.context', 'The @context changes the meaning of ActivityStreams terms, or is too large.')
}

/** A 400 with one of our document.* codes. */
export function refused(code: string, text: string): AppError {
  return new AppError(code, 400, text)
}
