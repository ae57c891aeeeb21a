// Paragraphs keep their keys while a text changes, amendments find theirs, and people see what changed.
import t from 'tap'
import { amend, joinParagraphs, rewrite, splitParagraphs, textOf, type Paragraphs } from './paragraphs.ts'
import { diffParagraphs, diffWords } from './text-diff.ts'

const start = (...texts: string[]): Paragraphs => rewrite({ paragraphs: [], nextKey: 1 }, texts)
const keys = ({ paragraphs }: Paragraphs): string => paragraphs.map(({ key, text }) => `${key}:${text}`).join(' ')

t.test('blank lines part paragraphs, single line ends do not', async (t) => {
  t.same(splitParagraphs('  Un\r\ndeux\r\n\r\n \n\nTrois \n'), ['Un\ndeux', 'Trois'])
  t.same(splitParagraphs(' \n '), [])
})

t.test('a text typed anew keeps the keys of what stayed and of what changed in its place', async (t) => {
  const text = start('a', 'b', 'c')
  t.equal(keys(text), '1:a 2:b 3:c')
  t.equal(keys(rewrite(text, ['a', 'B', 'c'])), '1:a 2:B 3:c')
  t.equal(keys(rewrite(text, ['a', 'c'])), '1:a 3:c')
  t.equal(keys(rewrite(text, ['x', 'a', 'b', 'c', 'y'])), '4:x 1:a 2:b 3:c 5:y')
  t.equal(keys(rewrite(text, ['a', 'B', 'B2', 'c'])), '1:a 2:B 4:B2 3:c')
  t.equal(keys(rewrite(rewrite(text, ['a']), ['a', 'b'])), '1:a 4:b', 'a key is given once')
})

t.test('an amendment replaces, adds after, adds before the first, or deletes', async (t) => {
  const text = start('a', 'b')
  t.equal(keys(amend(text, { kind: 'replace', paragraph: 2, text: 'B\n\nB2' })!), '1:a 2:B 3:B2')
  t.equal(keys(amend(text, { kind: 'insert', paragraph: 1, text: 'x' })!), '1:a 3:x 2:b')
  t.equal(keys(amend(text, { kind: 'insert', paragraph: 0, text: 'x' })!), '3:x 1:a 2:b')
  t.equal(keys(amend(text, { kind: 'delete', paragraph: 1, text: '' })!), '2:b')
  t.equal(amend(text, { kind: 'delete', paragraph: 9, text: '' }), null)
  t.same([textOf(text.paragraphs, 2), textOf(text.paragraphs, 9), textOf(text.paragraphs, 0)], ['b', null, ''])
})

t.test('what changed is said by paragraph, then by word, and both texts can be read out of it', async (t) => {
  const before = start('La halle ouvre à 8 h.', 'Elle ferme à midi.', 'Le marché est gratuit.')
  const after = amend(rewrite(before, ['La halle ouvre à 9 h.', 'Elle ferme à midi.']), { kind: 'insert', paragraph: 2, text: 'Merci.' })!
  const changed = diffParagraphs(before.paragraphs, after.paragraphs)
  t.same(
    changed.map(({ key, kind }) => `${key} ${kind}`),
    ['1 changed', '2 same', '3 removed', '4 added']
  )
  t.same(changed[0]!.parts, [
    { kind: 'same', text: 'La halle ouvre à ' },
    { kind: 'removed', text: '8' },
    { kind: 'added', text: '9' },
    { kind: 'same', text: ' h.' }
  ])
  const read = (without: string): string =>
    changed
      .map(({ parts }) => parts.flatMap(({ kind, text }) => (kind === without ? [] : [text])).join(''))
      .filter((text) => text !== '')
      .join('\n\n')
  t.equal(read('added'), joinParagraphs(before.paragraphs))
  t.equal(read('removed'), joinParagraphs(after.paragraphs))
})

t.test('texts that have nothing in common are shown one after the other', async (t) => {
  const words = (seed: number): string => Array.from({ length: 1200 }, (_one, at) => `mot${at * 7 + seed}`).join(' ')
  t.same(
    diffWords(words(1), words(2)).map(({ kind }) => kind),
    ['removed', 'added']
  )
  t.same(diffWords('', ''), [])
})
