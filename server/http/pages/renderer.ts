// Finds the built web app, loads its renderer once, and fills its HTML template.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AppError } from '../../core/errors.ts'
import type { RenderedPage, RenderRequest } from '../../../web/entry-server.ts'

export type { RenderedPage } from '../../../web/entry-server.ts'
export type { SiteSummary } from '../../../web/entities.ts'
export type { FormAnswer, PageHead } from '../../../web/page-context.ts'

interface ManifestEntry {
  file: string
  imports?: string[]
}

export interface Renderer {
  render(request: RenderRequest): Promise<RenderedPage>
  /** The whole HTML document around a rendered page. */
  document(parts: { lang: string; head: string; page: RenderedPage }): string
}

let loaded: Promise<Renderer> | null = null

/** The renderer of dist/ssr with the template of dist/web. Throws web.not-built (503) when they are missing. */
export function loadRenderer(): Promise<Renderer> {
  loaded ??= load().catch((error: unknown) => {
    // A build may come later: the next request tries again.
    loaded = null
    throw error
  })
  return loaded
}

/** The directory dist/, seen from the sources as from the bundled server. */
export function webRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory) directory = dirname(directory)
  return join(directory, 'dist')
}

async function load(): Promise<Renderer> {
  const root = webRoot()
  const entry = join(root, 'ssr', 'entry-server.js')
  const index = join(root, 'web', 'index.html')
  if (!existsSync(entry) || !existsSync(index)) {
    throw new AppError('web.not-built', 503, 'The web pages are not built yet. Run npm run build and start again.')
  }
  const { render } = (await import(pathToFileURL(entry).href)) as Pick<Renderer, 'render'>
  const template = readFileSync(index, 'utf8').split(/(<!--(?:lang|head|app|state)-->)/)
  const manifest = JSON.parse(readFileSync(join(root, 'web', '.vite', 'manifest.json'), 'utf8')) as Record<string, ManifestEntry>
  const present = new Set(template.join('').match(/assets\/[^"]+\.js/g))
  return {
    render,
    document: ({ lang, head, page }) => {
      const preloads = scriptsOf(manifest, [...page.modules, `locales/${lang}.json`])
        .filter((file) => !present.has(file))
        .map((file) => `<link rel="modulepreload" crossorigin href="/${file}">`)
      const filled: Record<string, string> = {
        '<!--lang-->': lang,
        '<!--head-->': head + preloads.join(''),
        '<!--app-->': page.html,
        '<!--state-->': `<script type="application/json" id="page-state">${page.state}</script>`
      }
      return template.map((part) => filled[part] ?? part).join('')
    }
  }
}

/** The script files of these modules and of what they import, each once. */
function scriptsOf(manifest: Record<string, ManifestEntry>, modules: string[]): string[] {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const entry = manifest[name]
    if (entry === undefined || found.has(entry.file)) return
    found.add(entry.file)
    entry.imports?.forEach(visit)
  }
  modules.forEach(visit)
  return [...found]
}
