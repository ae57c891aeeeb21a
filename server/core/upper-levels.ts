// What a commune outside the reference data belongs to, as people enter it: its country, and levels with the names they have there. Pure.
import { AppError } from './errors.ts'

/** "canton", "Vaud"; the level's name is whatever the country calls it. */
export interface UpperLevel {
  level: string
  name: string
}

const MAX_LEVELS = 6
const MAX_LENGTH = 80
/** Our own words for the two ends of the tree. */
const TAKEN = ['country', 'commune']

/** ISO 3166 code of a country that exists, in capitals. Throws territory.country (422). */
export function checkCountry(text: string): string {
  const code = text.trim().toUpperCase()
  const isOne = /^[A-Z]{2}$/.test(code) && code !== 'ZZ' && countryName(code) !== null
  if (!isOne) throw wrong('territory.country', 'country', 'A country is given by its two letters, such as CH.')
  return code
}

/** The largest first; each line once. Throws territory.levels (422). */
export function checkLevels(wanted: UpperLevel[]): UpperLevel[] {
  const levels = wanted.map(({ level, name }) => ({ level: oneLine(level), name: oneLine(name) }))
  const isRight = ({ level, name }: UpperLevel): boolean =>
    level !== '' && name !== '' && level.length <= MAX_LENGTH && name.length <= MAX_LENGTH && !TAKEN.includes(level.toLowerCase())
  if (levels.length > MAX_LEVELS || !levels.every(isRight))
    throw wrong('territory.levels', 'above', `At most ${MAX_LEVELS} levels, each with a name of at most ${MAX_LENGTH} characters.`)
  const key = ({ level, name }: UpperLevel): string => `${level}\n${name}`.toLowerCase()
  return levels.filter((one, at) => levels.findIndex((other) => key(other) === key(one)) === at)
}

/** In French, as all our words on the wire; null for letters that are no country. */
export function countryName(code: string): string | null {
  return new Intl.DisplayNames(['fr'], { type: 'region', fallback: 'none' }).of(code) ?? null
}

function oneLine(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
