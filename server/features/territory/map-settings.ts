// What lies under the map and who finds addresses: decided by the commune, none of it by default. Kept with the site.
import type { Ctx, MapSettings } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { loadSite, requireSite, saveSite } from '../../db/site.ts'

/** Nothing comes from elsewhere until the commune says so. */
export const NO_MAP: MapSettings = { tiles: '', attribution: '', geocoder: '' }

export function mapSettings(ctx: Ctx): MapSettings {
  return requireSite(ctx).map ?? NO_MAP
}

/** Replaces them. Throws map.tiles, map.attribution, map.geocoder (422). */
export async function saveMapSettings(ctx: Ctx, wanted: MapSettings): Promise<MapSettings> {
  const settings = {
    ...mapSettings(ctx),
    tiles: wanted.tiles.trim(),
    attribution: wanted.attribution.trim().slice(0, 200),
    geocoder: wanted.geocoder.trim()
  }
  if (settings.tiles !== '' && !isTemplate(settings.tiles, ['{z}', '{x}', '{y}']))
    throw wrong('map.tiles', 'tiles', 'The address of tiles starts with https:// and holds {z}, {x} and {y}.')
  if (settings.tiles !== '' && settings.attribution === '')
    throw wrong('map.attribution', 'attribution', 'Whose map it is must be said under it.')
  if (settings.geocoder !== '' && !isTemplate(settings.geocoder, ['{q}']))
    throw wrong('map.geocoder', 'geocoder', 'The address of the search starts with https:// and holds {q}.')
  await ctx.db.transaction((trx) => saveSite(ctx, trx, { ...requireSite(ctx), map: settings }))
  await loadSite(ctx)
  return settings
}

function isTemplate(text: string, holes: string[]): boolean {
  return (
    text.length <= 500 &&
    /^https?:\/\//.test(text) &&
    holes.every((hole) => text.includes(hole)) &&
    URL.canParse(text.replaceAll(/\{[a-z]+\}/g, '0'))
  )
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
