// Boxes and points as the native API takes and shows them.
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import type { Box } from '../../db/directory.ts'
import { orNull } from './schemas.ts'

const DEGREES = '-?[0-9]{1,3}(\\.[0-9]{1,12})?'

export const Geometry = Type.Object({ type: Type.String(), coordinates: Type.Array(Type.Unknown()) }, { description: 'RFC 7946' })
const Feature = Type.Object({
  type: Type.Literal('Feature'),
  id: Type.String(),
  geometry: Geometry,
  properties: Type.Object({
    kind: Type.String(),
    name: Type.String(),
    url: Type.String(),
    text: Type.String({ description: 'One line: an address, or date and place' }),
    themes: Type.Array(Type.String()),
    start: orNull(Type.String()),
    timezone: orNull(Type.String())
  })
})
export const Features = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(Feature),
  isCut: Type.Boolean({ description: 'There is more than is told: come closer' })
})
export const BoxText = Type.String({ pattern: `^${DEGREES},${DEGREES},${DEGREES},${DEGREES}$`, description: 'west,south,east,north' })

/** Throws map.box (422). */
export function readBox(bbox: string): Box {
  const [west, south, east, north] = bbox.split(',').map(Number) as [number, number, number, number]
  if (west > east || south > north || south < -90 || north > 90 || west < -180 || east > 180)
    throw new AppError('map.box', 422, 'A box is west, south, east, north in degrees.', { details: { field: 'bbox' } })
  return { west, south, east, north }
}

export function pointOf<Properties>(id: string, { latitude, longitude }: { latitude: number; longitude: number }, properties: Properties) {
  return { type: 'Feature' as const, id, geometry: { type: 'Point', coordinates: [longitude, latitude] }, properties }
}
