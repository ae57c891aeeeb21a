// The table in README.md stays true: every attack it calls covered has a test that carries its number.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const ROOT = new URL('../../', import.meta.url)
/** How many cases each family has. */
const FAMILIES = { S: 18, O: 35, J: 16, F: 24, V: 18, M: 8, D: 6, Q: 7, W: 23, X: 12 }

interface Case {
  id: string
  state: string
  files: string[]
}

function cases(): Case[] {
  const table = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  return [...table.matchAll(/^\| ([SOJFVMDQWX][0-9]{2}) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$/gm)].map(([, id, , state, files]) => ({
    id: id!,
    state: state!.trim(),
    files: [...files!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
  }))
}

/** Titles of tests in a source: what stands first in `test(…)` and in helpers that make one. */
function titlesOf(source: string): string {
  return [...source.matchAll(/(?:\btest|neverConnects)\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map((match) => match[2]).join('\n')
}

t.test('the table names every attack once', async (t) => {
  const ids = cases().map(({ id }) => id)
  t.equal(new Set(ids).size, ids.length)
  for (const [family, count] of Object.entries(FAMILIES)) t.equal(ids.filter((id) => id.startsWith(family)).length, count, family)
})

t.test('what is covered has a test with its number, what is not says why', async (t) => {
  for (const { id, state, files } of cases()) {
    if (state !== 'covered') {
      t.match(state, /^(not yet|does not apply): .{10,}/, `${id} gives a reason`)
      continue
    }
    t.ok(files.length > 0, `${id} names its tests`)
    for (const file of files) {
      const path = new URL(file, ROOT)
      t.ok(existsSync(path), `${file} of ${id} is there`)
      if (existsSync(path)) t.match(titlesOf(readFileSync(path, 'utf8')), new RegExp(`\\b${id}\\b`), `${file} has a test named ${id}`)
    }
  }
})
