// The form of a process proposes what the server takes for usual, and sends what the API reads.
import t from 'tap'
import { PHASE_ACTS, PHASE_KINDS, USUAL_ACTS } from '../../server/core/process-phases.ts'
import { emptyProcess, newPhase, newProcessBody, withUsualActs } from '../composables/process-form.ts'
import * as entities from '../entities-processes.ts'

t.test('the form and the server know the same phases, with the same usual acts', async (t) => {
  t.same(entities.PHASE_KINDS, PHASE_KINDS)
  t.same(entities.PHASE_ACTS, PHASE_ACTS)
  for (const kind of PHASE_KINDS) t.same(newPhase(kind, '2027-01-01').allows, USUAL_ACTS[kind], kind)
  t.same(withUsualActs({ ...newPhase('presentation', '2027-01-01'), kind: 'evaluation' }).allows, USUAL_ACTS.evaluation)
})

t.test('a new process begins tomorrow, and its phases follow one another across the year', async (t) => {
  const body = newProcessBody(emptyProcess('2026-11-27')) as { phases: { starts_on: string }[]; ends_on: string }
  t.same(
    body.phases.map((phase) => phase.starts_on),
    ['2026-11-28', '2026-12-12', '2027-01-23', '2027-02-13', '2027-03-27']
  )
  t.equal(body.ends_on, '2027-09-22')
})
