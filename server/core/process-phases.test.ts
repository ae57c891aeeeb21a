// Phases by the clock: one at a time, at every moment, and nothing outside.
import fc from 'fast-check'
import t from 'tap'
import { actsAt, nextStart, PHASE_ACTS, PHASE_KINDS, phaseEnd, phaseIndex, USUAL_ACTS, type Course } from './process-phases.ts'

const day = (number: number): Date => new Date(Date.UTC(2027, 0, number))
const course: Course = {
  phases: (['presentation', 'proposals', 'evaluation'] as const).map((kind, index) => ({
    kind,
    startsAt: day(1 + index * 10),
    call: '',
    allows: USUAL_ACTS[kind]
  })),
  endsAt: day(31)
}

t.test('a phase begins on its day and ends where the next begins', async (t) => {
  t.equal(phaseIndex(course, new Date(day(1).getTime() - 1)), -1)
  t.equal(phaseIndex(course, day(1)), 0)
  t.equal(phaseIndex(course, new Date(day(11).getTime() - 1)), 0)
  t.equal(phaseIndex(course, day(11)), 1)
  t.equal(phaseIndex(course, day(31)), 3)
  t.same(phaseEnd(course, 0), day(11))
  t.same(phaseEnd(course, 2), day(31))
  t.same(actsAt(course, day(0)), [])
  t.same(actsAt(course, day(40)), [])
})

t.test('when something becomes possible is known, or that it will not', async (t) => {
  t.same(nextStart(course, 'amend', day(0)), day(11))
  t.equal(nextStart(course, 'amend', day(12)), null)
  t.same(nextStart(course, 'vote', day(12)), day(21))
})

t.test('a process that was stopped has no phase afterwards, and none of those planned', async (t) => {
  const stopped = { ...course, endsAt: day(12) }
  t.equal(phaseIndex(stopped, day(22)), 3)
  t.same(phaseEnd(stopped, 1), day(12))
  t.equal(nextStart(stopped, 'vote', day(1)), null)
})

t.test('at every moment there is at most one phase, and what it allows is allowed until its end', async () => {
  const phases = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }).chain((starts) =>
    fc.tuple(
      fc.constant(starts.toSorted((one, other) => one - other)),
      fc.array(fc.tuple(fc.constantFrom(...PHASE_KINDS), fc.subarray([...PHASE_ACTS])), {
        minLength: starts.length,
        maxLength: starts.length
      })
    )
  )
  fc.assert(
    fc.property(phases, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 500 }), ([starts, kinds], length, now) => {
      const drawn: Course = {
        phases: starts.map((start, index) => ({ kind: kinds[index]![0], startsAt: day(start), call: '', allows: kinds[index]![1] })),
        endsAt: day(starts.at(-1)! + length)
      }
      const index = phaseIndex(drawn, day(now))
      const inside = drawn.phases.filter((phase, at) => phase.startsAt <= day(now) && day(now) < phaseEnd(drawn, at))
      if (inside.length > 1) return false
      if ((inside[0] === undefined) !== (drawn.phases[index] === undefined)) return false
      return PHASE_ACTS.every((act) => {
        const next = nextStart(drawn, act, day(now))
        return next === null || actsAt(drawn, next).includes(act)
      })
    })
  )
})
