// A process of the commune as dates: which phase it is now, what can be done in it, and when something becomes possible. Pure.

export const PHASE_KINDS = ['presentation', 'diagnosis', 'proposals', 'prioritisation', 'evaluation', 'follow_up'] as const
export type PhaseKind = (typeof PHASE_KINDS)[number]

/** What people do with what belongs to a process. vote: opening one; whoever may vote then does so until it closes. */
export const PHASE_ACTS = ['ideas', 'proposals', 'amend', 'argue', 'back', 'vote', 'comment'] as const
export type PhaseAct = (typeof PHASE_ACTS)[number]

/** What a phase lets people do unless the commune says otherwise (Decidim's usual phases). */
export const USUAL_ACTS: Record<PhaseKind, readonly PhaseAct[]> = {
  presentation: ['comment'],
  diagnosis: ['ideas', 'back', 'comment'],
  proposals: ['ideas', 'proposals', 'amend', 'argue', 'back', 'comment'],
  prioritisation: ['back', 'argue', 'vote', 'comment'],
  evaluation: ['vote', 'comment'],
  follow_up: ['comment']
}

export interface Phase {
  kind: PhaseKind
  startsAt: Date
  /** What people are asked for, in one sentence; '' when nothing is said. */
  call: string
  allows: readonly PhaseAct[]
}

/** Phases in the order of their starts, and the end of the last. */
export interface Course {
  phases: readonly Phase[]
  endsAt: Date
}

/** Index of the phase it is at that moment; -1 before the first, `phases.length` after the end. */
export function phaseIndex({ phases, endsAt }: Course, at: Date): number {
  if (at >= endsAt) return phases.length
  return phases.findLastIndex(({ startsAt }) => startsAt <= at)
}

/** When a phase ends: where the next begins, or with the process. */
export function phaseEnd({ phases, endsAt }: Course, index: number): Date {
  const next = phases[index + 1]
  return next === undefined || next.startsAt > endsAt ? endsAt : next.startsAt
}

/** What can be done at that moment. */
export function actsAt(course: Course, at: Date): readonly PhaseAct[] {
  return course.phases[phaseIndex(course, at)]?.allows ?? []
}

/** When this becomes possible; null when it does not any more. */
export function nextStart(course: Course, act: PhaseAct, at: Date): Date | null {
  const next = course.phases.find(({ startsAt, allows }) => startsAt > at && startsAt < course.endsAt && allows.includes(act))
  return next?.startsAt ?? null
}
