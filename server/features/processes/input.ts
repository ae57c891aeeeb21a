// What the town hall types of a process, checked: words, phases by day, the last day. Days are those of the commune.
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { escapeHtml, MAX_TEXT_CHARACTERS, renderText, splitText } from '../../core/text.ts'
import { PHASE_ACTS, PHASE_KINDS, phaseEnd, USUAL_ACTS, type Course, type Phase } from '../../core/process-phases.ts'
import { shorten } from '../../core/shorten.ts'
import { themesAmong, type Theme } from '../../core/themes.ts'
import { requireSite } from '../../db/site.ts'
import { text as sentence, type Locale } from '../../locales/texts.ts'
import type { Wording } from '../../protocol/local-objects.ts'
import { dayOf } from '../../protocol/processes.ts'
import { tagUrl } from '../../vocab/iris.ts'
import { plainTitle } from '../../vocab/values.ts'

export interface PhaseInput {
  kind: string
  /** YYYY-MM-DD: it begins that morning, and ends the evening before the next one. */
  startsOn: string
  call?: string
  /** Without: what is usual for its kind. */
  allows?: string[]
}

export interface ProcessInput {
  title: string
  text: string
  themes?: string[]
  language?: string
  phases: PhaseInput[]
  /** YYYY-MM-DD, the last day. */
  endsOn: string
}

export interface ProcessWords {
  title: string
  source: string
  themes: Theme[]
  language: string
}

const MAX_THEMES = 3
const MAX_PHASES = 10
const MAX_CALL = 300

/** Throws process.title, process.text, process.themes, post.too-long (422). */
export function readWords(input: Pick<ProcessInput, 'title' | 'text' | 'themes' | 'language'>): ProcessWords {
  const title = plainTitle(clean(input.title))
  if ([...title].length < 5) throw wrong('process.title', 'title', 'A title has 5 to 200 characters.')
  const source = clean(input.text)
  if ([...source].length < 20) throw wrong('process.text', 'text', 'Please say in some lines what it is about.')
  if ([...source].length > MAX_TEXT_CHARACTERS)
    throw new AppError('post.too-long', 422, `A post has at most ${MAX_TEXT_CHARACTERS} characters.`, {
      details: { max: MAX_TEXT_CHARACTERS, field: 'text' }
    })
  const themes = themesAmong(input.themes ?? [])
  if (themes.length > MAX_THEMES) throw wrong('process.themes', 'themes', `At most ${MAX_THEMES} themes.`)
  return { title, source, themes, language: input.language ?? 'fr' }
}

/** Throws process.phases, process.phase-day, process.end (422) with the field: `phase-<index>` or `endsOn`. */
export function readCourse(ctx: Ctx, { phases: typed, endsOn }: Pick<ProcessInput, 'phases' | 'endsOn'>): Course {
  if (typed.length === 0 || typed.length > MAX_PHASES)
    throw new AppError('process.phases', 422, `A process has 1 to ${MAX_PHASES} phases.`, { details: { field: 'phases', max: MAX_PHASES } })
  const phases = typed.map((phase, index) => readPhase(ctx, phase, index))
  phases.forEach(({ startsAt }, index) => {
    if (index > 0 && startsAt <= phases[index - 1]!.startsAt)
      throw wrong('process.phase-order', `phase-${index}`, 'A phase begins after the one before.')
  })
  const lastDay = morning(ctx, endsOn)
  if (lastDay === null || lastDay.toJSDate() < phases.at(-1)!.startsAt)
    throw wrong('process.end', 'endsOn', 'The last day is on or after the beginning of the last phase.')
  const endsAt = lastDay.plus({ days: 1 }).toJSDate()
  if (endsAt <= ctx.clock.now()) throw wrong('process.end-past', 'endsOn', 'This day is past.')
  return { phases, endsAt }
}

function readPhase(ctx: Ctx, { kind, startsOn, call = '', allows }: PhaseInput, index: number): Phase {
  const known = PHASE_KINDS.find((one) => one === kind)
  if (known === undefined) throw wrong('process.phase-kind', `phase-${index}`, 'This kind of phase is not known.')
  const start = morning(ctx, startsOn)
  if (start === null) throw wrong('process.phase-day', `phase-${index}`, 'Please say on which day it begins.')
  return {
    kind: known,
    startsAt: start.toJSDate(),
    call: [...clean(call).replaceAll(/\s+/g, ' ')].slice(0, MAX_CALL).join(''),
    allows: allows === undefined ? USUAL_ACTS[known] : PHASE_ACTS.filter((act) => allows.includes(act))
  }
}

function morning(ctx: Ctx, typed: string): DateTime | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(typed)) return null
  const day = DateTime.fromISO(typed, { zone: requireSite(ctx).timezone }).startOf('day')
  return day.isValid && day.year >= 2000 && day.year < 2200 ? day : null
}

/** HTML of the words alone, escaped, with links and hashtags. */
export function textHtml(origin: string, source: string): string {
  return renderText(splitText(source), { tagUrl: (tag) => tagUrl(origin, tag), mentionUrl: () => null })
}

/** What the object says elsewhere: the words, and the phases with their days. */
export function wordingOf(ctx: Ctx, { title, source, language }: ProcessWords, course: Course): Wording {
  const locale: Locale = language.startsWith('en') ? 'en' : 'fr'
  const lines = course.phases.map(({ kind, startsAt, call }, index) => {
    const days = { from: dayOf(ctx, startsAt), until: dayOf(ctx, new Date(phaseEnd(course, index).getTime() - 1)) }
    const line = sentence(locale, 'process.said.line', { phase: sentence(locale, `process.phase.${kind}`), ...days })
    return `<li>${escapeHtml(call === '' ? line : `${line} ${call}`)}</li>`
  })
  return {
    name: title,
    summary: `${sentence(locale, 'process.said.call', { commune: requireSite(ctx).name })} ${shorten(source.replaceAll(/\s+/g, ' '), 300)}`,
    source,
    content: `${textHtml(requireSite(ctx).origin, source)}<ul>${lines.join('')}</ul>`,
    language,
    sensitive: false,
    attachments: []
  }
}

/** Hashtags of the words, each once. */
export function hashtagsOf(source: string): string[] {
  return [...new Set(splitText(source).flatMap((part) => (part.kind === 'tag' ? [part.name] : [])))].slice(0, 20)
}

function clean(typed: string): string {
  return typed.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()
}

function wrong(code: string, field: string, text: string): AppError {
  return new AppError(code, 422, text, { details: { field } })
}
