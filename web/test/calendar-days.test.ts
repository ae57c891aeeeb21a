// Days, weeks and months of the agenda, counted without a clock; and rules in words.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { addDays, isDay, mondayOf, otherMonth, periodOf, weeksOf } from '../composables/calendar-days.ts'
import { monthlyChoices, repetitionOf, emptyRepeat, ruleInWords } from '../composables/recurrence.ts'
import { createTexts, type Lang } from '../i18n.ts'

t.test('weeks begin on Monday and a month is shown in whole weeks', async (t) => {
  t.equal(mondayOf('2026-12-06'), '2026-11-30')
  t.equal(addDays('2026-02-28', 1), '2026-03-01')
  t.equal(addDays('2028-02-28', 1), '2028-02-29')
  const december = weeksOf('2026-12-24', 'month')
  t.same([december.length, december[0]![0], december.at(-1)!.at(-1)], [5, '2026-11-30', '2027-01-03'])
  t.equal(weeksOf('2026-02-01', 'month').length, 5)
  t.equal(weeksOf('2027-02-01', 'month').length, 4, 'February 2027 begins on a Monday')
  t.same(
    weeksOf('2026-12-06', 'week').map((week) => [week[0], week[6]]),
    [['2026-11-30', '2026-12-06']]
  )
  t.same([otherMonth('2026-01-31', 1), otherMonth('2026-01-31', -1)], ['2026-02-01', '2025-12-01'])
  t.same(['2026-02-30', '2026-2-1', '', undefined, 'x'].filter(isDay), [])
})

t.test('this weekend is what is left of it', async (t) => {
  t.same(periodOf('week-end', '2026-11-26'), ['2026-11-28', '2026-11-29'])
  t.same(periodOf('week-end', '2026-11-29'), ['2026-11-29', '2026-11-29'])
  t.same(periodOf('jour', '2026-11-26'), ['2026-11-26', '2026-11-26'])
  t.equal(periodOf('jamais', '2026-11-26'), null)
})

t.test('a rule is said in words', async (t) => {
  const texts = (lang: Lang) =>
    createTexts(
      lang,
      JSON.parse(readFileSync(new URL(`../locales/areas/series/${lang}.json`, import.meta.url), 'utf8')) as Record<string, unknown>
    )
  const said = (lang: Lang, rule: string, except: string[] = []): string =>
    ruleInWords(rule, except, { t: texts(lang).t, lang, timezone: 'Europe/Paris' })
  t.equal(said('fr', 'FREQ=WEEKLY;BYDAY=SA;BYMONTH=1,2,3,4,5,6,7,9,10,11,12'), 'Tous les samedis, sauf en août')
  t.equal(said('fr', 'FREQ=WEEKLY;BYDAY=TU,SA;UNTIL=20270626T215959Z'), 'Tous les mardis et samedis, jusqu’au 26 juin 2027')
  t.equal(said('fr', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA', ['2026-12-26']), 'Toutes les 2 semaines, le samedi, sauf le 26 décembre 2026')
  t.equal(said('fr', 'FREQ=MONTHLY;BYDAY=1MO'), 'Chaque mois, le 1er lundi')
  t.equal(said('fr', 'FREQ=MONTHLY;BYDAY=-1FR;COUNT=10'), 'Chaque mois, le dernier vendredi, 10 fois')
  t.equal(said('fr', 'FREQ=DAILY;BYMONTH=7,8'), 'Tous les jours, en juillet et août')
  t.equal(said('en', 'FREQ=WEEKLY;BYDAY=SA;BYMONTH=1,2,3,4,5,6,7,9,10,11,12'), 'Every Saturday, except in August')
  t.equal(said('en', 'FREQ=YEARLY'), 'Every year')
})

t.test('what people choose becomes a rule that fits the first date', async (t) => {
  const of = (more: object, start = '2026-12-05'): string | undefined => repetitionOf({ ...emptyRepeat(), ...more }, start)?.rule
  t.equal(of({}), undefined)
  t.equal(of({ every: 'WEEKLY', days: ['TU'] }), 'FREQ=WEEKLY;BYDAY=TU,SA', 'the day of the first date is always one')
  t.equal(of({ every: 'WEEKLY', monthsOff: [8] }), 'FREQ=WEEKLY;BYDAY=SA;BYMONTH=1,2,3,4,5,6,7,9,10,11,12')
  t.equal(of({ every: 'MONTHLY', which: '1SA' }), 'FREQ=MONTHLY;BYDAY=1SA')
  t.equal(of({ every: 'MONTHLY', which: '3TU' }), 'FREQ=MONTHLY;BYMONTHDAY=5', 'a choice of another date does not stay')
  t.equal(of({ every: 'DAILY', interval: '0', ends: 'times', times: '3' }), 'FREQ=DAILY;COUNT=3')
  t.same(monthlyChoices('2026-10-31'), ['31', '-1SA', '-1'])
  t.same(monthlyChoices('2026-12-28'), ['28', '4MO', '-1MO'])
})
