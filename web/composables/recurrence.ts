// How an event comes again: from what people choose to a rule (RFC 5545), and from a rule to a sentence in the reader's words.
import type { Translate } from '../i18n.ts'

export type Every = '' | 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY'

export interface RepeatDraft {
  every: Every
  interval: string
  /** Of a week: MO to SU. */
  days: string[]
  /** Of a month: the value of BYMONTHDAY or BYDAY, such as 15 or 1SA. */
  which: string
  /** 1 to 12. */
  monthsOff: number[]
  ends: 'never' | 'date' | 'times'
  untilDate: string
  times: string
  /** YYYY-MM-DD. */
  except: string[]
}

export const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
const MONTHS = Array.from({ length: 12 }, (_, index) => index + 1)
/** More months than this are named by those that are missing. */
const MANY_MONTHS = 6

export function emptyRepeat(): RepeatDraft {
  return { every: '', interval: '1', days: [], which: '', monthsOff: [], ends: 'never', untilDate: '', times: '10', except: [] }
}

/** Noon, so that no time zone makes it another day. */
const noonOf = (date: string): Date => new Date(`${date}T12:00:00Z`)

/** Day of the week of a date YYYY-MM-DD: MO to SU. */
export function weekdayOf(date: string): string {
  return DAYS[(noonOf(date).getUTCDay() + 6) % 7]!
}

/** The ways a monthly event may follow its first date: the 17th, the third Saturday, the last Saturday. */
export function monthlyChoices(date: string): string[] {
  const day = noonOf(date).getUTCDate()
  const last = new Date(Date.UTC(noonOf(date).getUTCFullYear(), noonOf(date).getUTCMonth() + 1, 0)).getUTCDate()
  const weekday = weekdayOf(date)
  return [
    String(day),
    ...(day <= 28 ? [`${Math.ceil(day / 7)}${weekday}`] : []),
    ...(day > last - 7 ? [`-1${weekday}`] : []),
    ...(day === last ? ['-1'] : [])
  ]
}

/** What the API takes, or undefined for an event that comes once. */
export function repetitionOf(draft: RepeatDraft, startDate: string): { rule: string; except: string[] } | undefined {
  if (draft.every === '' || startDate === '') return undefined
  const interval = Math.max(1, Math.floor(Number(draft.interval)) || 1)
  const parts = [`FREQ=${draft.every}`]
  if (interval > 1) parts.push(`INTERVAL=${interval}`)
  if (draft.every === 'WEEKLY')
    parts.push(`BYDAY=${DAYS.filter((day) => draft.days.includes(day) || day === weekdayOf(startDate)).join(',')}`)
  if (draft.every === 'MONTHLY') {
    const which = monthlyChoices(startDate).includes(draft.which) ? draft.which : monthlyChoices(startDate)[0]!
    parts.push(/[A-Z]/.test(which) ? `BYDAY=${which}` : `BYMONTHDAY=${which}`)
  }
  if (draft.every !== 'YEARLY' && draft.monthsOff.length > 0 && draft.monthsOff.length < 12)
    parts.push(`BYMONTH=${MONTHS.filter((month) => !draft.monthsOff.includes(month)).join(',')}`)
  if (draft.ends === 'date' && draft.untilDate !== '') parts.push(`UNTIL=${draft.untilDate.replaceAll('-', '')}`)
  if (draft.ends === 'times') parts.push(`COUNT=${Math.max(1, Math.floor(Number(draft.times)) || 1)}`)
  return { rule: parts.join(';'), except: draft.except }
}

export interface RuleWords {
  t: Translate
  lang: 'fr' | 'en'
  /** Of UNTIL, which is a moment. */
  timezone: string
}

/** A rule as a sentence: « Tous les samedis, sauf en août, jusqu’au 26 juin 2027 ». */
export function ruleInWords(rule: string, except: string[], words: RuleWords): string {
  const { t, lang, timezone } = words
  const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string]))
  const list = new Intl.ListFormat(lang, { type: 'conjunction' })
  const date = (moment: Date, zone: string): string =>
    new Intl.DateTimeFormat(lang === 'fr' ? 'fr-FR' : 'en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: zone }).format(
      moment
    )
  const said = [frequency(parts, words)]
  const months = parts.get('BYMONTH')?.split(',').map(Number) ?? []
  if (months.length > MANY_MONTHS) {
    said.push(
      t('series.exceptMonths', {
        months: list.format(MONTHS.filter((month) => !months.includes(month)).map((month) => monthName(month, lang)))
      })
    )
  } else if (months.length > 0) said.push(t('series.onlyMonths', { months: list.format(months.map((month) => monthName(month, lang))) }))
  const until = parts.get('UNTIL')
  if (until !== undefined) {
    const iso = until.replace(
      /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/,
      (_, y, m, d, h = '12', min = '00', s = '00') => `${y}-${m}-${d}T${h}:${min}:${s}Z`
    )
    said.push(t('series.until', { date: date(new Date(iso), until.length > 8 ? timezone : 'UTC') }))
  }
  const count = parts.get('COUNT')
  if (count !== undefined) said.push(t('series.count', { count: Number(count) }))
  if (except.length > 0)
    said.push(t('series.exceptDates', { dates: list.format(except.slice(0, 5).map((day) => date(noonOf(day), 'UTC'))) }))
  return said.join(', ')
}

function frequency(parts: Map<string, string>, { t, lang }: RuleWords): string {
  const n = Number(parts.get('INTERVAL') ?? 1)
  const days = parts.get('BYDAY')?.split(',') ?? []
  const many = <Text extends string>(one: Text, more: Text, values: Record<string, string | number> = {}): string =>
    n === 1 ? t(one, values) : t(more, { n, ...values })
  switch (parts.get('FREQ')) {
    case 'DAILY':
      return many('series.everyDay', 'series.everyDays')
    case 'WEEKLY': {
      // « Tous les samedis », but « toutes les deux semaines, le samedi ».
      const names = days.map((day) => dayName(day, lang) + (lang === 'fr' && n === 1 ? 's' : ''))
      const text = new Intl.ListFormat(lang, { type: 'conjunction' }).format(names)
      return days.length === 0 ? t('series.other') : many('series.everyWeek', 'series.everyWeeks', { days: text })
    }
    case 'MONTHLY': {
      const which = days[0] === undefined ? monthDay(parts.get('BYMONTHDAY') ?? '', t) : nthDay(days[0], t, lang)
      return which === '' ? t('series.other') : many('series.everyMonth', 'series.everyMonths', { which })
    }
    case 'YEARLY':
      return many('series.everyYear', 'series.everyYears')
    default:
      return t('series.other')
  }
}

function monthDay(value: string, t: Translate): string {
  if (value === '-1') return t('series.theLastDay')
  if (value === '1') return t('series.theFirst')
  return /^\d+$/.test(value) ? t('series.theDay', { day: value }) : ''
}

function nthDay(value: string, t: Translate, lang: 'fr' | 'en'): string {
  const match = /^\+?(-1|[1-5])([A-Z]{2})$/.exec(value)
  return match === null ? '' : t(match[1] === '-1' ? 'series.nthLast' : `series.nth${match[1]}`, { day: dayName(match[2]!, lang) })
}

/** A choice of `monthlyChoices` in words. */
export function choiceInWords(choice: string, t: Translate, lang: 'fr' | 'en'): string {
  return /[A-Z]/.test(choice) ? nthDay(choice, t, lang) : monthDay(choice, t)
}

// The first of January 2024 was a Monday.
export function dayName(day: string, lang: 'fr' | 'en'): string {
  return new Intl.DateTimeFormat(lang, { weekday: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day))))
}

export function monthName(month: number, lang: 'fr' | 'en'): string {
  return new Intl.DateTimeFormat(lang, { month: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2024, month - 1, 15)))
}
