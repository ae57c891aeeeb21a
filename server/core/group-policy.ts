// Whose word counts as said in a group of ours. One pure table for citizens and for people elsewhere; callers load the rows.
import type { GroupOpenness, GroupPosting, MembershipRole } from './roles.ts'

/** How somebody stands towards a group. */
export interface Standing {
  openness: GroupOpenness
  posting: GroupPosting
  /** Role of an active member, else null. */
  role: MembershipRole | null
  /** An accepted follower: who cannot join from where they are (Mastodon, Lemmy) follows. */
  follows: boolean
  banned: boolean
}

export type Hearing =
  /** Said in the group: shown there and announced. */
  | 'heard'
  /** Waits for a moderator. */
  | 'held'
  /** Not said in the group; nobody there is bothered. */
  | 'unheard'
  | 'banned'
  | 'locked'

/**
 * Judges a first post, or an answer in the group's thread (federation.md §3.6, security.md O29). Answers are freer: an open group's thread
 * is open to all, as everywhere on the fediverse; what is restricted is starting one.
 */
export function hear(standing: Standing, said: { isAnswer: boolean; locked: boolean }): Hearing {
  const { openness, posting, role, follows, banned } = standing
  if (banned) return 'banned'
  if (role === 'owner' || role === 'moderator') return 'heard'
  if (said.locked) return 'locked'
  const belongs = role !== null || (follows && openness === 'open')
  if (belongs && (said.isAnswer || posting === 'members')) return 'heard'
  if (said.isAnswer && openness === 'open') return 'heard'
  if (posting === 'moderators' && !said.isAnswer) return belongs && openness === 'moderated' ? 'held' : 'unheard'
  return openness === 'invite_only' ? 'unheard' : 'held'
}
