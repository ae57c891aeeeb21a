// What set-up asks, checked: the commune, its place, the public address that never changes afterwards. Pure.
import { AppError } from '../../core/errors.ts'
import { canonicalHost, parseIri } from '../../core/iri.ts'
import { checkCountry, checkLevels, type UpperLevel } from '../../core/upper-levels.ts'

export interface SetUpInput {
  name: string
  /** INSEE code; '' outside France. */
  insee: string
  /** ISO 3166; France when it is not said. */
  country?: string
  /** Outside France: what the commune belongs to, the largest first. */
  above?: UpperLevel[]
  latitude: number
  longitude: number
  publicUrl: string
  accountDomain?: string
  registrations?: 'open' | 'approval' | 'closed'
  description?: string
  timezone?: string
  admin: { username: string; email: string; password: string; name?: string }
  locale?: string
}

export interface SiteSettings {
  origin: string
  host: string
  accountDomain: string
  name: string
  insee: string
  country: string
  above: UpperLevel[]
  latitude: number
  longitude: number
  description: string
  registrations: 'open' | 'approval' | 'closed'
  timezone: string
}

/** Overseas departments and territories, by the first three digits of the INSEE code. */
const OVERSEAS: Record<string, string> = {
  '971': 'America/Guadeloupe',
  '972': 'America/Martinique',
  '973': 'America/Cayenne',
  '974': 'Indian/Reunion',
  '975': 'America/Miquelon',
  '976': 'Indian/Mayotte',
  '977': 'America/St_Barthelemy',
  '978': 'America/Marigot',
  '986': 'Pacific/Wallis',
  '987': 'Pacific/Tahiti',
  '988': 'Pacific/Noumea'
}

/** The settings of the site. Throws setup.* (422), each with the field that is wrong. */
export function checkSettings(input: SetUpInput): SiteSettings {
  const name = input.name.normalize('NFC').replace(/\s+/g, ' ').trim()
  if (name === '' || name.length > 100) throw wrong('setup.name', 'name', 'Please give the name of the commune.')
  const insee = input.insee.trim().toUpperCase()
  if (!isInsee(insee)) throw wrong('setup.insee', 'insee', 'An INSEE code has five characters, such as 97413 or 2A004.')
  const country = checkCountry(input.country ?? 'FR')
  if (insee !== '' && country !== 'FR') throw wrong('setup.insee-abroad', 'insee', 'Only communes of France have an INSEE code.')
  checkCoordinates(input.latitude, input.longitude)
  const origin = checkPublicUrl(input.publicUrl)
  const host = canonicalHost(new URL(origin).host)!
  const timezone = input.timezone?.trim() || timezoneOf(insee)
  if (!isTimezone(timezone)) throw wrong('setup.timezone', 'timezone', 'This time zone does not exist.')
  return {
    origin,
    host,
    accountDomain: checkAccountDomain(input.accountDomain, host),
    name,
    insee,
    country,
    above: insee === '' ? checkLevels(input.above ?? []) : [],
    latitude: input.latitude,
    longitude: input.longitude,
    description: (input.description ?? '').trim().slice(0, 2000),
    registrations: input.registrations ?? 'open',
    timezone
  }
}

/** The time zone a commune lives in, by its INSEE code. */
export function timezoneOf(insee: string): string {
  return OVERSEAS[insee.slice(0, 3)] ?? 'Europe/Paris'
}

/** The origin of a public address: https, or http on this machine only. Throws setup.public-url (422). */
export function checkPublicUrl(text: string): string {
  const url = parseIri(text.trim())
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '' || (url.protocol !== 'https:' && !isLocal)) {
    throw wrong('setup.public-url', 'public_url', 'The public address starts with https:// and has no path (http for localhost only).')
  }
  return url.origin
}

/** Five characters: a department (01 to 98, 2A, 2B) and a commune. Empty is allowed for a commune elsewhere. */
function isInsee(insee: string): boolean {
  return insee === '' || /^(0[1-9]|[1-8][0-9]|9[0-5]|97|98|2[AB])[0-9]{3}$/.test(insee)
}

function checkCoordinates(latitude: number, longitude: number): void {
  const right = Number.isFinite(latitude) && Number.isFinite(longitude) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  if (!right) throw wrong('setup.coordinates', 'latitude', 'Latitude goes from -90 to 90, longitude from -180 to 180.')
}

function checkAccountDomain(text: string | undefined, host: string): string {
  if (text === undefined || text.trim() === '') return host
  const domain = canonicalHost(text.trim())
  if (domain === null || !/^[a-z0-9.-]+(:[0-9]+)?$/.test(domain)) {
    throw wrong('setup.account-domain', 'account_domain', 'The account domain is a bare domain name, such as saint-leu.fr.')
  }
  return domain
}

function isTimezone(name: string): boolean {
  try {
    // Throws for a name that does not exist; offsets such as +04:00 exist but know no summer time.
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
    return known === 'UTC' || name.includes('/')
  } catch {
    return false
  }
}

function wrong(code: string, field: string, sentence: string): AppError {
  return new AppError(code, 422, sentence, { details: { field } })
}
