// A real Chromium for the tests: found on the machine, started once per test file, watched for errors of the page.
import { existsSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
/** No call to the outside, no sandbox (containers refuse it), no first-run pages. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** A slow machine is no failure. */
const PATIENCE_MS = 90_000

/** Why the browser tests cannot run here, or false. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `Chromium is not installed (${CHROMIUM}); apt-get install chromium`

/** A Chromium of its own; `args` as on its command line. */
export function openBrowser(args: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...args] })
}

export interface Visitor {
  page: Page
  /** What the page complained about: script errors, refused styles or scripts, hydration mismatches. */
  complaints: string[]
}

/** A browser window of its own: own cookies, French unless said otherwise. */
export async function newVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // An answer of 401 or 404 is no fault of the page: Chromium says it anyway. Nor is the certificate a test made itself: service workers want a
    // real one.
    const isNoFault = /^Failed to load resource|^An SSL certificate error occurred when fetching the script/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isNoFault) complaints.push(message.text())
  })
  return { page, complaints }
}

/** Breaches of WCAG 2.2 AA on the page, one line each. */
export async function breaches(page: Page): Promise<string[]> {
  // From the top, unless a dialog is open: what the bar above happens to cover counts as too small otherwise.
  await page.evaluate(() => document.querySelector('dialog[open]') ?? window.scrollTo(0, 0))
  const { violations } = await new AxeBuilder({ page })
    // No frames of elsewhere, and what is right needs no description: a third of the time.
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${page.url()}: ${id} at ${node.target.join(' ')}`))
}

/** Goes there and waits until the page's scripts have taken it over. */
export async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await awake(page)
}

/** Waits until the page's scripts have taken it over: what is typed or chosen before may be lost. */
export async function awake(page: Page): Promise<void> {
  await page.locator('html[data-ready]').waitFor({ state: 'attached' })
}
