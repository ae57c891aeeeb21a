// Contours as GeoJSON (RFC 7946): of the commune, by its INSEE code or "commune" where there is none.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { findContour, saveContour } from '../../db/contours.ts'
import { loadSite, requireSite, saveSite } from '../../db/site.ts'
import { mapSettings } from './map-settings.ts'

export type Ring = [number, number][]
export interface Contour {
  type: 'Polygon' | 'MultiPolygon'
  coordinates: Ring[] | Ring[][]
}

/** A commune of 900 inhabitants has some hundred points; a whole département more than anybody draws. */
const MAX_POINTS = 20_000
/** A collection holds features, a feature a geometry. */
const MAX_DEPTH = 3

/** Null: none was imported. */
export async function communeContour(ctx: Ctx): Promise<Contour | null> {
  return (await findContour(ctx.db, codeOf(ctx))) as Contour | null
}

/**
 * Keeps the contour found in what somebody uploads: a geometry, a feature, or the feature of a collection whose code is the commune's.
 * Positions are rounded to about a metre. Throws contour.invalid, contour.not-found, contour.too-large (422).
 */
export async function importContour(ctx: Ctx, file: unknown): Promise<Contour> {
  const { insee, name } = requireSite(ctx)
  const contour = readContour(file, insee)
  const map = { ...mapSettings(ctx), box: boxOf(contour) }
  await ctx.db.transaction(async (trx) => {
    await saveContour(trx, { code: codeOf(ctx), name, geometry: contour }, ctx.clock.now())
    await saveSite(ctx, trx, { ...requireSite(ctx), map })
  })
  await loadSite(ctx)
  return contour
}

/**
 * The one area of the file, or among several the one with this word (an INSEE code, the name of a quarter) in its properties, whatever the
 * case. Throws contour.invalid, contour.not-found, contour.too-large (422).
 */
export function readContour(file: unknown, word: string, depth = 0): Contour {
  if (depth > MAX_DEPTH) throw wrong('contour.invalid', 'This file holds no GeoJSON area.')
  const root = objectOf(file)
  if (root['type'] === 'FeatureCollection') {
    const features = Array.isArray(root['features']) ? root['features'].map(objectOf) : []
    const found = features.length === 1 ? features[0] : features.find((feature) => word !== '' && isCalled(feature, word))
    if (found === undefined) throw wrong('contour.not-found', 'The area is not among those of this file.')
    return readContour(found, word, depth + 1)
  }
  if (root['type'] === 'Feature') return readContour(root['geometry'], word, depth + 1)
  // geo.api.gouv.fr answers {contour: {…}} when asked for fields=contour.
  if (root['type'] === undefined && root['contour'] !== undefined) return readContour(root['contour'], word, depth + 1)
  const coordinates = root['coordinates']
  if (!Array.isArray(coordinates)) throw wrong('contour.invalid', 'This file holds no GeoJSON area.')
  const points = { count: 0 }
  if (root['type'] === 'Polygon') return { type: 'Polygon', coordinates: ringsOf(coordinates, points) }
  if (root['type'] === 'MultiPolygon' && coordinates.length > 0)
    return { type: 'MultiPolygon', coordinates: coordinates.map((polygon) => ringsOf(polygon, points)) }
  throw wrong('contour.invalid', 'This file holds no GeoJSON area.')
}

function isCalled(feature: Record<string, unknown>, word: string): boolean {
  const said = Object.values(objectOf(feature['properties']))
  return said.some((value) => typeof value === 'string' && value.trim().toLowerCase() === word.toLowerCase())
}

function ringsOf(polygon: unknown, points: { count: number }): Ring[] {
  if (!Array.isArray(polygon) || polygon.length === 0) throw wrong('contour.invalid', 'This file holds no GeoJSON area.')
  return polygon.map((ring: unknown): Ring => {
    if (!Array.isArray(ring) || ring.length < 4) throw wrong('contour.invalid', 'This file holds no GeoJSON area.')
    points.count += ring.length
    if (points.count > MAX_POINTS) throw wrong('contour.too-large', `A contour has at most ${MAX_POINTS} points.`)
    return ring.map((position: unknown): [number, number] => {
      const [longitude, latitude] = (Array.isArray(position) ? position : []) as unknown[]
      const isPosition =
        typeof longitude === 'number' && typeof latitude === 'number' && Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90
      if (!isPosition) throw wrong('contour.invalid', 'Positions are longitude and latitude in degrees (WGS 84).')
      return [rounded(longitude), rounded(latitude)]
    })
  })
}

/** West, south, east, north. */
function boxOf({ type, coordinates }: Contour): [number, number, number, number] {
  const box: [number, number, number, number] = [180, 90, -180, -90]
  const rings = (type === 'Polygon' ? coordinates : coordinates.flat()) as Ring[]
  for (const [longitude, latitude] of rings.flat()) {
    box[0] = Math.min(box[0], longitude)
    box[1] = Math.min(box[1], latitude)
    box[2] = Math.max(box[2], longitude)
    box[3] = Math.max(box[3], latitude)
  }
  return box
}

function rounded(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}

function codeOf(ctx: Ctx): string {
  return requireSite(ctx).insee || 'commune'
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function wrong(code: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field: 'file' } })
}
