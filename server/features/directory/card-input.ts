// What someone types into a card, checked and turned into columns. Every refusal names its field.
import { AppError } from '../../core/errors.ts'
import { DAYS, readSpans, type WeekHours } from '../../core/opening-hours.ts'
import { themesAmong } from '../../core/themes.ts'
import { ACCESSIBILITY, type CardColumns, type OrgType, type Precision } from '../../db/directory.ts'

export interface CardInput {
  listed?: boolean
  orgType?: OrgType | null
  /** 14 digits; spaces do not matter. */
  siret?: string | null
  /** W and nine signs. */
  rna?: string | null
  themes?: string[]
  skills?: string[]
  street?: string
  postalCode?: string
  locality?: string
  latitude?: number | null
  longitude?: number | null
  precision?: Precision
  phone?: string
  email?: string
  website?: string
  /** By day (mo to su): "9h-12h, 14h-17h"; '' for closed. */
  hours?: Partial<Record<(typeof DAYS)[number], string>>
  accessibility?: string[]
}

const MAX_SKILLS = 20
const MAX_THEMES = 5

/** Only what was given. Throws card.* (422) with the field in `details.field`. */
export function readCard(input: CardInput): Partial<CardColumns> {
  const columns: Partial<CardColumns> = {}
  if (input.listed !== undefined) columns.listed = input.listed
  if (input.orgType !== undefined) columns.org_type = input.orgType
  if (input.siret !== undefined) columns.siret = readSiret(input.siret ?? '')
  if (input.rna !== undefined) columns.rna = readRna(input.rna ?? '')
  if (input.themes !== undefined) {
    columns.themes = themesAmong(input.themes)
    if (columns.themes.length > MAX_THEMES) throw wrong('card.themes', 'themes', `At most ${MAX_THEMES} themes.`)
  }
  if (input.skills !== undefined)
    columns.skills = [...new Set(input.skills.map((skill) => line(skill, 60)).filter(Boolean))].slice(0, MAX_SKILLS)
  if (input.street !== undefined) columns.street = line(input.street, 200)
  if (input.postalCode !== undefined) columns.postal_code = line(input.postalCode, 12)
  if (input.locality !== undefined) columns.locality = line(input.locality, 100)
  if (input.latitude !== undefined || input.longitude !== undefined) Object.assign(columns, readPosition(input))
  if (input.precision !== undefined) columns.precision = input.precision
  if (input.phone !== undefined) columns.phone = readPhone(input.phone)
  if (input.email !== undefined) columns.email = readEmail(input.email)
  if (input.website !== undefined) columns.website = readWebsite(input.website)
  if (input.hours !== undefined) columns.hours = readHours(input.hours)
  if (input.accessibility !== undefined) columns.accessibility = ACCESSIBILITY.filter((one) => input.accessibility!.includes(one))
  return columns
}

/** 14 digits whose Luhn sum is right; La Poste's own do not follow it. */
function readSiret(text: string): string | null {
  const digits = text.replaceAll(/[\s.-]/g, '')
  if (digits === '') return null
  const isRight = /^\d{14}$/.test(digits) && (digits.startsWith('356000000') || luhn(digits))
  if (!isRight) throw wrong('card.siret', 'siret', 'A SIRET has 14 digits; please check them.')
  return digits
}

function luhn(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

function readRna(text: string): string | null {
  const code = text.replaceAll(/\s/g, '').toUpperCase()
  if (code === '') return null
  if (!/^W[0-9A-Z]{9}$/.test(code)) throw wrong('card.rna', 'rna', 'An RNA number is a W and nine signs.')
  return code
}

function readPosition({ latitude = null, longitude = null }: CardInput): { latitude: number | null; longitude: number | null } {
  if ((latitude === null) !== (longitude === null)) throw wrong('card.position', 'latitude', 'A position has a latitude and a longitude.')
  if (latitude !== null && !(Math.abs(latitude) <= 90 && Math.abs(longitude!) <= 180))
    throw wrong('card.position', 'latitude', 'A latitude is between -90 and 90, a longitude between -180 and 180.')
  return { latitude, longitude }
}

function readPhone(text: string): string {
  const phone = line(text, 30)
  if (phone !== '' && !/^\+?[0-9 ().-]{3,30}$/.test(phone)) throw wrong('card.phone', 'phone', 'This is no phone number.')
  return phone
}

function readEmail(text: string): string {
  const email = line(text, 200)
  if (email !== '' && !/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/.test(email)) throw wrong('card.email', 'email', 'This is no e-mail address.')
  return email
}

function readWebsite(text: string): string {
  const typed = line(text, 500)
  if (typed === '') return ''
  const address = /^https?:\/\//i.test(typed) ? typed : `https://${typed}`
  if (!URL.canParse(address) || !new URL(address).hostname.includes('.') || /[<>"\s]/.test(address))
    throw wrong('card.website', 'website', 'This is no address on the web.')
  return address
}

function readHours(typed: NonNullable<CardInput['hours']>): WeekHours {
  const hours: WeekHours = {}
  for (const day of DAYS) {
    const spans = readSpans(typed[day] ?? '')
    if (spans === null) throw wrong('card.hours', `hours.${day}`, 'Hours are written like this: 9h-12h, 14h-17h.')
    if (spans.length > 0) hours[day] = spans
  }
  return hours
}

function line(text: string, max: number): string {
  const clean = text.replaceAll('\u0000', '').toWellFormed().normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  return [...clean].slice(0, max).join('')
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
