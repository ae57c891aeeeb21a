// From a sentence to a result that was kept: an idea becomes a proposal, is amended, voted and answered, and somebody does it.
import { letPass } from '../../harness/votes.ts'
import { breaches, visit } from '../visitor.ts'
import type { Journey } from './journey.ts'

export const proposal: Journey = async (t, browser, { instance, origin, open }) => {
  const member = (await open('member')).page
  const mayor = (await open('admin')).page

  await visit(member, `${origin}/idees/nouvelle`)
  await member.getByLabel('Votre idée en une phrase').fill('Une halle ouverte le dimanche')
  await member.getByLabel('En quelques lignes').fill('Pour les familles.')
  await member.getByRole('button', { name: 'Proposer' }).click()
  await member.waitForURL(/\/idees\/\d+$/)
  await member.locator('main a[href*="/propositions/nouvelle?idee="]').click()
  await member.getByLabel('Titre').fill('Ouvrir la halle le dimanche')
  await member.getByLabel('Le texte').fill('La halle ouvre le dimanche matin.\n\nDeux bénévoles la ferment à midi.')
  t.same(await breaches(member), [])
  await member.getByRole('button', { name: 'Publier la proposition' }).click()
  await member.waitForURL(/\/propositions\/\d+$/)
  const address = member.url()
  await member.getByText('Elle vient d’une idée').waitFor()

  await visit(mayor, address)
  await mayor.getByRole('button', { name: 'Amender le paragraphe 2' }).click()
  await mayor.getByLabel('Le paragraphe dirait').fill('Deux bénévoles la ferment à treize heures.')
  await mayor.getByLabel('Pourquoi (facultatif)').fill('Le marché finit à midi et demi.')
  t.same(await breaches(mayor), [])
  await mayor.getByRole('button', { name: 'Proposer l’amendement' }).click()
  await mayor.getByText('Votre amendement est publié').waitFor()

  await visit(member, address)
  await member.getByRole('button', { name: /^Accepter/ }).click()
  await member.getByText('Le texte est à jour').waitFor()
  await member.getByText('Deux bénévoles la ferment à treize heures.').first().waitFor()
  t.same(await breaches(member), [])

  await visit(mayor, address)
  await mayor.getByRole('link', { name: 'Mettre au vote' }).click()
  await mayor.getByLabel('La question').waitFor()
  t.match(await mayor.getByLabel('La question').inputValue(), /Ouvrir la halle le dimanche/)
  await mayor.getByLabel('Au nom de').selectOption('saint_leu')
  await mayor.getByLabel('Qui vote ?').selectOption('accounts')
  await mayor.getByRole('button', { name: 'Ouvrir le vote' }).click()
  await mayor.waitForURL(/\/votes\/\d+$/)
  const vote = mayor.url()
  for (const page of [mayor, member]) {
    await visit(page, vote)
    await page.locator('label', { hasText: 'Oui' }).click()
    await page.getByRole('button', { name: 'Voter' }).click()
    await page.getByText('Vous avez voté : Oui.').waitFor()
  }
  await visit(member, address)
  await member.getByText('Le texte est au vote et ne bouge plus').waitFor()
  t.equal(await member.getByRole('button', { name: /^Amender/ }).count(), 0)

  await letPass(instance, vote.split('/').at(-1)!, 60 * 24 * 40)
  await member.waitForFunction(
    async (path) => (await (await fetch(path)).json()).state === 'closed',
    vote.replace('/votes/', '/api/communer/v1/votes/')
  )
  await visit(member, vote)
  await member.getByText('2 votants sur').waitFor()
  t.same(await breaches(member), [])
  await visit(mayor, address)
  await mayor.locator('.badge', { hasText: 'Adoptée' }).first().waitFor()
  const desk = mayor.locator('section', { has: mayor.getByRole('heading', { name: 'Répondre au nom de la commune' }) })
  await desk.getByLabel('Réponse').selectOption('accepted')
  await desk.getByLabel('Pourquoi').fill('Ouverture au printemps.')
  await desk.getByRole('button', { name: 'Publier la réponse' }).click()
  await mayor.locator('.journal').getByText('accepte, au nom de la commune').waitFor()

  await mayor.getByRole('link', { name: 'Créer les tâches' }).click()
  await mayor.getByLabel('Ce qu’il faut faire').first().waitFor()
  t.equal(await mayor.getByLabel('Ce qu’il faut faire').count(), 2, 'one a paragraph')
  await mayor.getByRole('button', { name: 'Enlever la tâche 2' }).click()
  await mayor.getByLabel('Ce qu’il faut faire').fill('Remettre les clés de la halle')
  t.same(await breaches(mayor), [])
  await mayor.getByRole('button', { name: 'Publier la tâche' }).click()
  await mayor.waitForURL(address)
  await visit(member, address)
  await member.getByText('1 tâche à faire').waitFor()
  await member.getByRole('link', { name: 'Remettre les clés de la halle' }).first().click()
  await member.getByRole('button', { name: 'Je m’en charge' }).click()
  await member.getByRole('button', { name: 'Je ne m’en charge plus' }).waitFor()
  await member.getByRole('button', { name: 'C’est fait' }).click()
  await member.getByText('Faite le').waitFor()
  t.same(await breaches(member), [])
  await visit(member, address)
  await member.getByText('1 tâche sur 1 faite').waitFor()
  const journal = (await member.locator('.journal').first().innerText()).replace(/\s+/g, ' ')
  for (const step of [
    'a publié la proposition',
    'accepte l’amendement',
    'accepte, au nom de la commune',
    'crée une tâche',
    'se charge d’une tâche',
    'a terminé une tâche'
  ])
    t.match(journal, step)
  const plain = await browser.newPage({ javaScriptEnabled: false, locale: 'fr-FR' })
  await plain.goto(address)
  t.match(await plain.locator('main').innerText(), /Adoptée[\s\S]*treize heures[\s\S]*/, 'readable without JavaScript')
  t.match(await plain.locator('main').innerText(), 'Ouverture au printemps.')
}
