// Both languages are complete, and every error of ours has its sentence in both.
import t from 'tap'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../core/errors.ts'
import en from './en.json' with { type: 'json' }
import fr from './fr.json' with { type: 'json' }
import { errorText } from './texts.ts'

const server = fileURLToPath(new URL('..', import.meta.url))

/** Errors that a person on a page or in an app may meet; operators read the others in the terminal, peers in an answer. */
const SHOWN = [
  'core',
  'features',
  'http/communer',
  'http/mastodon',
  'http/oauth',
  'http/plugins',
  'protocol/local-person.ts',
  'db/attachments.ts'
]

function codesIn(path: string): string[] {
  const full = join(server, path)
  if (!path.endsWith('.ts')) return readdirSync(full).flatMap((name) => (name.includes('.test.') ? [] : codesIn(join(path, name))))
  return [...readFileSync(full, 'utf8').matchAll(/new AppError\(\s*'([a-z0-9.-]+)'/g)].map((match) => match[1]!)
}

t.test('French and English say the same things', async (t) => {
  t.same(Object.keys(fr).sort(), Object.keys(en).sort())
  for (const [key, text] of Object.entries(fr)) {
    const values = (sentence: string) => [...sentence.matchAll(/\{\{\w+\}\}/g)].map(String).sort()
    t.same(values(text), values((en as Record<string, string>)[key] ?? ''), key)
  }
})

t.test('every error people may meet has its sentence', async (t) => {
  const codes = [...new Set(SHOWN.flatMap(codesIn))]
  t.ok(codes.length > 40)
  t.same(
    codes.filter((code) => !code.startsWith('document.') && !(`errors.${code}` in fr)),
    []
  )
})

t.test('values of an error stand in its sentence', async (t) => {
  const error = new AppError('request.invalid', 422, 'plain', { details: { field: 'name' } })
  t.match(errorText('fr', error), /name/)
  t.equal(errorText('en', new AppError('nobody.knows', 400, 'The English text')), 'The English text')
})
