// A function is what it is called, however it is spelled.
import t from 'tap'
import { functionKey, functionNames } from './member-functions.ts'

t.test('accents, capitals and spaces make no other function', async (t) => {
  for (const spelled of ['Trésorière', 'tresoriere', '  TRÉSORIÈRE ', 'Tre\u0301sorie\u0300re']) t.equal(functionKey(spelled), 'tresoriere')
  t.equal(functionKey('Conseil  d’administration'), "conseil d'administration")
  t.not(functionKey('Élu'), functionKey('Élue'))
})

t.test('names are kept as written, each once, none empty', async (t) => {
  t.same(functionNames([' Élu ', 'élu', '', '\u0000', 'Agent   municipal'], 60), ['Élu', 'Agent municipal'])
  t.equal([...functionNames(['é'.repeat(200)], 60)[0]!].length, 60)
})
