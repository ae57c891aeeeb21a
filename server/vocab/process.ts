// What a process of the commune has beside the fields of its type: its phases by date, the one it is at, its end. Pure.
import { phaseIndex, type Course } from '../core/process-phases.ts'
import type { WireDocument } from './context.ts'
import { wireDate } from './values.ts'

export interface ProcessSource extends Course {
  themes: readonly string[]
}

/** upcoming, the kind of its phase, or ended. */
export function processPhase(course: Course, now: Date): string {
  const index = phaseIndex(course, now)
  return index < 0 ? 'upcoming' : (course.phases[index]?.kind ?? 'ended')
}

export function processFields(process: ProcessSource, now: Date): WireDocument {
  const { phases, endsAt, themes } = process
  return {
    'communer:phase': processPhase(process, now),
    startTime: wireDate(phases[0]!.startsAt),
    endTime: wireDate(endsAt),
    'communer:phases': phases.map(({ kind, startsAt, call, allows }) => ({
      type: 'communer:Phase',
      'communer:phase': kind,
      startTime: wireDate(startsAt),
      'communer:allows': [...allows],
      ...(call === '' ? {} : { summary: call })
    })),
    ...(themes.length === 0 ? {} : { 'communer:theme': [...themes] })
  }
}
