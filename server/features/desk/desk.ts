// The desk of the commune: what waits for its word, what it promised, what it has to count. Late things first.
import { DateTime } from 'luxon'
import type { Ctx } from '../../context.ts'
import { assertCan, type Who } from '../../core/permission.ts'
import {
  backersUnconfirmed,
  ideasDue,
  ideasOnPaper,
  papersUnconfirmed,
  promisesDue,
  tasksLate,
  votesUnconcluded,
  type DeskRow
} from '../../db/desk.ts'
import { requireSite } from '../../db/site.ts'

export const DESK_KINDS = ['answer', 'promise-idea', 'promise-proposal', 'task', 'outcome', 'paper', 'paper-idea', 'paper-backers'] as const
/** Without a day by which they are late. */
const DATELESS: readonly string[] = ['outcome', 'paper-idea', 'paper-backers']
export type DeskKind = (typeof DESK_KINDS)[number]

export interface DeskItem extends DeskRow {
  kind: DeskKind
  /** Its day has gone by. */
  late: boolean
}

/** What is promised for later than that is not yet worth a line. */
const AHEAD_DAYS = 14
/** Who said nothing for so long will not. */
const UNCONCLUDED_DAYS = 60

/** Everything that waits, late things first, then by date. Throws permission.denied (403) for who does not speak for the commune. */
export async function openDesk(ctx: Ctx, who: Who | null): Promise<DeskItem[]> {
  assertCan(who, 'idea.answer')
  const viewer = { actorId: who!.actorId }
  const now = DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone })
  const today = now.toISODate()!
  const soon = now.plus({ days: AHEAD_DAYS }).toISODate()!
  const [answers, ideas, proposals, outcomes, papers, tasks, paperIdeas, paperBackers] = await Promise.all([
    ideasDue(ctx, viewer),
    promisesDue(ctx, viewer, 'ideas', soon),
    promisesDue(ctx, viewer, 'proposals', soon),
    votesUnconcluded(ctx, viewer, now.minus({ days: UNCONCLUDED_DAYS }).toJSDate()),
    papersUnconfirmed(ctx, viewer),
    tasksLate(ctx, viewer, today),
    ideasOnPaper(ctx),
    backersUnconfirmed(ctx, viewer)
  ])
  const of = (kind: DeskKind, rows: DeskRow[]): DeskItem[] =>
    rows.map((row) => ({ ...row, kind, late: !DATELESS.includes(kind) && row.date < today }))
  const items = [
    ...of('answer', answers),
    ...of('promise-idea', ideas),
    ...of('promise-proposal', proposals),
    ...of('task', tasks),
    ...of('paper', papers),
    ...of('paper-idea', paperIdeas),
    ...of('paper-backers', paperBackers),
    ...of('outcome', outcomes)
  ]
  return items.sort((one, other) => Number(other.late) - Number(one.late) || one.date.localeCompare(other.date))
}
