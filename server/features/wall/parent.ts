// What a reply answers, and how far it may go: never further than what it answers (security.md V12).
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { isRowId } from '../../core/ids.ts'
import { findObject } from '../../db/objects.ts'
import { findActor } from '../../db/publishers.ts'
import type { ActorRow, Visibility } from '../../db/rows.ts'
import { canSee } from '../../db/visibility.ts'
import type { ParentPart } from '../../protocol/local-objects.ts'

/** The object answered, its publisher and its group; null without an id. Throws post.parent-gone (404) also for what the author may not see. */
export async function findParent(ctx: Ctx, author: ActorRow, id: string | undefined): Promise<ParentPart | null> {
  if (id === undefined || id === '') return null
  const named = isRowId(id) ? await findObject(ctx.db, id) : undefined
  // Answering a boost is answering what it boosts.
  const object = named?.reblog_of_id ? await findObject(ctx.db, named.reblog_of_id) : named
  if (object === undefined || !(await canSee(ctx, ctx.db, object, { actorId: author.id }))) throw parentGone()
  const actor = await findActor(ctx, object.actor_id)
  if (actor === null) throw parentGone()
  const group = object.group_id !== null ? await findActor(ctx, object.group_id) : actor.type === 'Group' ? actor : null
  return { object, actor, group }
}

/** The widest visibility a reply may have. Others' followers are not ours to address: such replies go to those named. */
export function narrowTo(wanted: Visibility, parent: ParentPart | null, publisher: ActorRow): Visibility {
  if (parent === null) return wanted
  const { object } = parent
  const own = object.actor_id === publisher.id
  switch (object.visibility) {
    case 'public':
      return wanted
    case 'unlisted':
      return wanted === 'public' ? 'unlisted' : wanted
    case 'local':
      return wanted === 'direct' ? 'direct' : 'local'
    case 'members':
      // Seeing it means being a member: the answer stays among them.
      return (own || parent.group?.local === true) && wanted !== 'direct' ? 'members' : 'direct'
    case 'followers':
      return own && wanted !== 'direct' ? 'followers' : 'direct'
    case 'direct':
      return 'direct'
  }
}

function parentGone(): AppError {
  return new AppError('post.parent-gone', 404, 'The post you answer is no longer there.')
}
