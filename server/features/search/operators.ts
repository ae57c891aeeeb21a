// The words of a search that narrow it ("from:ana has:media before:2026-05-01"), as Mastodon writes them (docs.joinmastodon.org/user/discoverability).

export interface Operators {
  /** What is left: the words themselves. */
  words: string
  /** A handle without its first @, or "me"; null: anybody. */
  from: string | null
  after: string | null
  before: string | null
  has: ('media' | 'poll' | 'link')[]
  isReply: boolean | null
  language: string | null
}

const OPERATOR = /(?<=^|\s)(-?)(from|before|after|during|has|is|language):(\S+)/giu

/** Takes the operators out of the text. What is not one (an unknown value, a day that does not exist) stays a word. */
export function readOperators(text: string): Operators {
  const found: Operators = { words: '', from: null, after: null, before: null, has: [], isReply: null, language: null }
  const words = text.replace(OPERATOR, (whole, minus: string, key: string, value: string) =>
    take(found, key.toLowerCase(), value, minus === '-') ? ' ' : whole
  )
  return { ...found, words: words.replaceAll(/\s+/g, ' ').trim() }
}

function take(found: Operators, key: string, value: string, not: boolean): boolean {
  if (key === 'is' && value === 'reply') {
    found.isReply = !not
    return true
  }
  if (not) return false
  if (key === 'from') found.from = value.replace(/^@/, '')
  else if (key === 'language' && /^[a-z]{2,3}$/i.test(value)) found.language = value.toLowerCase()
  else if (key === 'has' && (value === 'media' || value === 'poll' || value === 'link')) found.has.push(value)
  else if (isDay(value) && key === 'before') found.before = value
  else if (isDay(value) && key === 'after') found.after = value
  else if (isDay(value) && key === 'during') {
    found.after = dayFrom(value, -1)
    found.before = dayFrom(value, 1)
  } else return false
  return true
}

/** YYYY-MM-DD, and on the calendar. */
export function isDay(value: string): boolean {
  const time = /^(19|20)\d\d-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

function dayFrom(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
