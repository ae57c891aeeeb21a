// Pages stay light: what a phone must fetch before a public page works (performance.md §4).
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { routes } from '../router.ts'

const built = fileURLToPath(new URL('../../dist/web', import.meta.url))
const MAX_SCRIPT_KB = 130
const MAX_STYLE_KB = 25
const gzipKb = (path: string): number => gzipSync(readFileSync(path)).length / 1024

interface Entry {
  file: string
  imports?: string[]
  css?: string[]
}

t.test(
  'scripts and styles of each page stay within their budget',
  { skip: existsSync(join(built, '.vite/manifest.json')) ? false : 'the web app is not built (npm run build)' },
  async (t) => {
    const manifest = JSON.parse(readFileSync(join(built, '.vite/manifest.json'), 'utf8')) as Record<string, Entry>
    const filesOf = (name: string, found: Set<string>): Set<string> => {
      const entry = manifest[name]
      if (!entry || found.has(entry.file)) return found
      found.add(entry.file)
      entry.imports?.forEach((next) => filesOf(next, found))
      return found
    }
    const pages = Object.keys(manifest).filter((name) => name.startsWith('pages/'))
    t.ok(pages.length >= 15, 'every page is there')
    for (const page of pages) {
      const texts = routes
        .filter((route) => String(route.component).includes(page))
        .flatMap((route) => (route.meta?.['texts'] as string[] | undefined) ?? [])
        .map((area) => `locales/areas/${area}/fr.json`)
      const files = ['index.html', 'locales/fr.json', page, ...texts].reduce((found, name) => filesOf(name, found), new Set<string>())
      const total = [...files].reduce((sum, file) => sum + gzipKb(join(built, file)), 0)
      t.ok(total <= MAX_SCRIPT_KB, `${page}: ${total.toFixed(1)} kB of scripts`)
    }
    const styles = readdirSync(join(built, 'assets')).filter((name) => name.endsWith('.css') && !name.startsWith('leaflet'))
    t.equal(styles.length, 1, 'one style sheet for all pages; the map brings its own')
    t.ok(gzipKb(join(built, 'assets', styles[0]!)) <= MAX_STYLE_KB)
  }
)
