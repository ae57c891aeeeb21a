// No test file is forgotten: each is in a group, or has a process of its own.
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import t from 'tap'
import { ALONE, GROUPS } from './together.ts'

const ROOT = new URL('../../', import.meta.url)

t.test('every test file runs once', async (t) => {
  const folders = Object.values(GROUPS).flat()
  const files: string[] = []
  for (const top of ['server/', 'web/'])
    for (const name of await readdir(new URL(top, ROOT), { recursive: true })) if (name.endsWith('.test.ts')) files.push(top + name)
  const groups = 'server/test/groups/'
  for (const file of files.filter((one) => !ALONE.includes(one) && !one.startsWith(groups)))
    t.equal(folders.filter((folder) => folder === file.slice(0, file.lastIndexOf('/') + 1)).length, 1, file)
  t.same(
    files.filter((file) => file.startsWith(groups)).sort(),
    Object.keys(GROUPS).map((name) => `${groups}${name}.test.ts`)
  )
  const run = readFileSync(new URL('.taprc', ROOT), 'utf8')
  for (const file of ALONE) t.ok(run.includes(`"${file}"`), `${file} is run (.taprc)`)
})
