// The whole way of a commune in a real browser: set-up, sign-up, a group, an event, and what a stranger without JavaScript reads.
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import { startEmpty } from './instance.ts'
import { awake, breaches, newVisitor, noBrowser, openBrowser, visit } from './visitor.ts'

const PASSWORD = 'correct horse battery staple'

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`main [name="${name}"]`).fill(value)
}

t.test(
  'a commune opens, a citizen joins, a group announces an event, everybody can read it',
  { skip: noBrowser, timeout: 900_000 },
  async (t) => {
    const instance = await startEmpty()
    t.teardown(() => instance.dispose())
    const browser: Browser = await openBrowser()
    t.teardown(() => browser.close())
    const { origin } = instance

    const mayor = await newVisitor(browser)
    await visit(mayor.page, `${origin}/agenda`)
    t.equal(new URL(mayor.page.url()).pathname, '/installation', 'before set-up every page leads there')
    await visit(mayor.page, instance.setupUrl)
    t.same(await breaches(mayor.page), [])
    await fill(mayor.page, {
      name: 'Saint-Leu',
      insee: '97413',
      latitude: '-21,17',
      longitude: '55,29',
      adminName: 'Marie Payet',
      username: 'maire',
      email: 'maire@saint-leu.test',
      password: PASSWORD
    })
    await mayor.page.getByRole('button', { name: 'Ouvrir la commune' }).click()
    await mayor.page.waitForURL(`${origin}/`)
    await awake(mayor.page)
    await mayor.page.getByRole('heading', { name: 'Saint-Leu vient d’ouvrir' }).waitFor()
    t.same(mayor.complaints, [])

    const citizen = await newVisitor(browser, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
    const { page } = citizen
    await visit(page, origin)
    await page.getByRole('main').getByRole('link', { name: 'S’inscrire' }).first().click()
    await page.waitForURL('**/inscription')
    t.same(await breaches(page), [])
    await fill(page, { name: 'Amina Hoarau', email: 'amina@saint-leu.test', password: PASSWORD })
    await page.locator('[name="agreement"]').check()
    await page.getByRole('button', { name: 'Créer mon compte' }).click()
    await page.waitForURL(`${origin}/bienvenue`)
    await awake(page)
    t.same(await breaches(page), [])
    await page.getByRole('link', { name: 'Passer' }).click()
    await page.getByRole('link', { name: 'Continuer' }).click()
    await page.getByRole('heading', { name: 'Qui suivre ?' }).waitFor()
    t.same(await breaches(page), [])
    await page.getByRole('link', { name: 'Voir les actualités' }).click()
    await page.waitForURL(`${origin}/`)

    await visit(page, `${origin}/groupes/nouveau`)
    t.same(await breaches(page), [])
    await fill(page, { name: 'Comité des fêtes', description: 'Bals et marchés.' })
    t.equal(await page.locator('[name="username"]').inputValue(), 'comite_des_fetes', 'the address follows the name')
    await page.getByRole('button', { name: 'Créer le groupe' }).click()
    await page.getByRole('heading', { name: 'Comité des fêtes', level: 1 }).waitFor()

    await visit(page, `${origin}/evenements/nouveau`)
    t.same(await breaches(page), [])
    await fill(page, {
      title: 'Marché de nuit',
      startDate: '2031-12-13',
      startTime: '17:00',
      endTime: '22:00',
      placeName: 'Front de mer',
      description: 'Artisans et concert.\nEntrée libre.'
    })
    await page.locator('[name="as"]').selectOption('comite_des_fetes')
    // Every Saturday, but not after Christmas: entered once.
    await page.locator('[name="every"]').selectOption('WEEKLY')
    await page.locator('[name="except"]').fill('2031-12-27')
    await page.getByRole('button', { name: 'Laisser de côté ce jour' }).click()
    await page.getByText('Tous les samedis, sauf le 27 décembre 2031').waitFor()
    t.same(await breaches(page), [])
    await page.getByRole('button', { name: 'Publier l’événement' }).click()
    await page.waitForURL(/\/evenements\/\d+$/)
    await page.getByRole('heading', { name: 'Marché de nuit', level: 1 }).waitFor()
    const eventUrl = page.url()
    await page.getByText('Tous les samedis, sauf le 27 décembre 2031').waitFor()
    t.same(await breaches(page), [])
    const calendar = await (await page.request.get(`${origin}/@comite_des_fetes/agenda.ics`)).text()
    t.match(calendar, /RRULE:FREQ=WEEKLY;BYDAY=SA\r\nEXDATE;TZID=[^:]+:20311227T170000/, 'a calendar knows the rule and the exception')
    t.match(calendar, /BEGIN:VTIMEZONE/)

    await visit(page, origin)
    await page.getByRole('textbox', { name: 'Votre message' }).fill('Bonjour Saint-Leu !')
    await page.getByRole('button', { name: 'Publier', exact: true }).click()
    await page.getByRole('article').filter({ hasText: 'Bonjour Saint-Leu !' }).waitFor()
    const onWall = page.getByRole('article').filter({ hasText: 'Marché de nuit' })
    await onWall.waitFor()
    await onWall.getByRole('button', { name: /^J’aime/ }).click()
    await onWall.locator('.action--like[aria-pressed="true"]').waitFor()
    // What lies half under the toast or a fixed bar is measured as too small: the toast goes, the message comes to the middle.
    await page.locator('.toast').waitFor({ state: 'detached' })
    await onWall.evaluate((article) => article.scrollIntoView({ block: 'center' }))
    t.same(await breaches(page), [])
    await page.reload()
    t.equal(await onWall.locator('.action--like').getAttribute('aria-pressed'), 'true', 'the like is kept')
    t.same(citizen.complaints, [], 'no script error, nothing refused by the security policy, no hydration mismatch')

    const stranger = await newVisitor(browser, { javaScriptEnabled: false })
    await stranger.page.goto(origin)
    await stranger.page.getByRole('link', { name: 'Marché de nuit' }).first().click()
    t.equal(stranger.page.url(), eventUrl)
    const text = (await stranger.page.getByRole('main').innerText()).replaceAll('\u00a0', ' ')
    for (const words of [
      'Marché de nuit',
      'Samedi 13 décembre 2031',
      '17 h',
      '22 h',
      'Front de mer',
      'Artisans et concert.',
      'Comité des fêtes',
      'Amina Hoarau'
    ])
      t.ok(text.replaceAll(/[\u00a0\u202f]/g, ' ').includes(words), `reads “${words}”`)
    t.equal(await stranger.page.locator('link[rel="alternate"][type="application/activity+json"]').count(), 1)
    t.match(await stranger.page.locator('meta[property="og:title"]').getAttribute('content'), 'Marché de nuit')
    t.match(JSON.parse((await stranger.page.locator('script[type="application/ld+json"]').textContent()) ?? '{}'), {
      '@type': 'Event',
      name: 'Marché de nuit'
    })
    await stranger.page.getByRole('link', { name: 'English' }).click()
    t.equal(await stranger.page.locator('html').getAttribute('lang'), 'en', 'the language changes without JavaScript')
    t.match(await stranger.page.getByRole('main').innerText(), /Organized by/)
  }
)
