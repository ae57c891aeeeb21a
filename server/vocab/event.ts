// An event as Mobilizon, Gancio, PieFed, Friendica and Mastodon all accept it (federation.md §4.6). Pure.
import { eventStatusOf, markedTitle, type EventStatus } from '../core/event-status.ts'
import type { WireDocument } from './context.ts'
import { eventLine } from './fallback.ts'
import { objectSkeleton, type ObjectLinks, type ObjectSource, type PlaceSource } from './object.ts'
import { decimal, plainTitle, wireAttachments } from './values.ts'
import { zonedDate } from './zoned-date.ts'

/** What an event has beside its row. */
export interface EventDetails {
  /** Mobilizon's category; default COMMUNITY. */
  category?: string
  /** Language of the line that tells date and place. Default: the object's. */
  locale?: string
  /** Who may come, how many, how many do. Default: everybody, nobody counted yet. */
  joining?: JoiningSource
}

/** The columns of an `events` row that go over the wire; an EventRow fits. */
export interface JoiningSource {
  join_mode: string
  external_url: string | null
  capacity: number | null
  participants: number
  /** Euros as PostgreSQL writes them; null: nobody said, 0: free. */
  price?: string | null
}

/** When nobody said how long: two hours, not displayed (FEP-8a8e wants an endTime, PieFed parses it). */
const DEFAULT_DURATION_MS = 2 * 3_600_000

/** FEP-8a8e's term, and iCalendar's word, which Mobilizon requires to be one of its three. */
const STATUS_TERMS: Record<EventStatus, { eventStatus: string; status: string }> = {
  CONFIRMED: { eventStatus: 'EventScheduled', status: 'CONFIRMED' },
  TENTATIVE: { eventStatus: 'EventTentative', status: 'TENTATIVE' },
  MOVED_ONLINE: { eventStatus: 'EventMovedOnline', status: 'CONFIRMED' },
  POSTPONED: { eventStatus: 'EventPostponed', status: 'TENTATIVE' },
  CANCELLED: { eventStatus: 'EventCancelled', status: 'CANCELLED' }
}

/** The Event of a row. Its four null keys are the PieFed block, the only exception to W5. */
export function eventDocument(source: ObjectSource, links: ObjectLinks): WireDocument {
  const start = source.start_time ?? source.published
  const end = source.end_time ?? new Date(start.getTime() + DEFAULT_DURATION_MS)
  const timezone = source.timezone ?? 'Europe/Paris'
  const status = eventStatusOf(source.event_status)
  const organiser = links.authorIri ?? links.actorIri
  const uuid = /[0-9a-f-]{36}$/.exec(source.iri)?.[0]
  const online = onlineLink(source.place)
  const images = wireAttachments(links.origin, source.attachments, 'Image')
  return {
    ...objectSkeleton(source, links),
    ...(uuid ? { uuid } : {}),
    actor: organiser,
    name: eventName(source.name ?? '', status),
    summary: eventLine(source, links.event?.locale ?? source.language ?? 'fr'),
    inLanguage: source.language || 'fr',
    startTime: zonedDate(start, timezone),
    endTime: zonedDate(end, timezone),
    displayEndTime: source.end_time !== null,
    timezone,
    category: links.event?.category ?? 'COMMUNITY',
    ...STATUS_TERMS[status],
    ...participation(source.iri, source.url, links.event?.joining),
    anonymousParticipationEnabled: false,
    anonymousParticipation: false,
    repliesModerationOption: links.commentsEnabled === false ? 'closed' : 'allow_all',
    commentsEnabled: links.commentsEnabled !== false,
    isOnline: online !== null && !hasPosition(source.place) && !source.place?.address,
    onlineLink: online,
    buyTicketsLink: null,
    ...fee(links.event?.joining?.price),
    organizers: { type: 'Collection', totalItems: organiser === links.actorIri ? 1 : 2, items: [...new Set([links.actorIri, organiser])] },
    ...location(source.iri, source.place),
    ...(images[0] ? { image: picture(images[0]) } : {}),
    attachment: [...images, ...website(source.url, online)]
  }
}

/** The two words of the PieFed block that tell a price. */
function fee(price: string | null | undefined): WireDocument {
  const amount = Number(price ?? 0)
  return { feeCurrency: amount > 0 ? 'EUR' : null, feeAmount: amount }
}

const OPEN_TO_ALL: JoiningSource = { join_mode: 'free', external_url: null, capacity: null, participants: 0 }

/**
 * How one takes part. "none" is never sent (Mobilizon drops the event): who registers nowhere is pointed to our page.
 * Of the participants only their number is told.
 */
export function participation(iri: string, url: string | null, joining: JoiningSource = OPEN_TO_ALL): WireDocument {
  const external = joining.join_mode === 'external' || joining.join_mode === 'none'
  return {
    joinMode: external ? 'external' : joining.join_mode,
    externalParticipationUrl: external ? (joining.external_url ?? url) : null,
    maximumAttendeeCapacity: joining.capacity ?? 0,
    ...(joining.capacity === null ? {} : { remainingAttendeeCapacity: Math.max(joining.capacity - joining.participants, 0) }),
    participantCount: joining.participants,
    attendees: { id: `${iri}/attendees`, type: 'OrderedCollection', totalItems: joining.participants }
  }
}

/** Mobilizon drops titles under three characters (W10); an event called off, postponed or moved online says so in its title, the only thing all peers show. */
function eventName(name: string, status: EventStatus): string {
  const named = plainTitle(markedTitle(plainTitle(name), status))
  return named.length < 3 ? `${named} …`.trim().padEnd(3, '.') : named
}

function hasPosition(place: PlaceSource | null): boolean {
  return typeof place?.latitude === 'number' && typeof place.longitude === 'number'
}

function onlineLink(place: PlaceSource | null): string | null {
  return place?.url && /^https?:\/\//.test(place.url) ? place.url : null
}

/** One map, never a list and never null: Mobilizon has no clause for those (W6b). Absent when nothing is known. */
function location(iri: string, place: PlaceSource | null): WireDocument {
  if (place === null) return {}
  const online = onlineLink(place)
  if (!place.name && !place.address && !hasPosition(place)) {
    return online === null ? {} : { location: { type: 'VirtualLocation', name: online, url: online } }
  }
  return {
    location: {
      type: 'Place',
      id: `${iri}/place`,
      name: place.name || place.address || 'Lieu',
      ...(hasPosition(place) ? { latitude: decimal(place.latitude!), longitude: decimal(place.longitude!) } : {}),
      ...(place.address ? { address: { type: 'PostalAddress', streetAddress: place.address } } : {})
    }
  }
}

function picture(image: WireDocument): WireDocument {
  return { type: 'Image', mediaType: image['mediaType'], url: image['url'], name: image['name'] }
}

/** Mobilizon shows the Link named Website as the event's address on line. */
function website(url: string | null, online: string | null): WireDocument[] {
  const href = online ?? url
  return href === null ? [] : [{ type: 'Link', mediaType: 'text/html', href, name: 'Website' }]
}
