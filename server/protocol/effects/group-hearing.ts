// What becomes of a remote post that is said to a group of ours: in it and announced, held for its moderators, or not there at all.
import type { Knex } from 'knex'
import type { Ctx } from '../../context.ts'
import { verbatimBodies } from '../../db/inbox-log.ts'
import { saveHold } from '../../db/group-moderation.ts'
import { visibilityOf, type Place } from '../../db/remote-surroundings.ts'
import type { ActorRow, ObjectRow, Visibility } from '../../db/rows.ts'
import { announceSaid, findLocalGroup, isAnnounceable } from '../group-voice.ts'
import type { NormObject } from '../normalise.ts'
import type { Outcome } from '../outcomes.ts'

export interface Heard {
  /** It ends here: nothing is stored. */
  stop?: Outcome
  /** The group whose moderators decide. */
  held?: string
  place?: { groupId: string | null; visibility?: Visibility }
}

/**
 * `related`: whether it concerns us beside the group. What waits for moderators and concerns nobody else here is shown to nobody until
 * then (O29); who is banned and who answers in a locked thread is not stored.
 */
export function hearing(place: Place | null, related: boolean): Heard {
  if (place === null) return related ? {} : { stop: 'not-related' }
  switch (place.hearing) {
    case 'heard':
      return { place: { groupId: place.groupId } }
    case 'banned':
      return related && !place.isAnswer ? { place: { groupId: null } } : { stop: 'refused-banned' }
    case 'locked':
      return { stop: 'refused-locked' }
    case 'held':
      return { held: place.groupId, place: aside(related && !place.isAnswer) }
    case 'unheard':
      return related ? { place: aside(!place.isAnswer) } : { stop: 'not-related' }
  }
}

/** Outside the group. What is not open to all is shown only to the people it names: an answer would appear in the group's thread. */
function aside(open: boolean): { groupId: null; visibility?: Visibility } {
  return open ? { groupId: null } : { groupId: null, visibility: 'direct' }
}

export interface Said {
  row: ObjectRow
  norm: NormObject
  author: ActorRow
  logId?: string
  held?: string | undefined
}

/** Announces what was heard in a group of ours and puts aside what its moderators have to look at. */
export async function tellGroups(ctx: Ctx, trx: Knex, said: Said[]): Promise<void> {
  const inGroups = said.filter(({ row, author, held }) => held !== undefined || (row.group_id !== null && author.id !== row.group_id))
  if (inGroups.length === 0) return
  const bodies = await verbatimBodies(
    trx,
    inGroups.flatMap(({ logId }) => logId ?? [])
  )
  for (const { row, norm, author, logId, held } of inGroups) {
    const activity = (logId === undefined ? undefined : bodies.get(logId)) ?? null
    if (held !== undefined) {
      const visibility = visibilityOf(norm, author)
      if (isAnnounceable({ visibility })) await saveHold(ctx, trx, { groupId: held, objectId: row.id, visibility, activity })
      continue
    }
    const group = await findLocalGroup(trx, row.group_id)
    if (group !== null) await announceSaid(ctx, trx, { group, object: row, author, activity })
  }
}
