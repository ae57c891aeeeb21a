// A secret vote in a real browser: cast without JavaScript, checked by its receipt; ballots on paper entered by one person, confirmed by another.
import t from 'tap'
import { livingCommune } from './every-page.ts'
import { breaches, noBrowser, openBrowser, visit } from './visitor.ts'

t.test(
  'a resident votes in secret and checks the receipt; the town hall enters ballots on paper',
  { skip: noBrowser, timeout: 240_000 },
  async (t) => {
    const browser = await openBrowser()
    t.teardown(() => browser.close())
    const { instance, origin, open } = await livingCommune(browser)
    t.teardown(() => instance.dispose())
    // Among fewer than ten no vote is secret.
    for (const name of ['anne', 'benoit', 'chloe', 'denis'])
      await instance.command('account', 'create', name, '--email', `${name}@example.org`)

    const member = (await open('member')).page
    await visit(member, `${origin}/votes/nouveau`)
    await member.locator('.choices label', { hasText: 'Vote secret' }).click()
    await member.getByLabel('Au nom de').selectOption('fresque')
    await member.getByLabel('La question').fill('Peindre en bleu ?')
    await member.getByLabel('Qui vote ?').selectOption('accounts')
    t.same(await breaches(member), [])
    await member.getByRole('button', { name: 'Ouvrir le vote' }).click()
    await member.waitForURL(/\/votes\/\d+$/)
    const address = member.url()

    const context = await browser.newContext({
      javaScriptEnabled: false,
      locale: 'fr-FR',
      storageState: await member.context().storageState()
    })
    const plain = await context.newPage()
    await plain.goto(address)
    await plain.locator('label', { hasText: 'Oui' }).click()
    await plain.getByRole('button', { name: 'Voter' }).click()
    const box = plain.locator('.notice', { hasText: 'Votre reçu' })
    await box.waitFor()
    const receipt = (await box.locator('code').innerText()).trim()
    t.match(receipt, /^[A-Za-z0-9-]{12,}$/)
    t.notMatch(plain.url(), receipt, 'in no address')
    await plain.goto(address)
    t.equal(await plain.getByText(receipt).count(), 0, 'shown once')
    await plain.getByText('Vous avez voté.', { exact: true }).waitFor()

    await visit(member, address)
    const check = member.locator('section', { hasText: 'Vérifier mon reçu' })
    await check.getByLabel('Votre reçu').fill(receipt)
    await check.getByRole('button', { name: 'Vérifier' }).click()
    await check.getByText('Ce bulletin est dans l’urne.').waitFor()
    t.same(await breaches(member), [])

    await visit(member, `${address}/papier`)
    await member.getByLabel('Numéro du bulletin').fill('1')
    await member.locator('label', { hasText: 'Non' }).click()
    await member.getByRole('button', { name: 'Enregistrer le bulletin' }).click()
    await member.getByText('saisi par vous').waitFor()
    t.equal(await member.getByRole('button', { name: /Confirmer/ }).count(), 0, 'nobody confirms what they entered')
    const mayor = (await open('admin')).page
    await visit(mayor, `${address}/papier`)
    await mayor.getByRole('button', { name: 'Confirmer 1 bulletin' }).click()
    await mayor.getByText('confirmé', { exact: true }).waitFor()
    t.same(await breaches(mayor), [])
  }
)
