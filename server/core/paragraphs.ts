// A text in paragraphs that keep their key from version to version, so that an amendment finds the one it is about. Pure.
import { diffArrays } from 'diff'

export interface Paragraph {
  /** Given once, never again; from 1. */
  key: number
  text: string
}

export interface Paragraphs {
  paragraphs: Paragraph[]
  /** What the next new paragraph will be called. */
  nextKey: number
}

export type AmendmentKind = 'replace' | 'insert' | 'delete'

/** Blank lines part paragraphs; line ends inside one stay. */
export function splitParagraphs(text: string): string[] {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n\s*/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
}

export function joinParagraphs(paragraphs: readonly Pick<Paragraph, 'text'>[]): string {
  return paragraphs.map(({ text }) => text).join('\n\n')
}

/** The text as it was typed anew: what stayed keeps its key, and so does what was changed in its place. */
export function rewrite({ paragraphs: before, nextKey }: Paragraphs, texts: readonly string[]): Paragraphs {
  const paragraphs: Paragraph[] = []
  let next = nextKey
  let at = 0
  let replaced: Paragraph[] = []
  for (const run of diffArrays(
    before.map(({ text }) => text),
    [...texts]
  )) {
    if (run.added) {
      for (const text of run.value) paragraphs.push({ key: replaced.shift()?.key ?? next++, text })
      continue
    }
    replaced = run.removed ? before.slice(at, at + run.count) : []
    if (!run.removed) paragraphs.push(...before.slice(at, at + run.count))
    at += run.count
  }
  return { paragraphs, nextKey: next }
}

export interface Amending {
  kind: AmendmentKind
  /** Key of the paragraph replaced, deleted, or after which it stands; 0: before the first. */
  paragraph: number
  text: string
}

/** The text with the amendment in it; null when the paragraph is gone. A longer text becomes several paragraphs. */
export function amend({ paragraphs, nextKey }: Paragraphs, { kind, paragraph, text }: Amending): Paragraphs | null {
  const at = paragraphs.findIndex(({ key }) => key === paragraph)
  if (at === -1 && paragraph !== 0) return null
  let next = nextKey
  const added = kind === 'delete' ? [] : splitParagraphs(text)
  const fresh = added.map((one, index) => ({ key: kind === 'replace' && index === 0 ? paragraph : next++, text: one }))
  const kept = kind === 'insert' ? at + 1 : at
  return { paragraphs: [...paragraphs.slice(0, kept), ...fresh, ...paragraphs.slice(at + 1)], nextKey: next }
}

/** What the paragraph says now; '' before the first one, null when it is gone. */
export function textOf(paragraphs: readonly Paragraph[], key: number): string | null {
  return key === 0 ? '' : (paragraphs.find((one) => one.key === key)?.text ?? null)
}
