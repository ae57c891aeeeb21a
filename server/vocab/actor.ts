// Actor documents (federation.md §1.4, §1.5): people, groups of every kind, the commune, the instance. Pure.
import { territoryDocument } from './territory.ts'
import { actorIris, sharedInboxIri } from './iris.ts'
import type { WireDocument } from './context.ts'
import { absoluteUrl, decimal, plainLine, wireDate } from './values.ts'

/** The columns of an `actors` row that the builder reads; an ActorRow fits. */
export interface ActorSource {
  iri: string
  type: string
  kind: string | null
  username: string
  domain: string
  name: string
  summary: string
  url: string | null
  locked: boolean
  discoverable: boolean
  indexable: boolean
  icon: ImageSource | null
  image: ImageSource | null
  fields: readonly { name: string; value: string }[]
  published: Date
  updated: Date | null
  /** Other accounts of the same person. */
  aliases?: readonly string[]
}

interface ImageSource {
  url: string
  mediaType: string | null
  name?: string | null
}

/** What stands beside the row. */
export interface ActorLinks {
  origin: string
  /** IRI of the account this one went on as. */
  movedTo?: string | null
  /** Group settings; absent for people and the instance. */
  group?: { openness: string; posting: string; members: number }
  /** The commune's place on the map; only the commune carries it. */
  territory?: { name: string; insee: string; country?: string; latitude: number; longitude: number }
  /** Where a group, a service or a place is, as exact as it says. */
  location?: LocationSource | null
}

export interface LocationSource {
  street: string
  postalCode: string
  locality: string
  latitude: number | null
  longitude: number | null
}

/** Mobilizon refuses longer summaries (W19). */
const MAX_SUMMARY = 5000

/** The document of a local actor without its key, which `withPublicKey` adds when it is served or sent. */
export function actorDocument(source: ActorSource, links: ActorLinks): WireDocument {
  const iris = actorIris(source.iri)
  const isInstance = source.type === 'Application'
  return {
    id: source.iri,
    type: source.type,
    ...(source.kind ? { 'communer:kind': source.kind } : {}),
    preferredUsername: source.username,
    ...(isInstance ? {} : { webfinger: `${source.username}@${source.domain}` }),
    name: source.name || source.username,
    summary: source.summary.slice(0, MAX_SUMMARY),
    url: source.url ?? `${links.origin}/@${source.username}`,
    inbox: iris.inbox,
    outbox: iris.outbox,
    followers: iris.followers,
    following: iris.following,
    ...(isInstance ? {} : { featured: iris.featured, featuredTags: iris.tags }),
    ...(links.group ? groupTerms(source, links.group) : {}),
    endpoints: { sharedInbox: sharedInboxIri(links.origin), ...(links.group ? groupEndpoints(source.iri) : {}) },
    ...(links.territory && source.kind === 'commune' ? { 'communer:territory': territoryDocument(links.origin, links.territory) } : {}),
    ...(links.location ? { location: placeOf(source, links.location) } : {}),
    ...picture('icon', links.origin, source.icon),
    ...picture('image', links.origin, source.image),
    published: wireDate(source.published),
    ...(source.updated ? { updated: wireDate(source.updated) } : {}),
    ...(source.aliases && source.aliases.length > 0 ? { alsoKnownAs: [...source.aliases] } : {}),
    ...(links.movedTo ? { movedTo: links.movedTo } : {}),
    manuallyApprovesFollowers: source.locked,
    ...(isInstance ? instanceTerms() : profileTerms(source, links.origin))
  }
}

/** One key object, whose id hangs on the actor's (W8). */
export function withPublicKey(document: WireDocument, key: { iri: string; pem: string }): WireDocument {
  return { ...document, publicKey: { id: key.iri, owner: document['id'], publicKeyPem: key.pem } }
}

/** Lemmy reads attributedTo as the moderators' collection; Mobilizon follows every one of these addresses. */
function groupTerms(source: ActorSource, group: { openness: string; posting: string; members: number }): WireDocument {
  return {
    description: plainLine(source.summary),
    attributedTo: `${source.iri}/moderators`,
    postingRestrictedToMods: group.posting === 'moderators',
    openness: group.openness,
    memberCount: group.members,
    upcomingEvents: `${source.iri}/events`,
    ...groupEndpoints(source.iri),
    sensitive: false
  }
}

function groupEndpoints(iri: string): WireDocument {
  return {
    members: `${iri}/members`,
    resources: `${iri}/resources`,
    posts: `${iri}/posts`,
    todos: `${iri}/todos`,
    discussions: `${iri}/discussions`,
    events: `${iri}/events`
  }
}

function profileTerms(source: ActorSource, origin: string): WireDocument {
  return {
    discoverable: source.discoverable,
    indexable: source.indexable,
    attachment: source.fields.slice(0, 10).map((field) => ({ type: 'PropertyValue', name: field.name, value: field.value })),
    tag: [],
    attributionDomains: [new URL(origin).host]
  }
}

/** One map, never a list (federation.md W6b). */
function placeOf(source: ActorSource, { street, postalCode, locality, latitude, longitude }: LocationSource): WireDocument {
  const address = {
    ...(street ? { streetAddress: street } : {}),
    ...(postalCode ? { postalCode } : {}),
    ...(locality ? { addressLocality: locality } : {})
  }
  return {
    type: 'Place',
    id: `${source.iri}#place`,
    name: source.name || source.username,
    ...(latitude === null || longitude === null ? {} : { latitude: decimal(latitude), longitude: decimal(longitude) }),
    ...(Object.keys(address).length > 0 ? { address: { type: 'PostalAddress', ...address } } : {})
  }
}

/** FEP-844e: what this server understands beyond the usual. */
function instanceTerms(): WireDocument {
  return { implements: [{ href: 'https://datatracker.ietf.org/doc/html/rfc9421', name: 'RFC-9421: HTTP Message Signatures' }] }
}

/** A single image, or nothing at all (W7). */
function picture(key: 'icon' | 'image', origin: string, image: ImageSource | null): WireDocument {
  if (image === null) return {}
  return {
    [key]: {
      type: 'Image',
      mediaType: image.mediaType ?? 'image/webp',
      url: absoluteUrl(origin, image.url),
      ...(image.name ? { name: image.name } : {})
    }
  }
}
