// Every page, as whoever may see it: no breach of WCAG 2.2 AA, no script error, no hydration mismatch. Each in one of four looks (small or wide,
// light or dark); EVERY_LOOK=1 looks twice at each.
import t from 'tap'
import { livingCommune, type Who } from './every-page.ts'
import { breaches, noBrowser, openBrowser, visit } from './visitor.ts'

const EVERY_LOOK = process.env.EVERY_LOOK === '1'

t.test('every page can be read and used by everybody, in both themes', { skip: noBrowser, timeout: 900_000 }, async (t) => {
  const browser = await openBrowser()
  t.teardown(() => browser.close())
  const { instance, origin, pages, open } = await livingCommune(browser)
  t.teardown(() => instance.dispose())
  for (const who of ['visitor', 'member', 'admin'] satisfies Who[]) {
    const { page, complaints } = await open(who)
    for (const [at, { name, path }] of pages.filter((one) => one.who === who).entries()) {
      await page.setViewportSize({ width: 390, height: 844 })
      await page.emulateMedia({ colorScheme: at % 2 === 0 ? 'light' : 'dark' })
      await visit(page, origin + path)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      const small = EVERY_LOOK || at % 4 < 2 ? await breaches(page) : []
      if (EVERY_LOOK || at % 4 >= 2) {
        await page.setViewportSize({ width: 1280, height: 900 })
        if (EVERY_LOOK) await page.emulateMedia({ colorScheme: at % 2 === 0 ? 'dark' : 'light' })
        small.push(...(await breaches(page)))
      }
      t.same(small, [], `${name} (${path})`)
      t.ok(wide <= 390, `${name}: nothing sticks out of a phone (${wide} px)`)
      t.same(complaints.splice(0), [], `${name}: no complaint`)
    }
  }
})
