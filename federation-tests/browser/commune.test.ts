// Journeys that share one commune and one browser: filling a commune takes as long as half of them.
import t from 'tap'
import { livingCommune } from './every-page.ts'
import { agenda } from './journeys/agenda.ts'
import { proposal } from './journeys/proposal.ts'
import { takeAway } from './journeys/take-away.ts'
import { takingPart } from './journeys/taking-part.ts'
import { noBrowser, openBrowser } from './visitor.ts'

t.test('in a commune that lives', { skip: noBrowser, timeout: 900_000 }, async (t) => {
  const browser = await openBrowser()
  t.teardown(() => browser.close())
  const commune = await livingCommune(browser)
  t.teardown(() => commune.instance.dispose())

  await t.test('the agenda is taken away, into other sites and into calendars', (t) => takeAway(t, browser, commune))
  await t.test('people find each other, back ideas and vote', (t) => takingPart(t, browser, commune))
  await t.test('a market, a card of the directory and a guest', (t) => agenda(t, browser, commune))
  await t.test('an idea becomes a proposal, is amended, voted and answered', (t) => proposal(t, browser, commune))
})
