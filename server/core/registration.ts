// What organisers ask of those who come, the answers, and the codes said at the door. Pure.
import { randomInt } from 'node:crypto'
import { AppError } from './errors.ts'

/** text: a line; choice: one of `options`; yes: a box to tick. */
export const QUESTION_KINDS = ['text', 'choice', 'yes'] as const

export interface EventQuestion {
  /** Stays when the words change: answers are kept by it. */
  id: string
  label: string
  kind: (typeof QUESTION_KINDS)[number]
  /** Of a choice. */
  options: string[]
  required: boolean
}

export type QuestionInput = Partial<EventQuestion> & { label: string }

export const MAX_QUESTIONS = 10
export const MAX_SEATS_EACH = 10
const MAX_LABEL = 200
const MAX_OPTIONS = 12
const MAX_ANSWER = 500

/** Checks the questions of a form. Throws event.questions (422). */
export function readQuestions(given: QuestionInput[]): EventQuestion[] {
  const questions = given.slice(0, MAX_QUESTIONS).flatMap((question, at): EventQuestion[] => {
    const label = line(question.label, MAX_LABEL)
    if (label === '') return []
    const kind = QUESTION_KINDS.find((one) => one === question.kind) ?? 'text'
    const options = kind === 'choice' ? [...new Set((question.options ?? []).map((one) => line(one, MAX_LABEL)).filter(Boolean))] : []
    if (kind === 'choice' && (options.length < 2 || options.length > MAX_OPTIONS)) throw wrong('questions', 'A choice has 2 to 12 answers.')
    const id = /^[a-z0-9]{1,12}$/.test(question.id ?? '') ? question.id! : `q${at + 1}`
    return [{ id, label, kind, options, required: question.required === true }]
  })
  if (new Set(questions.map(({ id }) => id)).size < questions.length) throw wrong('questions', 'Two questions are the same one.')
  return questions
}

/** The answers of somebody who comes; what nobody asked is left out. Throws event.answer-missing, event.answer (422) with the question in `details`. */
export function readAnswers(questions: EventQuestion[], given: Record<string, string>): Record<string, string> {
  const answers: Record<string, string> = {}
  for (const { id, label, kind, options, required } of questions) {
    const answer = line(given[id] ?? '', MAX_ANSWER)
    if (answer === '') {
      if (required)
        throw new AppError('event.answer-missing', 422, `The organiser asks: ${label}`, {
          details: { field: `answers.${id}`, question: label }
        })
      continue
    }
    if ((kind === 'choice' && !options.includes(answer)) || (kind === 'yes' && answer !== 'yes'))
      throw new AppError('event.answer', 422, `This is no answer to: ${label}`, { details: { field: `answers.${id}`, question: label } })
    answers[id] = answer
  }
  return answers
}

/** Without what is mistaken for something else, read from a screen or said aloud. */
const SIGNS = 'ABCDEFGHJKLMNPQRTUVWXY346789'

/** Six signs, in two groups when shown. */
export function newDoorCode(): string {
  return Array.from({ length: 6 }, () => SIGNS[randomInt(SIGNS.length)]).join('')
}

/** What somebody typed at the door, as codes are kept. */
export function asDoorCode(typed: string): string {
  return typed
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .slice(0, 12)
}

/** A name one can write in a mail: no address hides in it. Throws event.guest-name (422). */
export function readGuestName(text: string): string {
  const name = line(text, 80)
  if ([...name].length < 2 || /:\/\/|www\.|@|[a-z0-9-]\.[a-z]{2,}/i.test(name))
    throw new AppError('event.guest-name', 422, 'A name has 2 to 80 characters and no address in it.', { details: { field: 'name' } })
  return name
}

function line(text: string, max: number): string {
  const value = text
    .replaceAll(/[\u0000-\u001f\u007f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .toWellFormed()
    .normalize('NFC')
    .trim()
  return [...value].slice(0, max).join('')
}

function wrong(field: string, text: string): AppError {
  return new AppError(`event.${field}`, 422, text, { details: { field } })
}
