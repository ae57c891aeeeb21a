// Events that come again: on the clock of their place, bounded, and said in rules that others read too.
import ICAL from 'ical.js'
import t from 'tap'
import { datesOf, readExceptions, readRule, type Recurrence } from './recurrence.ts'

const PARIS = 'Europe/Paris'
const market = (rule: string, starts = '2026-10-10T09:00', exceptDates: string[] = []): Recurrence => ({
  rule: readRule(rule, { starts, timezone: PARIS }),
  starts,
  timezone: PARIS,
  exceptDates
})
const days = (series: Recurrence, from: string, to: string | null, max = 100): string[] =>
  datesOf(series, new Date(from), to === null ? null : new Date(to), max).map((date) => date.toISOString())

t.test('nine o’clock stays nine o’clock when clocks change', async (t) => {
  t.same(days(market('FREQ=WEEKLY;BYDAY=SA'), '2026-10-10T00:00Z', '2026-11-01T00:00Z'), [
    '2026-10-10T07:00:00.000Z',
    '2026-10-17T07:00:00.000Z',
    '2026-10-24T07:00:00.000Z',
    '2026-10-31T08:00:00.000Z'
  ])
})

t.test('every Saturday but in August, and not on that day', async (t) => {
  const series = market('FREQ=WEEKLY;BYDAY=SA;BYMONTH=1,2,3,4,5,6,7,9,10,11,12', '2026-07-18T09:00', ['2026-09-05'])
  t.same(
    days(series, '2026-07-18T00:00Z', '2026-09-20T00:00Z').map((date) => date.slice(0, 10)),
    ['2026-07-18', '2026-07-25', '2026-09-12', '2026-09-19']
  )
})

t.test('the first Saturday, the last day of a month, a number of times, until a day', async (t) => {
  const of = (rule: string, starts: string): string[] =>
    days(market(rule, starts), '2026-01-01T00:00Z', null, 4).map((date) => date.slice(0, 10))
  t.same(of('FREQ=MONTHLY;BYDAY=1SA', '2026-01-03T10:00'), ['2026-01-03', '2026-02-07', '2026-03-07', '2026-04-04'])
  t.same(of('FREQ=MONTHLY;BYMONTHDAY=-1', '2026-01-31T10:00'), ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30'])
  t.same(of('FREQ=DAILY;COUNT=2', '2026-01-31T10:00'), ['2026-01-31', '2026-02-01'])
  t.same(of('FREQ=WEEKLY;UNTIL=20260117', '2026-01-03T10:00'), ['2026-01-03', '2026-01-10', '2026-01-17'])
})

t.test('an independent reader finds the same dates', async (t) => {
  for (const rule of [
    'FREQ=WEEKLY;BYDAY=TU,SA',
    'FREQ=WEEKLY;INTERVAL=2',
    'FREQ=MONTHLY;BYDAY=2SA',
    'FREQ=MONTHLY;BYMONTHDAY=10',
    'FREQ=YEARLY'
  ]) {
    const series = market(rule)
    const iterator = ICAL.Recur.fromString(series.rule).iterator(ICAL.Time.fromDateTimeString('2026-10-10T09:00:00'))
    const theirs = Array.from({ length: 12 }, () => iterator.next()!.toString().slice(0, 10))
    const ours = days(series, '2026-10-01T00:00Z', null, 12).map((date) => date.slice(0, 10))
    t.same(ours, theirs.slice(0, ours.length), rule)
    t.ok(ours.length >= 10, rule)
  }
})

t.test('a rule names its day', async (t) => {
  t.equal(market('freq=weekly').rule, 'FREQ=WEEKLY;BYDAY=SA')
  t.equal(market('RRULE:FREQ=MONTHLY;INTERVAL=2').rule, 'FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10')
})

t.test('what is no rule is refused, and a first date that does not belong to it', async (t) => {
  const refused = (rule: string, code: string): void => {
    t.throws(() => market(rule), { code }, rule)
  }
  for (const rule of [
    '',
    'every day',
    'FREQ=SECONDLY',
    'FREQ=WEEKLY;BYHOUR=1,2',
    'FREQ=WEEKLY;FREQ=DAILY',
    'FREQ=WEEKLY;COUNT=2;UNTIL=20270101',
    'FREQ=WEEKLY;BYDAY=1SA',
    'FREQ=DAILY;INTERVAL=0'
  ])
    refused(rule, 'event.recurrence')
  refused('FREQ=WEEKLY;BYDAY=SU', 'event.recurrence-start')
  refused('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'event.recurrence-start')
  t.throws(() => readExceptions(['samedi']), { code: 'event.recurrence-except' })
  t.same(readExceptions(['2026-12-26', '2026-12-19', '2026-12-26']), ['2026-12-19', '2026-12-26'])
})

t.test('a rule that never comes again ends the search', async (t) => {
  const begun = process.cpuUsage()
  t.same(days(market('FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=10'), '2026-10-11T00:00Z', null, 50).length, 10)
  t.ok(process.cpuUsage(begun).user < 2_000_000)
})
