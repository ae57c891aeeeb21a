// The agenda outside the site, in a real browser: in the page of an association, in somebody's own calendar.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import ICAL from 'ical.js'
import { breaches, newVisitor, visit } from '../visitor.ts'
import type { Journey } from './journey.ts'

export const takeAway: Journey = async (t, browser, { origin, open }) => {
  await t.test('an association copies the code of a choice, and its own site shows these events, without script', async (t) => {
    const { page, complaints } = await newVisitor(browser)
    await visit(page, `${origin}/agenda?lieu=Place+de+la+Mairie`)
    await page.getByText('Emporter cet agenda').click()
    await page.getByLabel('Nombre de rendez-vous').selectOption('3')
    await page.getByLabel('Fond').selectOption('clair')
    const lines = await page.locator('.take-away code').allInnerTexts()
    t.same(
      lines.slice(0, 4),
      ['ics', 'atom', 'json', 'geojson'].map((ending) => `${origin}/agenda.${ending}?lieu=Place+de+la+Mairie`)
    )
    t.same(await breaches(page), [])
    t.same(complaints, [])
    for (const address of lines.slice(0, 4)) t.equal((await page.request.get(address)).status(), 200, address)
    const code = lines.at(-1)!
    t.match(code, `src="${origin}/agenda/cadre?lieu=Place+de+la+Mairie&amp;nombre=3&amp;fond=clair"`)

    const other = createServer((_request, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8')
      answer.end(`<!doctype html><html lang="fr"><title>Les Jardiniers</title><main><h1>Les Jardiniers</h1>${code}
        <iframe name="refused" title="Refusé" src="${origin}/agenda"></iframe></main>`)
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.teardown(() => other.close())
    const site = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`
    const guest = await newVisitor(browser)
    await guest.page.goto(site)
    const frame = guest.page.frameLocator('iframe').first()
    await frame.getByRole('heading', { level: 1, name: 'Agenda · Saint-Leu' }).waitFor()
    const events = frame.getByRole('listitem')
    t.ok((await events.count()) > 0, 'events are there')
    const ink = await frame.locator('h1').evaluate((element) => getComputedStyle(element).color)
    t.equal(ink, 'rgb(29, 39, 40)', 'the style is let in')
    t.match(guest.complaints.join('\n'), /frame-ancestors 'none'|X-Frame-Options|refused to connect/, 'no other page of ours is framed')
    const [opened] = await Promise.all([guest.page.waitForEvent('popup'), events.first().getByRole('link').click()])
    await opened.waitForLoadState()
    t.match(opened.url(), `${origin}/evenements/`)
    t.equal(await opened.evaluate('window.opener'), null)
    t.equal(guest.page.url(), site, 'the page of the association stays')
  })

  await t.test('the frame reads well on a phone, light and dark, in both languages', async (t) => {
    for (const [locale, title] of [
      ['fr-FR', 'Tout l’agenda'],
      ['en-GB', 'The whole agenda']
    ] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, complaints } = await newVisitor(browser, { locale, colorScheme, viewport: { width: 320, height: 600 } })
        await page.goto(`${origin}/agenda/cadre?nombre=20`)
        await page.getByRole('link', { name: title }).waitFor()
        t.same(await breaches(page), [], `${locale} ${colorScheme}`)
        t.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320)
        t.same(complaints, [])
        await page.context().close()
      }
  })

  await t.test('somebody takes their own events into the calendar of their phone, changes the address and ends it', async (t) => {
    const { page, complaints } = await open('member')
    const [event] = (await (await page.request.get(`${origin}/api/communer/v1/events?local=true&limit=1`)).json()) as {
      id: string
      title: string
    }[]
    await page.request.post(`${origin}/api/communer/v1/events/${event!.id}/interested`, { headers: { origin } })
    await visit(page, `${origin}/agenda`)
    await page.getByText('Emporter cet agenda').click()
    await page.getByRole('link', { name: 'Seulement mes rendez-vous' }).click()
    await page.waitForURL(`${origin}/reglages/agenda`)
    const address = page.locator('section', { hasText: 'Mes rendez-vous' }).locator('code')
    await page.getByRole('button', { name: 'Créer mon adresse' }).click()
    await address.waitFor()
    t.same(await breaches(page), [])
    const first = await address.innerText()
    // A program that was never logged in.
    const program = await browser.newContext()
    const calendar = await program.request.get(first)
    t.equal(calendar.headers()['cache-control'], 'private, no-store')
    const titles = new ICAL.Component(ICAL.parse(await calendar.text()))
      .getAllSubcomponents('vevent')
      .map((one) => one.getFirstPropertyValue('summary'))
    t.ok(titles.includes(event!.title), event!.title)
    await page.getByRole('button', { name: 'Changer d’adresse' }).click()
    await page.waitForFunction((old) => document.querySelector('main code')?.textContent !== old, first)
    const second = await address.innerText()
    t.same([(await program.request.get(first)).status(), (await program.request.get(second)).status()], [404, 200])
    await visit(page, `${origin}/reglages/agenda`)
    await page.getByText('Une adresse existe depuis le').waitFor()
    t.equal(await address.count(), 0, 'it is shown once')
    await page.getByRole('button', { name: 'Supprimer l’adresse' }).click()
    await page.getByRole('button', { name: 'Créer mon adresse' }).waitFor()
    t.equal((await program.request.get(second)).status(), 404)
    t.same(complaints, [])
  })
}
