// What happens elsewhere comes into the open page: posts, answers, messages, news; after a lost connection too. And without any connection.
import t from 'tap'
import type { Browser, Page } from 'playwright-core'
import { sanitize } from '../../server/core/html.ts'
import { setUpByApi, startEmpty } from './instance.ts'
import { awake, breaches, newVisitor, noBrowser, openBrowser, visit } from './visitor.ts'

const PASSWORD = 'correct horse battery staple'

async function logIn(page: Page, origin: string, login: string): Promise<void> {
  await visit(page, `${origin}/connexion`)
  await page.locator('main [name="login"]').fill(login)
  await page.locator('main [name="password"]').fill(PASSWORD)
  await page.getByRole('main').getByRole('button', { name: 'Se connecter' }).click()
  await page.waitForURL(`${origin}/`)
  await awake(page)
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Votre message' }).fill(text)
  await page.getByRole('button', { name: 'Publier', exact: true }).click()
  await page.getByRole('article').filter({ hasText: text }).waitFor()
}

/** The id in the address of the message's own page. */
async function idOf(page: Page, text: string): Promise<string> {
  const href = await page
    .getByRole('article')
    .filter({ hasText: text })
    .locator('a[href*="/@"]')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? '').find((one) => /\/\d+$/.test(one)))
  return /\d+$/.exec(href ?? '')![0]
}

t.test('the wall, a thread, messages and news are alive', { skip: noBrowser, timeout: 900_000 }, async (t) => {
  const instance = await startEmpty()
  t.teardown(() => instance.dispose())
  const { origin } = instance
  await setUpByApi(instance, PASSWORD, { registrations: 'open' })
  const browser: Browser = await openBrowser()
  t.teardown(() => browser.close())
  const mayor = await newVisitor(browser)
  const citizen = await newVisitor(browser, { viewport: { width: 390, height: 844 } })
  await visit(citizen.page, `${origin}/inscription`)
  for (const [name, value] of Object.entries({ name: 'Paul Grondin', email: 'paul@saint-leu.test', password: PASSWORD }))
    await citizen.page.locator(`main [name="${name}"]`).fill(value)
  await citizen.page.locator('[name="agreement"]').check()
  await citizen.page.getByRole('button', { name: 'Créer mon compte' }).click()
  await citizen.page.waitForURL(`${origin}/bienvenue`)
  await visit(citizen.page, origin)
  await logIn(mayor.page, origin, 'maire')

  await write(mayor.page, 'Premier mot')
  await citizen.page.getByRole('button', { name: '1 nouveau message' }).waitFor()
  t.equal(await citizen.page.getByText('Premier mot').count(), 0, 'nothing moves before the reader asks')
  t.same(await breaches(citizen.page), [])
  await citizen.page.getByRole('button', { name: '1 nouveau message' }).click()
  await citizen.page.getByRole('article').filter({ hasText: 'Premier mot' }).waitFor()
  t.equal(await mayor.page.getByRole('button', { name: /nouveau/ }).count(), 0, 'one’s own words are no news')

  const id = await idOf(citizen.page, 'Premier mot')
  await visit(mayor.page, `${origin}/@maire/${id}`)
  await visit(citizen.page, `${origin}/@maire/${id}`)
  await citizen.page.getByRole('textbox', { name: 'Votre réponse' }).fill('Bonjour madame le maire')
  await citizen.page
    .getByRole('button', { name: /^(Répondre|Publier)$/ })
    .first()
    .click()
  await mayor.page.getByRole('article').filter({ hasText: 'Bonjour madame le maire' }).waitFor()

  await visit(mayor.page, `${origin}/notifications`)
  await visit(citizen.page, `${origin}/@maire/${id}`)
  await citizen.page.locator('.action--like').first().click()
  await mayor.page.getByRole('button', { name: 'Nouvelles notifications' }).click()
  await mayor.page.getByText('Paul Grondin').first().waitFor()

  // The connection is lost, something happens, it comes back.
  await visit(citizen.page, origin)
  await citizen.page.getByRole('article').filter({ hasText: 'Premier mot' }).waitFor()
  await citizen.page.context().setOffline(true)
  await visit(mayor.page, origin)
  await write(mayor.page, 'Pendant la coupure')
  await citizen.page.context().setOffline(false)
  await citizen.page.getByRole('button', { name: '1 nouveau message' }).waitFor({ timeout: 60_000 })

  // One that is deleted leaves the page of whoever reads it.
  await citizen.page.getByRole('button', { name: '1 nouveau message' }).click()
  await citizen.page.getByRole('article').filter({ hasText: 'Pendant la coupure' }).waitFor()
  const deleted = mayor.page.getByRole('article').filter({ hasText: 'Pendant la coupure' })
  await deleted.locator('.menu summary').click()
  await deleted.getByRole('button', { name: 'Supprimer' }).click()
  await mayor.page.getByRole('dialog').getByRole('button', { name: 'Supprimer' }).click()
  await mayor.page.locator('.toast').getByRole('button', { name: 'Fermer' }).last().click()
  await citizen.page.getByText('Pendant la coupure').waitFor({ state: 'detached' })

  // Where a proxy lets no WebSocket through, the page of a hashtag hears all the same.
  const behind = await citizen.page.context().newPage()
  // As text: what compiles the tests leaves marks in functions that no page understands.
  await behind.addInitScript({
    content: `window.WebSocket = class extends EventTarget {
      static OPEN = 1
      readyState = 3
      constructor() { super(); setTimeout(() => this.dispatchEvent(new Event('close'))) }
      close() {}
    }`
  })
  const hears = behind.waitForResponse((answer) => answer.url().includes('/api/v1/streaming/hashtag'))
  await visit(behind, `${origin}/tags/jardin`)
  t.equal((await hears).status(), 200)
  await write(mayor.page, 'Rendez-vous au #jardin')
  await behind.getByRole('button', { name: '1 nouveau message' }).click()
  await behind.getByRole('article').filter({ hasText: 'Rendez-vous au' }).waitFor()
  await behind.close()
  t.same(mayor.complaints, [])
  t.same(
    citizen.complaints.filter((text) => !/WebSocket|ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(text)),
    []
  )
})

t.test(
  'offline, the wall and the agenda last seen can be read; log-out leaves nothing; other apps share into the composer',
  { skip: noBrowser, timeout: 900_000 },
  async (t) => {
    const instance = await startEmpty()
    t.teardown(() => instance.dispose())
    const { origin } = instance
    await setUpByApi(instance, PASSWORD)
    const browser: Browser = await openBrowser()
    t.teardown(() => browser.close())
    const mayor = await newVisitor(browser, { serviceWorkers: 'allow' })
    const { page } = mayor
    await logIn(page, origin, 'maire')
    await write(page, 'Lisible dans le tunnel')
    const manifest = (await (await page.request.get(`${origin}/manifest.webmanifest`)).json()) as { name: string; icons: { src: string }[] }
    t.equal(manifest.name, 'Saint-Leu')
    for (const { src } of manifest.icons) t.equal((await page.request.get(origin + src)).status(), 200, src)
    await page.evaluate(async () => void (await navigator.serviceWorker.ready))
    await visit(page, `${origin}/agenda`)
    await visit(page, origin)
    await page.getByText('Lisible dans le tunnel').waitFor()
    await page.context().setOffline(true)
    await page.reload()
    await page.getByText('Lisible dans le tunnel').waitFor()
    await page.getByText(/^Hors ligne\. Page vue/).waitFor()
    t.same(await breaches(page), [])
    await page.goto(`${origin}/agenda`)
    await page.getByRole('heading', { name: 'Agenda', level: 1 }).waitFor()
    await page.goto(`${origin}/messages`)
    await page.getByRole('heading', { name: 'Hors ligne' }).first().waitFor()
    await page.context().setOffline(false)

    await visit(page, `${origin}/publier?titre=Un%20article&texte=Un%20article&lien=https%3A%2F%2Fjournal.example%2Fa`)
    t.equal(await page.getByRole('textbox', { name: 'Votre message' }).inputValue(), 'Un article\n\nhttps://journal.example/a')
    await visit(page, `${origin}/reglages/notifications`)
    await page.getByRole('heading', { name: 'Sur cet appareil' }).waitFor()
    t.same(await breaches(page), [])
    const kept = () =>
      page.evaluate(async () => {
        const names = (await caches.keys()).filter((name) => name.startsWith('pages'))
        const requests = await Promise.all(names.map(async (name) => await (await caches.open(name)).keys()))
        return requests.flat().map(({ url }) => new URL(url).pathname)
      })
    t.same((await kept()).sort(), ['/', '/agenda', '/hors-ligne'])
    await visit(page, `${origin}/reglages`)
    await page.getByRole('main').getByRole('button', { name: 'Se déconnecter' }).click()
    await page.waitForURL(`${origin}/`)
    await awake(page)
    await page.context().setOffline(true)
    await page.reload().catch(() => undefined)
    t.equal(
      (await page.getByText('Lisible dans le tunnel').count()) > 0 &&
        (await page.getByRole('textbox', { name: 'Votre message' }).count()) > 0,
      false,
      'nothing of the member is left'
    )
    t.same(
      mayor.complaints.filter((text) => !/WebSocket|ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(text)),
      []
    )
  }
)

t.test('X01, X02, X05, X09: what strangers write runs nothing in a real browser', { skip: noBrowser, timeout: 60_000 }, async (t) => {
  const browser: Browser = await openBrowser()
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const run = 'window.__pwned=1'
  const pieces = [
    `<script>${run}</script><img src=x onerror="${run}"><body onload="${run}">`,
    `<svg onload="${run}"><style><img src=x onerror="${run}"></style></svg>`,
    `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${run}&gt;">`,
    `<noscript><p title="</noscript><img src=x onerror=${run}>"></noscript><xmp><img src=x onerror=${run}></xmp>`,
    `<template><img src=x onerror=${run}></template><iframe srcdoc="<script>parent.${run}</script>"></iframe>`,
    `<details open ontoggle="${run}">x</details><input autofocus onfocus="${run}"><a href="javascript:${run}">x</a>`,
    '<math>'.repeat(5_000)
  ]
  // Read twice, as when a fragment is put into a page that was already read.
  for (const form of ['short', 'long'] as const) {
    await page.setContent(pieces.map((html) => `<div>${sanitize(html, form)}</div>`).join(''))
    await page.evaluate(
      () => (document.body.innerHTML = String(document.body.innerHTML)) && document.querySelectorAll('a').forEach((link) => link.click())
    )
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
    t.equal(await page.evaluate(() => '__pwned' in window), false, form)
  }
  // The test itself can see it: unclean, the first runs.
  await page.setContent(pieces[0]!)
  await page.waitForFunction(() => '__pwned' in window)
})
