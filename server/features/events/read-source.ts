// Chore `agenda`: reads an agenda of elsewhere and announces what is new, changes what changed, cancels what is gone. In small steps, so that
// followers are not flooded: at most PER_READING events at a time, soonest first.
import { createHash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { isAppError } from '../../core/errors.ts'
import type { FoundEvent } from '../../core/found-event.ts'
import {
  changeSource,
  findSource,
  importKey,
  importsOf,
  saveImport,
  type AgendaImportRow,
  type AgendaSourceRow
} from '../../db/agenda-sources.ts'
import { findSameEvent } from '../../db/event-twins.ts'
import { canPublishAs } from '../../db/memberships.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { newBudget } from '../../protocol/fetch.ts'
import { createEvent } from './create-event.ts'
import { editEvent } from './edit-event.ts'
import type { EventInput } from './input.ts'
import { readAddress, type FoundAgenda } from './read-address.ts'

const HOUR_MS = 3_600_000
const EVERY_MS: Record<AgendaSourceRow['kind'], number> = { calendar: 4 * HOUR_MS, feed: 8 * HOUR_MS }
/** While there is more to announce. */
const SOON_MS = HOUR_MS
const PER_READING = 20
/** Further ahead nobody looks yet, and much will change. */
const AHEAD_MS = 90 * 24 * HOUR_MS
/** Pages of a feed that are read at one time. */
const MAX_PAGES = 10
const MAX_PAUSE_MS = 72 * HOUR_MS
/** About a fortnight of tries. */
const MAX_FAILURES = 12

interface Announcing {
  source: AgendaSourceRow
  owner: ActorRow
  author: ActorRow
  now: Date
}

/** Gives the date of the next reading, or null when there is none. */
export async function readSource(ctx: Ctx, id: string): Promise<Date | null> {
  const source = await findSource(ctx.db, id)
  if (source === null || source.state !== 'active') return null
  const now = ctx.clock.now()
  const [owner, author] = await Promise.all([
    findActor(ctx, source.owner_id),
    source.added_by === null ? null : findActor(ctx, source.added_by)
  ])
  if (owner === null || owner.deleted_at !== null || owner.suspended_at !== null) return null
  if (author === null || author.suspended_at !== null || !(await canPublishAs(ctx, author.id, owner.id))) {
    await changeSource(ctx.db, id, { state: 'paused', problem: 'agenda.nobody' })
    return null
  }
  try {
    const waiting = await readOnce(ctx, { source, owner, author, now })
    return new Date(now.getTime() + (waiting > 0 ? SOON_MS : EVERY_MS[source.kind]))
  } catch (error) {
    if (!isAppError(error)) throw error
    return await failed(ctx, source, error.code, now)
  }
}

async function failed(ctx: Ctx, source: AgendaSourceRow, problem: string, now: Date): Promise<Date | null> {
  const failures = source.failures + 1
  const isOver = failures >= MAX_FAILURES
  await changeSource(ctx.db, source.id, { failures, problem, read_at: now, ...(isOver ? { state: 'paused' } : {}) })
  return isOver ? null : new Date(now.getTime() + Math.min(MAX_PAUSE_MS, HOUR_MS * 2 ** failures))
}

/** How many events are left for the next time. */
async function readOnce(ctx: Ctx, announcing: Announcing): Promise<number> {
  const { source, now } = announcing
  // What was left last time stands in an edition that is known: it must be read again.
  const known = source.waiting > 0 ? null : source.edition
  const found = await readAddress(ctx, source.url, { known })
  const fine = { problem: null, failures: 0, read_at: now }
  if (found === null) {
    await changeSource(ctx.db, source.id, fine)
    return 0
  }
  const past = await importsOf(ctx.db, source.id, new Date(now.getTime() - 31 * 24 * HOUR_MS))
  const { events, left, isWhole } = await eventsOf(ctx, found, past)
  const soon = events.filter(({ start }) => start.getTime() < now.getTime() + AHEAD_MS)
  let waiting = left
  let said = 0
  for (const event of soon) {
    const before = past.get(importKey(event))
    if (before !== undefined && before.digest === digestOf(event)) {
      await saveImport(ctx.db, { ...before, seen_at: now })
      continue
    }
    if (said >= PER_READING) {
      waiting += 1
      continue
    }
    said += 1
    await announce(ctx, announcing, event, before)
  }
  if (isWhole) await cancelGone(ctx, announcing, past, events)
  await changeSource(ctx.db, source.id, { ...fine, edition: found.edition, waiting })
  return waiting
}

/** What a reading shows; for a feed, the events of the pages it lists, as many as are read at one time. */
async function eventsOf(
  ctx: Ctx,
  found: FoundAgenda,
  past: Map<string, AgendaImportRow>
): Promise<{ events: FoundEvent[]; left: number; isWhole: boolean }> {
  if (found.kind === 'calendar') return { events: found.events, left: 0, isWhole: found.skipped === 0 && found.events.length > 0 }
  if (found.kind === 'page') return { events: found.events, left: 0, isWhole: false }
  const seen = new Set([...past.values()].flatMap(({ url }) => url ?? []))
  const fresh = found.links.filter((link) => !seen.has(link))
  const budget = newBudget(2 * MAX_PAGES, 2 * 60_000)
  const events: FoundEvent[] = []
  for (const link of fresh.slice(0, MAX_PAGES)) {
    try {
      const page = await readAddress(ctx, link, { budget })
      if (page?.kind === 'page') events.push(...page.events.map((event) => ({ ...event, url: event.url ?? link })))
    } catch (error) {
      // An entry that is no event, or a page that is gone: the others count.
      if (!isAppError(error)) throw error
    }
  }
  // Entries without an event are read again at the next reading only, so they are not what is left.
  return { events: events.sort((one, other) => one.start.getTime() - other.start.getTime()), left: 0, isWhole: false }
}

/** Announces it, changes what was announced, or stands beside who announced it already. One that was deleted here stays away. */
async function announce(
  ctx: Ctx,
  { source, owner, author, now }: Announcing,
  event: FoundEvent,
  before: AgendaImportRow | undefined
): Promise<void> {
  const row: AgendaImportRow = {
    source_id: source.id,
    uid: event.uid,
    occurrence: event.occurrence,
    object_id: before?.object_id ?? null,
    announced: before?.announced ?? true,
    digest: digestOf(event),
    url: event.url,
    starts_at: event.start,
    seen_at: now
  }
  if (before === undefined) {
    const same = await findSameEvent(ctx.db, { title: event.title, start: event.start, place: event.place })
    if (same !== null) {
      await saveImport(ctx.db, { ...row, object_id: same.id, announced: false })
      return
    }
    if (event.status !== 'CANCELLED') {
      const id = await create(ctx, author, owner, event)
      await saveImport(ctx.db, { ...row, object_id: id })
      return
    }
  } else if (before.announced && before.object_id !== null) await change(ctx, author, before.object_id, inputOf(event))
  await saveImport(ctx.db, row)
}

/** The id of the event announced, or null when it cannot be: what a form would refuse is left out, not tried for ever. */
async function create(ctx: Ctx, author: ActorRow, owner: ActorRow, event: FoundEvent): Promise<string | null> {
  try {
    return (await createEvent(ctx, author, { ...inputOf(event), as: owner.username })).id
  } catch (error) {
    if (isAppError(error) && error.status === 422) return null
    throw error
  }
}

async function change(ctx: Ctx, author: ActorRow, id: string, changes: Partial<EventInput>): Promise<void> {
  const object = await ctx.db<ObjectRow>('objects').where({ id }).whereNull('deleted_at').first()
  if (object === undefined) return
  try {
    await editEvent(ctx, { role: 'member', actorId: author.id }, object, changes)
  } catch (error) {
    if (!isAppError(error) || error.status !== 422) throw error
  }
}

/** What is to come, was in the file and is no more, does not take place. Beyond the last event of the file nobody can tell. */
async function cancelGone(ctx: Ctx, { author, now }: Announcing, past: Map<string, AgendaImportRow>, events: FoundEvent[]): Promise<void> {
  const present = new Set(events.map(importKey))
  const last = events.at(-1)!.start
  for (const [key, row] of past) {
    if (present.has(key) || row.starts_at <= now || row.starts_at > last) continue
    if (row.announced && row.object_id !== null) await change(ctx, author, row.object_id, { status: 'CANCELLED' })
    await saveImport(ctx.db, { ...row, digest: 'gone', seen_at: now })
  }
}

function inputOf(event: FoundEvent): EventInput {
  const source = event.url === null || event.description.includes(event.url) ? '' : event.url
  return {
    title: event.title,
    description: [event.description, source].filter((part) => part !== '').join('\n\n'),
    start: event.start.toISOString(),
    end: event.end?.toISOString() ?? null,
    ...(event.timezone === null ? {} : { timezone: event.timezone }),
    status: event.status,
    location: event.place === null ? null : { ...event.place, url: null },
    tags: event.tags,
    // One registers where it was announced first.
    joinMode: event.url === null ? 'none' : 'external',
    externalParticipationUrl: event.url
  }
}

function digestOf({ uid: _uid, occurrence: _occurrence, ...said }: FoundEvent): string {
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url')
}
