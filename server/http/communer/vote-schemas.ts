// Votes as the native API speaks of them.
import { Type, type TSchema } from 'typebox'
import { METHODS, type Ballot } from '../../core/tally/ballot.ts'
import { BASES, OUTCOMES, SHARES } from '../../core/tally/decide.ts'
import { ELECTORATES, REASONS, RESULTS } from '../../db/votes.ts'
import { ProcessLink } from './process-answers.ts'
import { RoomLink } from './room-answers.ts'
import { Id, MastodonAccount, orNull, strictObject, Username } from './schemas.ts'

/** One of these words; OpenAPI prints them. */
export function words<const Word extends string>(list: readonly Word[], options: { description?: string } = {}) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...list], ...options })
}
const maybe = <Schema extends TSchema>(schema: Schema) => Type.Optional(orNull(schema))
const Roles = words(['owner', 'moderator', 'member'] as const)

/** One type with two names, not a union: of a union the reader of requests would make null a zero. */
const Mark = Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum: 0, maximum: 100 })
export const Marks = Type.Unsafe<Ballot>(
  Type.Array(Mark, {
    maxItems: 32,
    description:
      'One per option. Chosen: 1. Score, dots: points. Ranked: 1 is the favourite. Dates: 0 no, 1 if need be, 2 yes. All null: a blank ballot'
  })
)

export const NewVoteBody = strictObject({
  as: Username,
  title: Type.String({ maxLength: 400 }),
  description: Type.Optional(Type.String({ maxLength: 20_000 })),
  language: Type.Optional(Type.String({ maxLength: 12 })),
  visibility: Type.Optional(words(['public', 'members'] as const)),
  about: maybe(Id),
  process: maybe(Id),
  room: maybe(Id),
  method: words(METHODS),
  options: Type.Optional(
    Type.Array(strictObject({ name: Type.String({ maxLength: 400 }), meaning: Type.Optional(Type.String({ maxLength: 4000 })) }), {
      maxItems: 32
    })
  ),
  most: maybe(Type.Integer({ minimum: 1, maximum: 32 })),
  fewest: maybe(Type.Integer({ minimum: 1, maximum: 32 })),
  max_score: maybe(Type.Integer({ minimum: 1, maximum: 20 })),
  dots: maybe(Type.Integer({ minimum: 1, maximum: 100 })),
  electorate: words(ELECTORATES),
  roles: Type.Optional(Type.Array(Roles, { maxItems: 3 })),
  functions: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 30 })),
  electors: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 2000 })),
  share: maybe(words(Object.keys(SHARES) as (keyof typeof SHARES)[])),
  base: Type.Optional(words(BASES)),
  quorum: maybe(Type.Integer({ minimum: 1, maximum: 100 })),
  secret: Type.Optional(Type.Boolean()),
  reason: Type.Optional(words(REASONS)),
  results: Type.Optional(words(RESULTS)),
  changeable: Type.Optional(Type.Boolean()),
  open_to_all: Type.Optional(Type.Boolean()),
  opens_at: maybe(Type.String({ maxLength: 40 })),
  closes_at: Type.String({ maxLength: 40 }),
  paper_hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 336 }))
})

export const BallotBody = strictObject({
  marks: Marks,
  reason: Type.Optional(Type.String({ maxLength: 10_000 })),
  receipt: Type.Optional(Type.String({ maxLength: 100, description: 'Of the secret ballot it replaces' }))
})

const Figures = Type.Array(Type.Number())
export const TallyEntity = Type.Object(
  {
    method: words(METHODS),
    ballots: Type.Integer(),
    blank: Type.Integer(),
    figures: Figures,
    leaders: Type.Array(Type.Integer(), { description: 'Places of the options in front; several are a tie' }),
    supporters: Type.Optional(Figures),
    yes: Type.Optional(Figures),
    pairs: Type.Optional(Type.Array(Figures)),
    rounds: Type.Optional(
      Type.Array(
        Type.Object({
          votes: Type.Array(orNull(Type.Integer())),
          exhausted: Type.Integer(),
          eliminated: Type.Array(Type.Integer()),
          tied: Type.Boolean()
        })
      )
    )
  },
  { title: 'Tally' }
)

const DecisionEntity = Type.Object(
  {
    outcome: words(OUTCOMES),
    options: Type.Array(Type.Integer()),
    majority: orNull(Type.Object({ reached: Type.Integer(), of: Type.Integer() })),
    quorum: orNull(Type.Object({ voted: Type.Integer(), of: Type.Integer() }))
  },
  { title: 'Decision' }
)

export const Vote = Type.Object(
  {
    id: Id,
    uri: Type.String(),
    url: Type.String(),
    title: Type.String(),
    description: Type.String({ description: 'HTML' }),
    organizer: MastodonAccount,
    about: orNull(Id),
    about_url: orNull(Type.String({ description: 'Its page' })),
    carries: orNull(Type.String({ description: 'The vote of another commune that is held here too' })),
    visibility: Type.String(),
    state: words(['coming', 'open', 'counting', 'closed'] as const),
    method: words(METHODS),
    options: Type.Array(Type.Object({ name: Type.String(), meaning: Type.String() })),
    most: orNull(Type.Integer()),
    fewest: orNull(Type.Integer()),
    max_score: orNull(Type.Integer()),
    dots: orNull(Type.Integer()),
    electorate: words(ELECTORATES),
    roles: Type.Array(Type.String()),
    functions: Type.Array(Type.String(), { description: 'Of members, for electorate functions' }),
    share: orNull(Type.String()),
    base: words(BASES),
    quorum: orNull(Type.Integer()),
    secret: Type.Boolean(),
    reason: words(REASONS),
    results: words(RESULTS),
    changeable: Type.Boolean(),
    open_to_all: Type.Boolean(),
    opens_at: Type.String(),
    closes_at: Type.String(),
    counts_at: Type.String(),
    closed_at: orNull(Type.String()),
    electors_count: Type.Integer({ description: 'How many may vote' }),
    voters_count: Type.Integer({ description: 'How many of them have, on paper too once it is counted' }),
    others_count: Type.Integer({ description: 'Answers of everybody else; never added to the former' }),
    figures: orNull(
      Type.Object({
        electors: orNull(TallyEntity),
        on_paper: orNull(TallyEntity),
        paper: Type.Integer(),
        others: orNull(TallyEntity),
        decision: orNull(DecisionEntity)
      })
    ),
    outcome: orNull(Type.Object({ text: Type.String(), at: Type.String(), review_on: orNull(Type.String()) })),
    mine: orNull(
      Type.Object({
        voted: orNull(words(['elector', 'public'] as const)),
        list: orNull(words(['elector', 'public'] as const, { description: 'Null: may not vote' })),
        marks: orNull(Marks),
        reason: Type.String(),
        may_conclude: Type.Boolean(),
        may_enter_paper: Type.Boolean()
      })
    ),
    process: orNull(ProcessLink),
    room: orNull(RoomLink),
    status_id: Id
  },
  { title: 'Vote' }
)

export const VoteQuery = Type.Object({
  state: Type.Optional(words(['open', 'closing', 'decided'] as const)),
  about: Type.Optional(Id),
  group: Type.Optional(Type.String({ maxLength: 400 })),
  mine: Type.Optional(Type.Boolean()),
  after: Type.Optional(Type.String({ maxLength: 60, pattern: '^[0-9TZ:.-]+_[0-9]+$' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 }))
})

export const NamedBallotEntity = Type.Object({ account: orNull(MastodonAccount), list: Type.String(), marks: Marks, reason: Type.String() })
export const PublishedBallots = Type.Object(
  {
    secret: Type.Boolean(),
    hashes: Type.Array(Type.Object({ hash: Type.String({ description: 'SHA-256 of a receipt' }), marks: orNull(Marks) }), {
      description: 'Secret votes, once closed, in the order of the hashes'
    }),
    named: Type.Array(NamedBallotEntity, { description: 'Other votes, as far as results may be seen' })
  },
  { title: 'PublishedBallots' }
)
export const PaperSlipEntity = Type.Object(
  { slip: Type.Integer(), marks: Marks, is_mine: Type.Boolean({ description: 'Entered by who asks' }), confirmed: Type.Boolean() },
  { title: 'PaperSlip' }
)
