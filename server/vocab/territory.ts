// The territory a commune's instance stands for, as a Place (federation.md §4.9). Pure.
import type { WireDocument } from './context.ts'
import { decimal } from './values.ts'

export interface TerritorySource {
  name: string
  insee: string
  /** ISO 3166; absent: FR. */
  country?: string
  latitude: number
  longitude: number
  /** From the country down to the commune, as far as known. */
  chain?: { level: string; code: string; name: string }[]
}

/** The Place; with a chain, `partOf` names what it belongs to, the closest first. */
export function territoryDocument(
  origin: string,
  { name, insee, country = 'FR', latitude, longitude, chain = [] }: TerritorySource
): WireDocument {
  const above = chain.filter(({ level }) => level !== 'commune').toReversed()
  return {
    type: 'Place',
    id: `${origin}/ap/territory`,
    name,
    'communer:countryCode': country,
    ...(insee ? { 'communer:inseeCode': insee } : {}),
    'communer:level': 'commune',
    latitude: decimal(latitude),
    longitude: decimal(longitude),
    ...(above.length === 0
      ? {}
      : {
          'communer:partOf': above.map(({ level, code, name: itsName }) => ({
            type: 'Place',
            name: itsName,
            'communer:level': level,
            ...(code === ''
              ? {}
              : { [level === 'epci' ? 'communer:siren' : level === 'country' ? 'communer:countryCode' : 'communer:inseeCode']: code })
          }))
        })
  }
}
