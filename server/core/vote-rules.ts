// The rules of a vote as one commune hands them to another, so that both ask the same question in the same way. Text in, checked shape out. Pure.
import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { METHODS } from './tally/ballot.ts'
import { BASES, OUTCOMES, SHARES } from './tally/decide.ts'

/** Electorates that every commune has; a group's members or a list of names are nobody elsewhere. */
export const SHARED_ELECTORATES = ['residents', 'verified_residents', 'accounts'] as const

export function isShared(electorate: string): electorate is (typeof SHARED_ELECTORATES)[number] {
  return (SHARED_ELECTORATES as readonly string[]).includes(electorate)
}

const words = <const Word extends string>(list: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: [...list] })
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const VoteRules = Type.Object({
  title: Type.String({ minLength: 1, maxLength: 400 }),
  description: Type.String({ maxLength: 20_000 }),
  language: Type.String({ maxLength: 12 }),
  method: words(METHODS),
  options: Type.Array(Type.Object({ name: Type.String({ maxLength: 400 }), meaning: Type.String({ maxLength: 4000 }) }), {
    minItems: 2,
    maxItems: 32
  }),
  most: orNull(Type.Integer({ minimum: 1, maximum: 32 })),
  fewest: orNull(Type.Integer({ minimum: 1, maximum: 32 })),
  maxScore: orNull(Type.Integer({ minimum: 1, maximum: 20 })),
  dots: orNull(Type.Integer({ minimum: 1, maximum: 100 })),
  electorate: words(SHARED_ELECTORATES),
  share: orNull(words(Object.keys(SHARES) as (keyof typeof SHARES)[])),
  base: words(BASES),
  quorum: orNull(Type.Integer({ minimum: 1, maximum: 100 })),
  secret: Type.Boolean(),
  reason: words(['none', 'optional', 'required']),
  results: words(['always', 'after_voting', 'after_closing']),
  changeable: Type.Boolean(),
  /** ISO 8601. */
  opensAt: Type.String({ maxLength: 40 }),
  closesAt: Type.String({ maxLength: 40 }),
  paperHours: Type.Integer({ minimum: 0, maximum: 336 })
})
export type SharedVoteRules = Static<typeof VoteRules>

const Result = Type.Object({
  type: Type.Literal('communer:VoteResult'),
  vote: Type.String(),
  carries: Type.String(),
  method: words(METHODS),
  options: Type.Array(Type.String()),
  result: Type.Object({
    electorate: Type.Integer({ minimum: 0 }),
    voted: Type.Integer({ minimum: 0 }),
    paper: Type.Integer({ minimum: 0 }),
    electors: orNull(
      Type.Object({ ballots: Type.Integer({ minimum: 0 }), blank: Type.Integer({ minimum: 0 }), figures: Type.Array(Type.Number()) })
    ),
    decision: Type.Object({
      outcome: words(OUTCOMES),
      options: Type.Array(Type.Integer({ minimum: 0 }))
    })
  })
})
/** What a commune signed about the question it carried. */
export type SharedVoteResult = Static<typeof Result>

/** The rules out of `communer:voteRules`, or null when they cannot be followed here. */
export function readVoteRules(text: unknown): SharedVoteRules | null {
  return read(VoteRules, text)
}

/** The signed text of a result, or null when it is none, or of a question with other answers. */
export function readVoteResult(text: unknown, of: { method: string; options: string[] }): SharedVoteResult | null {
  const said = read(Result, text)
  if (said === null || said.method !== of.method || JSON.stringify(said.options) !== JSON.stringify(of.options)) return null
  const { electors, decision } = said.result
  const fits = electors === null || electors.figures.length === of.options.length
  return fits && decision.options.every((option) => option < of.options.length) ? said : null
}

function read<Schema extends TSchema>(schema: Schema, text: unknown): Static<Schema> | null {
  if (typeof text !== 'string') return null
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(schema, value) ? (value as Static<Schema>) : null
  } catch {
    return null
  }
}
