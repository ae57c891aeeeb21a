// Who may read a message: its sign, its name, and the sentence under the composer. The keys stand in the locales.
import type { IconName } from '../components/ui/icons.ts'
import type { Status, Visibility } from '../entities.ts'

/** Mastodon's four, and the two a village needs. */
export type ExactVisibility = Visibility | 'members' | 'local'

export interface VisibilityWords {
  value: ExactVisibility
  icon: IconName
  name: string
  sentence: string
}

export const VISIBILITIES: VisibilityWords[] = [
  { value: 'public', icon: 'globe', name: 'visibility.public', sentence: 'visibility.publicWho' },
  { value: 'unlisted', icon: 'moon', name: 'visibility.unlisted', sentence: 'visibility.unlistedWho' },
  { value: 'private', icon: 'lock', name: 'visibility.private', sentence: 'visibility.privateWho' },
  { value: 'direct', icon: 'mail', name: 'visibility.direct', sentence: 'visibility.directWho' }
]

/** Never leaves this instance. */
export const LOCAL: VisibilityWords = { value: 'local', icon: 'town', name: 'visibility.local', sentence: 'visibility.localWho' }
/** Of the group one speaks in or for. */
export const MEMBERS: VisibilityWords = { value: 'members', icon: 'people', name: 'visibility.members', sentence: 'visibility.membersWho' }

/** The words for a visibility; anything unknown counts as the narrowest. */
export function visibilityOf(value: string): VisibilityWords {
  return [...VISIBILITIES, LOCAL, MEMBERS].find((item) => item.value === value) ?? VISIBILITIES[3]!
}

/** What a message says of itself: exact where the instance is ours, else Mastodon's word. */
export function exactVisibility(status: Pick<Status, 'visibility' | 'communer'>): ExactVisibility {
  const { value } = visibilityOf(
    status.communer?.visibility === 'followers' ? 'private' : (status.communer?.visibility ?? status.visibility)
  )
  return value
}
