// `npm run screenshots`: pictures of every page, small and wide, light and dark, full and as a new commune has them, into screenshots/, with one
// page that shows them side by side. For people to look at; nothing is compared.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { ROOT } from '../harness/program.ts'
import { livingCommune, type Who } from './every-page.ts'
import { setUpByApi, startEmpty } from './instance.ts'
import { newVisitor, noBrowser, openBrowser, visit, type Visitor } from './visitor.ts'

const LOOKS = [
  { name: 'phone-light', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
  { name: 'wide-light', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'wide-dark', width: 1280, height: 900, colorScheme: 'dark' }
] as const
/** A new commune is seen on these. */
const EMPTY = ['/', '/agenda', '/annuaire', '/carte', '/recherche', '/a-propos']
const FOLDER = join(ROOT, 'screenshots')

async function main(): Promise<void> {
  if (noBrowser !== false) throw new Error(noBrowser)
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const browser = await openBrowser()
  const files: string[] = []
  try {
    await empty(browser, files)
    const { instance, origin, pages, open } = await livingCommune(browser)
    try {
      for (const who of ['visitor', 'member', 'admin'] satisfies Who[]) {
        const visitor = await open(who)
        for (const { name, path } of pages.filter((one) => one.who === who)) await take(visitor, origin + path, `${who}-${name}`, files)
      }
    } finally {
      await instance.dispose()
    }
  } finally {
    await browser.close()
  }
  writeFileSync(join(FOLDER, 'index.html'), sheet(files))
  process.stdout.write(`\n${files.length} pictures in ${FOLDER}: open index.html\n`)
}

async function empty(browser: Browser, files: string[]): Promise<void> {
  const instance = await startEmpty()
  try {
    await take(await newVisitor(browser), instance.setupUrl, 'empty-setup', files)
    await setUpByApi(instance, 'correct horse battery staple')
    const visitor = await newVisitor(browser)
    for (const path of EMPTY) await take(visitor, instance.origin + path, `empty-${path.slice(1) || 'wall'}`, files)
  } finally {
    await instance.dispose()
  }
}

async function take({ page }: Visitor, url: string, name: string, files: string[]): Promise<void> {
  await visit(page, url)
  for (const { name: look, width, height, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme })
    const file = `${name}-${look}.png`
    await page.screenshot({ path: join(FOLDER, file) })
    files.push(file)
  }
  process.stdout.write(`\r${String(files.length).padStart(4)}  ${name.padEnd(40)}`)
}

function sheet(files: string[]): string {
  const figures = files.map(
    (file) => `<figure><a href="${file}"><img loading="lazy" src="${file}" alt=""></a><figcaption>${file}</figcaption></figure>`
  )
  return `<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>body{display:flex;flex-wrap:wrap;gap:1rem;font:12px sans-serif}img{height:420px;border:1px solid #999}figure{margin:0}</style>${figures.join('')}`
}

await main()
