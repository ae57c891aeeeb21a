// What somebody says who registers, with or without an account, held against what the organiser asks.
import { AppError } from '../../core/errors.ts'
import { readAnswers } from '../../core/registration.ts'
import type { EventRow } from '../../db/rows.ts'

const MAX_MESSAGE = 500

/** A word to the organiser. */
export function readMessage(text: string): string {
  return [...text.replaceAll('\u0000', '').toWellFormed().trim()].slice(0, MAX_MESSAGE).join('')
}

/** Seats and answers. Throws event.seats, event.answer-missing, event.answer (422). */
export function readRegistration(
  event: EventRow | undefined,
  { seats = 1, answers = {} }: { seats?: number | undefined; answers?: Record<string, string> | undefined }
): { seats: number; answers: Record<string, string> } {
  const most = event?.seats_each ?? 1
  if (!Number.isInteger(seats) || seats < 1 || seats > most)
    throw new AppError('event.seats', 422, `One registers at most ${most}.`, { details: { field: 'seats', max: most } })
  return { seats, answers: readAnswers(event?.questions ?? [], answers) }
}
