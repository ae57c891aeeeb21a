// Holds the import directions of the server: who may import whom, and who alone may use a package.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const server = dirname(fileURLToPath(import.meta.url))

interface Source {
  /** Path below server/, with slashes. */
  path: string
  /** Specifiers of static and dynamic imports; type-only ones apart. */
  imports: string[]
  typeImports: string[]
  text: string
}

function sourcesIn(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    if (statSync(path).isDirectory()) return ['stubs', 'test', 'build'].includes(name) ? [] : sourcesIn(path)
    return path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts') ? [path] : []
  })
}

function read(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const found = [...text.matchAll(/^\s*(import|export)\s+(type\s+)?[^'"`;]*?from\s+'([^']+)'/gm)]
  const bare = [...text.matchAll(/(?:^\s*import\s+|import\()'([^']+)'/gm)].map((match) => match[1]!)
  return {
    path: relative(server, path).replaceAll('\\', '/'),
    imports: [...found.filter((match) => !match[2]).map((match) => match[3]!), ...bare],
    typeImports: found.filter((match) => match[2]).map((match) => match[3]!),
    text
  }
}

const SOURCES = sourcesIn(server).map(read)

/** Left of the arrow first: a layer imports itself and what stands before it. */
const LAYERS = ['core', 'vocab', 'db', 'protocol', 'features', 'http|jobs', 'top']

function layerOf(path: string): number {
  const folder = path.includes('/') ? path.slice(0, path.indexOf('/')) : 'top'
  // Texts and settings know nothing of the rest; everyone may read them.
  if (folder === 'locales' || path === 'config.ts' || path === 'context.ts') return 0
  return LAYERS.findIndex((layer) => layer.split('|').includes(folder === 'cli' ? 'top' : folder))
}

function targetOf(source: Source, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  return relative(server, resolve(server, dirname(source.path), specifier)).replaceAll('\\', '/')
}

/** Broken rules as sentences; none is what we want. */
function offences(rule: (source: Source) => string[]): string[] {
  return SOURCES.flatMap((source) => rule(source).map((what) => `${source.path}: ${what}`))
}

function onlyIn(packageName: string, allowed: RegExp): string[] {
  return offences(({ path, imports, typeImports }) =>
    [...imports, ...typeImports].filter((name) => (name === packageName || name.startsWith(`${packageName}/`)) && !allowed.test(path))
  )
}

t.test('the sources and their imports are found', async (t) => {
  t.ok(SOURCES.length > 100)
  t.ok(SOURCES.find(({ path }) => path === 'app.ts')!.imports.includes('./http/health.ts'))
  t.ok(SOURCES.find(({ path }) => path === 'app.ts')!.typeImports.includes('./context.ts'))
  t.ok(SOURCES.some(({ imports }) => imports.includes('bullmq')))
})

t.test('imports flow one way: core, vocab, db, protocol, features, http and jobs, then what puts them together', async (t) => {
  const found = offences((source) => {
    if (['config.ts', 'context.ts'].includes(source.path)) return []
    const mine = layerOf(source.path)
    return source.imports.filter((specifier) => {
      const target = targetOf(source, specifier)
      return target !== null && !target.startsWith('..') && layerOf(target) > mine
    })
  })
  t.strictSame(found, [])
})

t.test('every source has its layer', async (t) => {
  t.strictSame(
    SOURCES.filter(({ path }) => layerOf(path) === -1).map(({ path }) => path),
    []
  )
})

t.test('http and jobs do not import each other', async (t) => {
  t.strictSame(
    offences((source) =>
      source.imports.filter((specifier) => {
        const target = targetOf(source, specifier) ?? ''
        return (
          (source.path.startsWith('http/') && target.startsWith('jobs/')) || (source.path.startsWith('jobs/') && target.startsWith('http/'))
        )
      })
    ),
    []
  )
})

t.test('a feature imports no other feature', async (t) => {
  const found = offences((source) => {
    const feature = /^features\/([^/]+)\//.exec(source.path)?.[1]
    if (feature === undefined) return []
    return source.imports.filter((specifier) => {
      const other = /^features\/([^/]+)\//.exec(targetOf(source, specifier) ?? '')?.[1]
      return other !== undefined && other !== feature
    })
  })
  t.strictSame(found, [])
})

t.test('only protocol/ knows activitypub-express', async (t) => {
  t.strictSame(onlyIn('activitypub-express', /^(protocol\/|db\/store\.ts$)/), [])
})

t.test('only the fetch files open outgoing sockets', async (t) => {
  t.strictSame(onlyIn('undici', /^protocol\/fetch/), [])
  t.strictSame(onlyIn('node:https', /^$/), [])
  t.strictSame(onlyIn('nodemailer', /^jobs\/smtp\.ts$/), [])
  t.strictSame(
    offences(({ path, text }) => (/(?<![\w.])fetch\(\s*['"`h]/.test(text) && !path.startsWith('protocol/fetch') ? ['calls fetch()'] : [])),
    []
  )
})

t.test('only jobs/ knows the queue engines, only db/ the PostgreSQL driver', async (t) => {
  t.strictSame(onlyIn('bullmq', /^jobs\//), [])
  t.strictSame(onlyIn('ioredis', /^(jobs\/|http\/plugins\/rate-limit)/), [])
  t.strictSame(onlyIn('pg', /^db\//), [])
  t.strictSame(
    offences(({ path, imports }) => imports.filter((name) => name === 'knex' && !path.startsWith('db/'))),
    []
  )
})

t.test('http writes no SQL: it asks features and db', async (t) => {
  t.strictSame(
    offences(({ path, text }) =>
      path.startsWith('http/') && path !== 'http/health.ts' && /ctx\.db(\(|\.raw|<)/.test(text) ? ['queries the database'] : []
    ),
    []
  )
})

t.test('the web app takes no code of the server', async (t) => {
  const web = join(server, '..', 'web')
  const files = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(ts|vue)$/.test(name) && !name.endsWith('.test.ts')
  )
  const found = files.filter((name) => /^\s*import\s+(?!type\b)[^'"]*from\s+'[^']*\/server\//m.test(readFileSync(join(web, name), 'utf8')))
  t.strictSame(found, [])
})
