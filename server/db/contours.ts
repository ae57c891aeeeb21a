// Contours of territories, by INSEE code.
import type { Knex } from 'knex'

/** A GeoJSON Polygon or MultiPolygon, or null. */
export async function findContour(trx: Knex, code: string): Promise<unknown> {
  return (await trx('contours').where({ code }).first<{ geometry: unknown } | undefined>('geometry'))?.geometry ?? null
}

export async function saveContour(
  trx: Knex,
  { code, name, geometry }: { code: string; name: string; geometry: unknown },
  now: Date
): Promise<void> {
  const row = { name, geometry: JSON.stringify(geometry), updated_at: now }
  await trx('contours')
    .insert({ code, ...row })
    .onConflict('code')
    .merge(row)
}
