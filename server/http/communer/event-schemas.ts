// Schemas of events in the native API: what a client sends, what it gets. OpenAPI prints them.
import { Type, type Static } from 'typebox'
import { EVENT_STATUSES } from '../../core/event-status.ts'
import { REPLY_POLICIES } from '../../core/reply-policy.ts'
import { MAX_QUESTIONS, MAX_SEATS_EACH, QUESTION_KINDS } from '../../core/registration.ts'
import { ACCESSIBILITY } from '../../db/directory.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const Text = (maxLength: number) => Type.String({ maxLength })
/** One of these words. */
const words = <Word extends string>(list: Word[], options: { description?: string } = {}) =>
  Type.Unsafe<Word>(
    Type.Union(
      list.map((word) => Type.Literal(word)),
      options
    )
  )
export const EventStatusWord = words([...EVENT_STATUSES], {
  description: 'POSTPONED: not on the date announced, no other known yet; MOVED_ONLINE: at an address on the web instead of the place'
})

export const LocationInput = Type.Object(
  {
    name: Type.Optional(orNull(Text(500))),
    address: Type.Optional(orNull(Text(1000))),
    latitude: Type.Optional(orNull(Type.Number())),
    longitude: Type.Optional(orNull(Type.Number())),
    url: Type.Optional(orNull(Text(2048)))
  },
  { additionalProperties: false }
)

const fields = {
  title: Text(1000),
  description: Type.Optional(Text(50_000)),
  start: Type.String({ maxLength: 64, description: 'ISO 8601 with an offset, or local time in `timezone`' }),
  end: Type.Optional(orNull(Text(64))),
  timezone: Type.Optional(Text(64)),
  status: Type.Optional(EventStatusWord),
  location: Type.Optional(orNull(LocationInput)),
  placeActor: Type.Optional(orNull(Type.String({ maxLength: 60, description: 'Username of a place of the directory; null: of none' }))),
  tags: Type.Optional(Type.Array(Text(200), { maxItems: 50 })),
  category: Type.Optional(Text(40)),
  language: Type.Optional(Text(20)),
  media_ids: Type.Optional(Type.Array(Id, { maxItems: 4 })),
  joinMode: Type.Optional(
    words(['free', 'restricted', 'external', 'none'], {
      description: 'restricted: organisers accept each request; none: nobody registers. Default: free'
    })
  ),
  capacity: Type.Optional(orNull(Type.Integer({ minimum: 0, description: 'Seats; 0 or null: as many as come' }))),
  waitingList: Type.Optional(Type.Boolean({ description: 'Of an event with seats: who finds none waits for one' })),
  externalParticipationUrl: Type.Optional(orNull(Text(2048))),
  guests: Type.Optional(Type.Boolean({ description: 'Who has no account registers by e-mail' })),
  seatsEach: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_SEATS_EACH, description: 'Most seats one registration takes; default 1' })
  ),
  questions: Type.Optional(
    Type.Array(
      strictObject({
        id: Type.Optional(Type.String({ pattern: '^[a-z0-9]{1,12}$', description: 'Keeps the answers when the words change' })),
        label: Text(200),
        kind: Type.Optional(words([...QUESTION_KINDS])),
        options: Type.Optional(Type.Array(Text(200), { maxItems: 12 })),
        required: Type.Optional(Type.Boolean())
      }),
      { maxItems: MAX_QUESTIONS, description: 'Asked of everybody who registers here' }
    )
  ),
  checkIn: Type.Optional(Type.Boolean({ description: 'Who comes gets a code for the door' })),
  price: Type.Optional(orNull(Type.Number({ minimum: 0, maximum: 100_000, description: 'Euros; 0: free, null: nobody says' }))),
  priceNote: Type.Optional(orNull(Text(200))),
  accessibility: Type.Optional(Type.Array(words([...ACCESSIBILITY]), { maxItems: 12 })),
  forChildren: Type.Optional(Type.Boolean()),
  contact: Type.Optional(orNull(Type.String({ maxLength: 200, description: 'Whom to ask, in one line' })))
}

const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })

export const RecurrenceInput = strictObject({
  rule: Type.String({ maxLength: 300, description: 'Value of an RRULE (RFC 5545): DAILY, WEEKLY, MONTHLY or YEARLY, without hours' }),
  except: Type.Optional(Type.Array(Day, { maxItems: 200, description: 'Days left out' }))
})

export const PlannedQuery = Type.Object({
  from: Text(64),
  to: Text(64),
  group: Type.Optional(Type.String({ maxLength: 60, description: 'Username of who announces' }))
})

export const PlannedDate = Type.Object(
  {
    title: Type.String(),
    start: Type.String(),
    timezone: Type.String(),
    place: orNull(Type.String()),
    eventId: orNull(Type.String({ description: 'The date announced last, where the series is explained' }))
  },
  { title: 'PlannedDate' }
)

export const LeaveOutBody = strictObject({ date: Day })

export const NewEventBody = strictObject({
  ...fields,
  visibility: Type.Optional(words(['public', 'unlisted', 'followers', 'private', 'members', 'local'])),
  reply_policy: Type.Optional(words([...REPLY_POLICIES], { description: 'Who may comment; default: everyone it reaches' })),
  as: Type.Optional(Type.String({ maxLength: 60, description: 'Username of the group in whose name it is announced' })),
  recurrence: Type.Optional(orNull(RecurrenceInput))
})

export const EditEventBody = strictObject({
  ...fields,
  title: Type.Optional(fields.title),
  start: Type.Optional(fields.start),
  scope: Type.Optional(words(['this', 'following', 'all'], { description: 'Of an event that comes again: which dates. Default: this one' }))
})
export type EditEventBody = Static<typeof EditEventBody>

export const EventQuery = Type.Object({
  from: Type.Optional(Text(64)),
  to: Type.Optional(Text(64)),
  near: Type.Optional(Type.String({ pattern: '^-?[0-9.]{1,20},-?[0-9.]{1,20}$', description: 'latitude,longitude' })),
  radius: Type.Optional(Type.Number({ minimum: 1, maximum: 500_000, description: 'Metres around `near`; default 20,000' })),
  theme: Type.Optional(Type.String({ maxLength: 100, description: 'A hashtag' })),
  place: Type.Optional(Text(200)),
  neighbourhood: Type.Optional(Id),
  group: Type.Optional(Type.String({ maxLength: 60, description: 'Username of who announces' })),
  organizer: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the name, or the username, of who announces' })),
  free: Type.Optional(Type.Boolean({ description: 'Only what says that it costs nothing' })),
  children: Type.Optional(Type.Boolean({ description: 'Only what is for children too' })),
  category: Type.Optional(Type.String({ pattern: '^[A-Z_]{1,40}$', description: 'Mobilizon’s word, such as WORKSHOP' })),
  online: Type.Optional(Type.Boolean({ description: 'Only what one can take part in from afar' })),
  accessibility: Type.Optional(Type.Array(words([...ACCESSIBILITY]), { maxItems: 6, description: 'Only what offers all of these' })),
  local: Type.Optional(Type.Boolean({ description: 'Only what is announced on this instance' })),
  participating: Type.Optional(
    Type.Boolean({ description: 'Only what the viewer takes part in, asked to, is interested in or invited to' })
  ),
  after: Type.Optional(Type.String({ maxLength: 60, description: 'Cursor of the Link header' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
})

/** To the organiser's questions, by their ids. */
const Answers = Type.Record(Type.String({ pattern: '^[a-z0-9]{1,12}$' }), Text(500), { maxProperties: MAX_QUESTIONS })

/** What one wants to know before coming, and what one is asked who does. */
const practical = {
  guests: Type.Boolean(),
  seatsEach: Type.Integer(),
  questions: Type.Array(
    Type.Object({
      id: Type.String(),
      label: Type.String(),
      kind: words([...QUESTION_KINDS]),
      options: Type.Array(Type.String()),
      required: Type.Boolean()
    })
  ),
  checkIn: Type.Boolean(),
  price: orNull(Type.Number()),
  priceNote: orNull(Type.String()),
  accessibility: Type.Array(Type.String()),
  forChildren: Type.Boolean(),
  contact: orNull(Type.String())
}

const Picture = Type.Object({
  url: Type.String(),
  description: orNull(Type.String()),
  width: orNull(Type.Number()),
  height: orNull(Type.Number())
})

export const Event = Type.Object(
  {
    id: Id,
    uri: Type.String(),
    url: Type.String(),
    title: Type.String(),
    description: Type.String({ description: 'HTML, sanitised' }),
    start: Type.String(),
    end: orNull(Type.String()),
    timezone: Type.String(),
    status: EventStatusWord,
    movedFrom: orNull(Type.String({ description: 'Start before the organiser last changed it' })),
    isOver: Type.Boolean(),
    joinMode: words(['free', 'restricted', 'external', 'invite', 'none']),
    externalParticipationUrl: orNull(Type.String()),
    capacity: orNull(Type.Integer()),
    remainingCapacity: orNull(Type.Integer()),
    waitingList: Type.Boolean(),
    participantCount: Type.Integer(),
    participation: orNull(
      Type.Object({
        state: words(['sent', 'received', 'no_answer', 'undeliverable', 'waiting', 'accepted', 'refused', 'interested'], {
          description: 'sent: on its way; received: the organiser’s server has it; no_answer: three days later nothing came back'
        }),
        position: orNull(Type.Integer({ description: 'In line for a seat, from 1' })),
        named: Type.Boolean({ description: 'The name is shown among the participants' }),
        message: Type.String(),
        seats: Type.Integer({ description: 'The person and who comes along' }),
        answers: Answers,
        code: orNull(Type.String({ description: 'To say at the door' })),
        since: Type.String()
      })
    ),
    invitedBy: orNull(MastodonAccount),
    canOrganise: Type.Boolean(),
    requestCount: orNull(Type.Integer({ description: 'Requests that wait; for organisers' })),
    ...practical,
    location: orNull(
      Type.Object({
        name: orNull(Type.String()),
        address: orNull(Type.String()),
        latitude: orNull(Type.Number()),
        longitude: orNull(Type.Number()),
        url: orNull(Type.String())
      })
    ),
    placeActor: orNull(
      Type.Object({ username: Type.String(), name: Type.String(), url: Type.String() }, { description: 'One can follow it' })
    ),
    image: orNull(Picture),
    moreImages: Type.Array(Picture, { description: 'The others' }),
    tags: Type.Array(Type.Object({ name: Type.String(), url: Type.String() })),
    organizer: MastodonAccount,
    author: orNull(MastodonAccount),
    alsoAnnouncedBy: Type.Array(Type.Object({ name: Type.String(), url: Type.String() }), {
      description: 'Others who announce the same event; lists show it once'
    }),
    series: orNull(
      Type.Object(
        {
          rule: Type.String({ description: 'Value of an RRULE, whose DTSTART is `starts` in `timezone`' }),
          starts: Type.String({ description: 'First date on the clock of `timezone`' }),
          timezone: Type.String(),
          except: Type.Array(Day),
          endedAt: orNull(Type.String()),
          dates: Type.Array(
            Type.Object({
              start: Type.String(),
              eventId: orNull(Type.String({ description: 'Null: planned, not announced yet' })),
              status: EventStatusWord
            }),
            { description: 'The next ones' }
          )
        },
        { description: 'Null: it comes once' }
      )
    ),
    visibility: Type.String(),
    replies_count: Type.Integer(),
    favourites_count: Type.Integer(),
    reblogs_count: Type.Integer(),
    created_at: Type.String(),
    edited_at: orNull(Type.String()),
    status_id: Id
  },
  { title: 'Event' }
)

export const JoinBody = strictObject({
  message: Type.Optional(Type.String({ maxLength: 2000, description: 'A word to the organiser' })),
  named: Type.Optional(Type.Boolean({ description: 'Let one’s name be shown among the participants; default: no' })),
  seats: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_SEATS_EACH, description: 'The person and who comes along; default 1' })),
  answers: Type.Optional(Answers)
})

export const GuestBody = strictObject({
  name: Text(200),
  email: Text(320),
  seats: JoinBody.properties.seats,
  answers: JoinBody.properties.answers,
  message: JoinBody.properties.message
})

/** What the link in a guest's mail opens. */
export const GuestRegistration = Type.Object(
  {
    eventId: Id,
    state: words(['unconfirmed', 'pending', 'accepted', 'refused', 'left']),
    name: Type.String(),
    seats: Type.Integer(),
    code: orNull(Type.String({ description: 'To say at the door' })),
    since: Type.String()
  },
  { title: 'GuestRegistration' }
)

export const MessageBody = strictObject({
  content: Type.String({ minLength: 1, maxLength: 2000 }),
  audience: Type.Optional(words(['accepted', 'all'], { description: 'accepted: who comes; all: who asks to, too. Default: accepted' }))
})

export const EventMessage = Type.Object(
  {
    id: Id,
    content: Type.String(),
    audience: words(['accepted', 'all']),
    sent: Type.Integer({ description: 'How many have it' }),
    createdAt: Type.String(),
    finishedAt: orNull(Type.String({ description: 'Null: still on its way' }))
  },
  { title: 'EventMessage' }
)

export const ParticipantQuery = Type.Object({
  state: Type.Optional(words(['pending', 'accepted', 'refused'], { description: 'Only these; for organisers' })),
  after: Type.Optional(Id)
})

export const EventParticipant = Type.Object(
  {
    id: Id,
    account: orNull(MastodonAccount),
    guest: orNull(Type.Object({ name: Type.String(), email: Type.String({ description: 'Empty once the event is long over' }) })),
    state: words(['pending', 'accepted', 'refused']),
    message: Type.String({ description: 'For organisers; else empty' }),
    seats: Type.Integer(),
    answers: Type.Array(Type.Object({ question: Type.String(), answer: Type.String() }), { description: 'For organisers; else empty' }),
    code: orNull(Type.String({ description: 'For organisers' })),
    checkedInAt: orNull(Type.String({ description: 'For organisers' })),
    since: Type.String()
  },
  { title: 'EventParticipant' }
)
