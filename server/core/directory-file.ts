// Files of associations, shops and places, as registers and maps export them: CSV with any separator, or GeoJSON. Which column is what is
// guessed from its name (RNA, SIRENE, OpenStreetMap and our own export), and people correct the guess. Pure.
import { readCsv } from './csv.ts'

export const FILE_FIELDS = [
  'name',
  'kind',
  'description',
  'street',
  'postalCode',
  'locality',
  'latitude',
  'longitude',
  'phone',
  'email',
  'website',
  'themes',
  'skills',
  'siret',
  'rna',
  'key'
] as const
export type FileField = (typeof FILE_FIELDS)[number]

export interface FileRecord {
  line: number
  cells: string[]
}

export interface FileTable {
  columns: string[]
  records: FileRecord[]
}

const ALIASES: Record<FileField, string[]> = {
  name: [
    'name',
    'nom',
    'titre',
    'title',
    'denomination',
    'denominationunitelegale',
    'enseigne1etablissement',
    'raison_sociale',
    'libelle',
    'intitule'
  ],
  kind: ['kind', 'genre'],
  description: ['description', 'objet', 'activite', 'presentation', 'note', 'operator:description'],
  street: ['street', 'adresse', 'address', 'rue', 'addr:street', 'adrs_libvoie', 'voie', 'geo_adresse', 'adresse_siege'],
  postalCode: ['postal_code', 'postalcode', 'code_postal', 'cp', 'addr:postcode', 'adrs_codepostal', 'codepostaletablissement'],
  locality: ['locality', 'commune', 'ville', 'city', 'addr:city', 'adrs_libcommune', 'libellecommuneetablissement'],
  latitude: ['latitude', 'lat'],
  longitude: ['longitude', 'lon', 'lng', 'long'],
  phone: ['phone', 'telephone', 'tel', 'contact:phone'],
  email: ['email', 'courriel', 'mail', 'e-mail', 'contact:email'],
  website: ['website', 'site', 'siteweb', 'site_web', 'url_site', 'contact:website'],
  themes: ['themes', 'theme'],
  skills: ['skills', 'savoir_faire', 'competences'],
  siret: ['siret'],
  rna: ['rna', 'id_association', 'numero_rna', 'waldec'],
  key: ['key', 'id', 'identifiant', '@id', 'osm_id', 'handle']
}

/** Throws nothing: what is no table has no records. */
export function readDirectoryFile(text: string): FileTable {
  return text.trimStart().startsWith('{') ? readFeatures(text) : readTable(text)
}

/** One guess a column, no field twice. */
export function guessFields(columns: string[]): (FileField | null)[] {
  const taken = new Set<FileField>()
  return columns.map((column) => {
    const word = column
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_')
    const field = FILE_FIELDS.find((one) => ALIASES[one].includes(word) && !taken.has(one)) ?? null
    if (field !== null) taken.add(field)
    return field
  })
}

function readTable(text: string): FileTable {
  const first = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? ''
  const count = (sign: string): number => first.split(sign).length
  const separator = [';', '\t', ','].toSorted((one, other) => count(other) - count(one))[0]!
  const [head, ...records] = readCsv(text, separator)
  return {
    columns: (head?.cells ?? []).map((name) => name.trim()),
    records: records.map(({ line, cells }) => ({ line, cells: cells.map(bare) }))
  }
}

/** Our own export writes an apostrophe before what a spreadsheet would take for a formula. */
function bare(cell: string): string {
  return cell.trim().replace(/^'(?=[=+\-@])/, '')
}

const MAX_COLUMNS = 80

function readFeatures(text: string): FileTable {
  let root: unknown = null
  try {
    root = JSON.parse(text)
  } catch {
    return { columns: [], records: [] }
  }
  const features = (root as { features?: unknown })?.features
  if (!Array.isArray(features)) return { columns: [], records: [] }
  const rows = features.map((feature: unknown) => {
    const { properties, geometry, id } = (feature ?? {}) as {
      properties?: unknown
      geometry?: { type?: unknown; coordinates?: unknown }
      id?: unknown
    }
    const [longitude, latitude] =
      geometry?.type === 'Point' && Array.isArray(geometry.coordinates) ? (geometry.coordinates as unknown[]) : []
    return {
      ...(typeof id === 'string' || typeof id === 'number' ? { id } : {}),
      ...(typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : {}),
      ...(typeof latitude === 'number' && typeof longitude === 'number' ? { latitude, longitude } : {})
    } as Record<string, unknown>
  })
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, MAX_COLUMNS)
  const word = (value: unknown): string =>
    typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : Array.isArray(value) ? value.join(', ') : ''
  return { columns, records: rows.map((row, index) => ({ line: index + 1, cells: columns.map((column) => word(row[column])) })) }
}
