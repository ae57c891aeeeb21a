// Civic themes: kept once each, in the order people are shown them.
import t from 'tap'
import { themesAmong } from './themes.ts'

t.test('themes are kept once each in their order, other words are left out', async (t) => {
  t.same(themesAmong(['sport', 'food', 'gossip', 'sport', 'Food']), ['food', 'sport'])
  t.same(themesAmong([]), [])
})
