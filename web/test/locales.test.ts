// Every text a page asks for exists in French and in English.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { routes } from '../router.ts'

const web = fileURLToPath(new URL('..', import.meta.url))
type Texts = Record<string, string | Record<string, string>>
const file = (...path: string[]): Texts => JSON.parse(readFileSync(join(web, 'locales', ...path), 'utf8')) as Texts
/** Folders of texts that only some pages ask for: those of members, and of each part of the site. */
const parts = [['members'], ...readdirSync(join(web, 'locales', 'areas')).map((area) => ['areas', area])]
/** All of a language. */
const read = (lang: string): Texts =>
  Object.assign({}, file(`${lang}.json`), ...parts.map((part) => file(...part, `${lang}.json`))) as Texts

function keysOf(texts: Texts): string[] {
  return Object.entries(texts)
    .flatMap(([name, value]) => (typeof value === 'string' ? [name] : Object.keys(value).map((key) => `${name}.${key}`)))
    .sort()
}

function sources(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    if (statSync(path).isDirectory()) return name === 'test' ? [] : sources(path)
    return /\.(vue|ts)$/.test(name) ? [readFileSync(path, 'utf8')] : []
  })
}

t.test('French and English have the same texts', async (t) => {
  t.same(keysOf(read('en')), keysOf(read('fr')))
})

t.test('a section stands in one file', async (t) => {
  const sections = [file('fr.json'), ...parts.map((part) => file(...part, 'fr.json'))].flatMap((texts) => Object.keys(texts))
  t.same(
    sections.filter((section, index) => sections.indexOf(section) !== index),
    []
  )
})

t.test('every text a page names is written', async (t) => {
  const known = new Set(keysOf(read('fr')).map((key) => key.replace(/_(zero|one|other)$/, '')))
  const asked = new Set(sources(web).flatMap((source) => [...source.matchAll(/\bt\('([a-zA-Z]+\.[a-zA-Z_]+)'/g)].map((match) => match[1]!)))
  t.ok(asked.size > 150, 'the search finds the texts')
  t.same(
    [...asked].filter((key) => !known.has(key)),
    []
  )
})

t.test('English texts are not French ones left over', async (t) => {
  const fr = read('fr')
  const en = read('en')
  const same = keysOf(fr).filter((key) => {
    const [area, name] = key.split('.') as [string, string]
    const value = (texts: Texts): string => (texts[area] as Record<string, string>)[name] ?? ''
    return value(fr) === value(en) && value(fr).length > 20
  })
  t.same(same, [])
})

/** A source and all it brings along, also what it loads later. */
function withImports(path: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const [, other] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+\.(?:vue|ts))'/g)) {
    const next = join(path, '..', other!)
    if (!next.endsWith('router.ts')) withImports(next, found)
  }
  return found
}

t.test('a page asks for the texts of the parts of the site it shows', async (t) => {
  const areaOf = new Map(
    readdirSync(join(web, 'locales', 'areas')).flatMap((area) =>
      Object.keys(file('areas', area, 'fr.json')).map((section) => [section, area])
    )
  )
  for (const route of routes) {
    const page = /pages\/\w+\.vue/.exec(String(route.component))?.[0]
    if (page === undefined) continue
    const source = [...withImports(join(web, page))].map((path) => readFileSync(path, 'utf8')).join('\n')
    const needed = [...areaOf].flatMap(([section, area]) => (new RegExp(`['"\`]${section}\\.[a-zA-Z]`).test(source) ? [area] : []))
    const asked = (route.meta?.['texts'] as string[] | undefined) ?? []
    t.same(
      [...new Set(needed)].filter((area) => !asked.includes(area)),
      [],
      `${String(route.name)} (${page})`
    )
  }
})
