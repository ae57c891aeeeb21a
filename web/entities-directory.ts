// Cards of the directory and features of the map, as the native API answers them.
import type { Account, Status } from './entities.ts'

export const CARD_KINDS = ['organization', 'group', 'service', 'place', 'project', 'person'] as const
export type CardKind = (typeof CARD_KINDS)[number] | 'commune'
export const DAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const
export type Day = (typeof DAYS)[number]
export const ACCESSIBILITY = ['wheelchair', 'toilets', 'hearing_loop', 'sign_language', 'quiet', 'parking'] as const
export const ORG_TYPES = ['association', 'business', 'informal', 'public'] as const
export const THEMES = [
  'food',
  'health',
  'waste',
  'transport',
  'education',
  'citizenship',
  'economy',
  'energy',
  'culture',
  'environment',
  'digital',
  'sport'
] as const
export const PRECISIONS = ['exact', 'street', 'commune', 'hidden'] as const

export interface Position {
  latitude: number
  longitude: number
}

export interface DirectoryCard {
  /** Of the account. */
  id: string
  account: Account
  kind: CardKind
  listed: boolean
  orgType: (typeof ORG_TYPES)[number] | null
  siret: string | null
  rna: string | null
  themes: (typeof THEMES)[number][]
  skills: string[]
  address: { street: string; postalCode: string; locality: string }
  position: Position | null
  precision: (typeof PRECISIONS)[number]
  phone: string
  email: string
  website: string
  hours: Partial<Record<Day, [string, string][]>>
  openingHours: string[]
  accessibility: (typeof ACCESSIBILITY)[number][]
  state: 'unclaimed' | 'claimed' | 'verified'
  isStale: boolean
  confirmedAt: string
  source: string | null
  distance: number | null
  excerpt: string | null
}

export interface OwnCard {
  card: DirectoryCard
  canEdit: boolean
  hasClaimed: boolean
  requests: number
}

export interface CardRequests {
  claims: { account: Account; proof: string; created_at: string }[]
  suggestions: { id: string; account: Account; changes: Record<string, unknown>; note: string; created_at: string }[]
}

export interface MapFeature {
  type: 'Feature'
  id: string
  geometry: { type: 'Point'; coordinates: [number, number] }
  properties: {
    kind: CardKind | 'event' | 'idea'
    name: string
    url: string
    text: string
    themes: string[]
    start: string | null
    timezone: string | null
  }
}

export interface MapAnswer {
  features: MapFeature[]
  isCut: boolean
}

/** West, south, east, north. */
export type Box = [number, number, number, number]

export interface FoundPlace {
  name: string
  address: string
  latitude: number | null
  longitude: number | null
  username: string | null
  source: 'directory' | 'events' | 'geocoder'
}

/** Two cards that look like the same, the older first. */
export interface CardTwins {
  why: 'siret' | 'rna' | 'near' | 'address' | 'name'
  cards: [DirectoryCard, DirectoryCard]
}

export const SEARCH_KINDS = ['people', 'groups', 'organizations', 'places', 'events', 'ideas', 'votes', 'posts'] as const
export const SEARCH_DISTANCES = ['5', '10', '20', '50'] as const

/** What the main search finds here, and where the words stand. */
export interface FoundHere {
  cards: DirectoryCard[]
  statuses: { status: Status; why: { where: 'title' | 'text' | 'place' | 'image'; excerpt: string } | null }[]
}
