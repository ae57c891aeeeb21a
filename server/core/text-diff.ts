// What changed between two texts, for people: by paragraph, then by word. Pure.
import { diffArrays, diffWordsWithSpace } from 'diff'
import type { Paragraph } from './paragraphs.ts'

export interface Part {
  kind: 'same' | 'added' | 'removed'
  text: string
}

export interface ChangedParagraph {
  key: number
  kind: 'same' | 'changed' | 'added' | 'removed'
  parts: Part[]
}

/** Texts that differ in more words are shown one after the other: nobody reads such a patchwork, and it costs much. */
const MOST_EDITS = 1500

export function diffWords(before: string, after: string): Part[] {
  if (before === after) return before === '' ? [] : [{ kind: 'same', text: before }]
  const found = before === '' || after === '' ? undefined : diffWordsWithSpace(before, after, { maxEditLength: MOST_EDITS })
  if (found === undefined)
    return [
      ...(before === '' ? [] : [{ kind: 'removed' as const, text: before }]),
      ...(after === '' ? [] : [{ kind: 'added' as const, text: after }])
    ]
  return found.map(({ added, removed, value }) => ({ kind: added ? 'added' : removed ? 'removed' : 'same', text: value }))
}

/** Paragraphs in the order of the newer text, those that are gone where they stood. */
export function diffParagraphs(before: readonly Paragraph[], after: readonly Paragraph[]): ChangedParagraph[] {
  const former = new Map(before.map(({ key, text }) => [key, text]))
  const now = new Map(after.map(({ key, text }) => [key, text]))
  const keys = diffArrays(
    before.map(({ key }) => key),
    after.map(({ key }) => key)
  )
  return keys.flatMap(({ added, removed, value }) =>
    value.map((key): ChangedParagraph => {
      if (removed) return { key, kind: 'removed', parts: diffWords(former.get(key)!, '') }
      if (added) return { key, kind: 'added', parts: diffWords('', now.get(key)!) }
      const parts = diffWords(former.get(key)!, now.get(key)!)
      return { key, kind: former.get(key) === now.get(key) ? 'same' : 'changed', parts }
    })
  )
}
