// Events that come again: entered once, each date announced as an ordinary event when it comes near. Of every date further ahead the
// series' page and calendars tell; followers get no dozen of posts on one day.
import { DateTime } from 'luxon'
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import type { Who } from '../../core/permission.ts'
import { datesOf, momentOf, readExceptions, readRule } from '../../core/recurrence.ts'
import { copyUploads } from '../../db/attachments.ts'
import { moveChore } from '../../db/chores.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import {
  announcedDates,
  handOver,
  insertSeries,
  isAnnounced,
  joinSeries,
  lockSeries,
  recurrenceOf,
  SERIES_CHORE,
  seriesOfEvents,
  updateSeries,
  type SeriesRow
} from '../../db/series.ts'
import { requireSite } from '../../db/site.ts'
import { createEvent, type NewEvent } from './create-event.ts'
import { assertMayEdit, editEvent, type EventChanges } from './edit-event.ts'
import { readEvent } from './input.ts'

export interface RecurrenceInput {
  /** Value of an RRULE. */
  rule: string
  /** YYYY-MM-DD. */
  except?: string[]
}

/** Which dates a change is for. */
export type Scope = 'this' | 'following' | 'all'

/** A date is announced when it is nearer than this: two markets ahead, one council. */
const AHEAD_MS = 14 * 24 * 3_600_000
/** Dates announced in one step: what a daily class has within the time above. */
const AT_ONCE = 20

/** Announces the first date and keeps the rule for the others. Throws event.* (422) and what createEvent throws. */
export async function createSeries(ctx: Ctx, author: ActorRow, input: NewEvent, again: RecurrenceInput): Promise<ObjectRow> {
  const { columns } = readEvent(ctx, input)
  const timezone = columns.timezone ?? requireSite(ctx).timezone
  const starts = localOf(columns.start_time!, timezone)
  const rule = readRule(again.rule, { starts, timezone })
  const exceptDates = readExceptions(again.except ?? [])
  if (exceptDates.includes(starts.slice(0, 10)))
    throw new AppError('event.recurrence-except', 422, 'The first date cannot be left out.', { details: { field: 'recurrence' } })
  const { start: _start, end: _end, ...template } = { ...input, timezone }
  return createEvent(ctx, author, input, async (trx, event) => {
    const series = await insertSeries(ctx, trx, {
      publisher_id: event.actor_id,
      author_id: author.id,
      rule,
      starts,
      timezone,
      minutes: columns.end_time === null ? null : minutesBetween(columns.start_time!, columns.end_time),
      except_dates: exceptDates,
      template,
      announced_through: event.start_time!
    })
    await joinSeries(trx, event.id, series.id, event.start_time!)
    await moveChore(trx, { kind: SERIES_CHORE, subject: series.id, dueAt: ctx.clock.now() })
  })
}

/** Chore: announces the dates that have come near. Gives when to look again, null when there are no more. */
export async function announceDates(ctx: Ctx, seriesId: string): Promise<Date | null> {
  for (let made = 0; made < AT_ONCE; made += 1) {
    const series = await ctx.db<SeriesRow>('event_series').where({ id: seriesId, ended_at: null }).first()
    if (series === undefined) return null
    const now = ctx.clock.now()
    // After a long silence (a server that was off) what is over is not announced any more.
    const since = new Date(Math.max(series.announced_through.getTime() + 1, now.getTime()))
    const [next] = datesOf(recurrenceOf(series), since, null, 1)
    if (next === undefined) {
      await updateSeries(ctx.db, seriesId, { ended_at: now })
      return null
    }
    const due = new Date(next.getTime() - AHEAD_MS)
    if (due > now) return due
    if (!(await announceOne(ctx, series, next))) return null
  }
  return ctx.clock.now()
}

/** False when the series has come to an end, because who announced may no more. */
async function announceOne(ctx: Ctx, series: SeriesRow, at: Date): Promise<boolean> {
  const author = await findActor(ctx, series.author_id)
  const publisher = await findActor(ctx, series.publisher_id)
  try {
    if (author === null || publisher === null || author.suspended_at !== null || publisher.suspended_at !== null)
      throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
    const template = series.template as unknown as Omit<NewEvent, 'start' | 'end'>
    const mediaIds = await copyUploads(ctx.db, author.id, template.mediaIds ?? [])
    await createEvent(
      ctx,
      author,
      {
        ...template,
        mediaIds,
        start: at.toISOString(),
        end: series.minutes === null ? null : new Date(at.getTime() + series.minutes * 60_000).toISOString(),
        as: publisher.id === author.id ? undefined : publisher.username
      },
      async (trx, event) => {
        const locked = await lockSeries(trx, series.id)
        // Somebody else has announced it, or stopped the series, meanwhile: this event never was.
        if (locked === undefined || locked.ended_at !== null || (await isAnnounced(trx, series.id, at))) throw new Superseded()
        await joinSeries(trx, event.id, series.id, at)
        await updateSeries(trx, series.id, { announced_through: at })
      }
    )
    return true
  } catch (error) {
    if (error instanceof Superseded) return true
    if (!isAppError(error) || error.status >= 500) throw error
    // Who entered it has left: an owner of the group goes on.
    if (await handOver(ctx.db, series.author_id, series.id)) return true
    ctx.log.warn({ series: series.id, code: error.code }, 'a series ends: its next date cannot be announced')
    await updateSeries(ctx.db, series.id, { ended_at: ctx.clock.now() })
    return false
  }
}

class Superseded extends Error {}

/**
 * Changes one date, this and the following, or all that are not over. Hours may change for several dates, the day only for one: throws
 * event.series-day (422). What is changed for several is what later dates say too.
 */
export async function editDates(ctx: Ctx, who: Who, row: ObjectRow, changes: EventChanges, scope: Scope): Promise<ObjectRow> {
  const [series] = await seriesOfEvents(ctx.db, [row.id])
  if (scope === 'this' || series === undefined) return editEvent(ctx, who, row, changes)
  const { timezone } = series
  const shift = shiftOf(row, changes, timezone)
  const from = scope === 'all' ? ctx.clock.now() : series.series_at
  const { start: _start, end: _end, mediaIds: _media, ...words } = changes
  const edited = await editEvent(ctx, who, row, changes)
  for (const date of await announcedDates(ctx.db, [series.id], from)) {
    if (date.object_id === row.id) continue
    const other = await ctx.db<ObjectRow>('objects').where({ id: date.object_id }).whereNull('deleted_at').first()
    if (other === undefined) continue
    await editEvent(ctx, who, other, { ...words, ...(shift === null ? {} : movedBy(other, shift, timezone)) })
  }
  // Called off or postponed are dates, not a series.
  const { status, ...lasting } = words
  const template = { ...series.template, ...lasting, ...(status === 'TENTATIVE' || status === 'CONFIRMED' ? { status } : {}) }
  await updateSeries(ctx.db, series.id, { template, ...(shift === null ? {} : hoursAfter(series, shift)) })
  return edited
}

interface Shift {
  /** HH:MM */
  time: string
  minutes: number | null
}

/** The new hours, or null when they stay. */
function shiftOf(row: ObjectRow, changes: EventChanges, timezone: string): Shift | null {
  if (changes.start === undefined && changes.end === undefined) return null
  const start = changes.start === undefined ? row.start_time! : DateTime.fromISO(changes.start, { zone: timezone }).toJSDate()
  const end =
    changes.end === undefined ? row.end_time : changes.end === null ? null : DateTime.fromISO(changes.end, { zone: timezone }).toJSDate()
  if (Number.isNaN(start.getTime()))
    throw new AppError('event.start-invalid', 422, 'This date is not valid.', { details: { field: 'start' } })
  if (localOf(start, timezone).slice(0, 10) !== localOf(row.start_time!, timezone).slice(0, 10))
    throw new AppError('event.series-day', 422, 'Another day is for one date only.', { details: { field: 'start' } })
  const minutes = end === null ? null : minutesBetween(start, end)
  const before = row.end_time === null ? null : minutesBetween(row.start_time!, row.end_time)
  return start.getTime() === row.start_time!.getTime() && minutes === before ? null : { time: localOf(start, timezone).slice(11), minutes }
}

function movedBy(row: ObjectRow, { time, minutes }: Shift, timezone: string): Pick<EventChanges, 'start' | 'end'> {
  const start = momentOf(`${localOf(row.start_time!, timezone).slice(0, 10)}T${time}`, timezone)
  return { start: start.toISOString(), end: minutes === null ? null : new Date(start.getTime() + minutes * 60_000).toISOString() }
}

/** Later dates begin at another hour; how far they were announced stays the same day. */
function hoursAfter(series: SeriesRow, { time, minutes }: Shift): Partial<SeriesRow> {
  const day = (local: string): string => `${local.slice(0, 10)}T${time}`
  const through = momentOf(day(localOf(series.announced_through, series.timezone)), series.timezone)
  return {
    starts: day(series.starts),
    minutes,
    announced_through: through > series.announced_through ? through : series.announced_through
  }
}

/** Leaves out a day that was not announced yet. Throws event.series-date (422) when there is nothing on that day to leave out. */
export async function leaveOut(ctx: Ctx, who: Who, row: ObjectRow, date: string): Promise<void> {
  const [day] = readExceptions([date])
  await changeSeries(ctx, who, row, async (trx, series) => {
    const begins = momentOf(`${day}T00:00`, series.timezone)
    const [found] = datesOf(recurrenceOf(series), begins, new Date(begins.getTime() + 26 * 3_600_000), 1)
    if (found === undefined || localOf(found, series.timezone).slice(0, 10) !== day || found <= series.announced_through)
      throw new AppError('event.series-date', 422, 'There is nothing planned on this day.', { details: { field: 'date' } })
    await updateSeries(trx, series.id, { except_dates: readExceptions([...series.except_dates, day!]) })
  })
}

/** No more dates; what was announced stays. */
export async function stopSeries(ctx: Ctx, who: Who, row: ObjectRow): Promise<void> {
  await changeSeries(ctx, who, row, (trx, series) => updateSeries(trx, series.id, { ended_at: ctx.clock.now() }))
}

async function changeSeries(ctx: Ctx, who: Who, row: ObjectRow, change: (trx: Knex, series: SeriesRow) => Promise<void>): Promise<void> {
  await assertMayEdit(ctx, who, row)
  const [found] = await seriesOfEvents(ctx.db, [row.id])
  await ctx.db.transaction(async (trx) => {
    const series = found === undefined ? undefined : await lockSeries(trx, found.id)
    if (series === undefined || series.ended_at !== null)
      throw new AppError('event.no-series', 422, 'This event does not come again.', { details: { field: 'recurrence' } })
    await change(trx, series)
    await moveChore(trx, { kind: SERIES_CHORE, subject: series.id, dueAt: ctx.clock.now() })
  })
}

const minutesBetween = (start: Date, end: Date): number => Math.max(1, Math.round((end.getTime() - start.getTime()) / 60_000))

/** The clock of that place: YYYY-MM-DDTHH:MM. */
function localOf(date: Date, timezone: string): string {
  return DateTime.fromJSDate(date, { zone: timezone }).toFormat("yyyy-MM-dd'T'HH:mm")
}
