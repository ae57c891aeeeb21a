// Holds federation-tests/STATEMENTS.md true: every number it calls proved stands in the name of a test of the file it names, and every
// one of the eighty statements is either proved or said not to be.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Numbers in the names of a file's tests: `[34]`, `[1][2]`, or `checklist 44, 46`. */
function numbersIn(path: string): Set<number> {
  const numbers = new Set<number>()
  for (const [, name] of readFileSync(join(root, path), 'utf8').matchAll(/(?:test|replay)\(\s*['`]([^\n]*)/g)) {
    for (const [, number] of name!.matchAll(/\[(\d{1,2})\]/g)) numbers.add(Number(number))
    for (const [, list] of name!.matchAll(/checklist ([\d, ]+)/g))
      for (const number of list!.match(/\d+/g) ?? []) numbers.add(Number(number))
  }
  return numbers
}

t.test('the table of statements and the tests agree', async (t) => {
  const rows = [...readFileSync(join(root, 'federation-tests/STATEMENTS.md'), 'utf8').matchAll(/^\| (\d+) \|[^|]+\| ([^|]+) \|$/gm)]
  t.same(
    rows.map((row) => Number(row[1])),
    Array.from({ length: 80 }, (_, index) => index + 1),
    'eighty statements, each once, in order'
  )
  for (const [, number, where] of rows) {
    const files = [...where!.matchAll(/`([^`]+\.test\.ts)`/g)].map((match) => match[1]!)
    if (files.length === 0) t.match(where, /^not yet: /, `${number} says why it is not proved`)
    for (const file of files) t.ok(numbersIn(file).has(Number(number)), `${number} is in the name of a test of ${file}`)
  }
})
