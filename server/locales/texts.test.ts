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
    const values = (sentence: string) => [...sentence.matchAll(/\{\{\w+(?::day)?\}\}/g)].map(String).sort()
    t.same(values(text), values((en as Record<string, string>)[key] ?? ''), key)
  }
})

/** The files that may name a text, tests apart. */
function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue)$/.test(name) && !name.includes('.test.') && !name.includes('node_modules'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
}

t.test('every text stands once, and something says it', async (t) => {
  const written = readFileSync(new URL('fr.json', import.meta.url), 'utf8')
  const keys = [...written.matchAll(/^ {2}"([^"]+)":/gm)].map((match) => match[1]!)
  t.same(keys.length, new Set(keys).size)
  t.same(keys, Object.keys(fr))
  const code = [server, join(server, '../web')].flatMap(sourcesIn).join('\n')
  /** Keys made of a part that is known only at run time, like `event.${field}-invalid`. */
  const made = [...code.matchAll(/`((?:[a-z0-9-]+\.)+[a-z0-9-]*)\$\{[^`]*\}([a-z0-9.-]*)`/g)].map(([, before, after]) => [before!, after!])
  const said = (name: string): boolean =>
    code.includes(`'${name}'`) || made.some(([before, after]) => name.startsWith(before!) && name.endsWith(after!))
  t.same(
    keys.filter((key) => !said(key) && !said(key.replace(/^errors\./, ''))),
    []
  )
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

t.test('a day in a sentence is written as people write it', async (t) => {
  const error = new AppError('process.back-later', 409, 'plain', { details: { when: '2027-01-01' } })
  t.match(errorText('fr', error), /à partir du 1er janvier 2027,/)
  t.match(errorText('en', error), /from 1 January 2027 on/)
})
