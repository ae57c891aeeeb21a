// What somebody types of a task, checked: a title, some lines, a day, people.
import { AppError } from '../../core/errors.ts'
import { paragraphs } from '../../core/plain-text.ts'
import type { Wording } from '../../protocol/local-objects.ts'
import { plainTitle } from '../../vocab/values.ts'

export interface TaskInput {
  title: string
  text?: string
  /** YYYY-MM-DD; empty: none. */
  due?: string | null
  /** Usernames of people of this instance. */
  people?: string[]
}

export interface TaskWords {
  title: string
  text: string
  due: string | null
}

const MAX_TEXT = 3000
export const MAX_REASON = 500
export const MAX_PEOPLE = 10

/** Throws task.title, task.due (422). */
export function readTask({ title: typed, text = '', due = null }: TaskInput): TaskWords {
  const title = plainTitle(tidy(typed, 400))
  if ([...title].length < 3) throw wrong('task.title', 'title', 'A task has a title of 3 to 200 characters.')
  const day = due === null || due.trim() === '' ? null : due.trim()
  if (day !== null && !isDay(day)) throw wrong('task.due', 'due', 'A date is a day of the calendar.')
  return { title, text: tidy(text, MAX_TEXT), due: day }
}

export function wordingOf({ title, text }: Pick<TaskWords, 'title' | 'text'>, language: string): Wording {
  return { name: title, summary: null, content: paragraphs(text), source: text, language, sensitive: false, attachments: [] }
}

function isDay(day: string): boolean {
  const date = new Date(`${day}T12:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

export function tidy(text: string, max: number): string {
  return [...text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, max).join('')
}

export function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
