// What people do every day, in a real browser: ask to join, be let in, write with a picture, answer, correct, remove, leave and come back.
import t from 'tap'
import sharp from 'sharp'
import type { Browser, Page } from 'playwright-core'
import { setUpByApi, startEmpty } from './instance.ts'
import { awake, breaches, newVisitor, noBrowser, openBrowser, visit } from './visitor.ts'

const PASSWORD = 'correct horse battery staple'

async function logIn(page: Page, origin: string, login: string, password: string): Promise<void> {
  await visit(page, `${origin}/connexion`)
  await page.locator('main [name="login"]').fill(login)
  await page.locator('main [name="password"]').fill(password)
  await page.getByRole('main').getByRole('button', { name: 'Se connecter' }).click()
}

/** Adds a passkey on /reglages/securite, with an authenticator that Chromium plays. */
async function addPasskey(page: Page, password: string): Promise<void> {
  const devices = await page.context().newCDPSession(page)
  await devices.send('WebAuthn.enable')
  const kind = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const
  await devices.send('WebAuthn.addVirtualAuthenticator', { options: { ...kind, automaticPresenceSimulation: true } })
  const card = page.locator('section.card', { hasText: 'Connexion en deux étapes' })
  await card.getByRole('button', { name: 'Ajouter' }).click()
  await card.getByLabel('Nom de la clé').fill('Mon téléphone')
  await card.getByLabel('Mot de passe actuel').fill(password)
  await card.getByRole('button', { name: 'Continuer' }).click()
  await card.getByText('Notez vos codes de secours').waitFor()
  await card.getByText('Mon téléphone').waitFor()
}

t.test(
  'a citizen is let in, writes, is answered, corrects, removes, leaves and comes back',
  { skip: noBrowser, timeout: 900_000 },
  async (t) => {
    const instance = await startEmpty()
    t.teardown(() => instance.dispose())
    const { origin } = instance
    await setUpByApi(instance, PASSWORD, { registrations: 'approval' })
    const browser: Browser = await openBrowser()
    t.teardown(() => browser.close())
    const mayor = await newVisitor(browser)
    const citizen = await newVisitor(browser)

    await visit(citizen.page, `${origin}/inscription`)
    for (const [name, value] of Object.entries({
      name: 'Paul Grondin',
      email: 'paul@saint-leu.test',
      password: PASSWORD,
      reason: 'Je tiens la boulangerie.'
    }))
      await citizen.page.locator(`main [name="${name}"]`).fill(value)
    await citizen.page.locator('[name="agreement"]').check()
    await citizen.page.getByRole('button', { name: 'Créer mon compte' }).click()
    await citizen.page.getByRole('heading', { name: 'Votre demande est envoyée' }).waitFor()
    await logIn(citizen.page, origin, 'paul_grondin', PASSWORD)
    await citizen.page.locator('.error-summary:not([hidden])').waitFor()
    t.equal(await citizen.page.evaluate(() => document.activeElement?.id), 'log-in-errors', 'the refusal has the focus')
    t.same(await breaches(citizen.page), [])

    await logIn(mayor.page, origin, 'maire', PASSWORD)
    await mayor.page.waitForURL(`${origin}/`)
    await awake(mayor.page)
    await visit(mayor.page, `${origin}/admin`)
    t.same(await breaches(mayor.page), [])
    await mayor.page.getByText('Je tiens la boulangerie.').waitFor()
    await mayor.page.getByRole('button', { name: 'Accepter' }).click()
    await mayor.page.getByText('Aucune demande en attente.').waitFor()

    await logIn(citizen.page, origin, 'paul_grondin', PASSWORD)
    await citizen.page.waitForURL(`${origin}/`)
    await awake(citizen.page)
    const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#a5431f' } })
      .jpeg()
      .toBuffer()
    await citizen.page.getByRole('textbox', { name: 'Votre message' }).fill('Pain chaud à 7 h, #boulangerie')
    await citizen.page.locator('.composer input[type="file"]').setInputFiles({ name: 'pain.jpg', mimeType: 'image/jpeg', buffer: picture })
    await citizen.page.getByLabel('Que montre l’image').fill('Des baguettes dorées')
    await citizen.page.getByRole('button', { name: 'Publier', exact: true }).click()
    const post = citizen.page.getByRole('article').filter({ hasText: 'Pain chaud à 7 h' })
    await post.getByRole('img', { name: 'Des baguettes dorées' }).waitFor()
    t.ok(
      await post
        .getByRole('img', { name: 'Des baguettes dorées' })
        .evaluate(async (image: HTMLImageElement) => (await image.decode(), image.naturalWidth > 0)),
      'the picture is really shown'
    )
    await post.getByRole('link', { name: '#boulangerie' }).click()
    await citizen.page.waitForURL(/\/tags\/boulangerie$/i)
    await citizen.page.getByRole('article').filter({ hasText: 'Pain chaud' }).waitFor()

    await visit(mayor.page, origin)
    const box = mayor.page.getByRole('textbox', { name: 'Votre message' })
    await box.pressSequentially('Bienvenue @paul')
    await mayor.page.getByRole('option', { name: /Paul Grondin/ }).waitFor()
    t.same(await breaches(mayor.page), [])
    await mayor.page.keyboard.press('Enter')
    t.equal(await box.inputValue(), 'Bienvenue @paul_grondin ')
    // A draft outlives the page.
    await mayor.page.waitForFunction(() => Object.values(localStorage).some((kept) => String(kept).includes('@paul_grondin')))
    await visit(mayor.page, origin)
    t.equal(await box.inputValue(), 'Bienvenue @paul_grondin ')
    await mayor.page.getByRole('button', { name: 'Publier', exact: true }).click()
    const welcome = mayor.page.getByRole('article').filter({ hasText: 'Bienvenue' })
    await welcome.getByRole('button', { name: 'Garder dans mes marque-pages' }).click()
    await mayor.page.locator('.top-bar .menu summary').click()
    await mayor.page.getByRole('link', { name: 'Marque-pages' }).click()
    await mayor.page.waitForURL(`${origin}/marque-pages`)
    await welcome.getByRole('link', { name: '@paul_grondin' }).waitFor()
    t.same(await breaches(mayor.page), [])
    await visit(mayor.page, origin)
    await mayor.page
      .getByRole('article')
      .filter({ hasText: 'Pain chaud' })
      .getByRole('link', { name: /^Répondre/ })
      .click()
    await mayor.page.waitForURL(/\/@paul_grondin\/\d+/)
    await mayor.page.getByRole('textbox', { name: 'Votre réponse' }).fill('Gardez-moi deux baguettes !')
    await mayor.page.getByRole('button', { name: 'Répondre', exact: true }).click()
    await mayor.page.getByRole('article').filter({ hasText: 'Gardez-moi deux baguettes' }).waitFor()
    t.same(await breaches(mayor.page), [])
    t.same(mayor.complaints, [])

    await visit(citizen.page, `${origin}/notifications`)
    await citizen.page.getByText('vous a écrit').first().waitFor()
    t.same(await breaches(citizen.page), [])
    await visit(citizen.page, `${origin}/@paul_grondin`)
    await post.getByText('Plus d’actions').or(post.locator('.menu summary')).first().click()
    await post.getByRole('button', { name: 'Modifier' }).click()
    const dialog = citizen.page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Votre message' }).fill('Pain chaud à 6 h')
    await dialog.getByRole('button', { name: 'Enregistrer' }).click()
    const corrected = citizen.page.getByRole('article').filter({ hasText: 'Pain chaud à 6 h' })
    await corrected.getByText('modifié').waitFor()
    await corrected.locator('.menu summary').click()
    await corrected.getByRole('button', { name: 'Supprimer' }).click()
    await citizen.page.getByRole('dialog').getByRole('button', { name: 'Supprimer' }).click()
    await citizen.page.getByRole('button', { name: 'Annuler' }).click()
    await corrected.locator('.menu summary').click()
    await corrected.getByRole('button', { name: 'Supprimer' }).click()
    await citizen.page.getByRole('dialog').getByRole('button', { name: 'Supprimer' }).click()
    await citizen.page.locator('.toast').getByRole('button', { name: 'Fermer' }).click()
    await citizen.page.getByText('Rien n’est encore publié').waitFor()

    await visit(citizen.page, `${origin}/reglages`)
    t.same(await breaches(citizen.page), [])
    await citizen.page.getByLabel('Présentation').fill('Boulanger rue Haute')
    await citizen.page.getByRole('button', { name: 'Enregistrer' }).first().click()
    await citizen.page.getByText('Enregistré.').waitFor()
    for (const section of ['confidentialite', 'applications', 'donnees', 'langue', 'securite']) {
      await visit(citizen.page, `${origin}/reglages/${section}`)
      t.same(await breaches(citizen.page), [])
    }
    await addPasskey(citizen.page, PASSWORD)
    await visit(citizen.page, `${origin}/reglages`)
    await citizen.page.getByRole('main').getByRole('button', { name: 'Se déconnecter' }).click()
    await citizen.page.waitForURL(`${origin}/`)
    await awake(citizen.page)
    await citizen.page.getByRole('heading', { name: 'Bienvenue à Saint-Leu' }).waitFor()
    await visit(citizen.page, `${origin}/@paul_grondin`)
    await citizen.page.getByText('Boulanger rue Haute').waitFor()
    await logIn(citizen.page, origin, 'paul@saint-leu.test', PASSWORD)
    // The password alone is not enough any more: the browser asks the passkey by itself.
    await citizen.page.waitForURL(`${origin}/`)
    await citizen.page.getByRole('textbox', { name: 'Votre message' }).waitFor()
    t.same(citizen.complaints, [])
  }
)
