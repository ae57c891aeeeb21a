// What the commune answers to an idea or a proposal, and promises: a word, a reason, commitments with dates, progress. Pure.
import { AppError } from './errors.ts'

export const ANSWERS = ['none', 'examining', 'accepted', 'partly', 'refused'] as const
export type Answer = (typeof ANSWERS)[number]

export interface Commitment {
  text: string
  /** YYYY-MM-DD. */
  due: string
  done: string | null
}

/** As rows keep it, beside what is answered. */
export interface AnswerColumns {
  answer: Answer
  answer_text: string
  answer_cost: string
  answer_period: string
  answered_at: string | null
  /** Row id of the person of the town hall. */
  answered_by: string | null
  progress: number
  commitments: Commitment[]
}

export interface AnswerInput {
  answer: Exclude<Answer, 'none'>
  /** Why; required but for "examining". */
  text: string
  cost?: string
  period?: string
}

export interface ProgressInput {
  progress: number
  commitments: Commitment[]
}

const MAX_REASON = 4000
const MAX_COMMITMENTS = 20

/** Throws answer.reason (422). */
export function readAnswer({ answer, text, cost = '', period = '' }: AnswerInput): Required<AnswerInput> {
  const reason = tidy(text, MAX_REASON)
  if (reason === '' && answer !== 'examining')
    throw new AppError('answer.reason', 422, 'An answer has a reason.', { details: { field: 'text' } })
  return { answer, text: reason, cost: tidy(cost, 200), period: tidy(period, 200) }
}

/** Throws answer.progress, answer.commitment (422). */
export function readProgress({ progress, commitments }: ProgressInput): ProgressInput {
  if (!Number.isInteger(progress) || progress < 0 || progress > 100)
    throw new AppError('answer.progress', 422, 'Progress is between 0 and 100 per cent.', { details: { field: 'progress' } })
  return { progress, commitments: commitments.slice(0, MAX_COMMITMENTS).map(readCommitment) }
}

function readCommitment({ text, due, done: kept }: Commitment): Commitment {
  const done = kept || null
  const words = tidy(text, 300)
  const isDay = (day: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day))
  if (words === '' || !isDay(due) || (done !== null && !isDay(done)))
    throw new AppError('answer.commitment', 422, 'A commitment says what and until which day.', { details: { field: 'commitments' } })
  return { text: words, due, done }
}

export interface ProgressStep {
  what: 'progress' | 'promised' | 'kept' | 'postponed' | 'dropped'
  from_state?: string
  to_state?: string
  reason?: string
}

/** What is new, as the journal says it. */
export function progressSteps(before: ProgressInput, { progress, commitments }: ProgressInput): ProgressStep[] {
  const known = new Map(before.commitments.map((one) => [one.text, one]))
  return [
    ...(before.progress === progress
      ? []
      : [{ what: 'progress' as const, from_state: String(before.progress), to_state: String(progress) }]),
    ...commitments.flatMap((one): ProgressStep[] => {
      const former = known.get(one.text)
      if (former === undefined) return [{ what: 'promised', to_state: one.due, reason: one.text }]
      if (former.done === null && one.done !== null) return [{ what: 'kept', to_state: one.done, reason: one.text }]
      // A date that moves is said as such: that is what people ask for.
      return former.due === one.due ? [] : [{ what: 'postponed', from_state: former.due, to_state: one.due, reason: one.text }]
    }),
    ...before.commitments
      .filter((one) => !commitments.some(({ text }) => text === one.text))
      .map((one) => ({ what: 'dropped' as const, from_state: one.due, reason: one.text }))
  ]
}

function tidy(text: string, max: number): string {
  return [...text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, max).join('')
}
