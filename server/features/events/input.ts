// What someone types about an event, checked and turned into columns: title, moments in a time zone, place, text.
import { DateTime, IANAZone } from 'luxon'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { MAX_SEATS_EACH, readQuestions, type QuestionInput } from '../../core/registration.ts'
import type { EventStatus } from '../../core/event-status.ts'
import { MAX_TEXT_CHARACTERS, renderText, splitText } from '../../core/text.ts'
import { ACCESSIBILITY } from '../../db/directory.ts'
import type { Joining } from '../../db/events.ts'
import type { ObjectRow, Place } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { plainTitle } from '../../vocab/values.ts'

export const JOIN_MODES = ['free', 'restricted', 'external', 'none'] as const

export interface EventInput {
  title: string
  description?: string
  /** ISO 8601 with an offset, or local time in `timezone`. */
  start: string
  end?: string | null
  /** IANA name; default: the commune's. */
  timezone?: string
  status?: EventStatus
  location?: Partial<Place> | null
  /** Username of a place of the directory, when it is there; null: of none. */
  placeActor?: string | null
  /** With or without #. */
  tags?: string[]
  category?: string
  language?: string
  /** free: everybody may come; restricted: organisers accept; external: one registers elsewhere; none: nobody registers. */
  joinMode?: (typeof JOIN_MODES)[number]
  /** Seats; null or 0: as many as come. */
  capacity?: number | null
  /** Of an event with seats: who finds none waits for one. Where organisers accept each request, they say who gets it. */
  waitingList?: boolean
  /** For `external`. */
  externalParticipationUrl?: string | null
  /** Who has no account registers by e-mail. */
  guests?: boolean
  /** Most seats one registration takes, 1 to 10. */
  seatsEach?: number
  /** Asked of everybody who registers here. */
  questions?: QuestionInput[]
  /** Who comes gets a code for the door. */
  checkIn?: boolean
  /** Euros; 0: free, null: nobody says. */
  price?: number | null
  /** "Adhérents 3 €", "prix libre". */
  priceNote?: string | null
  accessibility?: string[]
  forChildren?: boolean
  /** Whom to ask, in one line. */
  contact?: string | null
}

/** The columns an event has beside those of every object. */
export type EventColumns = Pick<
  ObjectRow,
  'name' | 'content' | 'source' | 'start_time' | 'end_time' | 'timezone' | 'event_status' | 'place'
>

export interface EventDraft {
  columns: EventColumns
  hashtags: string[]
  category: string | undefined
  joining: Joining
}

/** Nothing a commune announces lasts longer; a wrong year does. */
const MAX_DURATION_MS = 366 * 24 * 3_600_000
const MAX_TAGS = 20

/** Checks an event whole. Throws event.* (422) with the field in `details.field`. */
export function readEvent(ctx: Ctx, input: EventInput): EventDraft {
  const timezone = input.timezone || requireSite(ctx).timezone
  if (!IANAZone.isValidZone(timezone)) throw wrong('event.timezone', 'timezone', 'This time zone does not exist.')
  const start = readMoment(input.start, timezone, 'start')
  const end = input.end ? readMoment(input.end, timezone, 'end') : null
  if (end !== null && end < start) throw wrong('event.end', 'end', 'An event ends after it starts.')
  if (end !== null && end.getTime() - start.getTime() > MAX_DURATION_MS)
    throw wrong('event.too-long', 'end', 'An event lasts at most a year.')
  const { source, content, hashtags } = readDescription(ctx, input.description ?? '')
  const category = input.category
  if (category !== undefined && !/^[A-Z_]{1,40}$/.test(category)) throw wrong('event.category', 'category', 'This category does not exist.')
  return {
    columns: {
      name: readTitle(input.title),
      content,
      source,
      start_time: start,
      end_time: end,
      timezone,
      event_status: input.status ?? 'CONFIRMED',
      place: input.status === 'MOVED_ONLINE' ? onlineOnly(readPlace(input.location ?? null)) : readPlace(input.location ?? null)
    },
    hashtags: [...new Set([...readTags(input.tags ?? []), ...hashtags])].slice(0, MAX_TAGS),
    category,
    joining: readJoining(input)
  }
}

const MAX_CAPACITY = 100_000

function readJoining(input: EventInput): Joining {
  const { joinMode = 'free', capacity, externalParticipationUrl, waitingList = false } = input
  const url = line(externalParticipationUrl, 2048)
  if (url !== null && !/^https?:\/\/[^\s<>"]+$/i.test(url))
    throw wrong('event.external-url', 'externalParticipationUrl', 'An address on the web starts with https://.')
  if (joinMode === 'external' && url === null)
    throw wrong('event.external-url', 'externalParticipationUrl', 'Registration elsewhere needs its address.')
  const seats = capacity ?? 0
  if (!Number.isInteger(seats) || seats < 0 || seats > MAX_CAPACITY)
    throw wrong('event.capacity', 'capacity', `The number of seats is between 1 and ${MAX_CAPACITY}.`)
  return {
    join_mode: joinMode,
    external_url: joinMode === 'external' ? url : null,
    capacity: seats === 0 ? null : seats,
    waiting_list: waitingList && seats > 0 && (joinMode === 'free' || joinMode === 'restricted'),
    ...readPractical(input),
    ...readRegistering(input, joinMode === 'free' || joinMode === 'restricted')
  }
}

/** How one registers; of events where nobody does, nothing. */
function readRegistering({ guests = false, seatsEach = 1, questions = [], checkIn = false }: EventInput, registers: boolean) {
  if (!Number.isInteger(seatsEach) || seatsEach < 1 || seatsEach > MAX_SEATS_EACH)
    throw wrong('event.seats-each', 'seatsEach', `One registration takes 1 to ${MAX_SEATS_EACH} seats.`)
  return registers
    ? { guests, seats_each: seatsEach, questions: readQuestions(questions), check_in: checkIn }
    : { guests: false, seats_each: 1, questions: [], check_in: false }
}

const MAX_PRICE = 100_000

/** What one wants to know before coming. */
function readPractical({ price = null, priceNote, accessibility = [], forChildren = false, contact }: EventInput) {
  if (price !== null && !(price >= 0 && price <= MAX_PRICE)) throw wrong('event.price', 'price', `A price is between 0 and ${MAX_PRICE}.`)
  return {
    price: price === null ? null : price.toFixed(2),
    price_note: line(priceNote, 200),
    accessibility: ACCESSIBILITY.filter((one) => accessibility.includes(one)),
    for_children: forChildren,
    contact: line(contact, 200)
  }
}

/** Plain text, 3 to 200 characters without <, > and & (federation.md W10): what every peer can print. */
function readTitle(text: string): string {
  const title = plainTitle(clean(text))
  if ([...title].length < 3) throw wrong('event.title', 'title', 'A title has 3 to 200 characters.')
  return title
}

function readMoment(text: string, timezone: string, field: string): Date {
  // With an offset the moment is clear; without one it is the clock on the town hall of that zone.
  const moment = DateTime.fromISO(text, { zone: timezone })
  if (!moment.isValid || moment.year < 1970 || moment.year > 2200) throw wrong(`event.${field}-invalid`, field, 'This date is not valid.')
  return moment.toJSDate()
}

function readDescription(ctx: Ctx, text: string): { source: string; content: string; hashtags: string[] } {
  const source = clean(text)
  if ([...source].length > MAX_TEXT_CHARACTERS)
    throw new AppError('post.too-long', 422, `A post has at most ${MAX_TEXT_CHARACTERS} characters.`, {
      details: { max: MAX_TEXT_CHARACTERS, field: 'description' }
    })
  const { origin } = requireSite(ctx)
  const parts = splitText(source)
  // Events name nobody on the wire: Gancio reads every tag as a hashtag (federation.md W15).
  const content = renderText(parts, { tagUrl: (name) => tagUrl(origin, name), mentionUrl: () => null })
  return { source, content, hashtags: parts.flatMap((part) => (part.kind === 'tag' ? [part.name] : [])) }
}

function readTags(tags: string[]): string[] {
  return tags
    .map((tag) =>
      clean(tag)
        .replace(/^#/, '')
        .trim()
        .replaceAll(/[\s-]+/g, '_')
    )
    .filter((tag) => /^[\p{L}\p{N}_]{1,100}$/u.test(tag) && /\D/.test(tag))
}

function readPlace(location: Partial<Place> | null): Place | null {
  if (location === null) return null
  const name = line(location.name, 200)
  const address = line(location.address, 500)
  const url = line(location.url, 2048)
  const { latitude = null, longitude = null } = location
  if ((latitude === null) !== (longitude === null))
    throw wrong('event.coordinates', 'location', 'A position has a latitude and a longitude.')
  if (latitude !== null && longitude !== null && !(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
    throw wrong('event.coordinates', 'location', 'A latitude is between -90 and 90, a longitude between -180 and 180.')
  }
  if (url !== null && !/^https?:\/\/[^\s<>"]+$/i.test(url))
    throw wrong('event.place-url', 'location', 'An address on the web starts with https://.')
  if (name === null && address === null && url === null && latitude === null) return null
  return { name, address, latitude, longitude, url }
}

/** Moved online is nowhere else: a place left beside the address would still send people there. */
function onlineOnly(place: Place | null): Place {
  if (!place?.url) throw wrong('event.online-url', 'location', 'An event moved online needs its address on the web.')
  return { name: null, address: null, latitude: null, longitude: null, url: place.url }
}

function line(value: string | null | undefined, max: number): string | null {
  const text = clean(value ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text === '' ? null : [...text].slice(0, max).join('')
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed().normalize('NFC')
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
