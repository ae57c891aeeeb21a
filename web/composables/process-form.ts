// A process as the town hall types it, and as the API takes it.
import { PHASE_ACTS, type PhaseAct, type PhaseKind, type Process } from '../entities-processes.ts'

export interface PhaseDraft {
  /** Keeps a row of the form itself while others come and go. */
  key: number
  kind: PhaseKind
  startsOn: string
  call: string
  allows: PhaseAct[]
  /** It has begun: only its call can be changed. */
  isFixed: boolean
}

export interface ProcessDraft {
  title: string
  text: string
  themes: string[]
  phases: PhaseDraft[]
  endsOn: string
  reason: string
}

const USUAL: Record<PhaseKind, readonly PhaseAct[]> = {
  presentation: ['comment'],
  diagnosis: ['ideas', 'back', 'comment'],
  proposals: ['ideas', 'proposals', 'amend', 'argue', 'back', 'comment'],
  prioritisation: ['back', 'argue', 'vote', 'comment'],
  evaluation: ['vote', 'comment'],
  follow_up: ['comment']
}
/** What most processes have, with usual lengths in days. */
const USUAL_PHASES: readonly (readonly [PhaseKind, number])[] = [
  ['presentation', 14],
  ['proposals', 42],
  ['prioritisation', 21],
  ['evaluation', 42],
  ['follow_up', 180]
]
const DAY_MS = 86_400_000

let keys = 0

export function newPhase(kind: PhaseKind, startsOn: string): PhaseDraft {
  return { key: ++keys, kind, startsOn, call: '', allows: [...USUAL[kind]], isFixed: false }
}

/** What is usual for its kind, when that is chosen anew. */
export function withUsualActs(phase: PhaseDraft): PhaseDraft {
  return { ...phase, allows: [...USUAL[phase.kind]] }
}

function later(day: string, days: number): string {
  return new Date(new Date(`${day}T12:00:00Z`).getTime() + days * DAY_MS).toISOString().slice(0, 10)
}

/** The usual phases, from the day after `today` on. */
export function emptyProcess(today: string): ProcessDraft {
  let day = later(today, 1)
  const phases = USUAL_PHASES.map(([kind, days]) => {
    const phase = newPhase(kind, day)
    day = later(day, days)
    return phase
  })
  return { title: '', text: '', themes: [], phases, endsOn: later(day, -1), reason: '' }
}

export function processDraftOf(process: Process): ProcessDraft {
  const phases = process.phases.map(({ kind, starts_on: startsOn, call, allows, state }) => ({
    key: ++keys,
    kind,
    startsOn,
    call,
    allows: [...allows],
    isFixed: state !== 'next'
  }))
  return { title: process.title, text: process.source ?? '', themes: [...process.themes], phases, endsOn: process.ends_on, reason: '' }
}

/** The next free day after the last phase. */
export function dayAfterLast({ phases, endsOn }: ProcessDraft): string {
  const last = phases.at(-1)?.startsOn ?? ''
  if (last === '') return endsOn
  return later(last, 14)
}

function courseBody({ phases, endsOn }: ProcessDraft): object {
  return {
    ends_on: endsOn,
    phases: phases.map(({ kind, startsOn, call, allows }) => ({
      kind,
      starts_on: startsOn,
      call,
      allows: PHASE_ACTS.filter((act) => allows.includes(act))
    }))
  }
}

export function newProcessBody(draft: ProcessDraft): object {
  const { title, text, themes } = draft
  return { title, text, themes, ...courseBody(draft) }
}

export function processChangesBody(draft: ProcessDraft): object {
  const { title, text, themes, reason } = draft
  return { title, text, themes, reason, course: courseBody(draft) }
}
