// What the commune answered and promised, as the native API shows and takes it: for ideas and proposals alike.
import { Type, type Static } from 'typebox'
import { ANSWERS, type Answer, type AnswerColumns } from '../../core/official-answer.ts'
import { MastodonAccount, orNull, strictObject } from './schemas.ts'

const GIVEN = ANSWERS.filter((word) => word !== 'none')
const AnswerWord = Type.Unsafe<Exclude<Answer, 'none'>>({ type: 'string', enum: [...GIVEN] })

export const Commitment = Type.Object(
  { text: Type.String(), due: Type.String(), done: orNull(Type.String()) },
  { additionalProperties: false }
)

export const OfficialAnswer = orNull(
  Type.Object({
    state: AnswerWord,
    text: Type.String(),
    cost: Type.String(),
    period: Type.String(),
    answered_at: Type.String(),
    by: orNull(MastodonAccount)
  })
)

export const AnswerBody = strictObject({
  answer: AnswerWord,
  text: Type.String({ maxLength: 8000 }),
  cost: Type.Optional(Type.String({ maxLength: 400 })),
  period: Type.Optional(Type.String({ maxLength: 400 }))
})

export const ProgressBody = strictObject({ progress: Type.Integer(), commitments: Type.Array(Commitment, { maxItems: 20 }) })

type Account = Static<typeof MastodonAccount>

/** Null: there is no answer yet. */
export function presentAnswer(row: AnswerColumns, account: (id: string | null) => Account | null): Static<typeof OfficialAnswer> {
  if (row.answer === 'none' || row.answered_at === null) return null
  return {
    state: row.answer,
    text: row.answer_text,
    cost: row.answer_cost,
    period: row.answer_period,
    answered_at: new Date(row.answered_at).toISOString(),
    by: account(row.answered_by)
  }
}
