// The calendar of one person: what they go to, asked to, keep in mind, are invited to or announce themselves. It is read with a secret
// address, because calendar programs cannot log in.
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { listEvents } from '../../db/agenda.ts'
import { loadEventFacts, type EventFacts } from '../../db/event-facts.ts'
import type { AccountRow } from '../../db/rows.ts'
import type { StatusRow } from '../../db/status-parts.ts'
import { isLocale, text, type Locale } from '../../locales/texts.ts'
import { calendarOf, type OwnMark } from './calendar.ts'
import { justOver } from './sources.ts'

const EVENTS = 500
/** 32 random bytes in base64url. */
const TOKEN = /^[\w-]{43}$/

/** When the person's address was made; null when there is none. */
export async function calendarSince(ctx: Ctx, accountId: string): Promise<Date | null> {
  const row = await ctx.db('personal_calendars').where({ account_id: accountId }).first<{ created_at: Date } | undefined>('created_at')
  return row?.created_at ?? null
}

/** Makes a new secret, which ends the one before. It is told this once: only its keyed hash is kept. */
export async function renewCalendar(ctx: Ctx, accountId: string): Promise<{ token: string; since: Date }> {
  const token = randomBytes(32).toString('base64url')
  const since = ctx.clock.now()
  await ctx
    .db('personal_calendars')
    .insert({ account_id: accountId, token_hash: ctx.secrets.hash(`calendar ${token}`), created_at: since })
    .onConflict('account_id')
    .merge()
  return { token, since }
}

export async function endCalendar(ctx: Ctx, accountId: string): Promise<void> {
  await ctx.db('personal_calendars').where({ account_id: accountId }).delete()
}

/** The calendar behind a secret, as text; null when it opens nothing: unknown, ended, or of somebody who may not log in. */
export async function personalCalendar(ctx: Ctx, token: string, frame: { name: string; url: string }): Promise<string | null> {
  if (!TOKEN.test(token)) return null
  const owner = await ctx
    .db('personal_calendars as c')
    .join('accounts as a', 'a.id', 'c.account_id')
    .join('actors as p', 'p.id', 'a.actor_id')
    .where({ 'c.token_hash': ctx.secrets.hash(`calendar ${token}`), 'a.status': 'active' })
    .whereNull('p.suspended_at')
    .whereNull('p.deleted_at')
    .first<Pick<AccountRow, 'actor_id' | 'locale'> | undefined>('a.actor_id', 'a.locale')
  if (owner === undefined) return null
  const viewer = { actorId: owner.actor_id }
  const rows = await ownEvents(ctx, owner.actor_id)
  const facts = await loadEventFacts(
    ctx,
    rows.map(({ id }) => id),
    viewer
  )
  const locale = isLocale(owner.locale) ? owner.locale : 'fr'
  return calendarOf(frame, rows, [], new Map(rows.map((row) => [row.id, markOf(locale, facts.get(row.id))])))
}

/** Soonest first, what is just over included, as the person may see it now. */
async function ownEvents(ctx: Ctx, actorId: string): Promise<StatusRow[]> {
  const common = { from: justOver(ctx), limit: EVENTS }
  const lists = await Promise.all([
    listEvents(ctx, { actorId }, { ...common, participantId: actorId }),
    listEvents(ctx, { actorId }, { ...common, actorId })
  ])
  const rows = [...new Map(lists.flat().map((row) => [row.id, row])).values()]
  return rows.sort((one, other) => one.start_time!.getTime() - other.start_time!.getTime())
}

function markOf(locale: Locale, facts: EventFacts | undefined): OwnMark {
  const state = facts?.mine?.state
  if (state === 'pending') return { note: text(locale, 'calendar.waiting'), isBusy: false }
  if (state === 'interested') return { note: text(locale, 'calendar.interested'), isBusy: false }
  if (state !== 'accepted' && facts?.inviterId) return { note: text(locale, 'calendar.invited'), isBusy: false }
  return { note: null, isBusy: true }
}
