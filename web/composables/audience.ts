// One sentence under the composer: who will see what is being written.
import type { Translate } from '../i18n.ts'
import { visibilityOf, type ExactVisibility } from './visibility.ts'

export interface Audience {
  visibility: ExactVisibility
  text: string
  /** Name of the group in whose name or in which one speaks, or ''. */
  asGroup: string
  inGroup: string
}

/** Handles named in a text, each once. */
export function handlesIn(text: string): string[] {
  return [...new Set([...text.matchAll(/(?<![\w/@.])@[\w.-]*\w(?:@[\w.-]*\w)?/g)].map((match) => match[0]))]
}

export function audienceSentence(t: Translate, { visibility, text, asGroup, inGroup }: Audience): string {
  const named = handlesIn(text)
  if (visibility === 'direct') {
    return named.length === 0 ? t('visibility.directNobody') : t('visibility.directNamed', { names: named.join(', ') })
  }
  if (visibility === 'members') return t('visibility.membersOf', { name: asGroup || inGroup })
  const sentence =
    visibility === 'private' && asGroup !== '' ? t('visibility.privateGroup', { name: asGroup }) : t(visibilityOf(visibility).sentence)
  return inGroup === '' ? sentence : `${sentence} ${t('visibility.inGroup', { name: inGroup })}`
}
