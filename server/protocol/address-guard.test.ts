import t from 'tap'
import { isGlobalUnicast } from './address-guard.ts'
import { checkUrl, networkMode } from './fetch-url.ts'

t.test('F01, F02, F04: only addresses of the public internet are allowed, embedded IPv4 is judged', async (t) => {
  const refused = [
    '127.0.0.1',
    '127.0.0.2',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.169.254',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::808:808',
    '2002:7f00:1::',
    '2002:a00:1::',
    '2001::1',
    '2001:0:53aa:64c::',
    '2001:10::1',
    '2001:db8::1',
    '3fff::1',
    '3fff:fff::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '5f00::1',
    '4000::1',
    '100::1',
    'not an address',
    ''
  ]
  for (const address of refused) t.notOk(isGlobalUnicast(address), address)
  const allowed = [
    '8.8.8.8',
    '11.22.33.44',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2a01:e0a::1',
    '2001:4860:4860::8888',
    '3ffe::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::'
  ]
  for (const address of allowed) t.ok(isGlobalUnicast(address), address)
})

t.test('F03, F08, F25: addresses spelled oddly, other schemes, other ports', async (t) => {
  const refused = [
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://127.1/',
    'https://①②⑦.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://localhost/',
    'https://localhost./',
    'https://a.localhost/',
    'https://intranet/',
    'https://user@peer.test/',
    'https://user:pass@peer.test/',
    'http://peer.test/',
    'http://unix:/var/run/docker.sock:/x',
    'file:///etc/passwd',
    'gopher://peer.test/',
    'data:text/plain,x',
    'ftp://peer.test/',
    'javascript:alert(1)',
    'https://',
    '',
    'https://peer.test\\@evil.test/',
    ...[22, 25, 80, 993, 5432, 6379, 9200, 11211, 27017, 6667].map((port) => `https://peer.test:${port}/`)
  ]
  for (const url of refused) t.throws(() => checkUrl(url, 'public'), { code: 'fetch.refused' }, url)
  for (const url of [
    'https://peer.test/a?b=c',
    'https://peer.test:8443/',
    'https://peer.test:443/',
    'https://11.22.33.44/',
    'https://xn--caf-dma.test/'
  ])
    t.equal(checkUrl(url, 'public').protocol, 'https:', url)
})

t.test('only an instance that is itself on http and loopback may talk to its own machine', async (t) => {
  t.equal(networkMode('http://localhost:3000'), 'local')
  t.equal(networkMode('http://127.0.0.1:3000'), 'local')
  t.equal(networkMode('https://localhost'), 'public')
  t.equal(networkMode('http://10.0.0.1'), 'public')
  t.equal(networkMode('https://commune.fr'), 'public')
  t.equal(networkMode(null), 'public')
  t.equal(checkUrl('http://localhost:4000/', 'local').port, '4000')
  t.throws(() => checkUrl('http://peer.test/', 'local'), { code: 'fetch.refused' }, 'http elsewhere stays refused')
  t.throws(() => checkUrl('http://localhost:5432/', 'local'), { code: 'fetch.refused' }, 'and so do the ports')
})
