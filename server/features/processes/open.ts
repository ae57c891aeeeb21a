// The town hall opens a process in the name of the commune, changes what has not begun, and may stop it; everybody reads why.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import type { Course, Phase } from '../../core/process-phases.ts'
import { writeJournal } from '../../db/journal.ts'
import { insertProcess, lockProcess, replacePhases, updateProcess, type ProcessRow } from '../../db/processes.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { text as sentence } from '../../locales/texts.ts'
import { publishState, updateLocalObject } from '../../protocol/local-edits.ts'
import { createLocalObject } from '../../protocol/local-objects.ts'
import { sayUnder } from '../../protocol/local-votes.ts'
import { schedulePhases } from '../../protocol/processes.ts'
import { adding } from '../../vocab/dress.ts'
import { processFields } from '../../vocab/process.ts'
import { hashtagsOf, readCourse, readWords, wordingOf, type ProcessInput } from './input.ts'

const MAX_REASON = 2000

/** Publishes a process. Throws permission.denied (403), process.* (422). */
export async function openProcess(ctx: Ctx, who: Who, agent: ActorRow, input: ProcessInput): Promise<ObjectRow> {
  assertCan(who, 'process.manage')
  const words = readWords(input)
  const course = readCourse(ctx, input)
  const commune = await communeOf(ctx)
  return ctx.db.transaction(async (trx) => {
    const row = await createLocalObject(ctx, trx, {
      type: 'Page',
      kind: 'process',
      publisher: commune,
      author: agent,
      visibility: 'public',
      parent: null,
      wording: wordingOf(ctx, words, course),
      mentions: [],
      hashtags: hashtagsOf(words.source),
      dress: adding(processFields({ ...course, themes: words.themes }, ctx.clock.now()))
    })
    await insertProcess(trx, { object_id: row.id, title: words.title, themes: words.themes, ...course })
    await writeJournal(ctx, trx, { object_id: row.id, what: 'proposed', by_id: agent.id })
    await schedulePhases(ctx, trx, row.id)
    return row
  })
}

export type ProcessChanges = Partial<Omit<ProcessInput, 'phases' | 'endsOn'>> & {
  /** All phases, those that have begun too, and the last day. */
  course?: Pick<ProcessInput, 'phases' | 'endsOn'>
  /** Why days or phases change; shown to everybody. */
  reason?: string
}

/**
 * Changes words at any time, and of the phases those that have not begun; of the one it is at, the call.
 * Throws permission.denied (403), process.over, process.phase-begun (409), process.reason, process.* (422).
 */
export async function changeProcess(ctx: Ctx, who: Who, row: ObjectRow, changes: ProcessChanges): Promise<void> {
  assertCan(who, 'process.manage')
  const reason = tidy(changes.reason ?? '')
  await change(ctx, row, async (trx, fresh, process, commune) => {
    const words = readWords({
      title: changes.title ?? process.title,
      text: changes.text ?? fresh.source ?? '',
      themes: changes.themes ?? process.themes,
      language: changes.language ?? fresh.language ?? 'fr'
    })
    const course = changes.course === undefined ? null : readNewCourse(ctx, process, changes.course)
    const isOther = course !== null && !sameCourse(process, course)
    if (isOther && reason === '') throw new AppError('process.reason', 422, 'Please say why.', { details: { field: 'reason' } })
    if (course !== null) {
      await replacePhases(trx, row.id, course.phases)
      await updateProcess(trx, row.id, { ends_at: course.endsAt })
      await schedulePhases(ctx, trx, row.id)
    }
    await updateProcess(trx, row.id, { title: words.title, themes: words.themes })
    await writeJournal(ctx, trx, { object_id: row.id, what: isOther ? 'dates' : 'edited', by_id: who.actorId, reason })
    await updateLocalObject(ctx, trx, {
      row: fresh,
      publisher: commune,
      wording: wordingOf(ctx, words, course ?? process),
      mentions: [],
      hashtags: hashtagsOf(words.source)
    })
  })
}

/** Ends it now, and says why. Throws permission.denied (403), process.over (409), process.reason (422). */
export async function stopProcess(ctx: Ctx, who: Who, agent: ActorRow, row: ObjectRow, why: string): Promise<void> {
  assertCan(who, 'process.manage')
  const reason = tidy(why)
  if (reason === '') throw new AppError('process.reason', 422, 'Please say why.', { details: { field: 'reason' } })
  await change(ctx, row, async (trx, fresh, process, commune) => {
    await updateProcess(trx, row.id, { ends_at: ctx.clock.now(), stopped: reason, told: process.phases.length + 1 })
    await writeJournal(ctx, trx, { object_id: row.id, what: 'stopped', by_id: agent.id, reason })
    const said = sentence(fresh.language?.startsWith('en') ? 'en' : 'fr', 'process.said.stopped', { title: process.title })
    await sayUnder(ctx, trx, fresh, commune, agent, `${said}\n\n${reason}`)
    await publishState(ctx, trx, fresh, commune)
  })
}

/** Runs `work` with the object and its process, both held, while the process lasts. Throws post.not-found (404), process.over (409). */
async function change(
  ctx: Ctx,
  row: ObjectRow,
  work: (trx: Knex, fresh: ObjectRow, process: ProcessRow, commune: ActorRow) => Promise<void>
): Promise<void> {
  const commune = await communeOf(ctx)
  await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forUpdate().first()
    const process = fresh && (await lockProcess(trx, row.id))
    if (fresh === undefined || !process) throw new AppError('post.not-found', 404, 'Record not found')
    if (ctx.clock.now() >= process.endsAt) throw new AppError('process.over', 409, 'This process is over.')
    await work(trx, fresh, process, commune)
  })
}

/** What has begun stays as people found it. */
function readNewCourse(ctx: Ctx, process: ProcessRow, wished: Pick<ProcessInput, 'phases' | 'endsOn'>): Course {
  const now = ctx.clock.now()
  const course = readCourse(ctx, wished)
  const begun = process.phases.filter(({ startsAt }) => startsAt <= now)
  begun.forEach((phase, index) => {
    const same = course.phases[index]
    if (same === undefined || !samePhase(phase, same)) throw begunAlready(index)
  })
  course.phases.forEach(({ startsAt }, index) => {
    if (index >= begun.length && startsAt <= now) throw begunAlready(index)
  })
  return course
}

function begunAlready(index: number): AppError {
  return new AppError('process.phase-begun', 409, 'A phase that has begun stays as it is; others begin later than today.', {
    details: { field: `phase-${index}` }
  })
}

function samePhase(one: Phase, other: Phase): boolean {
  return one.kind === other.kind && one.startsAt.getTime() === other.startsAt.getTime() && one.allows.join() === other.allows.join()
}

function sameCourse(one: Course, other: Course): boolean {
  return (
    one.endsAt.getTime() === other.endsAt.getTime() &&
    one.phases.length === other.phases.length &&
    one.phases.every((phase, index) => samePhase(phase, other.phases[index]!))
  )
}

async function communeOf(ctx: Ctx): Promise<ActorRow> {
  return (await findActor(ctx, requireSite(ctx).communeActorId))!
}

function tidy(typed: string): string {
  return [...typed.replaceAll('\u0000', '').toWellFormed().normalize('NFC').trim()].slice(0, MAX_REASON).join('')
}
