// Hosts and origins are compared as parsed values: none of the look-alikes of security.md O37 and D01 passes.
import t from 'tap'
import { canonicalHost, hostOf, parseIri, sameOrigin, withoutFragment } from './iri.ts'

t.test('O37 a host has one canonical form', async (t) => {
  for (const spelling of ['victim.fr', 'VICTIM.fr', 'victim.fr.', 'victim.fr:443']) t.equal(canonicalHost(spelling), 'victim.fr', spelling)
  t.equal(canonicalHost('École.fr'), 'xn--cole-9oa.fr')
  t.equal(canonicalHost('victim.fr:8443'), 'victim.fr:8443')
  for (const spelling of ['', 'a b', 'victim.fr/path', 'user@victim.fr', 'victim.fr:port']) t.equal(canonicalHost(spelling), null, spelling)
})

t.test('O37 the short way for plain host names gives what the URL parser gives', async (t) => {
  const spellings = [
    'a.fr',
    'a-b.c-d.example',
    'a--b.fr',
    'ab--cd.fr',
    'a1.b2.museum',
    'xn--cole-9oa.fr',
    'a.xn--p1ai',
    'xn--.fr',
    'a.xn--zz',
    '1.2.3.4',
    '127.1',
    '0x7f.1',
    'a.0x7f',
    'a.1',
    '-a.fr',
    'a-.fr',
    'a..fr',
    '.fr',
    'fr',
    `${'a'.repeat(70)}.fr`
  ]
  for (const spelling of spellings) {
    const parsed = URL.canParse(`https://${spelling}`) ? new URL(`https://${spelling}`).host : null
    t.equal(canonicalHost(spelling), parsed, spelling)
  }
})

t.test('O37 user info, other schemes and control characters are refused', async (t) => {
  const refused = [
    'https://victim.fr@evil.example/',
    'https://@evil.example/',
    'ftp://victim.fr/',
    'javascript:alert(1)',
    '//victim.fr/',
    'https://',
    'https://victim.fr/a b',
    'https://victim.fr/\u0000',
    'data:text/html,x',
    '',
    `https://victim.fr/${'a'.repeat(3000)}`
  ]
  for (const iri of refused) t.equal(parseIri(iri), null, iri.slice(0, 40))
  for (const value of [null, 42, {}, []]) t.equal(parseIri(value), null)
})

t.test('O37 origins are equal only when scheme and host are', async (t) => {
  t.ok(sameOrigin('https://victim.fr/a', 'https://VICTIM.fr:443/b'))
  for (const other of [
    'http://victim.fr/a',
    'https://victim.fr.evil.example/a',
    'https://victimxfr/a',
    'https://victim.fr:8443/a',
    'https://evil.example/victim.fr'
  ]) {
    t.notOk(sameOrigin('https://victim.fr/a', other), other)
  }
  t.equal(hostOf('https://Commune.Test./x'), 'commune.test')
})

t.test('the fragment of a key id is not part of the document it is fetched from', async (t) => {
  t.equal(withoutFragment('https://a.test/u/1#main-key'), 'https://a.test/u/1')
  t.equal(withoutFragment('https://a.test/u/1/main-key'), 'https://a.test/u/1/main-key')
})
