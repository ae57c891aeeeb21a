// Who may open one of our files. The tables decide: what no row names is not served, whatever lies on the disk (security.md V05).
import type { Ctx } from '../../context.ts'
import { findUpload, isPortrait } from '../../db/attachments.ts'
import { ANYONE, canSee, type Viewer } from '../../db/visibility.ts'
import { sealOpens, uploadSubject, type Seal } from '../../protocol/media-address.ts'
import { mediaPath, mediaUrlPath } from './files.ts'

/** `public`: the same for everybody, for as long as it is there. `private`: for this reader now. */
export type Access = 'public' | 'private'

/** How `viewer`, or whoever holds `seal`, may open the file of this name; null when they may not or it is not there. */
export async function accessTo(ctx: Ctx, name: string, viewer: Viewer, seal: Seal | null): Promise<Access | null> {
  if (mediaPath(ctx, name) === null) return null
  const upload = await findUpload(ctx.db, name)
  if (upload === undefined) return (await isPortrait(ctx.db, mediaUrlPath(name))) ? 'public' : null
  if (upload.object_id === null) {
    const isSealed = seal !== null && sealOpens(ctx, name, uploadSubject(upload.id), seal)
    return isSealed || upload.actor_id === viewer.actorId ? 'private' : null
  }
  const object = { id: upload.object_id }
  if (await canSee(ctx, ctx.db, object, ANYONE)) return 'public'
  // A seal stands for a reader who could see the object; what its publisher cannot see any more is gone for all.
  const isSealed = seal !== null && sealOpens(ctx, name, upload.object_id, seal)
  if (isSealed && (await canSee(ctx, ctx.db, object, { actorId: upload.publisher_id }))) return 'private'
  return viewer.actorId !== null && (await canSee(ctx, ctx.db, object, viewer)) ? 'private' : null
}
