// Event objects → entities of the native API (/api/communer/v1/events). Pure.
import type { Ctx } from '../../../context.ts'
import type { StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { subjectOf } from '../../../protocol/media-address.ts'
import { actorUrl, toAccount } from './account.ts'
import type { EventEntity } from './entities.ts'
import { toEventDetails } from './extension.ts'
import { proxied, withProxiedImages } from './images.ts'
import { toTags } from './status.ts'

/** One event, or null when the row is no event or its organizer is unknown. */
export function toEvent(ctx: Ctx, row: StatusRow, parts: StatusParts): EventEntity | null {
  const details = toEventDetails(ctx, row, parts)
  const organizer = parts.actors.get(row.actor_id)
  if (details === null || organizer === undefined) return null
  const author = row.author_id === null ? undefined : parts.actors.get(row.author_id)
  const facts = parts.facts.get(row.id)
  return {
    id: row.id,
    uri: row.iri,
    url: row.url ?? row.iri,
    title: row.name ?? '',
    description: withProxiedImages(ctx, row.content_html, subjectOf(row)),
    ...details,
    placeActor: toPlaceActor(ctx, row, parts),
    image: toImages(ctx, row)[0] ?? null,
    moreImages: toImages(ctx, row).slice(1),
    tags: toTags(ctx, row.tags),
    organizer: toAccount(ctx, organizer, organizer),
    author: author === undefined ? null : toAccount(ctx, author, author),
    visibility: row.visibility,
    replies_count: facts?.replies ?? 0,
    favourites_count: facts?.likes ?? 0,
    reblogs_count: facts?.shares ?? 0,
    created_at: row.published.toISOString(),
    edited_at: row.updated?.toISOString() ?? null,
    status_id: row.id
  }
}

/** The place of the directory where it is, unless it is gone. */
function toPlaceActor(ctx: Ctx, row: StatusRow, parts: StatusParts): EventEntity['placeActor'] {
  const id = parts.events.get(row.id)?.place_actor_id ?? null
  const actor = id === null ? undefined : parts.actors.get(id)
  if (actor === undefined || actor.suspended_at !== null || actor.deleted_at !== null) return null
  return { username: actor.username, name: actor.name || actor.username, url: actorUrl(ctx, actor) }
}

/** Its pictures, the one that stands for it first. */
function toImages(ctx: Ctx, row: StatusRow): EventEntity['moreImages'] {
  return row.attachments
    .filter(({ type, mediaType }) => type === 'Image' || (type !== 'Link' && mediaType?.startsWith('image/')))
    .map(({ url, name, width, height }) => ({ url: proxied(ctx, url, subjectOf(row)), description: name, width, height }))
}

/** The first picture, or null. */
export function toImage(ctx: Ctx, row: StatusRow): EventEntity['image'] {
  return toImages(ctx, row)[0] ?? null
}
