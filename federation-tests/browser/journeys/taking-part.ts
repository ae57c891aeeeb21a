// The map, the directory, ideas and votes in a real browser: a place is found, an idea becomes an answer, a secret vote has its receipt.
import { breaches, visit } from '../visitor.ts'
import type { Journey } from './journey.ts'

export const takingPart: Journey = async (t, browser, { instance, origin, open }) => {
  await t.test('somebody new finds who is here on the map; an idea is proposed, backed and answered', async (t) => {
    const visitor = (await open('visitor')).page
    await visit(visitor, `${origin}/carte`)
    await visitor.locator('.town-map .town-pin, .town-map .town-cluster').first().waitFor()
    await visitor.getByText('Afficher', { exact: true }).first().click()
    await visitor.locator('.chip', { hasText: 'Lieux' }).click()
    await visitor.getByRole('button', { name: 'Afficher' }).click()
    await visitor.waitForURL(/type=place/)
    const list = visitor.locator('.map-list')
    await list.getByRole('link', { name: 'Médiathèque' }).waitFor()
    t.equal(await list.getByRole('link').count(), 2, 'places alone, on the map and in the list')
    t.same(await breaches(visitor), [])
    await list.getByRole('link', { name: 'Médiathèque' }).click()
    await visitor.getByText('14 h – 18 h').first().waitFor()
    await visitor.getByRole('link', { name: 'Voir sur la carte' }).waitFor()
    await visit(visitor, `${origin}/annuaire`)
    await visitor.getByRole('main').getByRole('searchbox').fill('boulengerie')
    await visitor.getByRole('main').getByRole('button', { name: 'Chercher' }).click()
    await visitor.getByRole('link', { name: 'Boulangerie Grondin' }).waitFor()

    const member = (await open('member')).page
    await visit(member, `${origin}/idees/nouvelle`)
    await member.getByLabel('Votre idée en une phrase').fill('Un banc devant la médiathèque')
    await member
      .locator('.notice', { hasText: 'ressemble à une idée' })
      .getByRole('link', { name: /Un banc à l’ombre/ })
      .waitFor()
    await member.getByLabel('Votre idée en une phrase').fill('Une fontaine au parc des jeux')
    await member.getByLabel('En quelques lignes').fill('Les enfants ont soif, l’été surtout.')
    await member.locator('.chip', { hasText: 'Santé' }).click()
    await member.getByRole('button', { name: 'Proposer' }).click()
    await member.waitForURL(/\/idees\/\d+$/)
    await member.getByRole('heading', { level: 1, name: 'Une fontaine au parc des jeux' }).waitFor()
    t.same(await breaches(member), [])
    const address = member.url()

    const mayor = (await open('admin')).page
    await visit(mayor, address)
    await mayor.getByRole('button', { name: 'J’appuie' }).click()
    await mayor.getByRole('button', { name: 'Vous appuyez' }).waitFor()
    const desk = mayor.locator('section', { has: mayor.getByRole('heading', { name: 'Répondre au nom de la commune' }) })
    await desk.getByLabel('Réponse').selectOption('partly')
    await desk.getByLabel('Pourquoi').fill('Une fontaine, oui, mais près du gymnase.')
    await desk.getByRole('button', { name: 'Publier la réponse' }).click()
    await mayor.locator('.journal').getByText('accepte en partie, au nom de la commune').waitFor()
    t.same(await breaches(mayor), [])

    await visit(member, `${origin}/notifications`)
    await member.getByText('a répondu à une idée que vous appuyez').first().waitFor()
    const plain = await browser.newPage({ javaScriptEnabled: false, locale: 'fr-FR' })
    await plain.goto(address)
    t.match(
      await plain.locator('main').innerText(),
      /Acceptée en partie[\s\S]*Une fontaine, oui, mais près du gymnase/,
      'readable without JavaScript'
    )
  })

  await t.test('a resident votes in secret and checks the receipt; the town hall enters ballots on paper', async (t) => {
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
    for (let slip = 1; slip <= 10; slip += 1) {
      await member.getByLabel('Numéro du bulletin').fill(String(slip))
      await member.locator('label', { hasText: slip % 3 === 0 ? 'Oui' : 'Non' }).click()
      await member.getByRole('button', { name: 'Enregistrer le bulletin' }).click()
      await member
        .getByText('saisi par vous')
        .nth(slip - 1)
        .waitFor()
    }
    t.equal(await member.getByRole('button', { name: /Confirmer/ }).count(), 0, 'nobody confirms what they entered')
    const mayor = (await open('admin')).page
    await visit(mayor, `${address}/papier`)
    await mayor.getByRole('button', { name: 'Confirmer 10 bulletins' }).click()
    await mayor.getByText('confirmé', { exact: true }).nth(9).waitFor()
    t.same(await breaches(mayor), [])
  })
}
