// Sentences the server says to people, in their language. Reads fr.json and en.json once; knows nothing of requests.
import type { AppError } from '../core/errors.ts'
import en from './en.json' with { type: 'json' }
import fr from './fr.json' with { type: 'json' }

export type Locale = 'fr' | 'en'

const TEXTS: Record<Locale, Record<string, string>> = { fr, en }

/** True for a language we speak. */
export function isLocale(value: unknown): value is Locale {
  return value === 'fr' || value === 'en'
}

/** The sentence for an error: `errors.<code>` in the language, else the error's own English text. `{{name}}` takes a detail, `{{name:day}}` one that is a day. */
export function errorText(locale: Locale, error: AppError): string {
  return findText(locale, `errors.${error.code}`, error.details) ?? error.message
}

/** A text by key, or the key itself when no language has it. */
export function text(locale: Locale, key: string, values: Record<string, string | number> = {}): string {
  return findText(locale, key, values) ?? findText('fr', key, values) ?? key
}

function findText(locale: Locale, key: string, values: Record<string, string | number>): string | undefined {
  return TEXTS[locale][key]?.replace(/\{\{(\w+)(:day)?\}\}/g, (_all, name: string, isDay?: string) => {
    const value = String(values[name] ?? '')
    return isDay === undefined ? value : dayText(locale, value)
  })
}

/** A day as people write it: 2027-01-01 is "1er janvier 2027", "1 January 2027". */
function dayText(locale: Locale, day: string): string {
  const written = new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day))
  return locale === 'fr' ? written.replace(/^1 /, '1er ') : written
}
