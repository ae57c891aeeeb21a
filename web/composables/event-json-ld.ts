// An event in the words of schema.org, for search engines and calendars.
import type { EventEntity } from '../entities.ts'
import { nameOf, plainText } from './addresses.ts'

/** https://schema.org/Event */
export function eventJsonLd(event: EventEntity): Record<string, unknown> {
  const place = event.location
  return {
    '@context': 'https://schema.org',
    '@type': 'Event',
    name: event.title,
    url: event.url,
    startDate: event.start,
    ...(event.end ? { endDate: event.end } : {}),
    eventStatus: `https://schema.org/${event.status === 'CANCELLED' ? 'EventCancelled' : 'EventScheduled'}`,
    description: plainText(event.description, 500),
    organizer: { '@type': 'Organization', name: nameOf(event.organizer), url: event.organizer.url },
    ...(event.image ? { image: event.image.url } : {}),
    ...(place
      ? {
          location: {
            '@type': 'Place',
            name: place.name ?? place.address ?? '',
            ...(place.address ? { address: place.address } : {}),
            ...(typeof place.latitude === 'number' && typeof place.longitude === 'number'
              ? { geo: { '@type': 'GeoCoordinates', latitude: place.latitude, longitude: place.longitude } }
              : {})
          }
        }
      : {})
  }
}
