// Events as GeoJSON (RFC 7946), for maps of others. Those without a position have no geometry. Pure.
import type { ActorPart, StatusRow } from '../../db/status-parts.ts'
import { zonedDate } from '../../vocab/zoned-date.ts'

/** A FeatureCollection; `id` is the event's IRI. */
export function geojsonOf(rows: StatusRow[], actors: Map<string, ActorPart>): object {
  const features = rows.flatMap((row) => {
    if (row.start_time === null) return []
    const { latitude, longitude } = row.place ?? {}
    const zone = row.timezone ?? 'UTC'
    return [
      {
        type: 'Feature',
        id: row.iri,
        geometry:
          typeof latitude === 'number' && typeof longitude === 'number' ? { type: 'Point', coordinates: [longitude, latitude] } : null,
        properties: {
          name: row.name ?? '',
          startTime: zonedDate(row.start_time, zone),
          endTime: row.end_time === null ? null : zonedDate(row.end_time, zone),
          status: row.event_status ?? 'CONFIRMED',
          place: row.place?.name ?? null,
          address: row.place?.address ?? null,
          organizer: actors.get(row.actor_id)?.name || actors.get(row.actor_id)?.username || null,
          url: row.url ?? row.iri
        }
      }
    ]
  })
  return { type: 'FeatureCollection', features }
}
