// Which part of the agenda a calendar, a feed or the frame is asked for: the names the page /agenda has in its own address. Whoever has
// found a choice there takes it along.
import type { FastifyRequest } from 'fastify'
import { DateTime } from 'luxon'
import { AGENDA_CHOICE } from '../../web/composables/agenda-choice.ts'
import { addDays, isDay, periodOf } from '../../web/composables/calendar-days.ts'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { isRowId } from '../core/ids.ts'
import { requireSite } from '../db/site.ts'
import type { ActorPart } from '../db/status-parts.ts'
import { findFeedOwner, type FeedFilter } from '../features/feeds/sources.ts'
import { foldTag } from '../protocol/normalise-parts.ts'
import { notFound } from './mastodon/params.ts'

export interface Choice {
  filter: FeedFilter
  /** Whose agenda it is; null: everyone's here. */
  owner: ActorPart | null
  /** What was chosen, in words; '' for all. */
  label: string
  /** The same choice as the end of an address; '' for all. */
  query: string
}

/** The page's own, and four more: whose agenda (as in the path), Mobilizon's category, a first and a last day. */
const NAMES = ['groupe', ...AGENDA_CHOICE, 'categorie', 'du', 'au'] as const
type Words = Record<(typeof NAMES)[number], string>

/** Throws request.not-found (404) for a group there is not, event.from-invalid and event.to-invalid (422). */
export async function choiceOf(ctx: Ctx, request: FastifyRequest): Promise<Choice> {
  const words = wordsOf(request.query as Record<string, unknown>)
  const { username = words.groupe } = request.params as { username?: string }
  const owner = username === '' ? null : await findFeedOwner(ctx, username)
  if (username !== '' && owner === null) throw notFound()
  // What is no hashtag finds nothing on the page either.
  const tag = words.theme === '' ? undefined : (foldTag(words.theme.replace(/^#/, '')) ?? '-')
  const chosen = new URLSearchParams(NAMES.flatMap((name) => (words[name] === '' ? [] : [[name, words[name]]])))
  return {
    owner,
    filter: {
      ...(tag === undefined ? {} : { tag }),
      ...(words.lieu === '' ? {} : { place: words.lieu }),
      // What is near may be announced anywhere.
      ...(words.ailleurs === '' && words.km === '' && words.quartier === '' ? {} : { around: true }),
      ...(words.quartier === '' ? {} : { neighbourhoodId: isRowId(words.quartier) ? words.quartier : '0' }),
      ...practicalIn(words),
      ...nearIn(ctx, words),
      ...datesIn(ctx, words)
    },
    label: [tag === undefined ? '' : `#${tag}`, words.lieu].filter(Boolean).join(', '),
    query: chosen.size === 0 ? '' : `?${chosen}`
  }
}

function wordsOf(query: Record<string, unknown>): Words {
  const word = (name: string): string => (typeof query[name] === 'string' ? query[name].trim().slice(0, 200) : '')
  return Object.fromEntries(NAMES.map((name) => [name, word(name)])) as Words
}

function practicalIn({ par, gratuit, enfants, acces, enligne, categorie }: Words): FeedFilter {
  return {
    ...(par === '' ? {} : { organizer: par }),
    ...(gratuit === '' ? {} : { free: true }),
    ...(enfants === '' ? {} : { forChildren: true }),
    ...(acces === '' ? {} : { accessibility: ['wheelchair'] }),
    ...(enligne === '' ? {} : { online: true }),
    ...(categorie === '' ? {} : { category: categorie.toUpperCase() })
  }
}

/** Kilometres around the commune. */
function nearIn(ctx: Ctx, { km }: Words): FeedFilter {
  const { latitude, longitude } = requireSite(ctx)
  return /^\d{1,3}$/.test(km) ? { near: { latitude, longitude, radiusMetres: Number(km) * 1000 } } : {}
}

/** Days of the commune, from midnight to midnight: a named time that moves along (`quand`), or a first and a last day. */
function datesIn(ctx: Ctx, { quand, du, au }: Words): Pick<FeedFilter, 'from' | 'to'> {
  const { timezone } = requireSite(ctx)
  const midnight = (day: string): Date => DateTime.fromISO(day, { zone: timezone }).startOf('day').toJSDate()
  for (const [day, field] of [
    [du, 'from'],
    [au, 'to']
  ])
    if (day !== '' && !isDay(day))
      throw new AppError(`event.${field}-invalid`, 422, 'This date is not valid.', { details: { field: field! } })
  const today = DateTime.fromJSDate(ctx.clock.now(), { zone: timezone }).toISODate()!
  const [first, last] = periodOf(quand, today) ?? [du, au]
  return {
    ...(first === '' ? {} : { from: midnight(first) }),
    ...(last === '' ? {} : { to: midnight(addDays(last, 1)) })
  }
}
