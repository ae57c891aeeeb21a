// Whether two announcements are of one event: the same time, nearly the same title, no other place. Pure.

export interface Announced {
  title: string
  start: Date
  place: { name: string | null; address?: string | null; latitude: number | null; longitude: number | null } | null
}

/** Some announce the doors, others the concert. */
export const MAX_APART_MS = 30 * 60_000
const NEAR_METRES = 1000
/** Share of the words of the shorter title that the longer one has too. */
const ENOUGH_SHARED = 0.75
const SMALL_WORDS = new Set('le la les l un une des du de d a au aux et en sur pour par the of in at and avec'.split(' '))

/** True when one would not go to both. Without a place on either side the titles must say the same. */
export function isSameEvent(one: Announced, other: Announced): boolean {
  if (Math.abs(one.start.getTime() - other.start.getTime()) > MAX_APART_MS) return false
  const [first, second] = [wordsOf(one.title), wordsOf(other.title)]
  const [short, long] = first.size <= second.size ? [first, second] : [second, first]
  if (short.size === 0) return false
  const shared = [...short].filter((word) => long.has(word)).length
  const place = samePlace(one.place, other.place)
  if (place === false) return false
  // One word alone (« Concert ») says too little about which one it is, unless both say no more.
  if (short.size === 1 && long.size > 1 && place !== true) return false
  return shared / short.size >= (place === true ? ENOUGH_SHARED : 1) && (place === true || shared / long.size >= ENOUGH_SHARED)
}

/** Null: nobody can tell. */
function samePlace(one: Announced['place'], other: Announced['place']): boolean | null {
  if (one === null || other === null) return null
  if (one.latitude !== null && one.longitude !== null && other.latitude !== null && other.longitude !== null)
    return metresBetween(one.latitude, one.longitude, other.latitude, other.longitude) <= NEAR_METRES
  const [first, second] = [wordsOf(`${one.name ?? ''} ${one.address ?? ''}`), wordsOf(`${other.name ?? ''} ${other.address ?? ''}`)]
  if (first.size === 0 || second.size === 0) return null
  const shared = [...first].filter((word) => second.has(word)).length
  return shared / Math.min(first.size, second.size) >= 0.5
}

function wordsOf(text: string): Set<string> {
  const plain = text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  return new Set((plain ?? []).filter((word) => !SMALL_WORDS.has(word)).map((word) => (word.length > 4 ? word.replace(/[sx]$/, '') : word)))
}

/** On the sphere; good to half a percent. */
function metresBetween(latitude: number, longitude: number, otherLatitude: number, otherLongitude: number): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const half = (degrees: number): number => Math.sin(radians(degrees) / 2) ** 2
  const square =
    half(otherLatitude - latitude) + Math.cos(radians(latitude)) * Math.cos(radians(otherLatitude)) * half(otherLongitude - longitude)
  return 2 * 6_371_000 * Math.asin(Math.sqrt(square))
}
