// The phases of a process, in force: what belongs to one is backed, amended, answered only while its phase lets people. Asked by whoever acts
// here and for what arrives; and the commune says when a phase begins.
import type { Knex } from 'knex'
import { DateTime } from 'luxon'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { actsAt, nextStart, phaseEnd, phaseIndex, type Course, type PhaseAct } from '../core/process-phases.ts'
import { moveChore } from '../db/chores.ts'
import { writeJournal } from '../db/journal.ts'
import { addItem, findProcess, lockProcess, processesOf, processIdsOf, updateProcess, type ProcessRow } from '../db/processes.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { text, type Locale } from '../locales/texts.ts'
import { publishState } from './local-edits.ts'
import { sayUnder } from './local-votes.ts'
import { afterCommit } from './outbox.ts'

export const PHASE_CHORE = 'process-phase'

/** Whether this can be done at that moment. Once a process is over, people may still talk about it. */
export function isActOpen(course: Course, act: PhaseAct, at: Date): boolean {
  return actsAt(course, at).includes(act) || (act === 'comment' && at >= course.endsAt)
}

/** Throws process.<act>-later with the day it becomes possible, or process.<act>-over (409). */
export function assertOpen(ctx: Ctx, course: Course, act: PhaseAct): void {
  const now = ctx.clock.now()
  if (isActOpen(course, act, now)) return
  const next = nextStart(course, act, now)
  if (next === null) throw new AppError(`process.${act}-over`, 409, 'This process does not, or no longer, allow this.')
  throw new AppError(`process.${act}-later`, 409, 'This process allows this later.', { details: { when: dayOf(ctx, next) } })
}

/** The same for what is done to an object, if it belongs to a process. */
export async function assertPhase(ctx: Ctx, trx: Knex, objectId: string, act: PhaseAct): Promise<void> {
  const processId = (await processIdsOf(trx, [objectId])).get(objectId)
  const process = processId === undefined ? null : await findProcess(trx, processId)
  if (process !== null) assertOpen(ctx, process, act)
}

/** Processes among these in whose phase this cannot be done: for what arrives, one query for all. */
export async function closedProcesses(ctx: Ctx, trx: Knex, processIds: string[], act: PhaseAct): Promise<Set<string>> {
  const now = ctx.clock.now()
  const processes = await processesOf(trx, [...new Set(processIds)])
  return new Set([...processes].filter(([, process]) => !isActOpen(process, act, now)).map(([id]) => id))
}

/** Of objects that are backed, those whose process does not let people now. Only what people decide about is looked up. */
export async function closedToBackers(ctx: Ctx, trx: Knex, objects: Pick<ObjectRow, 'id' | 'kind'>[]): Promise<Set<string>> {
  const asked = objects.filter(({ kind }) => isBacked(kind)).map(({ id }) => id)
  if (asked.length === 0) return new Set()
  const of = await processIdsOf(trx, asked)
  const closed = await closedProcesses(ctx, trx, [...of.values()], 'back')
  return new Set(asked.filter((id) => closed.has(of.get(id) ?? '')))
}

/** Liking these counts. */
export function isBacked(kind: string | null): boolean {
  return kind === 'idea' || kind === 'proposal'
}

export interface Joined {
  id: string
  /** IRI of the process. */
  iri: string
}

/**
 * The process something new will belong to: the one that is named, which must let people, else the one it comes out of while that lasts.
 * Throws process.none (422), process.<act>-later, process.<act>-over (409).
 */
export async function processFor(
  ctx: Ctx,
  trx: Knex,
  { named, from, act }: { named: string | null; from: string | null; act: PhaseAct }
): Promise<Joined | null> {
  const inherited = from === null ? undefined : (await processIdsOf(trx, [from])).get(from)
  const id = named ?? inherited
  if (id === undefined) return null
  const process = await findProcess(trx, id)
  const object = await trx('objects').where({ id, kind: 'process' }).whereNull('deleted_at').first<{ iri: string } | undefined>('iri')
  if (process === null || object === undefined) {
    if (named === null) return null
    throw new AppError('process.none', 422, 'This process was not found.', { details: { field: 'process' } })
  }
  if (named === null && ctx.clock.now() >= process.endsAt) return null
  assertOpen(ctx, process, act)
  return { id, iri: object.iri }
}

/** It belongs to the process from now on, and both journals say so. */
export async function joinProcess(
  ctx: Ctx,
  trx: Knex,
  { process, object, byId }: { process: Joined; object: Pick<ObjectRow, 'id' | 'name' | 'kind'>; byId: string }
): Promise<void> {
  // The object first, as what changes a process does: the other way round, a phase that begins and an idea wait for each other for ever.
  await trx('objects').where({ id: process.id }).forKeyShare().first('id')
  await addItem(trx, process.id, object.id)
  await writeJournal(ctx, trx, {
    object_id: process.id,
    what: `item_${object.kind}`,
    to_state: object.id,
    by_id: byId,
    reason: object.name ?? ''
  })
}

/** The next moment something begins or ends; null: never. */
export function nextTurn({ phases, endsAt }: Course, now: Date): Date | null {
  const next = phases.find(({ startsAt }) => startsAt > now && startsAt < endsAt)?.startsAt
  return next ?? (endsAt > now ? endsAt : null)
}

/** What begins is announced on its day, also when dates were changed. */
export async function schedulePhases(ctx: Ctx, trx: Knex, id: string): Promise<void> {
  await moveChore(trx, { kind: PHASE_CHORE, subject: id, dueAt: ctx.clock.now() })
  afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** Chore: says which phase it is, once each; after an outage the steps are in the journal and only the last is told. */
export async function announcePhase(ctx: Ctx, id: string): Promise<Date | null> {
  return await ctx.db.transaction(async (trx) => {
    const object = await trx<ObjectRow>('objects').where({ id, local: true }).whereNull('deleted_at').forUpdate().first()
    const process = object && (await lockProcess(trx, id))
    const commune = object && (await trx<ActorRow>('actors').where({ id: object.actor_id }).first())
    if (object === undefined || commune === undefined || !process) return null
    const now = ctx.clock.now()
    const current = phaseIndex(process, now)
    const begun = process.phases.slice(process.told, current + 1)
    for (const { kind, call } of begun)
      await writeJournal(ctx, trx, { object_id: id, what: 'phase', to_state: kind, by_id: commune.id, reason: call })
    const ends = current === process.phases.length && process.told <= current
    if (ends) await writeJournal(ctx, trx, { object_id: id, what: 'phases_over', by_id: commune.id })
    if (begun.length > 0 || ends) {
      await updateProcess(trx, id, { told: current + 1 })
      await sayUnder(ctx, trx, object, commune, commune, announcement(ctx, process, current, object.language))
      await publishState(ctx, trx, object, commune)
    }
    return nextTurn(process, now)
  })
}

function announcement(ctx: Ctx, process: ProcessRow, index: number, language: string | null): string {
  const locale: Locale = language?.startsWith('en') ? 'en' : 'fr'
  const { title } = process
  const phase = process.phases[index]
  if (phase === undefined) return text(locale, 'process.said.over', { title })
  const until = dayOf(ctx, new Date(phaseEnd(process, index).getTime() - 1))
  const acts = phase.allows.map((act) => text(locale, `process.act.${act}`)).join(', ')
  return [
    text(locale, 'process.said.phase', { title, phase: text(locale, `process.phase.${phase.kind}`), until }),
    phase.call,
    acts === '' ? '' : text(locale, 'process.said.acts', { acts })
  ]
    .filter((line) => line !== '')
    .join('\n\n')
}

/** The day in the commune, YYYY-MM-DD. */
export function dayOf(ctx: Ctx, moment: Date): string {
  return DateTime.fromJSDate(moment, { zone: requireSite(ctx).timezone }).toISODate()!
}
