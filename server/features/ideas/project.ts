// From an idea to a project: a group that goes on with it, whoever backs it is invited to look.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { can, type Who } from '../../core/permission.ts'
import { concernedBy, updateIdea } from '../../db/ideas.ts'
import { writeJournal } from '../../db/journal.ts'
import { findMembership } from '../../db/memberships.ts'
import { notify } from '../../db/notifications.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { publishState } from '../../protocol/local-edits.ts'
import { tellNotified } from '../../protocol/reactions.ts'
import { change } from './propose.ts'

/** Names the project that makes the idea real; its owner or the town hall says so, once. Throws permission.denied, idea.has-project (409). */
export async function concretise(ctx: Ctx, who: Who, row: ObjectRow, project: ActorRow): Promise<void> {
  const membership = await findMembership(ctx.db, project.id, who.actorId)
  const isOwner = membership?.state === 'active' && membership.role === 'owner'
  const isAuthor = who.actorId === (row.author_id ?? row.actor_id)
  if (!isOwner || !(isAuthor || can(who, 'idea.answer'))) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  const publisher = await findActor(ctx, row.actor_id)
  if (publisher === null) throw new AppError('permission.denied', 403, 'You are not allowed to do this.')
  await change(ctx, row, async (trx, fresh, idea) => {
    if (idea.project_id !== null) throw new AppError('idea.has-project', 409, 'This idea is a project already.')
    await updateIdea(trx, row.id, { project_id: project.id })
    await writeJournal(ctx, trx, {
      object_id: row.id,
      what: 'project',
      to_state: project.username,
      by_id: who.actorId,
      reason: project.name
    })
    await publishState(ctx, trx, fresh, publisher)
    const people = await concernedBy(trx, row.id)
    const told = await notify(
      ctx,
      trx,
      people.map((ownerId) => ({ ownerId, type: 'idea_project', fromId: project.id, objectId: row.id }))
    )
    await tellNotified(ctx, trx, told)
  })
}
