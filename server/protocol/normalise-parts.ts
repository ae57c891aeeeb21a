// Reads the composite parts of an object: tags, attachments, places, polls. Everything is bounded; bad entries are left out.
import type { NormJoining } from '../db/incoming.ts'
import type { Attachment, JoinMode, ObjectTag, Place, Poll } from '../db/rows.ts'
import {
  asArray,
  coordinateOf,
  countOf,
  dateOf,
  first,
  idOf,
  isMap,
  linkOf,
  plainOf,
  proseOf,
  read,
  textOf,
  type Json
} from './normalise-values.ts'

/** Limits of security.md J11. Longer lists are cut: the rest of the document stays readable. */
const MAX_TAGS = 64
const MAX_ATTACHMENTS = 16
const MAX_OPTIONS = 32
const MAX_NAME = 512
/** Alt texts: Mastodon's own limit is 1,500. */
const MAX_ALT = 1500

export interface Tags {
  tags: ObjectTag[]
  mentions: string[]
  hashtags: string[]
}

/** The local part of `as:Hashtag` or of a full ActivityStreams IRI. */
export function typeName(value: unknown): string | null {
  const name = Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value
  if (typeof name !== 'string' || name === '' || name.length > 256) return null
  const local = name.startsWith('as:') ? name.slice(3) : name.startsWith('https://www.w3.org/ns/activitystreams#') ? name.slice(38) : name
  return textOf(local, 256)
}

/** Hashtag, Mention and Emoji tags; others are kept out. */
export function readTags(value: unknown): Tags {
  const result: Tags = { tags: [], mentions: [], hashtags: [] }
  for (const item of asArray(value, MAX_TAGS)) {
    if (!isMap(item)) continue
    const name = plainOf(item.name, MAX_NAME) ?? ''
    const type = typeName(item.type) ?? (name.startsWith('#') ? 'Hashtag' : null)
    if (type === 'Mention') readMention(item, name, result)
    else if (type === 'Hashtag') readHashtag(item, name, result)
    else if (type !== null && type.endsWith('Emoji')) readEmoji(item, name, result)
  }
  return result
}

function readMention(item: Json, name: string, into: Tags): void {
  const href = idOf(item.href)
  if (href === null) return
  into.tags.push({ type: 'Mention', name, href })
  if (!into.mentions.includes(href)) into.mentions.push(href)
}

function readHashtag(item: Json, name: string, into: Tags): void {
  const tag = foldTag(name)
  if (tag === null) return
  into.tags.push({ type: 'Hashtag', name: name.startsWith('#') ? name : `#${name}`, href: linkOf(item.href) })
  if (!into.hashtags.includes(tag)) into.hashtags.push(tag)
}

function readEmoji(item: Json, name: string, into: Tags): void {
  const icon = first(item.icon)
  const url = linkOf(isMap(icon) ? first(icon.url) : icon)
  const shortcode = /^:?([\w+-]{1,64}):?$/.exec(name)?.[1]
  if (url !== null && shortcode !== undefined) into.tags.push({ type: 'Emoji', name: `:${shortcode}:`, href: null, icon: url })
}

/** The key tags are found by: no #, NFKC, lower case, no accents (as Mastodon's hashtag_normalizer.rb). Null when nothing searchable is left. */
export function foldTag(name: string): string | null {
  const tag = name.replace(/^#/, '').normalize('NFKD').replace(/\p{M}/gu, '').normalize('NFKC').toLowerCase()
  return tag.length <= 100 && /^[\p{L}\p{N}_·]+$/u.test(tag) && /\D/.test(tag) ? tag : null
}

/**
 * Images, videos, sounds and links of `attachment`, then of `image`; of a video or sound also its thumbnail (PeerTube's `icon`).
 * The same address as a picture counts more than as a link (Lemmy sends both). PropertyValue and the like are left out.
 */
export function readAttachments(json: Json): Attachment[] {
  const found: Attachment[] = []
  const icons =
    json.type === 'Video' || json.type === 'Audio'
      ? asArray(json.icon, 4)
          .toSorted((a, b) => widthOf(b) - widthOf(a))
          .slice(0, 1)
      : []
  for (const item of [...asArray(json.attachment, MAX_ATTACHMENTS), ...asArray(read(json, 'image'), 4), ...icons]) {
    const attachment = readAttachment(item)
    if (attachment === null) continue
    const same = found.findIndex((other) => other.url === attachment.url)
    if (same === -1 && found.length < MAX_ATTACHMENTS) found.push(attachment)
    else if (same !== -1 && found[same]!.type === 'Link') found[same] = attachment
  }
  return found
}

function widthOf(value: unknown): number {
  return (isMap(value) ? countOf(value.width) : null) ?? 0
}

/** WordPress writes addresses as they stand in its HTML. */
export function unescapedLink(link: string): string {
  return link.replace(/&(#0?38|amp);/g, '&')
}

function readAttachment(item: unknown): Attachment | null {
  if (typeof item === 'string') return linkOf(item) === null ? null : attachmentOf('Link', item, {})
  if (!isMap(item)) return null
  const type = typeName(item.type) ?? 'Document'
  if (!['Document', 'Image', 'Video', 'Audio', 'Link'].includes(type)) return null
  const url = linkOf(first(item.url)) ?? linkOf(item.href)
  return url === null ? null : attachmentOf(type, unescapedLink(url), item)
}

function attachmentOf(type: string, url: string, json: Json): Attachment {
  const link = first(json.url)
  const mediaType = textOf(json.mediaType ?? (isMap(link) ? link.mediaType : null), 100)
  const blurhash = textOf(read(json, 'blurhash'), 200)
  return {
    type,
    mediaType: mediaType !== null && /^[\w.+-]+\/[\w.+-]+/.test(mediaType) ? mediaType.toLowerCase() : null,
    url,
    name: proseOf(json.name, MAX_ALT) ?? proseOf(json.summary, MAX_ALT),
    width: sizeOf(json.width),
    height: sizeOf(json.height),
    blurhash: blurhash !== null && /^[\x21-\x7e]{6,200}$/.test(blurhash) ? blurhash : null,
    focalPoint: focalPointOf(read(json, 'focalPoint'))
  }
}

function sizeOf(value: unknown): number | null {
  const size = countOf(value, 100_000)
  return size === null || size === 0 ? null : size
}

function focalPointOf(value: unknown): [number, number] | null {
  const [x, y] = asArray(value, 2)
  const clean = (part: unknown): number | null =>
    typeof part === 'number' && Number.isFinite(part) ? Math.min(Math.max(part, -1), 1) : null
  const [left, top] = [clean(x), clean(y)]
  return left === null || top === null ? null : [left, top]
}

/** Where: the first Place of a map or array, joined with the address of a VirtualLocation (Gancio sends both). */
export function readPlace(value: unknown): Place | null {
  const items = asArray(value, 8)
  let place: Place | null = null
  let online: string | null = null
  for (const item of items) {
    if (typeof item === 'string') {
      place ??= linkOf(item) === null ? blankPlace(plainOf(item, MAX_NAME)) : null
      continue
    }
    if (!isMap(item)) continue
    const virtual = virtualIn(item)
    if (virtual === null) place ??= placeOf(item)
    else online ??= linkOf(first(virtual.url)) ?? linkOf(item.id)
  }
  if (online === null) return place
  return { ...(place ?? blankPlace(null)), url: online }
}

/** A VirtualLocation, or a Place that has one for an address (Gancio). */
function virtualIn(item: Json): Json | null {
  const address = read(item, 'address')
  return [item, address].filter(isMap).find(({ type }) => typeName(type) === 'VirtualLocation') ?? null
}

function blankPlace(name: string | null): Place {
  return { name, address: null, latitude: null, longitude: null, url: null }
}

function placeOf(json: Json): Place | null {
  const latitude = coordinateOf(read(json, 'latitude'), 90)
  const longitude = coordinateOf(read(json, 'longitude'), 180)
  const both = latitude !== null && longitude !== null
  const place: Place = {
    name: plainOf(json.name, MAX_NAME),
    address: addressOf(read(json, 'address')),
    latitude: both ? latitude : null,
    longitude: both ? longitude : null,
    url: linkOf(first(json.url))
  }
  return place.name === null && place.address === null && !both ? null : place
}

/** One line from a string or a schema.org PostalAddress. */
function addressOf(value: unknown): string | null {
  if (!isMap(value)) return plainOf(value, MAX_NAME)
  const part = (term: string): string | null => plainOf(read(value, term), 200)
  const town = [part('postalCode'), part('addressLocality')].filter(Boolean).join(' ')
  const line = [part('streetAddress'), town, part('addressRegion'), part('addressCountry')].filter(Boolean).join(', ')
  return line === '' ? null : line.slice(0, MAX_NAME)
}

const JOIN_MODES: readonly string[] = ['free', 'restricted', 'external', 'invite']

/** How one takes part in an Event (Mobilizon, FEP-8a8e). Servers that take no Join say nothing of it (Gancio, Friendica). */
export function readJoining(json: Json): NormJoining {
  const mode = textOf(read(json, 'joinMode'), 20)
  const externalUrl = linkOf(read(json, 'externalParticipationUrl'))
  const capacity = countOf(read(json, 'maximumAttendeeCapacity'), 1_000_000)
  return {
    joinMode: mode !== null && JOIN_MODES.includes(mode) ? (mode as JoinMode) : 'none',
    externalUrl,
    capacity: capacity === 0 ? null : capacity,
    participants: countOf(read(json, 'participantCount'), 1_000_000) ?? 0
  }
}

/** A Question's options and declared totals (never more than declared: they are the host's word, O27). */
export function readPoll(json: Json): Poll | null {
  const multiple = Array.isArray(json.anyOf)
  const options = asArray(json.oneOf ?? json.anyOf, MAX_OPTIONS)
    .filter(isMap)
    .map((option) => ({
      name: plainOf(option.name, MAX_NAME) ?? '',
      votes: isMap(option.replies) ? countOf(option.replies.totalItems) : null
    }))
    .filter((option) => option.name !== '')
  if (options.length === 0) return null
  return {
    multiple,
    options,
    voters: countOf(read(json, 'votersCount')),
    endTime: dateOf(json.endTime)?.toISOString() ?? null,
    closed: dateOf(json.closed)?.toISOString() ?? null
  }
}
