// The directory to take away: a table, GeoJSON (RFC 7946), and a card for one's address book (vCard 4, RFC 6350). Listed cards only; of people
// nothing but what they listed themselves for, and not at all in the files that hold everything (open data).
import type { Ctx } from '../../context.ts'
import { writeCsv } from '../../core/csv.ts'
import { hoursOf, openingHours } from '../../core/opening-hours.ts'
import { plainText } from '../../core/plain-text.ts'
import { searchDirectory, type CardRow, type DirectoryEntry, type DirectoryFilter } from '../../db/directory.ts'
import { requireSite } from '../../db/site.ts'

/** Of an export; a commune has some hundred. */
const MOST = 20_000
const KINDS = ['group', 'organization', 'project', 'service', 'place', 'commune']

/** All a question finds, without people. */
export async function exportedCards(ctx: Ctx, filter: Omit<DirectoryFilter, 'limit'>): Promise<DirectoryEntry[]> {
  const kinds = (filter.kinds ?? []).filter((kind) => KINDS.includes(kind))
  if ((filter.kinds ?? []).length > 0 && kinds.length === 0) return []
  return await searchDirectory(ctx, { ...filter, kinds: kinds.length === 0 ? KINDS : kinds, limit: MOST })
}

const COLUMNS = [
  'name',
  'handle',
  'kind',
  'organization_type',
  'description',
  'themes',
  'street',
  'postal_code',
  'locality',
  'latitude',
  'longitude',
  'phone',
  'email',
  'website',
  'opening_hours',
  'accessibility',
  'siret',
  'rna',
  'state',
  'confirmed_at',
  'url'
]

export function directoryCsv(ctx: Ctx, entries: DirectoryEntry[]): string {
  return writeCsv([
    COLUMNS,
    ...entries.map((entry) => {
      const facts = factsOf(ctx, entry)
      return COLUMNS.map((name) => {
        const value = facts[name]
        return Array.isArray(value) ? value.join(', ') : value === null || value === undefined ? '' : String(value)
      })
    })
  ])
}

export function directoryGeojson(ctx: Ctx, entries: DirectoryEntry[]): object {
  return {
    type: 'FeatureCollection',
    features: entries.map((entry) => {
      const { latitude, longitude, ...properties } = factsOf(ctx, entry)
      return {
        type: 'Feature',
        id: entry.iri,
        geometry: typeof latitude === 'number' ? { type: 'Point', coordinates: [longitude, latitude] } : null,
        properties
      }
    })
  }
}

/** What everybody may know. */
function factsOf(ctx: Ctx, entry: DirectoryEntry): Record<string, unknown> {
  const { origin } = requireSite(ctx)
  const { c_row: card } = entry
  return {
    name: entry.name || entry.username,
    handle: `@${entry.username}@${entry.domain}`,
    kind: entry.kind ?? 'group',
    organization_type: card.org_type,
    description: plainText(entry.summary),
    themes: card.themes,
    ...addressOf(card),
    latitude: card.shown_latitude,
    longitude: card.shown_longitude,
    phone: card.phone,
    email: card.email,
    website: card.website,
    opening_hours: openingHours(hoursOf(card.hours)),
    accessibility: card.accessibility,
    siret: card.siret,
    rna: card.rna,
    state: card.state,
    confirmed_at: card.confirmed_at.toISOString().slice(0, 10),
    url: `${origin}/@${entry.username}`
  }
}

function addressOf({ precision, street, postal_code, locality }: CardRow): { street: string; postal_code: string; locality: string } {
  if (precision === 'hidden') return { street: '', postal_code: '', locality: '' }
  return { street: precision === 'commune' ? '' : street, postal_code, locality }
}

/** RFC 6350. Lines end with CRLF and are folded at 75 octets. */
export function vcardOf(
  ctx: Ctx,
  actor: { type: string; name: string; username: string; iri: string; summary: string },
  card: CardRow
): string {
  const { origin } = requireSite(ctx)
  const { street, postal_code: code, locality } = addressOf(card)
  const name = actor.name || actor.username
  const lines = [
    'BEGIN:VCARD',
    'VERSION:4.0',
    `UID:${actor.iri}`,
    `FN:${escaped(name)}`,
    actor.type === 'Person' ? 'KIND:individual' : 'KIND:org',
    ...(actor.type === 'Person' ? [] : [`ORG:${escaped(name)}`]),
    ...(street + code + locality === '' ? [] : [`ADR:;;${[street, locality, '', code].map(escaped).join(';')};`]),
    ...(card.shown_latitude === null ? [] : [`GEO:geo:${card.shown_latitude},${card.shown_longitude}`]),
    ...(card.phone === '' ? [] : [`TEL;VALUE=uri:tel:${card.phone.replaceAll(/[^+0-9]/g, '')}`]),
    ...(card.email === '' ? [] : [`EMAIL:${escaped(card.email)}`]),
    ...(card.website === '' ? [] : [`URL:${card.website}`]),
    `URL;TYPE=home:${origin}/@${actor.username}`,
    ...(actor.summary === '' ? [] : [`NOTE:${escaped(plainText(actor.summary))}`]),
    `REV:${card.updated_at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`,
    'END:VCARD'
  ]
  return `${lines.map(folded).join('\r\n')}\r\n`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll(/\r?\n/g, '\\n').replaceAll(',', '\\,').replaceAll(';', '\\;')
}

/** At most 75 octets a line, never within a character. */
function folded(line: string): string {
  let out = ''
  let octets = 0
  for (const sign of line) {
    const size = Buffer.byteLength(sign)
    if (octets + size > 75) {
      out += '\r\n '
      octets = 1
    }
    out += sign
    octets += size
  }
  return out
}
