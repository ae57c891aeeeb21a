// What someone types to open a vote, checked and turned into the rules that will stand.
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { CONSENT, MOST_RANKED, RANKED, USUAL_DOTS, USUAL_MAX_SCORE, YES_NO, type Method } from '../../core/tally/ballot.ts'
import type { Base, Share } from '../../core/tally/decide.ts'
import { functionNames } from '../../core/member-functions.ts'
import type { MembershipRole } from '../../core/roles.ts'
import type { Electorate, NewVote, REASONS, RESULTS, VoteOption } from '../../db/votes.ts'
import { requireSite } from '../../db/site.ts'
import { text } from '../../locales/texts.ts'

export interface VoteInput {
  title: string
  description?: string
  language?: string
  method: Method
  /** Left out for yes/no and consent, whose answers are fixed. */
  options?: { name: string; meaning?: string }[]
  most?: number | null
  fewest?: number | null
  maxScore?: number | null
  dots?: number | null
  electorate: Electorate
  roles?: MembershipRole[]
  /** Names, for electorate `functions`. */
  functions?: string[]
  /** Handles of people of this instance, for electorate `list`. */
  electors?: string[]
  share?: Share | null
  base?: Base
  quorum?: number | null
  secret?: boolean
  reason?: (typeof REASONS)[number]
  results?: (typeof RESULTS)[number]
  changeable?: boolean
  openToAll?: boolean
  /** ISO 8601 with an offset, or local time of the commune; default: now. */
  opensAt?: string | null
  closesAt: string
  /** Hours after the end in which slips of paper are still entered; default: none, it is counted at once. */
  paperHours?: number
}

export type VoteRules = Omit<NewVote, 'object_id' | 'subject_id' | 'organiser_id' | 'carries_iri' | 'created_at'>

/** Methods whose ballot a poll of Mastodon can hold. */
export const POLLED: readonly Method[] = ['yes_no', 'single', 'multiple', 'approval']
const FIXED: Partial<Record<Method, readonly string[]>> = { yes_no: YES_NO, consent: CONSENT }
const MOST_OPTIONS = 20
/** What peers show of a choice (federation.md §4.5 advises 50, Mastodon takes 100 as we do in polls). */
const LONGEST_NAME = 100
const LONGEST_MEANING = 1000
const SHORTEST_MS = 5 * 60_000
const LONGEST_MS = 366 * 24 * 3_600_000
/** Before the end, or halfway through a shorter vote. */
const REMINDER_MS = 24 * 3_600_000

/** Checks a vote whole. Throws vote.* (422) with the field in `details.field`. */
export function readVote(ctx: Ctx, input: VoteInput): VoteRules {
  const secret = input.secret ?? false
  const now = ctx.clock.now()
  const opens = input.opensAt ? moment(ctx, input.opensAt, 'opensAt') : now
  const closes = moment(ctx, input.closesAt, 'closesAt')
  const opensAt = opens < now ? now : opens
  const lasts = closes.getTime() - opensAt.getTime()
  if (lasts < SHORTEST_MS || lasts > LONGEST_MS) throw wrong('vote.duration', 'closesAt', 'A vote lasts from five minutes to one year.')
  const options = readOptions(input)
  const most = input.most ?? null
  const fewest = input.fewest ?? null
  if ((most ?? options.length) > options.length || (fewest ?? 1) > (most ?? options.length))
    throw wrong('vote.most', 'most', 'There are not so many choices.')
  if (input.electorate === 'role' && (input.roles ?? []).length === 0) throw wrong('vote.roles', 'roles', 'Choose at least one role.')
  if (secret && (input.reason ?? 'none') !== 'none')
    throw wrong('vote.secret-reason', 'reason', 'A reason would betray who wrote it: a secret vote has none.')
  if (secret && (input.openToAll ?? false))
    throw wrong('vote.secret-open', 'openToAll', 'Answers from other servers are not secret: a secret vote takes none.')
  if (input.method === 'consent' && secret)
    throw wrong('vote.secret-consent', 'secret', 'An objection needs its reason: consent is not asked for in secret.')
  return {
    method: input.method,
    options,
    most: input.method === 'multiple' ? most : null,
    fewest: input.method === 'multiple' ? fewest : null,
    max_score: input.method === 'score' ? (input.maxScore ?? USUAL_MAX_SCORE) : null,
    dots: input.method === 'dots' ? (input.dots ?? USUAL_DOTS) : null,
    electorate: input.electorate,
    roles: input.electorate === 'role' ? [...new Set(input.roles)] : [],
    functions: input.electorate === 'functions' ? readFunctions(input.functions ?? []) : [],
    share: input.share ?? (input.method === 'yes_no' ? 'half' : null),
    base: input.base ?? 'expressed',
    quorum: input.quorum ?? null,
    secret,
    // An objection without its reason helps nobody.
    reason: input.reason ?? (input.method === 'consent' ? 'optional' : 'none'),
    results: secret ? 'after_closing' : (input.results ?? 'after_voting'),
    changeable: input.changeable ?? true,
    open_to_all: input.openToAll ?? false,
    opens_at: opensAt,
    closes_at: closes,
    counts_at: new Date(closes.getTime() + (input.paperHours ?? 0) * 3_600_000),
    reminds_at: new Date(Math.max(opensAt.getTime() + lasts / 2, closes.getTime() - REMINDER_MS))
  }
}

function readFunctions(typed: string[]): string[] {
  const names = functionNames(typed, 60)
  if (names.length === 0 || names.length > 10) throw wrong('vote.functions', 'functions', 'Choose one to ten functions.')
  return names
}

function readOptions(input: VoteInput): VoteOption[] {
  const fixed = FIXED[input.method]
  const locale = input.language?.startsWith('en') ? 'en' : 'fr'
  if (fixed !== undefined)
    return fixed.map((key, at) => ({
      name: text(locale, `vote.answer.${key}`),
      meaning: line(input.options?.[at]?.meaning ?? '')
    }))
  const options = (input.options ?? [])
    .map(({ name, meaning = '' }) => ({ name: line(name), meaning: line(meaning) }))
    .filter(({ name }) => name !== '')
  const most = RANKED.includes(input.method) ? MOST_RANKED : MOST_OPTIONS
  if (options.length < 2 || options.length > most)
    throw wrong('vote.options', 'options', `This vote needs 2 to ${most} choices.`, { max: most })
  if (options.some(({ name }) => [...name].length > LONGEST_NAME))
    throw wrong('vote.option-length', 'options', `A choice has at most ${LONGEST_NAME} characters.`, { max: LONGEST_NAME })
  if (options.some(({ meaning }) => [...meaning].length > LONGEST_MEANING))
    throw wrong('vote.meaning-length', 'options', `The meaning of a choice has at most ${LONGEST_MEANING} characters.`, {
      max: LONGEST_MEANING
    })
  if (new Set(options.map(({ name }) => name)).size !== options.length)
    throw wrong('vote.duplicate', 'options', 'Each choice stands in the vote only once.')
  return options
}

/** Peers read names as plain text, and some take tags out: what they send back must still be the same name. */
function line(typed: string): string {
  return typed.replaceAll('\u0000', '').toWellFormed().normalize('NFC').replace(/[<>]/g, ' ').replace(/\s+/g, ' ').trim()
}

function moment(ctx: Ctx, typed: string, field: 'opensAt' | 'closesAt'): Date {
  const read = DateTime.fromISO(typed, { zone: requireSite(ctx).timezone })
  if (!read.isValid) throw wrong('vote.date', field, 'This date is not valid.')
  return read.toJSDate()
}

function wrong(code: string, field: string, sentence: string, more: Record<string, number> = {}): AppError {
  return new AppError(code, 422, sentence, { details: { field, ...more } })
}
