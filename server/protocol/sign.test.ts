import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { signRequest, type SignatureScheme } from './sign.ts'

interface Vectors {
  keyId: string
  privateKeyPem: string
  date: string
  body: string
  vectors: Record<string, { method: string; url: string; headers: Record<string, string> }>
}

const vectors = JSON.parse(readFileSync(new URL('../test/fixtures/signatures/vectors.json', import.meta.url), 'utf8')) as Vectors

t.test('what we send is byte for byte what two independent libraries accept', async (t) => {
  const cases: [string, SignatureScheme][] = [
    ['cavage_post', 'cavage'],
    ['cavage_get', 'cavage'],
    ['rfc9421_post', 'rfc9421'],
    ['rfc9421_get', 'rfc9421']
  ]
  for (const [name, scheme] of cases) {
    const vector = vectors.vectors[name]!
    const headers = await signRequest({
      method: vector.method,
      url: vector.url,
      ...(vector.method === 'POST' ? { body: Buffer.from(vectors.body) } : {}),
      keyIri: vectors.keyId,
      privateKey: createPrivateKey(vectors.privateKeyPem),
      scheme,
      date: new Date(vectors.date)
    })
    const { accept: _accept, ...expected } = vector.headers
    t.match(headers, expected, name)
    t.equal(headers.signature, expected.signature)
  }
})
