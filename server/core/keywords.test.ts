import t from 'tap'
import { keywordPattern } from './keywords.ts'

t.test('every word people may write is a word, not a pattern', async (t) => {
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index))
  for (const keyword of ['covid-19', 'c++', 'a/b', 'l’été', '(?=x)', '[a-z]', 'é', ...printable])
    for (const wholeWord of [false, true]) t.ok(keywordPattern({ keyword, wholeWord }).test(`x ${keyword} y`), `${keyword} ${wholeWord}`)
  t.notOk(keywordPattern({ keyword: 'a.c', wholeWord: false }).test('abc'))
  t.notOk(keywordPattern({ keyword: 'covid-1', wholeWord: true }).test('covid-19'))
})
