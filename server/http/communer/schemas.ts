// Schemas several routes of the native API share. Types come from them; OpenAPI prints them.
import { Type, type TSchema } from 'typebox'
import { isRowId } from '../../core/ids.ts'

export const Id = Type.String({ pattern: '^[0-9]{1,19}$', description: 'Row id: decimal, sorts by time' })
export const Username = Type.String({ minLength: 1, maxLength: 60 })
export const Password = Type.String({ minLength: 1, maxLength: 1024, description: '8 to 256 characters' })
/** Entered by hand outside the reference data, the largest first. */
export const UpperLevels = Type.Array(
  Type.Object({
    level: Type.String({ maxLength: 200, description: 'As it is called there: canton' }),
    name: Type.String({ maxLength: 200 })
  }),
  { maxItems: 12 }
)
export const Empty = Type.Object({})

/** A one-time link that an administrator hands to somebody. */
export const HandedLink = Type.Object({ url: Type.String(), expires_at: Type.String() })

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String({ description: 'A sentence for people, in their language' }),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'A stable name for programs' }),
    field: Type.Optional(Type.String())
  },
  { additionalProperties: true, title: 'Problem' }
)

/** The Mastodon Account entity: its shape is that API's, so it passes through as it is. */
export const MastodonAccount = Type.Object(
  {},
  { additionalProperties: true, title: 'Account', description: 'docs.joinmastodon.org/entities/Account' }
)

/** Responses of a route: the success given, Problem for every refusal. */
export function answers<Success extends TSchema>(status: 200 | 201 | 202 | 204, schema: Success) {
  return { [status]: schema, '4xx': Problem, '5xx': Problem }
}

/** The row id a filter asks for; where there can be none of it, one that finds nothing. */
export function rowIdOf(id: string | undefined): string | undefined {
  return id === undefined || isRowId(id) ? id : '0'
}

/** A request body that refuses what it does not know (security.md W16). */
export function strictObject<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}

/** Nullable. */
export function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

export const InviteBody = strictObject({ acct: Type.String({ maxLength: 400, description: 'Handle of the person, here or elsewhere' }) })
