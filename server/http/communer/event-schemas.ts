// Schemas of events in the native API: what a client sends, what it gets. OpenAPI prints them.
import { Type, type Static } from 'typebox'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const Text = (maxLength: number) => Type.String({ maxLength })
const Status = Type.Union([Type.Literal('CONFIRMED'), Type.Literal('TENTATIVE'), Type.Literal('CANCELLED')])
const NotYet = Type.Optional(Type.Unknown({ description: 'Not available yet: refused with event.not-available' }))

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
  status: Type.Optional(Status),
  location: Type.Optional(orNull(LocationInput)),
  tags: Type.Optional(Type.Array(Text(200), { maxItems: 50 })),
  category: Type.Optional(Text(40)),
  language: Type.Optional(Text(20)),
  media_ids: Type.Optional(Type.Array(Id, { maxItems: 4 })),
  joinMode: NotYet,
  capacity: NotYet,
  recurrence: NotYet
}

export const NewEventBody = strictObject({
  ...fields,
  visibility: Type.Optional(
    Type.Union(['public', 'unlisted', 'followers', 'private', 'members', 'local'].map((word) => Type.Literal(word)))
  ),
  as: Type.Optional(Type.String({ maxLength: 60, description: 'Username of the group in whose name it is announced' }))
})

export const EditEventBody = strictObject({ ...fields, title: Type.Optional(fields.title), start: Type.Optional(fields.start) })
export type EditEventBody = Static<typeof EditEventBody>

export const EventQuery = Type.Object({
  from: Type.Optional(Text(64)),
  to: Type.Optional(Text(64)),
  near: Type.Optional(Type.String({ pattern: '^-?[0-9.]{1,20},-?[0-9.]{1,20}$', description: 'latitude,longitude' })),
  radius: Type.Optional(Type.Number({ minimum: 1, maximum: 500_000, description: 'Metres around `near`; default 20,000' })),
  theme: Type.Optional(Type.String({ maxLength: 100, description: 'A hashtag' })),
  place: Type.Optional(Text(200)),
  group: Type.Optional(Type.String({ maxLength: 60, description: 'Username of who announces' })),
  local: Type.Optional(Type.Boolean({ description: 'Only what is announced on this instance' })),
  after: Type.Optional(Type.String({ maxLength: 60, description: 'Cursor of the Link header' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
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
    status: Status,
    location: orNull(
      Type.Object({
        name: orNull(Type.String()),
        address: orNull(Type.String()),
        latitude: orNull(Type.Number()),
        longitude: orNull(Type.Number()),
        url: orNull(Type.String())
      })
    ),
    image: orNull(
      Type.Object({ url: Type.String(), description: orNull(Type.String()), width: orNull(Type.Number()), height: orNull(Type.Number()) })
    ),
    tags: Type.Array(Type.Object({ name: Type.String(), url: Type.String() })),
    organizer: MastodonAccount,
    author: orNull(MastodonAccount),
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
