// The languages one may write in, named in the reader's own.

/** France's first, its regions' next, then its neighbours' and those most spoken beside them. */
const CODES = 'fr rcf gcf gcr br oc co eu ca gsw ty en ar de es it ja mg nl pl pt ro ru ta tr uk vi zh'.split(' ')
const KEY = 'communer-language'

/** Codes with names, `current` among them. */
export function languageNames(lang: string, current: string): { code: string; name: string }[] {
  const names = new Intl.DisplayNames([lang], { type: 'language' })
  return [...new Set([...CODES, current])].map((code) => ({ code, name: names.of(code) ?? code }))
}

/** What this browser last wrote in, or null. */
export function lastLanguage(): string | null {
  try {
    const code = localStorage.getItem(KEY)
    return code !== null && /^[a-z]{2,3}$/.test(code) ? code : null
  } catch {
    return null
  }
}

export function rememberLanguage(code: string): void {
  try {
    localStorage.setItem(KEY, code)
  } catch {
    // Next time it is the reader's language again.
  }
}
