// The `communer` part of a status, and the text that plain Mastodon clients get for objects they have no word for. Pure.
import { DateTime } from 'luxon'
import type { Ctx } from '../../../context.ts'
import { eventStatusOf } from '../../../core/event-status.ts'
import { can } from '../../../core/permission.ts'
import { escapeHtml } from '../../../core/text.ts'
import type { EventFacts } from '../../../db/event-facts.ts'
import { isOver } from '../../../db/events.ts'
import type { StatusFacts, StatusParts, StatusRow } from '../../../db/status-parts.ts'
import { eventLine } from '../../../vocab/fallback.ts'
import { toAccountLite } from './account.ts'
import { subjectOf } from '../../../protocol/media-address.ts'
import { proxied, withProxiedImages } from './images.ts'
import type { AccountLite, CommunerExtension, EventDetails, Participation, Place, Practical } from './entities.ts'

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
    reply_policy: facts.replyPolicy ?? 'everyone',
    can_reply: facts.canReply,
    body: withProxiedImages(ctx, row.content_html, subjectOf(row)),
    event: toEventDetails(ctx, row, parts),
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

/** When and where, who may come and how the viewer stands to it; null for what is no event. Dates carry the offset of the event's zone. */
export function toEventDetails(ctx: Ctx, row: StatusRow, parts: StatusParts): EventDetails | null {
  if (row.type !== 'Event' || row.start_time === null) return null
  const timezone = row.timezone ?? 'UTC'
  const facts = parts.events.get(row.id)
  const movedFrom = facts?.moved_from ?? null
  return {
    start: zoned(row.start_time, timezone),
    end: row.end_time === null ? null : zoned(row.end_time, timezone),
    timezone,
    status: eventStatusOf(row.event_status),
    location: toPlace(row),
    movedFrom: movedFrom === null ? null : zoned(movedFrom, timezone),
    isOver: isOver(row, ctx.clock.now()),
    ...toJoining(ctx, row, parts, facts)
  }
}

function toJoining(
  ctx: Ctx,
  row: StatusRow,
  { viewer, actors }: StatusParts,
  facts: EventFacts | undefined
): Omit<EventDetails, 'start' | 'end' | 'timezone' | 'status' | 'location' | 'movedFrom' | 'isOver'> {
  const inviter = facts?.inviterId === undefined || facts.inviterId === null ? undefined : actors.get(facts.inviterId)
  const who = viewer.actorId === null ? null : ({ role: 'member', actorId: viewer.actorId } as const)
  const on = { ownerId: row.actor_id, authorId: row.author_id, membership: facts?.membership ?? null }
  const canOrganise = row.local && can(who, 'event.organise', on)
  const capacity = facts?.capacity ?? null
  const participants = facts?.participants ?? 0
  return {
    joinMode: facts?.join_mode ?? 'none',
    externalParticipationUrl: facts?.external_url ?? null,
    capacity,
    remainingCapacity: capacity === null ? null : Math.max(capacity - participants, 0),
    waitingList: facts?.waiting_list ?? false,
    participantCount: participants,
    participation: toParticipation(ctx, facts),
    invitedBy: inviter === undefined ? null : toAccountLite(ctx, inviter),
    canOrganise,
    requestCount: canOrganise ? (facts?.requests ?? 0) : null,
    ...toPractical(row, facts)
  }
}

/** What one wants to know before coming, and what one is asked who does. */
function toPractical(row: StatusRow, facts: EventFacts | undefined): Practical {
  const price = facts?.price ?? null
  return {
    guests: row.local && (facts?.guests ?? false),
    seatsEach: facts?.seats_each ?? 1,
    questions: facts?.questions ?? [],
    checkIn: facts?.check_in ?? false,
    price: price === null ? null : Number(price),
    priceNote: facts?.price_note ?? null,
    accessibility: facts?.accessibility ?? [],
    forChildren: facts?.for_children ?? false,
    contact: facts?.contact ?? null
  }
}

/** After this nobody counts on an answer any more. */
const NO_ANSWER_MS = 3 * 24 * 3_600_000

function toParticipation(ctx: Ctx, facts: EventFacts | undefined): Participation | null {
  if (facts === undefined || facts.mine === null) return null
  const { state, since, standing, position, named, message, seats, answers, code } = facts.mine
  // `unconfirmed` is of guests alone, who are no viewers.
  if (state === 'left' || state === 'unconfirmed') return null
  const mine = { named, message, seats, answers: answers ?? {}, code: facts.check_in ? code : null, since: since.toISOString() }
  if (position !== null) return { state: 'waiting', position, ...mine }
  const isLate = ctx.clock.now().getTime() - since.getTime() > NO_ANSWER_MS
  const waiting = standing === 'undeliverable' || !isLate ? standing : 'no_answer'
  return { state: state === 'pending' ? waiting : state, position: null, ...mine }
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
