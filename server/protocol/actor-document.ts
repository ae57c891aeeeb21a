// A foreign actor's JSON → what we keep of it, bounded and cleaned. Pure: no network, no database, nothing about local actors.
import { sanitize } from '../core/html.ts'
import { canonicalHost, hostOf, parseIri, sameOrigin } from '../core/iri.ts'
import type { RemoteActor } from '../db/actors.ts'
import type { ActorEmoji, ActorField, ActorImage } from '../db/rows.ts'
import { actorTypeOf } from './normalise.ts'
import { readTags, typeName, unescapedLink } from './normalise-parts.ts'
import { checkedDocument, refused } from './normalise-shape.ts'
import { asArray, dateOf, first, idOf, isMap, linkOf, plainOf, read, textOf, type Json } from './normalise-values.ts'

/** Mastodon's own ceilings on import (federation.md §5.6), except the name: ours is what a card can show. */
const MAX_NAME = 100
const MAX_SUMMARY = 20_000
const MAX_FIELDS = 50
const MAX_FIELD_NAME = 255
const MAX_FIELD_VALUE = 2_047
const MAX_ALIASES = 32
const MAX_EMOJIS = 64
const MAX_KEYS = 8
const KINDS = new Set(['group', 'organization', 'project', 'service', 'place', 'commune'])
/** Same-host collections and links without a column of their own, kept as they are for later use. */
const KEPT_IRIS = ['featuredTags', 'members', 'moderators', 'attributedTo', 'events', 'posts', 'movedTo'] as const

/**
 * The actor in a document whose id was already checked against where it came from.
 * Throws document.* (400) when it is not an actor one can address: type, id and an inbox on its own host are needed.
 */
export function readActorDocument(value: unknown): RemoteActor {
  const json = checkedDocument(value)
  const iri = parseIri(json.id) === null ? null : (json.id as string)
  const type = actorTypeOf(json)
  const host = hostOf(iri)
  if (iri === null || host === null) throw refused('document.id', 'The actor has no absolute address.')
  if (type === null) throw refused('document.type', 'The document is not an actor.')
  const own = (candidate: unknown): string | null => {
    const link = idOf(first(candidate))
    return link !== null && sameOrigin(link, iri) ? link : null
  }
  const inbox = own(json.inbox)
  if (inbox === null) throw refused('document.inbox', 'The actor has no inbox on its own server.')
  const endpoints = isMap(json.endpoints) ? json.endpoints : {}
  return {
    iri,
    type,
    kind: kindOf(json),
    username: usernameOf(json, iri),
    host,
    name: plainOf(json.name, MAX_NAME) ?? '',
    summary: sanitize(textOf(json.summary, MAX_SUMMARY) ?? ''),
    url: pageOf(json.url),
    inbox,
    sharedInbox: own(endpoints.sharedInbox ?? json.sharedInbox),
    outbox: own(json.outbox),
    followersIri: own(json.followers),
    followingIri: own(json.following),
    featuredIri: own(read(json, 'featured')),
    locked: json.manuallyApprovesFollowers === true || read(json, 'manuallyApprovesFollowers') === true,
    discoverable: read(json, 'discoverable') !== false,
    indexable: read(json, 'indexable') === true,
    icon: imageOf(json.icon),
    image: imageOf(json.image),
    fields: fieldsOf(json.attachment),
    emojis: emojisOf(json.tag),
    published: dateOf(json.published),
    updated: dateOf(json.updated),
    claimedHandle: typeof json.webfinger === 'string' ? json.webfinger : null,
    keys: keysOf(json, iri),
    doc: keptOf(json, iri, type, own)
  }
}

function kindOf(json: Json): string | null {
  const kind = json['communer:kind']
  if (typeof kind === 'string' && KINDS.has(kind)) return kind
  return typeName(json.type) === 'Project' ? 'project' : null
}

/** The keys an actor's document claims: each on the actor's own host and owned by it (federation.md §2.3). */
export function keysOf(json: Json, actorIri: string): { iri: string; pem: string }[] {
  const keys: { iri: string; pem: string }[] = []
  for (const key of asArray(json.publicKey, MAX_KEYS)) {
    if (!isMap(key) || typeof key.id !== 'string' || typeof key.publicKeyPem !== 'string') continue
    if (!sameOrigin(key.id, actorIri)) continue
    if (key.owner !== undefined && key.owner !== actorIri) continue
    keys.push({ iri: key.id, pem: key.publicKeyPem })
  }
  return keys
}

/** preferredUsername, or the last word of the address when there is none. Odd characters would break handles and pages. */
function usernameOf(json: Json, iri: string): string {
  const given = textOf(json.preferredUsername, 255)
  if (given !== null && /^[^\s@/?#:<>"'&\\\p{Cc}]+$/u.test(given)) return given
  const last =
    new URL(iri).pathname
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ?? ''
  return last.replace(/[^A-Za-z0-9_.-]/g, '').slice(0, 255) || (canonicalHost(new URL(iri).host) ?? 'unknown')
}

/** The HTML page: `url` may be a string, a Link, or a list of both (Mobilizon, PeerTube); the HTML one is preferred. */
function pageOf(value: unknown): string | null {
  const links = asArray(value, 16)
  const page = links.find((link) => isMap(link) && (link.mediaType ?? link.mimeType) === 'text/html') ?? links[0]
  const href = linkOf(page)
  return href !== null && parseIri(href) !== null ? href : null
}

/** icon and image come as an Image, a list of them, a Link or a bare address; Lemmy and others put the address in `url` as a Link. */
function imageOf(value: unknown): ActorImage | null {
  const image = first(value)
  const link = isMap(image) ? linkOf(first(image.url ?? image.href)) : linkOf(image)
  const href = link === null ? null : unescapedLink(link)
  if (href === null || parseIri(href) === null) return null
  const mediaType =
    isMap(image) && typeof image.mediaType === 'string' && /^image\/[a-z0-9.+-]{1,40}$/i.test(image.mediaType)
      ? image.mediaType.toLowerCase()
      : null
  const name = isMap(image) ? plainOf(image.name ?? image.summary, 1500) : null
  return { url: href, mediaType, ...(name === null ? {} : { name }) }
}

function fieldsOf(value: unknown): ActorField[] {
  const fields: ActorField[] = []
  for (const item of asArray(value)) {
    if (fields.length === MAX_FIELDS) break
    if (!isMap(item) || (item.type !== 'PropertyValue' && item.type !== 'schema:PropertyValue')) continue
    const name = plainOf(item.name, MAX_FIELD_NAME)
    if (name !== null) fields.push({ name, value: sanitize(textOf(read(item, 'value'), MAX_FIELD_VALUE) ?? '') })
  }
  return fields
}

function keptOf(json: Json, iri: string, type: string, own: (value: unknown) => string | null): Json {
  const kept: Json = { id: iri, type }
  for (const term of KEPT_IRIS) {
    const link = term === 'movedTo' ? idOf(first(json[term])) : own(read(json, term))
    if (link !== null) kept[term] = link
  }
  const aliases = asArray(json.alsoKnownAs, MAX_ALIASES).flatMap((alias) => idOf(alias) ?? [])
  if (aliases.length > 0) kept.alsoKnownAs = aliases
  return kept
}

/** Custom emoji of the actor's own name and words, each shortcode once. */
function emojisOf(tags: unknown): ActorEmoji[] {
  const emojis = readTags(tags).tags.flatMap(({ type, name, icon }) => (type === 'Emoji' && icon ? [{ name, icon }] : []))
  return [...new Map(emojis.map((emoji) => [emoji.name, emoji])).values()].slice(0, MAX_EMOJIS)
}
