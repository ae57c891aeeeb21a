// A visitor of one commune who has her account on another, in a real browser: from the group's page to her own server, where she logs in,
// is asked, and follows. Over the test network's TLS, since nobody is sent to a server without it.
import type { Test } from 'tap'
import { PASSWORD, type Communer } from '../harness/communer.ts'
import type { Network } from '../network/network.ts'
import { breaches, newVisitor, openBrowser, visit } from './visitor.ts'

/** `username` of `home` follows the group `handle` of `there` by clicking. What her server shows of her is asked by the caller. */
export async function followFromHome(
  t: Test,
  { network, there, home, handle, username }: { network: Network; there: Communer; home: Communer; handle: string; username: string }
): Promise<void> {
  // Every name is the front's; its authority is the test network's own.
  const browser = await openBrowser([`--host-resolver-rules=MAP * 127.0.0.1:${network.front.port}`])
  t.teardown(() => browser.close())
  const { page, complaints } = await newVisitor(browser, { ignoreHTTPSErrors: true })
  await visit(page, `${there.origin}/@${handle}`)
  await page.getByRole('main').getByRole('link', { name: 'Suivre :' }).click()
  const dialog = page.getByRole('dialog', { name: 'Interagir depuis votre serveur' })
  await dialog.getByRole('textbox', { name: 'Votre adresse' }).fill(`@${username}@${home.host}`)
  t.same(await breaches(page), [])
  await dialog.getByRole('button', { name: 'Trouver mon serveur' }).click()
  const way = dialog.getByRole('link', { name: `Continuer sur ${home.host}` })
  await way.waitFor()
  t.ok(await way.evaluate((link) => link === document.activeElement), 'the way has the focus')
  await way.click()
  await page.waitForURL(`${home.origin}/connexion?**`)
  await page.locator('html[data-ready]').waitFor({ state: 'attached' })
  await page.locator('main [name="login"]').fill(username)
  await page.locator('main [name="password"]').fill(PASSWORD)
  await page.getByRole('main').getByRole('button', { name: 'Se connecter' }).click()
  await page.getByRole('heading', { name: 'Voulez-vous suivre ce compte ?' }).waitFor()
  await page.getByText(`Cela vient de ${there.host}.`).waitFor()
  t.same(await breaches(page), [])
  await page.getByRole('main').getByRole('button', { name: 'Suivre :' }).click()
  await page
    .getByRole('main')
    .getByRole('button', { name: /^(Abonné|Suivi|En attente|Demand)/ })
    .waitFor()
  t.same(complaints, [], 'no script error, nothing refused by the security policy')
}
