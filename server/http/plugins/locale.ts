// The language to answer in: the account's, else the one chosen in the header of the page, else the browser's, else French.
import type { FastifyRequest } from 'fastify'
import { isLocale, type Locale } from '../../locales/texts.ts'

/** `fr` or `en`. */
export function localeOf(request: FastifyRequest): Locale {
  const account = request.auth?.account.locale
  if (isLocale(account)) return account
  const cookie = request.cookies?.lang
  if (isLocale(cookie)) return cookie
  return preferredLocale(request)
}

/** The browser's, else French: for what is the same for everybody who says so. */
export function preferredLocale(request: FastifyRequest): Locale {
  return preferred(request.headers['accept-language'] ?? '')
}

/** First language of an Accept-Language header that we speak, by weight. */
function preferred(header: string): Locale {
  const wanted = header
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag, ...rest] = part.trim().split(';')
      const weight = rest.map((item) => /^\s*q=([0-9.]+)$/.exec(item)?.[1]).find((q) => q !== undefined)
      return { language: tag!.toLowerCase().split('-')[0]!, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter((entry) => isLocale(entry.language) && entry.weight > 0)
    .sort((a, b) => b.weight - a.weight)
  return (wanted[0]?.language as Locale | undefined) ?? 'fr'
}
