// Who may read a message: its sign, its name, and the sentence under the composer. The keys stand in the locales.
import type { IconName } from '../components/ui/icons.ts'
import type { Visibility } from '../entities.ts'

export interface VisibilityWords {
  value: Visibility
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

/** The words for a visibility; anything unknown counts as the narrowest. */
export function visibilityOf(value: string): VisibilityWords {
  return VISIBILITIES.find((item) => item.value === value) ?? VISIBILITIES[3]!
}
