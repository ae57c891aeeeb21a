// Distances in SQL: a box an index can use, and the exact metres within it.

const METRES_PER_DEGREE = 111_320

export interface Circle {
  latitude: number
  longitude: number
  radiusMetres: number
}

/** Degrees; holds the circle whole. */
export function boxAround({ latitude, longitude, radiusMetres }: Circle): { west: number; south: number; east: number; north: number } {
  const high = radiusMetres / METRES_PER_DEGREE
  const wide = Math.min(180, high / Math.max(Math.cos((latitude * Math.PI) / 180), 0.01))
  return { west: longitude - wide, south: latitude - high, east: longitude + wide, north: latitude + high }
}

/** SQL: metres on the sphere from the columns to the bindings :latitude and :longitude. */
export function metresTo(latitude: string, longitude: string): string {
  return `2 * 6371000 * asin(least(1, sqrt(power(sin(radians(${latitude} - :latitude) / 2), 2)
  + cos(radians(:latitude)) * cos(radians(${latitude})) * power(sin(radians(${longitude} - :longitude) / 2), 2))))`
}
