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
    eventStatus: `https://schema.org/${termOf(event)}`,
    ...(event.movedFrom ? { previousStartDate: event.movedFrom } : {}),
    description: plainText(event.description, 500),
    organizer: { '@type': 'Organization', name: nameOf(event.organizer), url: event.organizer.url },
    ...(event.image ? { image: event.image.url } : {}),
    ...(event.price === null
      ? {}
      : { isAccessibleForFree: event.price === 0, offers: { '@type': 'Offer', price: event.price, priceCurrency: 'EUR' } }),
    ...(place?.url && !place.name && !place.address
      ? {
          eventAttendanceMode: 'https://schema.org/OnlineEventAttendanceMode',
          location: { '@type': 'VirtualLocation', url: place.url }
        }
      : {}),
    ...(place && (!place.url || place.name || place.address)
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

function termOf({ status, movedFrom }: EventEntity): string {
  if (status === 'CANCELLED') return 'EventCancelled'
  if (status === 'POSTPONED') return 'EventPostponed'
  if (status === 'MOVED_ONLINE') return 'EventMovedOnline'
  return movedFrom ? 'EventRescheduled' : 'EventScheduled'
}
