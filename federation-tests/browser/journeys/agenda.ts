// Journeys around the agenda in Chromium: a weekly market with an exception that ends up in a calendar, and somebody without an account
// who comes, from the form to the door, the form sent without JavaScript.
import ICAL from 'ical.js'
import type { Commune } from '../every-page.ts'
import { breaches, newVisitor, visit } from '../visitor.ts'
import type { Journey } from './journey.ts'

export const agenda: Journey = async (t, browser, commune) => {
  await t.test('an association enters its weekly market once, without one day, and a neighbour has it in her calendar', async (t) => {
    const { page } = await commune.open('member')
    await visit(page, `${commune.origin}/evenements/nouveau`)
    await page.getByLabel('Titre').fill('Marché aux fleurs')
    const first = inDays(9)
    await page.locator('[name="startDate"]').fill(first)
    await page.locator('[name="startTime"]').fill('08:00')
    await page.locator('[name="endTime"]').fill('12:00')
    await page.getByLabel('Cet événement revient').selectOption({ label: 'Chaque semaine' })
    await page.getByLabel('Sauf le').fill(inDays(16))
    await page.getByRole('button', { name: 'Laisser de côté ce jour' }).click()
    await page.locator('[name="placeName"]').fill('Place du Marché')
    await page.getByText('Position sur la carte').click()
    await page.getByLabel('Latitude').fill('-21,17')
    await page.getByLabel('Longitude').fill('55,29')
    await page.getByLabel('Sans inscription').check()
    await page.getByLabel('Prix, en euros').fill('0')
    t.same(await breaches(page), [])
    await page.getByRole('button', { name: 'Publier l’événement' }).click()
    await page.waitForURL(/\/evenements\/\d+$/)
    await page.getByText('Gratuit', { exact: true }).waitFor()
    const { page: neighbour } = await commune.open('visitor')
    await visit(neighbour, `${commune.origin}/agenda?gratuit=1&par=Lucie`)
    await neighbour.getByRole('link', { name: 'Marché aux fleurs' }).first().waitFor()
    t.equal(
      await neighbour.getByText('Atelier de réparation de vélos').filter({ visible: true }).count(),
      await inTheMargin(neighbour),
      'what costs something is not in the list'
    )
    await visit(neighbour, `${commune.origin}/carte?type=event`)
    await neighbour.locator('.map-list').getByRole('link', { name: 'Marché aux fleurs' }).first().waitFor()
    const file = await (await neighbour.request.get(`${commune.origin}/agenda.ics`)).text()
    const calendar = new ICAL.Component(ICAL.parse(file))
    const dates = calendar
      .getAllSubcomponents('vevent')
      .map((component) => new ICAL.Event(component))
      .filter(({ summary }) => summary === 'Marché aux fleurs')
      .flatMap((event) => datesOf(event, 4))
    t.ok(dates.includes(first), 'the first date')
    t.notOk(dates.includes(inDays(16)), 'not the one that was left out')
    t.ok(dates.includes(inDays(23)), 'the one after')
  })

  await t.test('the town hall imports a list, an association claims its card and speaks for it', async (t) => {
    const { page: townHall } = await commune.open('admin')
    await visit(townHall, `${commune.origin}/annuaire/importer`)
    const file = 'nom;adresse;code postal;ville;rna\nLes Amis du Lagon;3 rue du Port;97424;Saint-Leu;W9R1000001\n'
    await townHall.getByLabel('Fichier').setInputFiles({ name: 'rna.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
    await townHall.locator('[name="source"]').fill('RNA, novembre 2026')
    await townHall.getByRole('button', { name: /^Importer/ }).click()
    await townHall.getByRole('link', { name: 'Annuaire' }).last().waitFor()
    const { page } = await commune.open('member')
    await visit(page, `${commune.origin}/annuaire?q=lagon`)
    await page.getByRole('link', { name: 'Les Amis du Lagon' }).first().click()
    await page.getByText('C’est la nôtre : la demander').click()
    await page.getByLabel('Qui êtes-vous pour cette structure ?').fill('Présidente')
    await page.getByRole('button', { name: 'Envoyer la demande' }).click()
    await page.getByText('Votre demande est envoyée à la mairie.').first().waitFor()
    t.same(await breaches(page), [])
    const card = page.url()
    await visit(townHall, `${commune.origin}/annuaire`)
    await townHall.getByRole('link', { name: 'Les Amis du Lagon' }).first().click()
    await townHall.getByText('demande cette fiche').waitFor()
    await townHall.getByRole('button', { name: 'Accepter' }).click()
    await townHall.getByText('demande cette fiche').waitFor({ state: 'detached' })
    await visit(page, card)
    await page.getByRole('link', { name: 'Modifier la fiche' }).waitFor()
    t.equal(await page.getByText('Personne ne répond encore de cette fiche').count(), 0)
  })

  await t.test('somebody without an account registers by mail, without JavaScript, and is ticked off at the door', async (t) => {
    const { page } = await newVisitor(browser, { javaScriptEnabled: false })
    const path = commune.pages.find(({ name }) => name === 'event')!.path
    await page.goto(commune.origin + path)
    await page.getByText('S’inscrire sans compte').click()
    await page.getByLabel('Votre nom').fill('Zoé')
    await page.getByLabel('Votre adresse électronique').fill('zoe@example.org')
    await page.getByLabel('Combien serez-vous ?').selectOption('3')
    await page.getByLabel('Je peux aider à ranger').check()
    await page.getByRole('button', { name: 'Recevoir le courriel' }).click()
    await page.getByText('Ouvrez votre boîte aux lettres.').waitFor()
    await page.goto(await linkFor(commune, 'zoe@example.org'))
    await page.getByRole('button', { name: 'Je confirme ma venue' }).click()
    await page.getByText('Vous êtes inscrit·e.').waitFor()
    const code = (await page.locator('.door-code').textContent())!
    t.match(code, /^[A-Z0-9]{3} [A-Z0-9]{3}$/)
    await page.goto(commune.origin + path)
    t.match(await page.locator('main').textContent(), /37 places restantes sur 40/)

    const { page: door } = await commune.open('member')
    await visit(door, `${commune.origin}${path}/participants`)
    await door.getByText('zoe@example.org').waitFor()
    await door.getByLabel('Code de la personne').fill(code.toLowerCase())
    await door.keyboard.press('Enter')
    await door.getByText('Bienvenue, Zoé (3 personnes). Arrivés : 3.').waitFor()
    await door.getByLabel('Code de la personne').fill(code)
    await door.keyboard.press('Enter')
    await door.getByText('Ce code est déjà entré.').waitFor()
    t.same(await breaches(door), [])
    await door.getByLabel('Votre message').fill('On commence à l’heure.')
    await door.getByRole('button', { name: 'Envoyer à tous' }).click()
    await door.getByText('reçu par 1 personne').waitFor()
  })
}

/** YYYY-MM-DD in the commune, so many days from now. */
function inDays(days: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Indian/Reunion' }).format(new Date(Date.now() + days * 86_400_000))
}

/** The next dates of an entry, one or several. */
function datesOf(event: ICAL.Event, count: number): string[] {
  if (!event.isRecurring()) return [event.startDate.toString().slice(0, 10)]
  const iterator = event.iterator()
  return Array.from({ length: count }, () => iterator.next()).flatMap((date) => (date ? [date.toString().slice(0, 10)] : []))
}

/** How often the right column names it; it stands there whatever the list holds. */
async function inTheMargin(page: Awaited<ReturnType<Commune['open']>>['page']): Promise<number> {
  return page.locator('aside').getByText('Atelier de réparation de vélos').filter({ visible: true }).count()
}

/** Without a mail server the town hall hands the link out. */
async function linkFor(commune: Commune, recipient: string): Promise<string> {
  const { page } = await commune.open('admin')
  const headers = { origin: commune.origin }
  const mails: { id: string; recipient: string }[] = await (
    await page.request.get(`${commune.origin}/api/communer/v1/admin/mails`, { headers })
  ).json()
  const mail = mails.find((one) => one.recipient === recipient)
  const answer = await page.request.post(`${commune.origin}/api/communer/v1/admin/mails/${mail?.id}/link`, { headers })
  return ((await answer.json()) as { url: string }).url
}
