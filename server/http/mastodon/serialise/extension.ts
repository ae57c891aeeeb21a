// The `communer` part of a status, and the text that plain Mastodon clients get for objects they have no word for. Pure.
import { DateTime } from 'luxon'
import type { Ctx } from '../../../context.ts'
import { escapeHtml } from '../../../core/text.ts'
import type { StatusFacts, StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { eventLine } from '../../../vocab/fallback.ts'
import { toAccountLite } from './account.ts'
import { subjectOf } from '../../../protocol/media-address.ts'
import { proxied, withProxiedImages } from './images.ts'
import type { AccountLite, CommunerExtension, EventDetails, Place } from './entities.ts'

/** What a status says beyond Mastodon: type, title, event, group, author, latest reply. */
export function toExtension(ctx: Ctx, row: StatusRow, facts: StatusFacts, parts: StatusParts): CommunerExtension {
  const publisher = parts.actors.get(row.actor_id)
  const group = row.group_id !== null ? parts.actors.get(row.group_id) : publisher?.type === 'Group' ? publisher : undefined
  const lite = (id: string | null): AccountLite | null => {
    const actor = id === null ? undefined : parts.actors.get(id)
    return actor === undefined ? null : toAccountLite(ctx, actor)
  }
  const reply = facts.latestReply
  const replier = reply === null ? null : lite(reply.actorId)
  return {
    type: row.type,
    kind: row.kind,
    title: row.name,
    visibility: row.visibility,
    body: withProxiedImages(ctx, row.content_html, subjectOf(row)),
    event: toEventDetails(row),
    group: group === undefined ? null : toAccountLite(ctx, group),
    author: lite(row.author_id),
    reactions: facts.reactions.map(({ emoji, icon, count }) => ({ name: emoji, url: icon === null ? null : proxied(ctx, icon), count })),
    dislikes_count: facts.dislikes,
    latest_reply:
      reply === null || replier === null
        ? null
        : { id: reply.id, created_at: reply.published.toISOString(), content: reply.contentHtml, account: replier }
  }
}

/** When and where, or null for what is no event. Dates carry the offset of the event's own time zone. */
export function toEventDetails(row: StatusRow): EventDetails | null {
  if (row.type !== 'Event' || row.start_time === null) return null
  const timezone = row.timezone ?? 'UTC'
  return {
    start: zoned(row.start_time, timezone),
    end: row.end_time === null ? null : zoned(row.end_time, timezone),
    timezone,
    status: row.event_status === 'CANCELLED' || row.event_status === 'TENTATIVE' ? row.event_status : 'CONFIRMED',
    location: toPlace(row)
  }
}

function toPlace({ place }: StatusRow): Place | null {
  if (place === null) return null
  return {
    name: place.name ?? null,
    address: place.address ?? null,
    latitude: place.latitude ?? null,
    longitude: place.longitude ?? null,
    url: place.url ?? null
  }
}

function zoned(date: Date, timezone: string): string {
  const local = DateTime.fromJSDate(date, { zone: timezone })
  return (local.isValid ? local : DateTime.fromJSDate(date, { zone: 'utc' })).toISO({ suppressMilliseconds: true })!
}

/** `content` of a status: the text; for titled objects the title in bold, date and place, the text and the link to the page. */
export function contentOf(ctx: Ctx, row: StatusRow): string {
  const body = withProxiedImages(ctx, row.content_html, subjectOf(row))
  if (row.name === null || row.name === '') return body
  const line = row.type === 'Event' ? eventLine(row, row.language ?? 'fr') : ''
  const url = row.url ?? row.iri
  return [
    `<p><strong>${escapeHtml(row.name)}</strong></p>`,
    line === '' ? '' : `<p>${escapeHtml(line)}</p>`,
    body,
    `<p><a href="${escapeHtml(url)}" rel="nofollow noopener" target="_blank">${escapeHtml(url.replace(/^https?:\/\//, ''))}</a></p>`
  ].join('')
}
