// Where is "salle des fêtes"? Places of the directory first, then those events named before, then the geocoder the commune chose, if any.
import type { Ctx } from '../../context.ts'
import { placesLike } from '../../db/places.ts'
import { requireSite } from '../../db/site.ts'
import { fetchJson, newBudget } from '../../protocol/fetch.ts'
import { mapSettings } from './map-settings.ts'

export interface FoundPlace {
  name: string
  /** Street, postal code and town in one line. */
  address: string
  latitude: number | null
  longitude: number | null
  /** Username of a place of the directory: one can follow it. */
  username: string | null
  source: 'directory' | 'events' | 'geocoder'
}

const MAX = 8
const MAX_BYTES = 200_000
const DEADLINE_MS = 3000

/** At most eight. `ask`: the geocoder may be asked; when it does not answer there are just fewer. */
export async function findPlaces(ctx: Ctx, text: string, ask: boolean): Promise<FoundPlace[]> {
  const words = text.trim().slice(0, 200)
  if ([...words].length < 2) return []
  const known = await placesLike(ctx, words, MAX)
  const template = mapSettings(ctx).geocoder
  if (!ask || template === '' || known.length >= MAX || [...words].length < 3) return known
  const found = await geocode(ctx, template, words).catch(() => {
    ctx.count('geocoder.failed')
    return []
  })
  return [...known, ...found].slice(0, MAX)
}

/** GeocodeJSON, as the Base adresse nationale, addok and Photon answer. */
async function geocode(ctx: Ctx, template: string, words: string): Promise<FoundPlace[]> {
  const { latitude, longitude } = requireSite(ctx)
  const url = template
    .replaceAll('{q}', encodeURIComponent(words))
    .replaceAll('{lat}', String(latitude))
    .replaceAll('{lon}', String(longitude))
  const answer = await fetchJson(ctx, url, { accept: 'application/json', maxBytes: MAX_BYTES, budget: newBudget(1, DEADLINE_MS) })
  const features = (answer as { features?: unknown })?.features
  return Array.isArray(features) ? features.slice(0, MAX).flatMap(placeOf) : []
}

function placeOf(feature: unknown): FoundPlace[] {
  const { geometry, properties } = (feature ?? {}) as { geometry?: { coordinates?: unknown }; properties?: Record<string, unknown> }
  const [longitude, latitude] = Array.isArray(geometry?.coordinates) ? (geometry.coordinates as unknown[]) : []
  if (typeof latitude !== 'number' || typeof longitude !== 'number' || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return []
  const word = (name: string): string => (typeof properties?.[name] === 'string' ? properties[name].slice(0, 200) : '')
  const street = [word('housenumber'), word('street')].filter(Boolean).join(' ')
  const town = [word('postcode'), word('city')].filter(Boolean).join(' ')
  const label = word('label') || [word('name'), street === word('name') ? '' : street, town].filter(Boolean).join(', ')
  if (label === '') return []
  return [{ name: word('name') || label, address: label, latitude, longitude, username: null, source: 'geocoder' }]
}
