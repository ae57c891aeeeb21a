// Opening hours: read as people type them, refused when they cannot be.
import t from 'tap'
import { hoursOf, openingHours, readSpans } from './opening-hours.ts'

t.test('hours are read as people type them', async (t) => {
  t.same(readSpans('9h-12h, 14h-17h30'), [
    ['09:00', '12:00'],
    ['14:00', '17:30']
  ])
  t.same(readSpans('14:00–18:00 et 8h30 à 12h'), [
    ['08:30', '12:00'],
    ['14:00', '18:00']
  ])
  t.same(readSpans('18-24'), [['18:00', '24:00']])
  for (const closed of ['', 'fermé', 'Fermée', 'closed', '–']) t.same(readSpans(closed), [], closed)
  for (const odd of ['le matin', '12h-9h', '9h-25h', '9h70-12h', '9h-12h, 11h-14h']) t.equal(readSpans(odd), null, odd)
})

t.test('what is stored is told as schema.org tells it, and what is malformed is left out', async (t) => {
  const hours = hoursOf({ tu: [['14:00', '18:30']], mo: [['09:00', '12:00']], fr: 'always', xx: [['1', '2']], sa: [['20:00', '08:00']] })
  t.same(openingHours(hours), ['Mo 09:00-12:00', 'Tu 14:00-18:30'])
  t.same(hoursOf(null), {})
})
