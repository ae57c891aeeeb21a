// Processes as the native API shows them, and what is said of one on what belongs to it.
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { can, type Who } from '../../core/permission.ts'
import { nextStart, PHASE_ACTS, PHASE_KINDS, phaseEnd, phaseIndex } from '../../core/process-phases.ts'
import { countItems, listProcesses, processesOf, processIdsOf, type ListedProcess, type ProcessRow } from '../../db/processes.ts'
import type { ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { findVisibleObject } from '../../db/timelines.ts'
import type { Viewer } from '../../db/visibility.ts'
import { textHtml } from '../../features/processes/input.ts'
import { dayOf, isActOpen } from '../../protocol/processes.ts'
import { processPhase } from '../../vocab/process.ts'
import { notFound } from '../mastodon/params.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { ThemeWord } from './card-entity.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const oneOf = <Word extends string>(words: readonly Word[], options: { description?: string } = {}) =>
  Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options })
const Act = oneOf(PHASE_ACTS)
const Day = Type.String({ description: 'YYYY-MM-DD, in the commune' })

export const ProcessEntity = Type.Object(
  {
    id: Id,
    uri: Type.String(),
    url: Type.String(),
    title: Type.String(),
    text: Type.String({ description: 'HTML' }),
    source: orNull(Type.String({ description: 'As typed, for who may change it' })),
    themes: Type.Array(ThemeWord),
    account: MastodonAccount,
    created_at: Type.String(),
    edited_at: orNull(Type.String()),
    phase: oneOf(['upcoming', ...PHASE_KINDS, 'ended'] as const),
    phases: Type.Array(
      Type.Object({
        kind: oneOf(PHASE_KINDS),
        starts_on: Day,
        ends_on: Day,
        call: Type.String({ description: 'What people are asked for' }),
        allows: Type.Array(Act),
        state: oneOf(['past', 'current', 'next'] as const)
      })
    ),
    ends_on: Day,
    stopped: orNull(Type.String({ description: 'Why it was stopped before its end' })),
    allows: Type.Array(Act, { description: 'What can be done now' }),
    counts: Type.Object({ idea: Type.Integer(), proposal: Type.Integer(), vote: Type.Integer() }),
    replies_count: Type.Integer(),
    can: Type.Object({ manage: Type.Boolean() })
  },
  { title: 'Process' }
)

/** On what belongs to a process. */
export const ProcessLink = Type.Object({
  id: Id,
  title: Type.String(),
  phase: oneOf(['upcoming', ...PHASE_KINDS, 'ended'] as const),
  closed: Type.Array(Type.Object({ act: Act, until: orNull(Day) }), {
    description: 'What cannot be done with it now, and the day it can; null: no more'
  })
})
export type ProcessLinkEntity = Static<typeof ProcessLink>

const PhaseBody = strictObject({
  kind: Type.String({ maxLength: 40 }),
  starts_on: Type.String({ maxLength: 20 }),
  call: Type.Optional(Type.String({ maxLength: 2000 })),
  allows: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20 }))
})
const words = {
  title: Type.String({ maxLength: 1000 }),
  text: Type.String({ maxLength: 50_000 }),
  themes: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 12 })),
  language: Type.Optional(Type.String({ maxLength: 20 }))
}
const course = { phases: Type.Array(PhaseBody, { maxItems: 50 }), ends_on: Type.String({ maxLength: 20 }) }
export const NewProcessBody = strictObject({ ...words, ...course })
export const ProcessChangesBody = strictObject({
  ...words,
  title: Type.Optional(words.title),
  text: Type.Optional(words.text),
  course: Type.Optional(strictObject(course)),
  reason: Type.Optional(Type.String({ maxLength: 5000 }))
})

/** Days and phases as the feature takes them. */
export function courseOf({ phases, ends_on: endsOn }: Static<ReturnType<typeof strictObject<typeof course>>>) {
  return { endsOn, phases: phases.map(({ starts_on: startsOn, ...phase }) => ({ ...phase, startsOn })) }
}

/** The process of this id, if the viewer may see it. Throws request.not-found (404). */
export async function getProcess(ctx: Ctx, id: string, viewer: Viewer): Promise<ObjectRow> {
  const row = await findVisibleObject(ctx, id, viewer)
  if (row === null || row.kind !== 'process' || !row.local || row.id !== id) throw notFound()
  return row
}

/** The entity of one process. Throws request.not-found (404). */
export async function showProcess(ctx: Ctx, id: string, viewer: Viewer, who: Who | null): Promise<Static<typeof ProcessEntity>> {
  const rows = await listProcesses(ctx, viewer, { ended: false, now: ctx.clock.now(), ids: [id], offset: 0, limit: 1 })
  const [process] = await presentProcesses(ctx, rows, who)
  if (process === undefined) throw notFound()
  return process
}

/** The entities of a page, in a fixed number of queries. */
export async function presentProcesses(ctx: Ctx, rows: ListedProcess[], who: Who | null): Promise<Static<typeof ProcessEntity>[]> {
  const ids = rows.map(({ id }) => id)
  const [processes, counts, actors] = await Promise.all([
    processesOf(ctx.db, ids),
    countItems(ctx.db, ids),
    loadActorParts(ctx, [...new Set(rows.map((row) => row.actor_id))])
  ])
  const now = ctx.clock.now()
  return rows.flatMap((row) => {
    const process = processes.get(row.id)
    const actor = actors.get(row.actor_id)
    if (process === undefined || actor === undefined) return []
    return [
      {
        id: row.id,
        uri: row.iri,
        url: row.url ?? row.iri,
        title: process.title,
        text: textHtml(requireSite(ctx).origin, row.source ?? ''),
        source: can(who, 'process.manage') ? row.source : null,
        themes: process.themes,
        account: toAccount(ctx, actor, actor),
        created_at: row.published.toISOString(),
        edited_at: row.updated?.toISOString() ?? null,
        ...phasesOf(ctx, process),
        stopped: process.stopped,
        allows: PHASE_ACTS.filter((act) => isActOpen(process, act, now)),
        counts: { idea: 0, proposal: 0, vote: 0, ...counts.get(row.id) },
        replies_count: row.replies,
        can: { manage: can(who, 'process.manage') && now < process.endsAt }
      }
    ]
  })
}

function phasesOf(ctx: Ctx, process: ProcessRow): Pick<Static<typeof ProcessEntity>, 'phase' | 'phases' | 'ends_on'> {
  const now = ctx.clock.now()
  const current = phaseIndex(process, now)
  const lastDay = (end: Date): string => dayOf(ctx, new Date(end.getTime() - 1))
  return {
    phase: processPhase(process, now) as Static<typeof ProcessEntity>['phase'],
    phases: process.phases.map(({ kind, startsAt, call, allows }, index) => ({
      kind,
      starts_on: dayOf(ctx, startsAt),
      ends_on: lastDay(phaseEnd(process, index)),
      call,
      allows: [...allows],
      state: index < current ? 'past' : index === current ? 'current' : 'next'
    })),
    ends_on: lastDay(process.endsAt)
  }
}

/** The process each of these belongs to, in two queries. */
export async function processLinks(ctx: Ctx, objectIds: string[]): Promise<Map<string, ProcessLinkEntity>> {
  const of = await processIdsOf(ctx.db, objectIds)
  const processes = await processesOf(ctx.db, [...new Set(of.values())])
  const now = ctx.clock.now()
  return new Map(
    [...of].flatMap(([objectId, id]): [string, ProcessLinkEntity][] => {
      const process = processes.get(id)
      if (process === undefined) return []
      const closed = PHASE_ACTS.filter((act) => !isActOpen(process, act, now)).map((act) => {
        const next = nextStart(process, act, now)
        return { act, until: next === null ? null : dayOf(ctx, next) }
      })
      return [[objectId, { id, title: process.title, phase: processPhase(process, now) as ProcessLinkEntity['phase'], closed }]]
    })
  )
}
