// What an address on the web says about events: a calendar file, a page of an event, a feed of such pages. Everything through protocol/fetch.ts.
import type { Ctx } from '../../context.ts'
import { readCalendar } from '../../core/calendar-in.ts'
import { AppError } from '../../core/errors.ts'
import { readFeed } from '../../core/feed-in.ts'
import { addressOf, type FoundEvent } from '../../core/found-event.ts'
import { decodePage } from '../../core/page-facts.ts'
import { readPageEvents } from '../../core/page-event.ts'
import { requireSite } from '../../db/site.ts'
import { fetchFile, type Budget, type Edition } from '../../protocol/fetch.ts'

const ACCEPT = 'text/calendar, application/rss+xml, application/atom+xml, text/html;q=0.9, */*;q=0.1'
/** A year of a large agenda; more is no agenda of a village. */
const MAX_BYTES = 5 * 1024 * 1024
const DAY_MS = 86_400_000
/** As far as a commune announces; a school year fits in. */
const AHEAD_DAYS = 365

export type FoundAgenda =
  | { kind: 'calendar'; name: string; events: FoundEvent[]; skipped: number; edition: Edition; url: URL }
  | { kind: 'feed'; name: string; links: string[]; edition: Edition; url: URL }
  | { kind: 'page'; name: string; events: FoundEvent[]; edition: Edition; url: URL }

/** The address as typed, webcal:// as programs hand it out included. Throws agenda.address (422). */
export function agendaAddress(text: string): string {
  const url = addressOf(text.trim().replace(/^webcals?:\/\//i, 'https://'))
  if (url === null) throw new AppError('agenda.address', 422, 'An address on the web starts with https://.', { details: { field: 'url' } })
  return url
}

/**
 * Reads it; null when it is still the edition known. Events not over yet, up to a year ahead. Throws fetch.* and agenda.nothing (422)
 * when there is no event to be found.
 */
export async function readAddress(
  ctx: Ctx,
  address: string,
  { known = null, budget }: { known?: Edition | null; budget?: Budget } = {}
): Promise<FoundAgenda | null> {
  const answer = await fetchFile(ctx, address, { accept: ACCEPT, maxBytes: MAX_BYTES, known, budget })
  if (answer === null) return null
  const { edition, url } = answer
  const text = decodePage(answer.body, answer.mediaType)
  const { timezone } = requireSite(ctx)
  if (/^\ufeff?\s*BEGIN:VCALENDAR/i.test(text)) {
    const now = ctx.clock.now()
    const calendar = readCalendar(text.trimStart(), { from: now, to: new Date(now.getTime() + AHEAD_DAYS * DAY_MS), timezone })
    return { kind: 'calendar', ...calendar, edition, url }
  }
  const feed = readFeed(text, url)
  if (feed !== null) return { kind: 'feed', ...feed, edition, url }
  const events = readPageEvents(text, url, timezone)
  if (events.length === 0) throw new AppError('agenda.nothing', 422, 'No event was found at this address.', { details: { field: 'url' } })
  return { kind: 'page', name: url.host, events, edition, url }
}
