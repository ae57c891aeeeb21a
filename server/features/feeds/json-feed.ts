// Events as a JSON Feed (jsonfeed.org, version 1.1), for sites and scripts. When and where stands in `_event` of each item. Pure.
import { eventStatusOf } from '../../core/event-status.ts'
import type { ActorPart, StatusRow } from '../../db/status-parts.ts'
import { eventLine } from '../../vocab/fallback.ts'
import { zonedDate } from '../../vocab/zoned-date.ts'
import { entryTitle, type FeedFrame } from './atom.ts'

/** The document; `id` of an item is the event's IRI. */
export function jsonFeed(frame: FeedFrame, rows: StatusRow[], actors: Map<string, ActorPart>): object {
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: frame.title,
    home_page_url: frame.pageUrl,
    feed_url: frame.selfUrl,
    ...(frame.description === '' ? {} : { description: frame.description }),
    items: rows.flatMap((row) => (row.start_time === null ? [] : itemOf(row, row.start_time, actors.get(row.actor_id))))
  }
}

function itemOf(row: StatusRow, start: Date, actor: ActorPart | undefined): object {
  const image =
    row.local && !row.sensitive
      ? row.attachments.find(({ type, mediaType }) => type === 'Image' || mediaType?.startsWith('image/'))
      : undefined
  const tags = row.tags.filter(({ type }) => type === 'Hashtag').map(({ name }) => name.replace(/^#/, ''))
  return {
    id: row.iri,
    url: row.url ?? row.iri,
    title: entryTitle(row),
    summary: eventLine(row, row.language ?? 'fr'),
    content_html: row.content_html,
    ...(image === undefined ? {} : { image: image.url }),
    date_published: row.published.toISOString(),
    date_modified: (row.updated ?? row.published).toISOString(),
    ...(actor === undefined ? {} : { authors: [{ name: actor.name || actor.username, url: actor.url ?? actor.iri }] }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(row.language === null ? {} : { language: row.language }),
    _event: {
      start: zonedDate(start, row.timezone ?? 'UTC'),
      end: row.end_time === null ? null : zonedDate(row.end_time, row.timezone ?? 'UTC'),
      timezone: row.timezone,
      status: eventStatusOf(row.event_status),
      place: placeOf(row)
    }
  }
}

function placeOf({ place }: StatusRow): object | null {
  if (place === null) return null
  const { name = null, address = null, latitude = null, longitude = null, url = null } = place
  return { name, address, latitude, longitude, url }
}
