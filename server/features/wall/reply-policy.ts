// Who may answer: asked before an answer is written, and changed by the author later.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { type Who } from '../../core/permission.ts'
import { mayReply, type ReplyPolicy } from '../../core/reply-policy.ts'
import { findMembership } from '../../db/memberships.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'
import { ownPublisher } from './own-publisher.ts'
import { interactionPolicyOf } from '../../protocol/interaction-policy.ts'
import type { ParentPart } from '../../protocol/local-objects.ts'
import { publishChanged } from '../../protocol/quotes.ts'

/** The rule of the first post of the thread, else of what is answered. Throws post.replies-closed, post.replies-members (403). */
export async function assertMayReply(ctx: Ctx, author: ActorRow, publisher: ActorRow, { object }: ParentPart): Promise<void> {
  const rootId = object.root_id ?? object.id
  const root = rootId === object.id ? object : ((await ctx.db<ObjectRow>('objects').where({ id: rootId }).first()) ?? object)
  const policy = root.reply_policy ?? object.reply_policy
  if (policy === null) return
  const groupId = root.group_id ?? object.group_id
  // Whose rule it is: who answered before it was made has no more right to go on than others.
  const ruled = root.reply_policy === null ? object : root
  const isAuthor = [author.id, publisher.id].includes(ruled.actor_id) || ruled.author_id === author.id
  const isMember = groupId !== null && (await findMembership(ctx.db, groupId, author.id))?.state === 'active'
  if (mayReply(policy, groupId !== null, { isAuthor, isLocal: author.local, isMember })) return
  throw policy === 'nobody'
    ? new AppError('post.replies-closed', 403, 'The author does not take answers to this.')
    : new AppError('post.replies-members', 403, 'Only members can answer this.')
}

/** Changes who may answer a post of one's own; everyone who got it learns so. Answers that are there stay. Throws permission.denied (403). */
export async function changeReplyPolicy(ctx: Ctx, who: Who, row: ObjectRow, policy: ReplyPolicy | null): Promise<void> {
  const publisher = await ownPublisher(ctx, who, row)
  await ctx.db.transaction(async (trx) => {
    const fresh = await trx<ObjectRow>('objects').where({ id: row.id }).whereNull('deleted_at').forNoKeyUpdate().first()
    if (fresh === undefined || fresh.reply_policy === policy) return
    const groupIri = typeof fresh.doc['audience'] === 'string' ? fresh.doc['audience'] : null
    const changed = { ...fresh, reply_policy: policy }
    const doc: Record<string, unknown> = { ...fresh.doc, interactionPolicy: interactionPolicyOf(changed, publisher, groupIri) }
    if (policy === 'nobody') doc['commentsEnabled'] = false
    else if (fresh.type === 'Event') doc['commentsEnabled'] = true
    else delete doc['commentsEnabled']
    await publishChanged(ctx, trx, { ...changed, doc }, publisher)
  })
}
