// Where links lead: never to another site by surprise.
import t from 'tap'
import { elsewherePath, pathHere } from '../composables/addresses.ts'

t.test('W10: after logging in one comes back to a path of this site, whatever was asked for', async (t) => {
  for (const path of [
    '/',
    '/agenda?mois=2026-12#haut',
    '/@alice/1',
    '/%2F%2Fevil.test',
    '/authorize_interaction?uri=https%3A%2F%2Fa.test%2F'
  ])
    t.equal(pathHere(path), path)
  for (const wanted of [
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    '\\\\evil.test',
    'https:evil.test',
    'https://evil.test/',
    'javascript:alert(1)',
    '/.//evil.test',
    '/a/..//evil.test',
    ' //evil.test',
    '',
    ['/a', '/b'],
    undefined,
    null
  ])
    t.equal(pathHere(wanted), '/', JSON.stringify(wanted))
})

t.test('the form for visitors keeps the whole address', async (t) => {
  const uri = 'https://commune.test/ap/objects/1?a=1&b=2#c'
  t.equal(new URL(elsewherePath(uri, 'like'), 'https://commune.test').searchParams.get('uri'), uri)
})
