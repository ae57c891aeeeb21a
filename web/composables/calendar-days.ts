// Days of a calendar page as strings YYYY-MM-DD: no clock, no time zone, so that server and browser count alike.

const DAY_MS = 86_400_000
const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`)

export function addDays(day: string, days: number): string {
  return new Date(noon(day) + days * DAY_MS).toISOString().slice(0, 10)
}

/** The Monday of its week. */
export function mondayOf(day: string): string {
  return addDays(day, -((new Date(noon(day)).getUTCDay() + 6) % 7))
}

/** Whole weeks that show the month of this day, or its week alone. */
export function weeksOf(day: string, view: 'week' | 'month'): string[][] {
  const first = mondayOf(view === 'week' ? day : `${day.slice(0, 7)}-01`)
  const weeks: string[][] = []
  for (let monday = first; weeks.length === 0 || (view === 'month' && monday.slice(0, 7) === day.slice(0, 7)); monday = addDays(monday, 7))
    weeks.push(Array.from({ length: 7 }, (_, index) => addDays(monday, index)))
  return weeks
}

/** The first of the month before or after. */
export function otherMonth(day: string, by: 1 | -1): string {
  const date = new Date(`${day.slice(0, 7)}-15T12:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + by)
  return `${date.toISOString().slice(0, 7)}-01`
}

export function isDay(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(noon(text)) && addDays(text, 0) === text
}

/** First and last day of a named time: `week-end` is the coming Saturday and Sunday, or what is left of them. */
export function periodOf(name: string, today: string): [string, string] | null {
  if (name === 'jour') return [today, today]
  if (name === 'semaine') return [today, addDays(today, 7)]
  if (name === 'mois') return [today, addDays(today, 30)]
  if (name !== 'week-end') return null
  const saturday = addDays(mondayOf(today), 5)
  return [saturday < today ? today : saturday, addDays(saturday, 1)]
}
