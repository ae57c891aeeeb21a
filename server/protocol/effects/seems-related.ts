// Whether something concerns anybody here, told from what came: before its own server, or its author's, is asked for anything. What is
// fetched then is judged again, on what it says there.
import type { Ctx } from '../../context.ts'
import { sameOrigin } from '../../core/iri.ts'
import { findSurroundings, placeIn } from '../../db/remote-surroundings.ts'
import type { ActorRow } from '../../db/rows.ts'
import { normaliseObject, type NormObject, type NormRef } from '../normalise.ts'
import { relatedToUs } from '../relation.ts'
import type { Arrival } from './arrival.ts'
import { hearing } from './group-hearing.ts'

/**
 * True when the object would be stored if its server confirmed it. Its author is known by our rows or a stranger; of a bare address only
 * the activity says whose it is and for whom. An author of another server than the object is none (O01): nobody is asked about that.
 */
export async function seemsRelated(ctx: Ctx, { activity }: Pick<Arrival, 'activity'>, ref: NormRef): Promise<boolean> {
  if (ref.id === null) return false
  const norm = ref.object ?? addressOnly(ref.id, activity)
  const authorIri = norm.attributedTo ?? activity.actor
  if (!sameOrigin(authorIri, ref.id)) return false
  const stored = await ctx.db<ActorRow>('actors').where({ iri: authorIri }).first()
  const author = stored ?? ({ id: '0', iri: authorIri, followers_iri: null } as ActorRow)
  const around = await findSurroundings(ctx.db, [{ norm, author }])
  const [related] = await relatedToUs(ctx.db, [{ norm, authorId: stored?.id ?? null }], around)
  return hearing(placeIn(norm, author, around), related!).stop === undefined
}

function addressOnly(id: string, { actor, to, cc, audience }: Arrival['activity']): NormObject {
  return normaliseObject({ id, type: 'Note', attributedTo: actor, to, cc, audience })
}
