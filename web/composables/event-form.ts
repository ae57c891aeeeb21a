// An event as people type it, and as the API takes it: local date and time with the name of their time zone.
import type { ExactVisibility } from './visibility.ts'
import { emptyRepeat, repetitionOf, type RepeatDraft } from './recurrence.ts'
import type { EventEntity, EventQuestion, EventStatus, FoundEvent, JoinMode, Place, ReplyPolicy } from '../entities.ts'

export interface EventDraft {
  title: string
  startDate: string
  startTime: string
  endDate: string
  endTime: string
  timezone: string
  placeName: string
  address: string
  /** Address on the web where it takes place, instead of a place or besides. */
  onlineUrl: string
  /** Username of the place of the directory that was chosen; '' when none was. */
  placeActor: string
  /** The name it had then: another name is another place. */
  placeActorName: string
  latitude: string
  longitude: string
  description: string
  tags: string
  as: string
  /** Of a new one. */
  visibility: ExactVisibility
  replyPolicy: ReplyPolicy
  status: EventStatus
  joinMode: JoinMode
  /** Seats as typed; '' for as many as come. */
  capacity: string
  externalUrl: string
  waitingList: boolean
  guests: boolean
  /** Most people one registration is for. */
  seatsEach: number
  questions: QuestionDraft[]
  checkIn: boolean
  /** As typed; '' when nobody says. */
  price: string
  priceNote: string
  accessibility: string[]
  forChildren: boolean
  contact: string
  repeat: RepeatDraft
}

export interface QuestionDraft {
  id: string
  label: string
  kind: EventQuestion['kind']
  /** One per line. */
  options: string
  required: boolean
}

export const ACCESSIBILITY = ['wheelchair', 'toilets', 'hearing_loop', 'sign_language', 'quiet', 'parking']

export interface EventBody {
  title: string
  description: string
  start: string
  end: string | null
  timezone: string
  location: Partial<Place> | null
  placeActor: string | null
  tags: string[]
  status: EventStatus
  joinMode: JoinMode
  capacity: number | null
  externalParticipationUrl: string | null
  waitingList: boolean
  guests: boolean
  seatsEach: number
  questions: EventQuestion[]
  checkIn: boolean
  price: number | null
  priceNote: string
  accessibility: string[]
  forChildren: boolean
  contact: string
  media_ids?: string[]
  as?: string
  visibility?: ExactVisibility
  reply_policy?: ReplyPolicy
  recurrence?: { rule: string; except: string[] }
}

export function emptyDraft(timezone: string): EventDraft {
  return {
    title: '',
    startDate: '',
    startTime: '',
    endDate: '',
    endTime: '',
    timezone,
    placeName: '',
    address: '',
    onlineUrl: '',
    placeActor: '',
    placeActorName: '',
    latitude: '',
    longitude: '',
    description: '',
    tags: '',
    as: '',
    visibility: 'public',
    replyPolicy: 'everyone',
    status: 'CONFIRMED',
    joinMode: 'free',
    capacity: '',
    externalUrl: '',
    waitingList: true,
    guests: false,
    seatsEach: 1,
    questions: [],
    checkIn: false,
    price: '',
    priceNote: '',
    accessibility: [],
    forChildren: false,
    contact: '',
    repeat: emptyRepeat()
  }
}

/** The draft behind an event; its dates are already written in its own time zone. */
export function draftOf(event: EventEntity, plain: (html: string) => string): EventDraft {
  const date = (iso: string | null): string => iso?.slice(0, 10) ?? ''
  const time = (iso: string | null): string => iso?.slice(11, 16) ?? ''
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value))
  return {
    title: event.title,
    startDate: date(event.start),
    startTime: time(event.start),
    endDate: date(event.end),
    endTime: time(event.end),
    timezone: event.timezone,
    placeName: event.location?.name ?? '',
    address: event.location?.address ?? '',
    onlineUrl: event.location?.url ?? '',
    placeActor: event.placeActor?.username ?? '',
    placeActorName: event.location?.name ?? '',
    latitude: number(event.location?.latitude),
    longitude: number(event.location?.longitude),
    description: plain(event.description),
    tags: event.tags.map((tag) => `#${tag.name}`).join(' '),
    as: '',
    visibility: 'public',
    replyPolicy: 'everyone',
    status: event.status,
    joinMode: event.joinMode,
    capacity: number(event.capacity),
    externalUrl: event.externalParticipationUrl ?? '',
    waitingList: event.waitingList,
    guests: event.guests,
    seatsEach: event.seatsEach,
    questions: event.questions.map((question) => ({ ...question, options: question.options.join('\n') })),
    checkIn: event.checkIn,
    price: number(event.price).replace('.', ','),
    priceNote: event.priceNote ?? '',
    accessibility: [...event.accessibility],
    forChildren: event.forChildren,
    contact: event.contact ?? '',
    repeat: emptyRepeat()
  }
}

/** What an announcement of elsewhere fills in; one registers there. */
export function draftOfFound(found: FoundEvent): Partial<EventDraft> {
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value))
  return {
    title: found.title,
    description: found.description,
    startDate: found.start.slice(0, 10),
    startTime: found.start.slice(11, 16),
    endDate: found.end?.slice(0, 10) ?? '',
    endTime: found.end?.slice(11, 16) ?? '',
    timezone: found.timezone,
    placeName: found.location?.name ?? '',
    address: found.location?.address ?? '',
    latitude: number(found.location?.latitude),
    longitude: number(found.location?.longitude),
    tags: found.tags.map((tag) => `#${tag.replaceAll(/[\s-]+/g, '_')}`).join(' '),
    status: found.status,
    ...(found.url === null ? {} : { joinMode: 'external' as const, externalUrl: found.url })
  }
}

/** What the API takes. An end without a date is on the first day; no end time means no end. */
export function bodyOf(draft: EventDraft, mediaIds: string[]): EventBody {
  const place: Partial<Place> = {}
  if (draft.placeName.trim()) place.name = draft.placeName.trim()
  if (draft.address.trim()) place.address = draft.address.trim()
  if (draft.onlineUrl.trim()) place.url = draft.onlineUrl.trim()
  const latitude = numberIn(draft.latitude)
  const longitude = numberIn(draft.longitude)
  const recurrence = repetitionOf(draft.repeat, draft.startDate)
  if (latitude !== null && longitude !== null) Object.assign(place, { latitude, longitude })
  return {
    title: draft.title.trim(),
    description: draft.description,
    start: `${draft.startDate}T${draft.startTime}`,
    end: draft.endTime ? `${draft.endDate || draft.startDate}T${draft.endTime}` : null,
    timezone: draft.timezone,
    location: Object.keys(place).length > 0 ? place : null,
    placeActor: draft.placeActor !== '' && draft.placeActorName === draft.placeName ? draft.placeActor : null,
    tags: draft.tags.split(/[\s,#]+/).filter(Boolean),
    status: draft.status,
    joinMode: draft.joinMode,
    capacity: takesSeats(draft.joinMode) && draft.capacity.trim() !== '' ? Number(draft.capacity) : null,
    externalParticipationUrl: draft.joinMode === 'external' ? draft.externalUrl.trim() : null,
    waitingList: draft.waitingList,
    guests: draft.guests,
    seatsEach: draft.seatsEach,
    questions: draft.questions.map(({ options, ...question }) => ({
      ...question,
      options:
        question.kind === 'choice'
          ? options
              .split('\n')
              .map((option) => option.trim())
              .filter(Boolean)
          : []
    })),
    checkIn: draft.checkIn,
    price: numberIn(draft.price.replace(/[€\s]/g, '')),
    priceNote: draft.priceNote,
    accessibility: draft.accessibility,
    forChildren: draft.forChildren,
    contact: draft.contact,
    ...(mediaIds.length > 0 ? { media_ids: mediaIds } : {}),
    ...(draft.as ? { as: draft.as } : {}),
    // Members are those of the group it is announced by.
    ...(draft.visibility === 'public' || (draft.visibility === 'members' && !draft.as) ? {} : { visibility: draft.visibility }),
    ...(draft.replyPolicy === 'everyone' ? {} : { reply_policy: draft.replyPolicy }),
    ...(recurrence === undefined ? {} : { recurrence })
  }
}

/** True where the organiser counts who comes. */
export function takesSeats(joinMode: JoinMode): boolean {
  return joinMode === 'free' || joinMode === 'restricted'
}

// French keyboards type a comma.
function numberIn(text: string): number | null {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) ? null : value
}
