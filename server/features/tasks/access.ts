// Who may make tasks of a decision, and look after one: who answers for the decision. Who does a task says where it stands.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { can, type Who } from '../../core/permission.ts'
import { findIdea } from '../../db/ideas.ts'
import { findProposal } from '../../db/proposals.ts'
import { findActor, membershipIn } from '../../db/publishers.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { mayEditProposal } from '../../protocol/proposals.ts'

/** Whether something is to be done about it: an adopted proposal, an idea the commune accepted. */
export async function isDecided(trx: Knex, subject: Pick<ObjectRow, 'id' | 'kind'>): Promise<boolean> {
  if (subject.kind === 'proposal') {
    const proposal = await findProposal(trx, subject.id)
    return proposal?.state === 'adopted' || proposal?.state === 'done'
  }
  const idea = subject.kind === 'idea' ? await findIdea(trx, subject.id) : null
  return idea?.state === 'open' && (idea.answer === 'accepted' || idea.answer === 'partly')
}

/** Whether this person answers for the decision as one of those whose text it is: an author, or who looks after their group. */
async function isTheirs(ctx: Ctx, who: Who, subject: ObjectRow): Promise<boolean> {
  if (subject.kind === 'proposal') return mayEditProposal(ctx.db, who, subject)
  const publisher = await findActor(ctx, subject.actor_id)
  if (publisher === null || !subject.local) return false
  const membership = await membershipIn(ctx, publisher, who.actorId)
  return can(who, 'object.edit', { ownerId: subject.actor_id, authorId: subject.author_id, membership })
}

/** Whether this person answers for what was decided: the town hall in public, else those whose text it is. */
export async function answersFor(ctx: Ctx, who: Who, subject: ObjectRow): Promise<boolean> {
  return (subject.visibility === 'public' && can(who, 'idea.answer')) || (await isTheirs(ctx, who, subject))
}

/** In whose name tasks are made: the group's whose text it is, the commune's for its town hall, else one's own. Throws permission.denied (403). */
export async function taskPublisher(ctx: Ctx, who: Who, author: ActorRow, subject: ObjectRow): Promise<ActorRow> {
  const denied = new AppError('permission.denied', 403, 'You are not allowed to do this.')
  if (!(await answersFor(ctx, who, subject))) throw denied
  const publisher = await findActor(ctx, subject.actor_id)
  const membership = publisher === null ? null : await membershipIn(ctx, publisher, who.actorId)
  if (publisher !== null && can(who, 'group.publish', { membership, posting: 'moderators' })) return publisher
  if (can(who, 'idea.answer') && !(await isTheirs(ctx, who, subject))) return (await findActor(ctx, requireSite(ctx).communeActorId))!
  // What only members see is said by their group alone.
  if (subject.visibility === 'members') throw denied
  return author
}

/** Whether this person looks after the task: who made it, their group's moderators, and who answers for its decision. */
export async function mayManage(ctx: Ctx, who: Who, row: ObjectRow, subject: ObjectRow | null): Promise<boolean> {
  const publisher = await findActor(ctx, row.actor_id)
  const membership = publisher === null ? null : await membershipIn(ctx, publisher, who.actorId)
  if (can(who, 'object.edit', { ownerId: row.actor_id, authorId: row.author_id, membership })) return true
  if (row.actor_id === requireSite(ctx).communeActorId && can(who, 'idea.answer')) return true
  return subject !== null && (await answersFor(ctx, who, subject))
}

/** The decision of a task, while it is there. */
export async function findSubject(trx: Knex, id: string | null): Promise<ObjectRow | null> {
  if (id === null) return null
  return (await trx<ObjectRow>('objects').where({ id, local: true }).whereNull('deleted_at').first()) ?? null
}
