// What several routes of events share: the event a path names, and its entity for who looks.
import type { Ctx } from '../../context.ts'
import { loadAnnouncers, type Announcer } from '../../db/event-twins.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { loadStatusParts, type StatusRow } from '../../db/status-parts.ts'
import { findStatus, findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { notFound } from '../mastodon/params.ts'
import type { EventEntity } from '../mastodon/serialise/entities.ts'
import { toEvent } from '../mastodon/serialise/event.ts'

/** The event of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getEvent(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || row.type !== 'Event' || row.id !== id) throw notFound()
  return row
}

/** With who announces the same event too. */
export type ShownEvent = EventEntity & { alsoAnnouncedBy: Announcer[] }

/** The entity of one event. Throws request.not-found (404). */
export async function showEvent(ctx: Ctx, id: string, viewer: Viewer): Promise<ShownEvent> {
  const row = await findStatus(ctx, id, viewer)
  const [event] = row === null ? [] : await presentEvents(ctx, [row], viewer)
  if (event === undefined) throw notFound()
  return event
}

/** The entities of a page. */
export async function presentEvents(ctx: Ctx, rows: StatusRow[], viewer: Viewer): Promise<ShownEvent[]> {
  const [parts, announcers] = await Promise.all([
    loadStatusParts(ctx, rows, viewer),
    loadAnnouncers(
      ctx,
      rows.map(({ id }) => id)
    )
  ])
  return rows.flatMap((row) => {
    const event = toEvent(ctx, row, parts)
    return event === null ? [] : { ...event, alsoAnnouncedBy: announcers.get(row.id) ?? [] }
  })
}
