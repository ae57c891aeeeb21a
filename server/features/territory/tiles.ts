// Tiles of the map, fetched for our readers: whoever draws them learns this server's address and nobody else's, and pages load nothing from
// elsewhere. A few hundred are kept in memory.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { createLru, type Lru } from '../../core/lru.ts'
import { fetchMedia } from '../../protocol/fetch.ts'
import { mapSettings } from './map-settings.ts'

const MAX_BYTES = 300_000
const KEPT = 400
const MAX_ZOOM = 19
/** Only images that no browser runs. */
const TYPES: [string, (bytes: Buffer) => boolean][] = [
  ['image/png', (bytes) => bytes.subarray(1, 4).toString('latin1') === 'PNG'],
  ['image/jpeg', (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8],
  ['image/webp', (bytes) => bytes.subarray(8, 12).toString('latin1') === 'WEBP']
]

export interface Tile {
  body: Buffer
  mediaType: string
}

const memories = new WeakMap<Ctx, { template: string; tiles: Lru<string, Tile> }>()

/** One tile. Throws tile.unknown (404) without tiles, out of range, or where their server has none; fetch.* as it fails. */
export async function tileAt(ctx: Ctx, { z, x, y }: { z: number; x: number; y: number }): Promise<Tile> {
  const template = mapSettings(ctx).tiles
  const across = 2 ** z
  if (template === '' || z > MAX_ZOOM || x >= across || y >= across) throw unknown()
  const { tiles } = memoryOf(ctx, template)
  const key = `${z}/${x}/${y}`
  const known = tiles.get(key)
  if (known !== undefined) return known
  const url = template.replaceAll('{z}', String(z)).replaceAll('{x}', String(x)).replaceAll('{y}', String(y))
  const { body } = await fetchMedia(ctx, url, { maxBytes: MAX_BYTES })
  const type = TYPES.find(([, fits]) => fits(body))
  if (type === undefined) throw unknown()
  const tile = { body, mediaType: type[0] }
  tiles.set(key, tile)
  return tile
}

/** Of one map: after a change of the template the old one's are forgotten. */
function memoryOf(ctx: Ctx, template: string): { tiles: Lru<string, Tile> } {
  const known = memories.get(ctx)
  if (known?.template === template) return known
  const fresh = { template, tiles: createLru<string, Tile>(KEPT) }
  memories.set(ctx, fresh)
  return fresh
}

function unknown(): AppError {
  return new AppError('tile.unknown', 404, 'There is no such tile.')
}
