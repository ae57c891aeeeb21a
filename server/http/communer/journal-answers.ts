// The journal of an object as the native API shows it.
import { Type, type Static } from 'typebox'
import type { Ctx } from '../../context.ts'
import { readJournal } from '../../db/journal.ts'
import { loadActorParts } from '../../db/status-parts.ts'
import { toAccount } from '../mastodon/serialise/account.ts'
import { Id, MastodonAccount, orNull } from './schemas.ts'

export const Journal = Type.Array(
  Type.Object(
    {
      id: Id,
      what: Type.String({
        description:
          'Of ideas: proposed, paper, edited, threshold, project, proposal, withdrawn, merged, joined; of proposals: proposed, edited, pictures, amendment, amendment_accepted, amendment_refused, amendment_withdrawn, amendment_outdated, amendment_promoted, vote, vote_adopted, vote_refused, vote_undecided, vote_gone, withdrawn; of processes: proposed, edited, dates, phase, phases_over, stopped, item_idea, item_proposal, item_vote; of ideas and proposals: answer, progress, promised, kept, postponed, dropped, and of their tasks (from: its title, to: its id) task_made, task_edited, task_due, task_given, task_taken, task_released, task_todo, task_doing, task_blocked, task_done, task_cancelled; of tasks the same without task_'
      }),
      from: orNull(Type.String()),
      to: orNull(Type.String()),
      by: orNull(MastodonAccount),
      reason: Type.String(),
      at: Type.String()
    },
    { title: 'JournalEntry' }
  )
)

/** Oldest first. Who sees the object was decided before. */
export async function presentJournal(ctx: Ctx, objectId: string): Promise<Static<typeof Journal>> {
  const entries = await readJournal(ctx.db, objectId)
  const actors = await loadActorParts(ctx, [...new Set(entries.flatMap(({ by_id: id }) => id ?? []))])
  return entries.map((entry) => {
    const by = entry.by_id === null ? undefined : actors.get(entry.by_id)
    return {
      id: entry.id,
      what: entry.what,
      from: entry.from_state,
      to: entry.to_state,
      by: by === undefined ? null : toAccount(ctx, by, by),
      reason: entry.reason,
      at: entry.at.toISOString()
    }
  })
}
